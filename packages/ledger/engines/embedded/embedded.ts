import {
  type Bytes,
  checkpointBytes,
  equalBytes,
  type GenesisDocument,
  MAX_LIFETIME_MS,
  nameOf,
  type PayloadId,
  PlatformError,
  publicKey,
  type StatusStatement,
  sign,
  statusBytes,
  type Table,
} from "@aceso/core"
import { type Block, checkpointOf } from "../../block.ts"
import { Chain, type ChainOptions } from "../../chain.ts"
import { BlockClock, type Clock, systemClock } from "../../clock.ts"
import type { Engine, EngineStatus, ProvenRows, Submitted } from "../../engine.ts"
import type { Execution } from "../../executor.ts"
import { QUOTA_EXCEEDED, QUOTA_WORDS } from "../../fair-use.ts"
import { FolderLock } from "../../folder-lock.ts"
import type { Included } from "../../included.ts"
import type { Rules } from "../../rules.ts"
import { VerdictPool } from "../../verdicts/pool.ts"
import { ChainEngine, FLUSH_EVERY_MS } from "../chain-engine.ts"

export interface EmbeddedOptions extends ChainOptions {
  readonly folder: string
  readonly genesis: GenesisDocument
  readonly rules: Rules
  /** Seed of the key that signs checkpoints; the genesis names its public key. */
  readonly engineSeed: Bytes
  readonly clock?: Clock
  readonly threads?: number
}

interface Pending extends Included {
  readonly payloadId: PayloadId
  readonly resolve: (submitted: Submitted) => void
  readonly reject: (error: unknown) => void
}

/** What waits for a block; more is refused as `busy`. */
const INTAKE_LIMIT_BYTES = 64 * 2 ** 20
const MAX_BLOCK_TRANSACTIONS = 2_000
const MAX_BLOCK_BYTES = 2 * 2 ** 20

/** One process, one machine, group commit: what is acknowledged survives kill -9 and loss of power. */
export class EmbeddedEngine extends ChainEngine implements Engine {
  private readonly options: EmbeddedOptions
  private readonly lock: FolderLock
  private readonly pool: VerdictPool
  private readonly blockClock: BlockClock
  private readonly clock: Clock
  private queue: Pending[] = []
  private queuedBytes = 0
  /** Waiting or in the block being made, by payload id: a second submission joins the first. */
  private readonly inWork = new Map<string, Promise<Submitted>>()
  private making: Promise<void> | undefined
  private fault: unknown
  private isClosed = false
  private readonly flushTimer: NodeJS.Timeout

  private constructor(options: EmbeddedOptions, lock: FolderLock, chain: Chain) {
    super(chain, options.scrubPauseMs)
    this.options = options
    this.lock = lock
    this.clock = options.clock ?? systemClock
    this.blockClock = new BlockClock(this.clock)
    this.pool = new VerdictPool(this.network, options.threads)
    this.flushTimer = setInterval(() => {
      if (!this.making && !this.fault) this.flushQuietly((error) => this.fail(error))
    }, FLUSH_EVERY_MS)
    this.flushTimer.unref()
  }

  static async open(options: EmbeddedOptions): Promise<EmbeddedEngine> {
    const { engineKey } = options.genesis
    if (!engineKey || !equalBytes(engineKey, publicKey(options.engineSeed)))
      throw new PlatformError("wrong_key", "the engine's key is not the one that the genesis names")
    const lock = FolderLock.take(options.folder)
    try {
      const chain = Chain.open(options.folder, options.genesis, options.rules, options)
      chain.executor.mustHaveAll(chain.tip.height + 1)
      return new EmbeddedEngine(options, lock, chain)
    } catch (error) {
      lock.release()
      throw error
    }
  }

  async submit(bytes: Bytes): Promise<Submitted> {
    this.check()
    const { payloadId, expiry } = await this.pool.judge(bytes)
    this.check()
    const id = nameOf(payloadId)
    const known = this.inWork.get(id)
    if (known) return { ...(await known), isDuplicate: true }
    const earlier = this.chain.isSeen(id, expiry) ? this.chain.find(payloadId) : undefined
    if (earlier) return this.submittedAt(payloadId, earlier)
    if (this.queuedBytes + bytes.length > INTAKE_LIMIT_BYTES)
      throw new PlatformError("busy", "too many transactions are waiting; try again in a second")
    this.queuedBytes += bytes.length
    const work = new Promise<Submitted>((resolve, reject) => {
      this.queue.push({ bytes, id, expiry, payloadId, resolve, reject })
    })
    this.inWork.set(id, work)
    const forget = () => this.inWork.delete(id)
    work.then(forget, forget)
    this.making ??= this.makeBlocks()
    return work
  }

  async proveMany(table: Table, keys: readonly (readonly unknown[])[], height?: number): Promise<ProvenRows> {
    await this.settled()
    const at = height ?? this.chain.tip.height
    const rows = keys.map((key) => this.chain.store.prove(table, key, at))
    if (at === 0) return { checkpoint: this.chain.tip, operator: null, comet: null, rows }
    return { ...(await this.attestedAt(at)), rows }
  }

  protected async attest({ signature }: Block) {
    const { engineKey } = this.options.genesis
    return { operator: signature && engineKey ? { key: engineKey, signature } : null, comet: null }
  }

