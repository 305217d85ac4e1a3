import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { equalBytes, type GenesisDocument, type SignedGenesis } from "@aceso/core"
import type { Block } from "../block.ts"
import { Chain } from "../chain.ts"
import { includedOf } from "../included.ts"
import { listSegments, readSegment, segmentName } from "../log/segment-log.ts"
import type { Rules } from "../rules.ts"
import { adoptSnapshot, ORIGIN } from "../snapshot/adopt.ts"
import { restoreSnapshot, snapshotHeight } from "../snapshot/restore.ts"
import { BlockChecks, type Expected, type Finding } from "./block-checks.ts"
import { LinkedBlocks } from "./linked-blocks.ts"
import { LiveState } from "./live-state.ts"

export type { Finding } from "./block-checks.ts"

export interface Verification {
  readonly ok: boolean
  /** The newest height that was checked. */
  readonly height: number
  readonly checked: Record<string, number>
  readonly findings: readonly Finding[]
  /** Blocks up to this height are not there: the node began with a snapshot of it. */
  readonly prunedUpTo?: number
  /** False: the snapshot is gone too; blocks were checked by their hashes, links and signatures alone. */
  readonly isExecuted?: boolean
}

export interface VerifyOptions {
  readonly genesis: GenesisDocument
  readonly rules: Rules
  /** For a network that goes on from another: its genesis as it was signed, and the snapshot that it names. */
  readonly origin?: { readonly signed: SignedGenesis; readonly snapshot: string }
  /** The snapshot that the blocks follow, of a node that began with one. */
  readonly base?: string
  readonly onProgress?: (done: number, what: string) => void
}

/**
 * Re-executes blocks on this machine and checks every signature, result, event and root. Nothing that the
 * blocks claim is taken over.
 */
export class Replay extends BlockChecks {
  readonly folder: string
  private readonly options: VerifyOptions
  readonly chain: Chain

