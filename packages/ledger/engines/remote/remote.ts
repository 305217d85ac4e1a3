import { setTimeout as delay } from "node:timers/promises"
import {
  type Attested,
  type Bytes,
  type Cbor,
  type Checkpoint,
  decodeCbor,
  decodeRow,
  encodeCbor,
  type GenesisDocument,
  judgeEnvelope,
  type LedgerEvent,
  MAX_ROWS_ASKED,
  messageOf,
  type PayloadId,
  PlatformError,
  type Receipt,
  type RowProof,
  type RowsAnswer,
  readEvent,
  rowKeyHash,
  type StatusStatement,
  statusBytes,
  type Table,
  verify,
  verifyReceipt,
  verifyRow,
} from "@aceso/core"
import type { BlockExplorer } from "../../block-explorer.ts"
import type { Cursor, Engine, EngineStatus, ProvenRow, ProvenRows, Submitted } from "../../engine.ts"
import { ChainCounters, type EngineMetrics } from "../../metrics.ts"
import { lastBlock } from "../../system-tables.ts"
import { explorerAt } from "./explorer.ts"
import { Hearing } from "./hearing.ts"
import { keysFrom } from "./scan.ts"
import { type Finding, liesOf, type RemoteSource } from "./source.ts"
import { Trust } from "./trust.ts"

export interface RemoteOptions {
  readonly genesis: GenesisDocument
  /** Custodians and authorities, two at least where the network has them. */
  readonly sources: readonly RemoteSource[]
  readonly onFinding?: (finding: Finding) => void
  /** How long to wait for blocks that one source has shown and another lacks, ms. */
  readonly patienceMs?: number
  readonly retryMs?: readonly [number, number]
}

/** Behind the newest block that was seen, on `cometbft`: nodes follow each other. */
const LAG_BLOCKS = 5
const PATIENCE_MS = 10_000
const POLL_MS = 100
const STATUS_MS = 1_000
/** Codes of a node that say nothing of the question. */
const ABOUT_THE_NODE: ReadonlySet<string> = new Set([
  "node_unreachable",
  "bad_answer",
  "busy",
  "closed",
  "not_started",
  "in_recovery",
  "too_many_requests",
  "internal_fault",
  "engine_unreachable",
  "not_attested_yet",
])

/**
 * The engine of a member that does not validate (CAPABILITIES.md, Members): it holds no blocks and no rows of others. It
 * asks custodians and authorities, believes nothing without proof up to the genesis, compares what they say, and goes to
 * another one where one lies, lags or withholds.
 */
export class RemoteEngine implements Engine {
  readonly network: string
  readonly trust: Trust
  private readonly options: RemoteOptions
  private readonly hearings = new Set<Hearing>()
  /** A transaction of this member is in this block: what is read from now on has it. */
  private ownHeight = 0
  private statement: StatusStatement | null = null
  private tip: { readonly checkpoint: Checkpoint; readonly at: number } | undefined
  private isClosed = false

  constructor(options: RemoteOptions) {
    this.options = options
    this.network = options.genesis.network
    this.trust = new Trust(options.genesis)
    this.trust.onFinding = (finding) => options.onFinding?.(finding)
  }

  readonly explorer: BlockExplorer = explorerAt((ask) => this.askAny(ask))

  async submit(envelope: Bytes): Promise<Submitted> {
    const verdict = judgeEnvelope(envelope, this.network)
    if (!verdict.ok) throw new PlatformError(verdict.rejection, verdict.detail)
    const { payloadId } = verdict.envelope
    const { isDuplicate } = await this.askAny((source) => source.submit(envelope))
    const receipt = await this.receipt(payloadId)
    const { height, time } = receipt.checkpoint
    this.ownHeight = Math.max(this.ownHeight, height)
    const { rejection } = receipt
    return {
      payloadId,
      height,
      index: receipt.transaction.index,
      time,
      result: rejection === null ? { ok: true } : { ok: false, rejection },
      events: receipt.events.map(({ bytes }) => readEvent(bytes, height)),
      isDuplicate,
    }
  }

  async read<K extends readonly unknown[], R>(table: Table<K, R>, key: K, height?: number) {
    const { row } = await this.prove(table as unknown as Table, key, height)
    return row === null ? undefined : (decodeRow(table, decodeCbor(row) as Cbor[]) as Readonly<R>)
  }

  async prove(table: Table, key: readonly unknown[], height?: number): Promise<ProvenRow> {
    const { rows, ...attested } = await this.proveMany(table, [key], height)
    return { ...rows[0], ...attested }
  }

  async proveMany(table: Table, keys: readonly (readonly unknown[])[], height = 0): Promise<ProvenRows> {
    const parts = keys.map((key) => key.map((part) => encodeCbor(part as Cbor)))
    // Nothing is asked for: the newest checkpoint is all there is to say.
    if (parts.length === 0) return { ...(await this.newestAttested()), rows: [] }
    const rows: RowProof[] = []
    let attested: RowsAnswer | undefined
    for (let from = 0; from < parts.length; from += MAX_ROWS_ASKED) {
      const some = parts.slice(from, from + MAX_ROWS_ASKED)
      const at: number = attested?.checkpoint.height ?? height
      const answer = await this.askAny((source) => this.rowsFrom(source, table, some, keys.slice(from), at))
      rows.push(...answer.rows)
      attested ??= answer
    }
    const { checkpoint, operator, comet } = attested as RowsAnswer
    return { checkpoint, operator, comet, rows }
  }

