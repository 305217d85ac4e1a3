import {
  type Bytes,
  type GenesisDocument,
  MAX_LIFETIME_MS,
  messageOf,
  nameOf,
  orUndefined,
  PlatformError,
  readEnvelope,
  verifyOperator,
} from "@aceso/core"
import { type Block, checkpointOf, decodeBlock } from "../block.ts"
import { VerdictPool } from "../verdicts/pool.ts"

/** One thing that does not hold. */
export interface Finding {
  readonly kind: string
  readonly where: string
  readonly detail: string
}

/** What the live state is compared with: a state folder, or the root that its block names. */
export type Expected = { readonly folder: string } | { readonly root: string; readonly scratch: string }

/** Blocks one after the other, and what can be said of each by itself: order, signatures, attestation. */
export abstract class BlockChecks {
  readonly findings: Finding[] = []
  readonly checked = { blocks: 0, signatures: 0, events: 0 }
  protected readonly genesis: GenesisDocument
  private readonly pool: VerdictPool
  private readonly seen = new Map<string, number>()

  constructor(genesis: GenesisDocument) {
    this.genesis = genesis
    this.pool = new VerdictPool(genesis.network)
  }

  /** Of the newest block that was checked. */
  abstract readonly height: number
  /** What the state at that height should be. */
  abstract expected(): Promise<Expected>
  /** @returns whether it can go on */
  protected abstract check(block: Block): Promise<boolean>

  /** A block that was checked before. */
  isKnown(bytes: Bytes): boolean {
    return orUndefined(["bad_cbor", "log_damaged"], () => decodeBlock(bytes).height <= this.height) ?? false
  }

  /** @returns whether it can go on */
  async block(bytes: Bytes): Promise<boolean> {
    let block: Block
    try {
      block = decodeBlock(bytes)
    } catch (error) {
      this.find("block_malformed", this.height + 1, messageOf(error))
      return false
    }
    if (block.height !== this.height + 1) {
      this.find("block_missing", this.height + 1, `the next block is ${block.height}`)
      return false
    }
    await this.envelopes(block)
    if (!(await this.check(block))) return false
    this.attestation(block)
    this.checked.blocks++
    this.checked.events += block.events.length
    return true
  }

  async close(): Promise<void> {
    await this.pool.close()
  }

  protected find(kind: string, height: number, detail: string): void {
    this.findings.push({ kind, where: `block ${height}`, detail })
  }

  private async envelopes(block: Block): Promise<void> {
    const verdicts = await Promise.allSettled(block.envelopes.map((bytes) => this.pool.judge(bytes)))
    for (const [i, verdict] of verdicts.entries()) {
      const where = block.height
      if (verdict.status === "rejected") {
        if (!(verdict.reason instanceof PlatformError)) throw verdict.reason
        const { code, message } = verdict.reason
        this.find("envelope_refused", where, `transaction ${i}: ${code}: ${message}`)
        continue
      }
      const { expiry } = verdict.value
      this.checked.signatures += readEnvelope(block.envelopes[i]).signatures.length
      if (expiry <= block.time || expiry > block.time + MAX_LIFETIME_MS)
        this.find("envelope_expired", where, `transaction ${i} was not valid at the block's time`)
      const id = nameOf(verdict.value.payloadId)
      if (this.seen.has(id))
        this.find("replayed", where, `transaction ${i} stands in block ${this.seen.get(id)} already`)
      this.seen.set(id, where)
    }
  }

  private attestation(block: Block): void {
    const { engineKey, engine, network } = this.genesis
    if (engine !== "embedded") return
    const checkpoint = checkpointOf(network, block)
    if (
      !engineKey ||
      !block.signature ||
      !verifyOperator(checkpoint, { key: engineKey, signature: block.signature })
    )
      this.find(
        "attestation_wrong",
        block.height,
        "the engine's signature over the checkpoint is wrong or missing",
      )
    else this.checked.signatures++
  }
}
