import { fork } from "node:child_process"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  type Bytes,
  equalBytes,
  type GenesisDocument,
  MAX_LIFETIME_MS,
  messageOf,
  orUndefined,
  PlatformError,
  readEnvelope,
  type SignedGenesis,
  verifyOperator,
} from "@aceso/core"
import { type Block, checkpointOf, decodeBlock } from "../block.ts"
import { Chain } from "../chain.ts"
import { listSegments, readSegment, segmentName } from "../log/segment-log.ts"
import type { Rules } from "../rules.ts"
import { adoptSnapshot } from "../snapshot/adopt.ts"
import { VerdictPool } from "../verdicts/pool.ts"
import type { StateCheck } from "./state-check.ts"

/** One thing that does not hold. */
export interface Finding {
  readonly kind: string
  readonly where: string
  readonly detail: string
}

export interface Verification {
  readonly ok: boolean
  /** The newest height that was checked. */
  readonly height: number
  readonly checked: Record<string, number>
  readonly findings: readonly Finding[]
}

export interface VerifyOptions {
  readonly genesis: GenesisDocument
  readonly rules: Rules
  /** For a network that goes on from another: its genesis as it was signed, and the snapshot that it names. */
  readonly origin?: { readonly signed: SignedGenesis; readonly snapshot: string }
  readonly onProgress?: (done: number, what: string) => void
}

/**
 * Re-executes blocks on this machine and checks every signature, result, event and root. Nothing that the
 * blocks claim is taken over.
 */
export class Replay {
  readonly findings: Finding[] = []
  readonly checked = { blocks: 0, signatures: 0, events: 0 }
  readonly folder: string
  private readonly options: VerifyOptions
  private readonly pool: VerdictPool
  readonly chain: Chain
  private readonly seen = new Map<string, number>()

  /** @throws PlatformError those of adoptSnapshot; `snapshot_missing` */
  static async open(options: VerifyOptions): Promise<Replay> {
    const folder = mkdtempSync(join(tmpdir(), "aceso-verify-"))
    try {
      const { genesis, rules, origin } = options
      if (genesis.from && origin) await adoptSnapshot(folder, origin.signed, rules, origin.snapshot)
      return new Replay(options, folder)
    } catch (error) {
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
  }

  private constructor(options: VerifyOptions, folder: string) {
    this.options = options
    this.folder = folder
    this.chain = Chain.open(this.folder, options.genesis, options.rules)
    this.pool = new VerdictPool(options.genesis.network)
  }

  get height(): number {
    return this.chain.tip.height
  }

  /** A block that was replayed before. */
  isKnown(bytes: Bytes): boolean {
    return orUndefined(["bad_cbor", "log_damaged"], () => decodeBlock(bytes).height <= this.height) ?? false
  }

  /** @returns whether replay can go on */
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
    // CometBFT gives its first block the time of the genesis.
    const isFirst = this.chain.tip.height === 0 && block.time === this.chain.tip.time
    if (block.time <= this.chain.tip.time && !isFirst && block.envelopes.length > 0)
      this.find("time_backwards", block.height, "the block is not later than the one before")
    const included = block.envelopes.map((bytes) => ({ bytes, envelope: readEnvelope(bytes) }))
    const again = this.chain.compute(block.height, block.time, included, block.misbehaviour)
    this.compare(block, again)
    this.chain.record({ ...again, signature: block.signature }, included)
    this.attestation(block)
    this.checked.blocks++
    this.checked.events += block.events.length
    this.options.onProgress?.(this.checked.blocks, "blocks")
    if (this.chain.store.isBehind) await this.chain.store.flush()
    return true
  }