  /** Rows of one source, all of them checked. @throws PlatformError `bad_proof`, `source_lags` */
  private async rowsFrom(
    source: RemoteSource,
    table: Table,
    parts: readonly (readonly Bytes[])[],
    keys: readonly (readonly unknown[])[],
    height: number,
  ): Promise<RowsAnswer> {
    const answer = await source.rows({ table: table.name, keys: parts, height })
    const { rows, checkpoint } = answer
    this.trust.accept(source.member, answer)
    const lie = liesOf(source)
    if (height !== 0 && checkpoint.height !== height) throw lie("rows of another block than was asked for")
    if (rows.length !== parts.length) throw lie("not the rows that were asked for")
    rows.forEach(({ row, proof }, i) => {
      if (!verifyRow(checkpoint.stateRoot, rowKeyHash(table.name, keys[i] as Cbor[]), row, proof))
        throw lie("a row whose proof does not lead to the state root")
    })
    if (height === 0 && checkpoint.height < this.leastHeight())
      throw new PlatformError(
        "source_lags",
        `${source.member} is at block ${checkpoint.height}; block ${this.leastHeight()} is there already`,
      )
    this.trust.doesWell(source.member, "lags")
    await this.confirm(source, answer)
    return answer
  }

  /** Another source shows the same block, where one has it already. @throws PlatformError `history_forked` */
  private async confirm(shownBy: RemoteSource, { checkpoint }: RowsAnswer): Promise<void> {
    const { height } = checkpoint
    for (const other of this.sources) {
      if (this.trust.isConfirmed(checkpoint)) return
      if (other === shownBy) continue
      try {
        this.trust.accept(other.member, await other.rows({ table: lastBlock.name, keys: [[]], height }))
      } catch (error) {
        if (error instanceof PlatformError && error.code === "history_forked") throw error
        this.noteFault(other, error)
      }
    }
  }

  /** What is read must not be older than this. */
  private leastHeight(): number {
    const lag = this.options.genesis.engine === "cometbft" ? LAG_BLOCKS : 0
    return Math.max(this.ownHeight, (this.trust.newest?.height ?? 0) - lag)
  }

  /** Asked for anew after a second: anybody may ask a node how it is. */
  private async recentTip(): Promise<Checkpoint> {
    const { tip } = this
    if (tip && Date.now() - tip.at < STATUS_MS && tip.checkpoint.height >= this.ownHeight)
      return tip.checkpoint
    const { checkpoint } = await this.newestAttested()
    this.tip = { checkpoint, at: Date.now() }
    return checkpoint
  }

  private async newestAttested(): Promise<Attested> {
    const { checkpoint, operator, comet } = await this.askAny((source) => this.tipOf(source))
    return { checkpoint, operator, comet }
  }

  private async tipOf(source: RemoteSource): Promise<Attested> {
    const after = this.leastHeight()
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const { tip, statement } = await source.events({ after, waitMs: 0 }, signal).catch(async (error) => {
      // Not admitted yet, or too many wait there: it reads what anybody reads.
      if (!(error instanceof PlatformError) || !["unknown_key", "busy"].includes(error.code)) throw error
      const tip = await source.rows({ table: lastBlock.name, keys: [[]], height: 0 })
      return { tip, statement: null }
    })
    this.trust.accept(source.member, tip)
    if (tip.checkpoint.height < after)
      throw new PlatformError("source_lags", `${source.member} is at block ${tip.checkpoint.height}`)
    this.take(statement)
    return tip
  }

  /** How fresh an `embedded` engine's tip is, by its key. */
  private take(statement: StatusStatement | null): void {
    const { engineKey } = this.options.genesis
    if (!statement || !engineKey || statement.time <= (this.statement?.time ?? 0)) return
    const { checkpoint, time, signature } = statement
    if (verify(signature, statusBytes(checkpoint, time), engineKey)) this.statement = statement
  }

  /** In key order; what one source leaves out another one names. */
  async scan<K extends readonly unknown[], R>(table: Table<K, R>, prefix: readonly unknown[] = []) {
    const found = new Map<string, K>()
    const named = new Map<string, Set<string>>()
    let lastError: unknown
    for (const source of this.sources) {
      try {
        const keys = await keysFrom(source, table as unknown as Table, prefix)
        named.set(source.member, new Set(keys.keys()))
        for (const [name, key] of keys) found.set(name, key as K)
        this.trust.doesWell(source.member, "unreachable")
      } catch (error) {
        lastError = error
        this.noteFault(source, error)
      }
    }
    if (named.size === 0) throw lastError
    const names = [...found.keys()].sort()
    const proven = await this.proveMany(
      table as unknown as Table,
      names.map((name) => found.get(name) as K),
    )
    const rows: { key: K; row: R }[] = []
    for (const [i, name] of names.entries()) {
      const { row } = proven.rows[i]
      // It went, or the source invented it.
      if (row === null) continue
      rows.push({ key: found.get(name) as K, row: decodeRow(table, decodeCbor(row) as Cbor[]) })
    }
    const there = names.filter((_, i) => proven.rows[i].row !== null)
    for (const [member, keys] of named) {
      const missing = there.filter((name) => !keys.has(name))
      if (missing.length > 0) await this.compareScan(member, table as unknown as Table, missing, prefix)
    }
    return rows
  }

