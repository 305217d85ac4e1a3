import { type Bytes, messageOf, PlatformError } from "@aceso/core"
import type { QueueLength } from "../../metrics.ts"
import type { CometRpc } from "./rpc.ts"

/** CometBFT's mempool is first in, first out: it is kept as short as two blocks, so that urgent actions overtake. */
const MEMPOOL_BYTES = 4 * 2 ** 20
const QUEUE_BYTES = 64 * 2 ** 20
const BATCH_BYTES = 512 * 1024
const BATCH_COUNT = 200
/** What is not in a block by then was perhaps lost with a mempool: it is handed over again. */
const AGAIN_AFTER_MS = 5_000

interface Entry {
  readonly id: string
  readonly bytes: Bytes
  readonly expiry: number
  readonly onLost: (error: unknown) => void
  sentAt: number
}

/** The node's own queue in front of CometBFT's mempool. */
export class Intake {
  private readonly rpc: CometRpc
  private readonly check: (tx: Bytes) => Promise<unknown>
  private urgent: Entry[] = []
  private normal: Entry[] = []
  private queuedBytes = 0
  private readonly inMempool = new Map<string, Entry>()
  private mempoolBytes = 0
  private isSending = false
  private readonly timer: NodeJS.Timeout

  /** @param check throws why a transaction cannot be in a block any more */
  constructor(rpc: CometRpc, check: (tx: Bytes) => Promise<unknown>) {
    this.rpc = rpc
    this.check = check
    this.timer = setInterval(() => void this.sendAgain(), 1_000)
    this.timer.unref()
  }

  /** @throws PlatformError `busy` */
  add(entry: Omit<Entry, "sentAt">, isUrgent: boolean): void {
    if (this.queuedBytes + entry.bytes.length > QUEUE_BYTES)
      throw new PlatformError("busy", "too many transactions are waiting; try again in a second")
    this.queuedBytes += entry.bytes.length
    ;(isUrgent ? this.urgent : this.normal).push({ ...entry, sentAt: 0 })
    this.pump()
  }

  /** A block holds these: there is room for others. `time`: the block's; what expired by then is given up. */
  committed(ids: readonly string[], time: number): void {
    for (const id of ids) this.forget(id)
    for (const { id, expiry, onLost } of [...this.inMempool.values()])
      if (expiry <= time) {
        this.forget(id)
        onLost(new PlatformError("expired", "the transaction expired before its block; sign it anew"))
      }
    this.pump()
  }

  close(): void {
    clearInterval(this.timer)
    this.urgent = []
    this.normal = []
    this.inMempool.clear()
  }

  get length(): QueueLength {
    const transactions = this.urgent.length + this.normal.length + this.inMempool.size
    return { transactions, bytes: this.queuedBytes + this.mempoolBytes }
  }

  private forget(id: string): void {
    const entry = this.inMempool.get(id)
    if (!entry) return
    this.inMempool.delete(id)
    this.mempoolBytes -= entry.bytes.length
  }

  private pump(): void {
    if (this.isSending) return
    const batch = this.takeBatch()
    if (batch.length === 0) return
    this.isSending = true
    // Let what arrives in this turn join the batch.
    setImmediate(() => {
      void this.send([...batch, ...this.takeBatch(batch)]).finally(() => {
        this.isSending = false
        this.pump()
      })
    })
  }

  private takeBatch(before: readonly Entry[] = []): Entry[] {
    const batch: Entry[] = []
    let sizeBytes = before.reduce((sum, { bytes }) => sum + bytes.length, 0)
    for (const queue of [this.urgent, this.normal]) {
      let taken = 0
      for (const entry of queue) {
        const isFull = before.length + batch.length >= BATCH_COUNT || sizeBytes >= BATCH_BYTES
        // Urgent ones do not wait for room: there are few, by quota.
        if (isFull || (queue === this.normal && this.mempoolBytes >= MEMPOOL_BYTES)) break
        taken++
        sizeBytes += entry.bytes.length
        this.queuedBytes -= entry.bytes.length
        this.mempoolBytes += entry.bytes.length
        this.inMempool.set(entry.id, entry)
        batch.push(entry)
      }
      if (taken > 0) queue.splice(0, taken)
    }
    return batch
  }

  private async send(batch: readonly Entry[]): Promise<void> {
    const now = Date.now()
    for (const entry of batch) entry.sentAt = now
    try {
      await this.rpc.broadcast(batch.map(({ bytes }) => bytes))
    } catch (cause) {
      // The engine is restarting perhaps: sendAgain tries until the transaction expires.
      if (!(cause instanceof PlatformError)) throw new PlatformError("engine_unreachable", messageOf(cause))
    }
  }

  private async sendAgain(): Promise<void> {
    if (this.isSending) return
    const now = Date.now()
    const late = [...this.inMempool.values()]
      .filter(({ sentAt }) => now - sentAt >= AGAIN_AFTER_MS)
      .slice(0, BATCH_COUNT)
    const still: Entry[] = []
    for (const entry of late)
      try {
        entry.sentAt = now
        await this.check(entry.bytes)
        still.push(entry)
      } catch (error) {
        // A block took it meanwhile: then its submitter is told by that.
        if (!this.inMempool.has(entry.id) || (error as PlatformError).code === "duplicate") continue
        this.forget(entry.id)
        entry.onLost(error)
      }
    if (still.length > 0) await this.send(still)
  }
}
