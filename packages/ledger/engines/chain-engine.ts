import type {
  Attested,
  Bytes,
  LedgerEvent,
  PayloadId,
  PlatformError,
  ProvenEvents,
  Receipt,
  StatusStatement,
  Table,
} from "@aceso/core"
import { type Block, checkpointOf } from "../block.ts"
import { eventsOf, receiptOf } from "../block-proofs.ts"
import type { Chain } from "../chain.ts"
import type { BlockExplorer, Cursor, ProvenRow, ProvenRows, Submitted } from "../engine.ts"
import type { TransactionPlace } from "../included.ts"
import type { EngineMetrics } from "../metrics.ts"
import { LedgerService } from "../serving.ts"
import { Scrubber } from "../state/scrub.ts"
import { Subscriptions } from "../subscriptions.ts"

export const FLUSH_EVERY_MS = 2_000

/** What both engines do alike with the chain on their disk. */
export abstract class ChainEngine {
  readonly network: string
  readonly chain: Chain
  protected readonly subscriptions: Subscriptions
  protected readonly scrubber: Scrubber
  /** Told of each damaged row that the background check finds. */
  onDamage: (finding: PlatformError) => void = () => {}

  constructor(chain: Chain, scrubPauseMs?: number) {
    this.chain = chain
    this.network = chain.network
    this.scrubber = new Scrubber(chain.store, {
      onFinding: (finding) => this.onDamage(finding),
      pauseMs: scrubPauseMs,
    })
    this.subscriptions = new Subscriptions({
      get height() {
        return chain.durableHeight
      },
      get prunedUpTo() {
        return chain.prunedUpTo
      },
      eventsOf: (height) => chain.eventsOf(height),
    })
  }

  /** So that little has to be executed again after a crash of a node with little to do. */
  protected flushQuietly(onFault: (error: unknown) => void): void {
    const { store, tip, durableHeight } = this.chain
    if (store.height !== tip.height || durableHeight !== tip.height || store.flushedHeight === tip.height)
      return
    store.flush().catch(onFault)
  }

  private served: LedgerService | undefined
  /** For those who do not hold the rows themselves. */
  get service(): LedgerService {
    this.served ??= new LedgerService(this)
    return this.served
  }

  get explorer(): BlockExplorer {
    return this.service.explorer
  }

  /** Who attests a block of this chain. @throws PlatformError `not_attested_yet` */
  protected abstract attest(block: Block): Promise<Pick<Attested, "operator" | "comet">>

  /** The newest height that is attested and holds all transactions so far. */
  protected abstract attestedHeight(): number

  /** How fresh the tip is, where the engine says so. */
  protected statement(): StatusStatement | null {
    return null
  }

  /** The newest block that is attested, and how fresh it is. */
  async attestedTip(): Promise<Attested & { readonly statement: StatusStatement | null }> {
    await this.settled()
    const { chain } = this
    const height = this.attestedHeight()
    const statement = this.statement()
    if (height > chain.prunedUpTo) return { ...(await this.attestedAt(height)), statement }
    return { checkpoint: height === 0 ? chain.tip : chain.baseTip, operator: null, comet: null, statement }
  }

  /** A block's checkpoint with who attests it. */
  async attestedAt(height: number): Promise<Attested> {
    await this.settled()
    const { block } = this.chain.opened(height)
    return { checkpoint: checkpointOf(this.network, block), ...(await this.attest(block)) }
  }

  /** Some events of a block, attested. @throws PlatformError as `receipt` */
  async proveEvents(height: number, isWanted: (event: LedgerEvent) => boolean): Promise<ProvenEvents> {
    await this.settled()
    return {
      ...eventsOf(this.chain, height, isWanted),
      ...(await this.attest(this.chain.opened(height).block)),
    }
  }

  /** A transaction's receipt. @throws PlatformError `unknown_transaction` */
  async receipt(payloadId: PayloadId): Promise<Receipt> {
    await this.settled()
    const receipt = receiptOf(this.chain, payloadId)
    return { ...receipt, ...(await this.attest(this.chain.opened(receipt.checkpoint.height).block)) }
  }

  /** Resolves with the next block, or when the time is over. */
  nextBlock(waitMs: number): Promise<void> {
    return this.subscriptions.next(waitMs)
  }

  /** Resolves when what is in memory is durable: nobody sees a state whose block is not. */
  protected abstract settled(): Promise<void>

  async read<K extends readonly unknown[], R>(table: Table<K, R>, key: K, height?: number) {
    await this.settled()
    return this.chain.store.readAt(table, key, height ?? this.chain.tip.height)
  }

  abstract proveMany(
    table: Table,
    keys: readonly (readonly unknown[])[],
    height?: number,
  ): Promise<ProvenRows>

  async prove(table: Table, key: readonly unknown[], height?: number): Promise<ProvenRow> {
    const { rows, ...attested } = await this.proveMany(table, [key], height)
    return { ...rows[0], ...attested }
  }

  async scan<K extends readonly unknown[], R>(table: Table<K, R>, prefix: readonly unknown[] = []) {
    await this.settled()
    return [...this.chain.store.scan(table as unknown as Table, prefix)] as unknown as { key: K; row: R }[]
  }

  metrics(): EngineMetrics {
    const { durableHeight: height, tip, store, counters: chain } = this.chain
    const { rows, findings } = this.scrubber
    const { flushedHeight } = store
    return {
      height,
      time: tip.time,
      flushedHeight,
      chain,
      stateCheck: { rows, findings },
      restarts: 0,
      ...this.queues(),
    }
  }

  /** What waits in this engine, and what else it counts. */
  protected abstract queues(): Pick<EngineMetrics, "verdicts" | "intake"> & Partial<EngineMetrics>

  async block(height: number): Promise<Bytes> {
    await this.settled()
    return this.chain.blockBytes(height)
  }

  subscribe(after: Cursor, onEvent: (event: LedgerEvent) => void | Promise<void>): () => void {
    return this.subscriptions.subscribe(after, onEvent)
  }

  /** The first result of a payload that a block holds already. */
  protected submittedAt(payloadId: PayloadId, { height, index }: TransactionPlace): Submitted {
    const block = this.chain.block(height)
    const events = block.events.filter((event) => event.transaction === index)
    return {
      payloadId,
      height,
      index,
      time: block.time,
      result: block.results[index],
      events,
      isDuplicate: true,
    }
  }
}