  /** Rows may have come between two questions: a source is asked once more before it is said to withhold them. */
  private async compareScan(
    member: string,
    table: Table,
    missing: readonly string[],
    prefix: readonly unknown[],
  ) {
    const source = this.sources.find((one) => one.member === member) as RemoteSource
    const again = await keysFrom(source, table, prefix).catch((error) => this.noteFault(source, error))
    if (again && missing.some((name) => !again.has(name)))
      this.trust.note(member, "withholds", `it left out a row of ${table.name}`)
  }

  receipt(payloadId: PayloadId): Promise<Receipt> {
    return this.askAny(async (source) => {
      const receipt = await source.receipt(payloadId)
      const { payloadId: shown } = verifyReceipt(receipt, this.options.genesis)
      if (Buffer.compare(shown, payloadId) !== 0)
        throw new PlatformError("bad_proof", `${source.member} shows the receipt of another transaction`)
      this.trust.accept(source.member, receipt)
      return receipt
    })
  }

  subscribe(after: Cursor, onEvent: (event: LedgerEvent) => void | Promise<void>): () => void {
    const { genesis, patienceMs, retryMs } = this.options
    const hearing = new Hearing({
      sources: this.sources,
      anchor: genesis,
      trust: this.trust,
      after,
      onEvent,
      ...(patienceMs !== undefined && { patienceMs }),
      ...(retryMs && { retryMs }),
    })
    this.hearings.add(hearing)
    return () => {
      this.hearings.delete(hearing)
      hearing.close()
    }
  }

  async block(): Promise<never> {
    throw new PlatformError(
      "height_pruned",
      "this member does not validate and holds no blocks; ask a custodian",
    )
  }

  async status(): Promise<EngineStatus> {
    const checkpoint = await this.recentTip()
    return {
      engine: "remote",
      checkpoint,
      statement: this.statement,
      flushedHeight: checkpoint.height,
      prunedUpTo: checkpoint.height,
    }
  }

  metrics(): EngineMetrics {
    const height = this.trust.newest?.height ?? 0
    return {
      height,
      time: this.trust.newest?.time ?? 0,
      flushedHeight: height,
      // It executes nothing and keeps nothing.
      chain: new ChainCounters(),
      verdicts: { transactions: 0, bytes: 0 },
      intake: { transactions: 0, bytes: 0 },
      stateCheck: { rows: 0, findings: 0 },
      restarts: 0,
    }
  }

  async close(): Promise<void> {
    this.isClosed = true
    for (const hearing of this.hearings) hearing.close()
    this.hearings.clear()
  }

  private get sources(): readonly RemoteSource[] {
    return this.options.sources
  }

  /**
   * The first good answer. Who does not answer, lies or lags is told of, and the next one asked; who lags, again.
   * @throws what the last one said where none gives an answer
   */
  private async askAny<T>(ask: (source: RemoteSource) => Promise<T>): Promise<T> {
    const until = Date.now() + (this.options.patienceMs ?? PATIENCE_MS)
    for (;;) {
      let refusal: unknown
      let lags = false
      const refused: RemoteSource[] = []
      for (const source of this.sources) {
        if (this.isClosed) throw new PlatformError("closed", "the node is shutting down")
        try {
          const answer = await ask(source)
          this.trust.doesWell(source.member, "unreachable")
          // One refused what another one gives.
          for (const one of refused)
            this.trust.note(
              one.member,
              "withholds",
              `it refused what ${source.member} gave: ${messageOf(refusal)}`,
            )
          return answer
        } catch (error) {
          this.noteFault(source, error)
          const code = error instanceof PlatformError ? error.code : ""
          if (code === "history_forked") throw error
          lags ||= code === "source_lags" || code === "height_unknown" || code === "unknown_transaction"
          const isAnswer = error instanceof PlatformError && !ABOUT_THE_NODE.has(code) && code !== "bad_proof"
          if (isAnswer && code !== "source_lags") refused.push(source)
          if (refusal === undefined || isAnswer) refusal = error
        }
      }
      if (!lags || Date.now() >= until) throw refusal
      await delay(POLL_MS)
    }
  }

  private noteFault({ member }: RemoteSource, error: unknown): void {
    const code = error instanceof PlatformError ? error.code : "internal_fault"
    if (code === "bad_proof" || code === "bad_receipt") this.trust.note(member, "lies", messageOf(error))
    else if (code === "source_lags") this.trust.note(member, "lags", messageOf(error))
    else if (ABOUT_THE_NODE.has(code)) this.trust.note(member, "unreachable", messageOf(error))
  }
}
