import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { equalBytes, fromHex, type GenesisDocument, nextHistory, toHex } from "@aceso/core"
import { type Block, leavesOf, rootsOf } from "../block.ts"
import { BlockChecks, type Expected } from "./block-checks.ts"

/** Where a node's blocks begin, as its state says; hashes in hexadecimal. */
export interface BaseRecord {
  readonly height: number
  readonly historyHash: string
  readonly stateRoot: string
}

/**
 * Blocks after a snapshot that is not there any more. They cannot be executed again: each is held against its own
 * hashes and the block before.
 */
export class LinkedBlocks extends BlockChecks {
  height: number
  private historyHash: Uint8Array
  private stateRoot: string
  private time = 0
  private readonly scratch: string

  constructor(genesis: GenesisDocument, base: BaseRecord) {
    super(genesis)
    this.height = base.height
    this.historyHash = fromHex(base.historyHash)
    this.stateRoot = base.stateRoot
    this.scratch = mkdtempSync(join(tmpdir(), "aceso-verify-"))
  }

  async expected(): Promise<Expected> {
    return { root: this.stateRoot, scratch: this.scratch }
  }

  protected async check(block: Block): Promise<boolean> {
    const { height } = block
    if (block.results.length !== block.envelopes.length) {
      this.find("block_malformed", height, "it has another number of results than of transactions")
      return false
    }
    if (block.time <= this.time && block.envelopes.length > 0)
      this.find("time_backwards", height, "the block is not later than the one before")
    const roots = rootsOf(leavesOf(block))
    if (!equalBytes(block.txRoot, roots.txRoot))
      this.find("transactions_differ", height, "the root of transactions is wrong")
    if (!equalBytes(block.historyHash, nextHistory(this.historyHash, height, roots)))
      this.find("history_differs", height, "the history hash does not follow from the block before")
    this.height = height
    this.historyHash = block.historyHash
    this.stateRoot = toHex(block.stateRoot)
    this.time = block.time
    return true
  }

  override async close(): Promise<void> {
    await super.close()
    rmSync(this.scratch, { recursive: true, force: true })
  }
}