  async close(): Promise<void> {
    await this.pool.close()
    await this.chain.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  private find(kind: string, height: number, detail: string): void {
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
      this.checked.signatures += readEnvelope(block.envelopes[i]).signatures.length
      const { expiry } = readEnvelope(block.envelopes[i]).payload
      if (expiry <= block.time || expiry > block.time + MAX_LIFETIME_MS)
        this.find("envelope_expired", where, `transaction ${i} was not valid at the block's time`)
      const id = Buffer.from(verdict.value.payloadId).toString("latin1")
      if (this.seen.has(id))
        this.find("replayed", where, `transaction ${i} stands in block ${this.seen.get(id)} already`)
      this.seen.set(id, where)
    }
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

  private attestation(block: Block): void {
    const { engineKey, engine, network } = this.options.genesis
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

export interface FolderOptions extends VerifyOptions {
  /** A node is running on the folder. */
  readonly isLive?: boolean
  /** Further checks against the re-executed state, such as of a vault. */
  readonly afterReplay?: (
    chain: Chain,
  ) => Promise<{ checked: Record<string, number>; findings: readonly Finding[] }>
}

/** Checks a data folder: log, re-execution, and every row and node of the live state. */
export async function verifyFolder(folder: string, options: FolderOptions): Promise<Verification> {
  const replay = await Replay.open(options)
  const state = new LiveState(join(folder, "state"), replay)
  try {
    await state.begin()
    let bytes = await replayFolder(join(folder, "log"), options, replay, state)
    // A running node may have written on while we read: its newer blocks are read as well.
    for (
      let i = 0;
      i < 10 && options.isLive && state.isAheadOf(replay.height) && replay.findings.length === 0;
      i++
    )
      bytes = await replayFolder(join(folder, "log"), options, replay, state)
    const more = await options.afterReplay?.(replay.chain)
    const findings = [...replay.findings, ...state.end(), ...(more?.findings ?? [])]
    const checked = { bytes, ...replay.checked, rows: state.rows, nodes: state.nodes, ...more?.checked }
    return { ok: findings.length === 0, height: replay.height, checked, findings }
  } finally {
    await replay.close()
  }
}

/** @returns the bytes of whole records */
async function replayFolder(
  folder: string,
  options: FolderOptions,
  replay: Replay,
  state: LiveState,
): Promise<number> {
  const segments = listSegments(folder)
  if (segments.length === 0)
    replay.findings.push({ kind: "log_missing", where: folder, detail: "there is no segment file" })
  let bytes = 0
  for (const [i, segment] of segments.entries()) {
    if (segment !== i + 1) {
      replay.findings.push({
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
        replay.findings.push({
          kind: "log_damaged",
          where: `${segmentName(segment)} at ${finding.offset}`,
          detail: `${finding.detail}; restore this file from a backup or another member`,
        })
      },
    )
    for (const block of blocks) {
      if (replay.isKnown(block)) continue
      if (!(await replay.block(block))) return bytes
      await state.compareAt(replay.height)
    }
    if (!isWhole) return bytes
  }
  return bytes
}

/**
 * The state that a node has on its disk, compared with the re-executed one when replay reaches its height. A
 * child process reads it, because damaged lmdb pages can kill the process that reads them.
 */
class LiveState {
  rows = 0
  nodes = 0
  private readonly folder: string
  private readonly replay: Replay
  private findings: readonly Finding[] = []
  /** The height to compare at; 0: done or nothing there. */
  private target = 0

  constructor(folder: string, replay: Replay) {
    this.folder = folder
    this.replay = replay
  }

  async begin(): Promise<void> {
    if (!existsSync(this.folder)) return
    const { height, findings } = await runChild({ live: this.folder })
    this.findings = findings
    this.target = findings.length > 0 ? 0 : height
  }

  async compareAt(height: number): Promise<void> {
    if (height !== this.target) return
    await this.replay.chain.store.flush()
    const expected = join(this.replay.folder, "state")
    const result = await runChild({ live: this.folder, expected })
    // A running node may have flushed meanwhile: look again at the newer state.
    if (result.height > height) this.target = result.height
    else {
      this.target = 0
      this.rows = result.rows
      this.nodes = result.nodes
      this.findings = result.findings
    }
  }

  isAheadOf(height: number): boolean {
    return this.target > height
  }

  end(): readonly Finding[] {
    if (this.target === 0) return this.findings
    const detail = `the state stands at height ${this.target}, the log's sound part ends at ${this.replay.height}`
    return [...this.findings, { kind: "state_not_checked", where: "state", detail }]
  }
}

/** @returns what the child found; a child that dies is itself a finding */
function runChild(work: { live: string; expected?: string }): Promise<StateCheck> {
  return new Promise((resolve) => {
    const child = fork(new URL("./state-check-child.ts", import.meta.url), [JSON.stringify(work)], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    })
    let answer: StateCheck | undefined
    let words = ""
    child.stderr?.on("data", (chunk: Buffer) => {
      words = (words + chunk).slice(-500)
    })
    child.on("message", (message) => {
      answer = message as StateCheck
    })
    child.on("exit", (code, signal) => {
      if (answer) return resolve(answer)
      const detail = `reading the state ended the process (${signal ?? code}); run \`aceso rebuild-state\`: ${words.trim().split("\n").at(-1) ?? ""}`
      resolve({
        height: -1,
        rows: 0,
        nodes: 0,
        findings: [{ kind: "state_unreadable", where: "state", detail }],
      })
    })
  })
}