  protected attestedHeight(): number {
    return this.chain.tip.height
  }

  protected override statement(): StatusStatement {
    const checkpoint = this.chain.tip
    const time = this.clock.now()
    const signature = sign(statusBytes(checkpoint, time), this.options.engineSeed)
    return { network: this.network, checkpoint, time, signature }
  }

  async status(): Promise<EngineStatus> {
    await this.settled()
    return {
      engine: "embedded",
      checkpoint: this.chain.tip,
      statement: this.statement(),
      flushedHeight: this.chain.store.flushedHeight,
      prunedUpTo: this.chain.prunedUpTo,
    }
  }

  protected queues() {
    const intake = { transactions: this.queue.length, bytes: this.queuedBytes }
    return { verdicts: this.pool.length, intake }
  }

  async close(): Promise<void> {
    if (this.isClosed) return
    this.isClosed = true
    clearInterval(this.flushTimer)
    this.scrubber.stop()
    await this.making
    await this.pool.close()
    await this.chain.close()
    this.lock.release()
  }

  /** Nobody sees a state whose block is not durable. */
  protected async settled(): Promise<void> {
    while (this.chain.durableHeight < this.chain.tip.height) {
      this.check()
      await this.syncing
    }
    this.check()
  }
  private syncing: Promise<void> = Promise.resolve()

  private check(): void {
    if (this.fault) throw this.fault
    if (this.isClosed) throw new PlatformError("closed", "the node is shutting down")
  }

  private async makeBlocks(): Promise<void> {
    try {
      while (this.queue.length > 0) {
        // Let what arrived meanwhile join the block.
        await new Promise((resolve) => setImmediate(resolve))
        await this.makeBlock()
        if (this.chain.store.isBehind) await this.chain.store.flush()
      }
    } catch (error) {
      this.fail(error)
    } finally {
      this.making = undefined
    }
  }

  private async makeBlock(): Promise<void> {
    let time: number
    try {
      time = this.blockClock.next(this.chain.tip.time)
    } catch (error) {
      this.queuedBytes = 0
      for (const { reject } of this.queue.splice(0)) reject(error)
      return
    }
    let batch = this.takeBatch(time)
    if (batch.length === 0) return
    try {
      let execution = this.execute(time, batch)
      const within = this.withinQuota(batch, execution)
      if (within.length === 0) return
      // What was left out wrote nothing: the others fare as before.
      if (within.length < batch.length) execution = this.execute(time, within)
      batch = within
      this.acknowledge(await this.append(time, batch, execution), batch)
    } catch (error) {
      for (const { reject } of batch) reject(error)
      throw error
    }
    this.subscriptions.notify()
  }

  private execute(time: number, batch: readonly Pending[]): Execution {
    return this.chain.execute(this.chain.tip.height + 1, time, batch)
  }

  /** What is beyond a quota is in no block, so that the very same may come again in the next window. */
  private withinQuota(batch: readonly Pending[], { results }: Execution): Pending[] {
    return batch.filter(({ reject }, i) => {
      const result = results[i]
      const isOver = !result.ok && result.rejection === QUOTA_EXCEEDED
      if (isOver) reject(new PlatformError(QUOTA_EXCEEDED, QUOTA_WORDS))
      return !isOver
    })
  }

  private async append(time: number, batch: readonly Pending[], execution: Execution): Promise<Block> {
    const computed = this.chain.compute(this.chain.tip.height + 1, time, batch, [], execution)
    const signature = sign(checkpointBytes(checkpointOf(this.network, computed)), this.options.engineSeed)
    const block = { ...computed, signature }
    this.chain.record(block, batch)
    this.syncing = this.chain.sync()
    this.syncing.catch(() => {})
    await this.syncing
    return block
  }

  private takeBatch(time: number): Pending[] {
    const batch: Pending[] = []
    let sizeBytes = 0
    let taken = 0
    for (const pending of this.queue) {
      if (
        batch.length >= MAX_BLOCK_TRANSACTIONS ||
        (sizeBytes > 0 && sizeBytes + pending.bytes.length > MAX_BLOCK_BYTES)
      )
        break
      taken++
      const { expiry } = pending
      if (expiry <= time)
        pending.reject(new PlatformError("expired", "the transaction expired before its block; sign it anew"))
      else if (expiry > time + MAX_LIFETIME_MS)
        pending.reject(
          new PlatformError("expiry_too_far", "a transaction may live 10 minutes at most; sign it anew"),
        )
      else {
        batch.push(pending)
        sizeBytes += pending.bytes.length
      }
    }
    for (const { bytes } of this.queue.slice(0, taken)) this.queuedBytes -= bytes.length
    this.queue = this.queue.slice(taken)
    return batch
  }

  private acknowledge(block: Block, batch: readonly Pending[]): void {
    const events = Map.groupBy(block.events, (event) => event.transaction)
    batch.forEach(({ payloadId, resolve }, index) => {
      resolve({
        payloadId,
        height: block.height,
        index,
        time: block.time,
        result: block.results[index],
        events: events.get(index) ?? [],
        isDuplicate: false,
      })
    })
  }

  /** After a fault nothing may be acknowledged: what is in memory may not be on the disk. */
  private fail(error: unknown): void {
    this.fault = error
    for (const { reject } of this.queue.splice(0)) reject(error)
  }
}