  /** @throws PlatformError those of adoptSnapshot and restoreSnapshot; `snapshot_missing` */
  static async open(options: VerifyOptions): Promise<Replay> {
    const folder = mkdtempSync(join(tmpdir(), "aceso-verify-"))
    let replay: Replay | undefined
    try {
      const { genesis, rules, origin, base } = options
      if (genesis.from && origin) await adoptSnapshot(folder, origin.signed, rules, origin.snapshot)
      replay = new Replay(options, folder)
      if (base !== undefined) await restoreSnapshot(base, replay.chain)
      return replay
    } catch (error) {
      await replay?.close()
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
  }

  private constructor(options: VerifyOptions, folder: string) {
    super(options.genesis)
    this.options = options
    this.folder = folder
    this.chain = Chain.open(this.folder, options.genesis, options.rules)
  }

  get height(): number {
    return this.chain.tip.height
  }

  async expected(): Promise<Expected> {
    await this.chain.store.flush()
    return { folder: join(this.folder, "state") }
  }

  protected async check(block: Block): Promise<boolean> {
    const { tip } = this.chain
    // CometBFT gives its first block the time of the genesis.
    const isFirst = tip.height === 0 && block.time === tip.time
    if (block.time <= tip.time && !isFirst && block.envelopes.length > 0)
      this.find("time_backwards", block.height, "the block is not later than the one before")
    const included = block.envelopes.map(includedOf)
    const again = this.chain.compute(block.height, block.time, included, block.misbehaviour)
    this.compare(block, again)
    this.chain.record({ ...again, signature: block.signature }, included)
    this.options.onProgress?.(this.checked.blocks + 1, "blocks")
    if (this.chain.store.isBehind) await this.chain.store.flush()
    return true
  }

  override async close(): Promise<void> {
    await super.close()
    await this.chain.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  private compare(block: Block, again: Block): void {
    const h = block.height
    const rejections = (b: Block) => b.results.map((result) => (result.ok ? null : result.rejection)).join()
    if (rejections(block) !== rejections(again))
      this.find("result_differs", h, "a result is not what the contracts give")
    if (!equalBytes(block.txRoot, again.txRoot))
      this.find("transactions_differ", h, "the root of transactions is wrong")
    if (!equalBytes(block.historyHash, again.historyHash))
      this.find("history_differs", h, "the history hash is not what re-execution gives")
    if (!equalBytes(block.stateRoot, again.stateRoot))
      this.find("state_differs", h, "the state root is not what re-execution gives")
  }
}

export interface FolderOptions extends VerifyOptions {
  /** A node is running on the folder. */
  readonly isLive?: boolean
  /**
   * Further checks against the re-executed state, such as of a vault. `newer` executes what a running node has written
   * since: whatever was looked at before it was called is on the chain afterwards, if it is on the ledger at all.
   */
  readonly afterReplay?: (
    chain: Chain,
    newer: () => Promise<void>,
  ) => Promise<{ checked: Record<string, number>; findings: readonly Finding[] }>
}

/** Checks a data folder: log, re-execution, and every row and node of the live state. */
export async function verifyFolder(folder: string, options: FolderOptions): Promise<Verification> {
  const state = new LiveState(join(folder, "state"))
  try {
    await state.begin()
    return await verifyWith(state, folder, options)
  } finally {
    state.close()
  }
}

async function verifyWith(state: LiveState, folder: string, options: FolderOptions): Promise<Verification> {
  const origin = join(folder, ORIGIN)
  const kept = options.genesis.from ? undefined : snapshotHeight(origin)
  // A state that cannot be asked leaves the snapshot's own word.
  const began = state.isReadable ? state.base?.height : kept
  const prunedUpTo = began !== undefined && began > (options.genesis.from?.height ?? 0) ? began : undefined
  const blocks =
    prunedUpTo !== undefined && prunedUpTo !== kept && state.base
      ? new LinkedBlocks(options.genesis, state.base)
      : await Replay.open(prunedUpTo === undefined ? options : { ...options, base: origin })
  try {
    await state.compareAt(blocks)
    let bytes = await readFolder(join(folder, "log"), options, blocks, state)
    const newer = async () => {
      if (options.isLive && blocks.findings.length === 0)
        bytes = await readFolder(join(folder, "log"), options, blocks, state)
    }
    const more = blocks instanceof Replay ? await options.afterReplay?.(blocks.chain, newer) : undefined
    const findings = [...blocks.findings, ...state.end(blocks.height), ...(more?.findings ?? [])]
    const checked = { bytes, ...blocks.checked, rows: state.rows, nodes: state.nodes, ...more?.checked }
    const { height } = blocks
    return {
      ok: findings.length === 0,
      height,
      checked,
      findings,
      ...(prunedUpTo !== undefined && { prunedUpTo, isExecuted: blocks instanceof Replay }),
    }
  } finally {
    await blocks.close()
  }
}

/** @returns the bytes of whole records */
async function readFolder(
  folder: string,
  options: FolderOptions,
  reader: BlockChecks,
  state: LiveState,
): Promise<number> {
  const segments = listSegments(folder)
  if (segments.length === 0)
    reader.findings.push({ kind: "log_missing", where: folder, detail: "there is no segment file" })
  let bytes = 0
  for (const [i, segment] of segments.entries()) {
    if (segment !== i + 1) {
      reader.findings.push({
        kind: "segment_missing",
        where: segmentName(i + 1),
        detail: "the file is missing",
      })
      return bytes
    }
    const blocks: Buffer[] = []
    let isWhole = true
    bytes += readSegment(
      folder,
      segment,
      options.genesis.network,
      (body) => blocks.push(body),
      (finding) => {
        // A running node may be writing its newest record just now.
        if (options.isLive && segment === segments.at(-1) && finding.detail.includes("cut off")) return
        isWhole = false
        reader.findings.push({
          kind: "log_damaged",
          where: `${segmentName(segment)} at ${finding.offset}`,
          detail: `${finding.detail}; restore this file from a backup or another member`,
        })
      },
    )
    for (const block of blocks) {
      if (reader.isKnown(block)) continue
      if (!(await reader.block(block))) return bytes
      await state.compareAt(reader)
    }
    if (!isWhole) return bytes
  }
  return bytes
}
