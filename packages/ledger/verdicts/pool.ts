import { availableParallelism } from "node:os"
import { Worker } from "node:worker_threads"
import {
  type Bytes,
  type EnvelopeRejection,
  MAX_ENVELOPE_BYTES,
  type PayloadId,
  PlatformError,
} from "@aceso/core"
import type { QueueLength } from "../metrics.ts"

export interface VerdictRequest {
  readonly id: number
  readonly bytes: ArrayBuffer
  readonly sizes: readonly number[]
}

export interface VerdictAnswer {
  readonly id: number
  readonly failures: { index: number; rejection: EnvelopeRejection; detail: string }[]
  readonly ids: ArrayBuffer
  readonly expiries: Float64Array
}

/** What a good envelope's payload says, as far as everybody asks for it. */
export interface Good {
  readonly payloadId: PayloadId
  readonly expiry: number
}

interface Waiting {
  readonly envelope: Bytes
  readonly resolve: (good: Good) => void
  readonly reject: (error: unknown) => void
}

const BATCH = 64
/** Batches that a worker may hold: one to work on and one to go on with; what waits longer makes larger batches. */
const IN_FLIGHT = 2
/** Envelopes that wait for a verdict may hold this much memory; more are refused as `busy`. */
export const QUEUE_LIMIT_BYTES = 64 * 2 ** 20

/** Worker threads that judge envelopes in batches. */
export class VerdictPool {
  private readonly workers: { worker: Worker; ended: Promise<unknown>; inFlight: number }[]
  private readonly batches = new Map<number, Waiting[]>()
  private queue: Waiting[] = []
  private queuedBytes = 0
  private nextId = 1
  private isScheduled = false

  /** @param executable what checks signatures in batches, if it can (`aceso-cometbft`) */
  constructor(
    network: string,
    threads: number = Math.max(1, availableParallelism() - 1),
    executable?: string,
  ) {
    this.workers = Array.from({ length: threads }, () => {
      const worker = new Worker(new URL("./worker.ts", import.meta.url), {
        workerData: { network, executable },
      })
      const ended = new Promise((resolve) => worker.once("exit", resolve))
      const entry = { worker, ended, inFlight: 0 }
      worker.on("message", (answer: VerdictAnswer) => this.onAnswer(entry, answer))
      worker.on("error", (error) => this.failAll(error))
      worker.unref()
      return entry
    })
  }

  /** @throws PlatformError with the verdict's code */
  judge(envelope: Bytes): Promise<Good> {
    if (envelope.length > MAX_ENVELOPE_BYTES)
      return Promise.reject(
        new PlatformError("too_large", `an envelope has at most ${MAX_ENVELOPE_BYTES} bytes; split it`),
      )
    if (this.queuedBytes + envelope.length > QUEUE_LIMIT_BYTES)
      return Promise.reject(
        new PlatformError("busy", "too many transactions are waiting; try again in a second"),
      )
    this.queuedBytes += envelope.length
    return new Promise((resolve, reject) => {
      this.queue.push({ envelope, resolve, reject })
      if (!this.isScheduled) {
        this.isScheduled = true
        setImmediate(() => this.send())
      }
    })
  }

  get length(): QueueLength {
    const inWork = [...this.batches.values()].reduce((sum, batch) => sum + batch.length, 0)
    return { transactions: this.queue.length + inWork, bytes: this.queuedBytes }
  }

  async close(): Promise<void> {
    for (const { worker } of this.workers) {
      worker.ref()
      worker.postMessage("close")
    }
    await Promise.all(this.workers.map(({ ended }) => ended))
    this.failAll(new PlatformError("closed", "the node is shutting down"))
  }

  private send(): void {
    this.isScheduled = false
    for (;;) {
      if (this.queue.length === 0) return
      const entry = this.workers.reduce((a, b) => (b.inFlight < a.inFlight ? b : a))
      if (entry.inFlight >= IN_FLIGHT) return
      const batch = this.queue.slice(0, BATCH)
      this.queue = this.queue.slice(BATCH)
      const sizes = batch.map(({ envelope }) => envelope.length)
      const bytes = new Uint8Array(sizes.reduce((a, b) => a + b, 0))
      let at = 0
      for (const { envelope } of batch) {
        bytes.set(envelope, at)
        at += envelope.length
      }
      const request: VerdictRequest = { id: this.nextId++, bytes: bytes.buffer, sizes }
      this.batches.set(request.id, batch)
      entry.inFlight++
      entry.worker.ref()
      entry.worker.postMessage(request, [bytes.buffer])
    }
  }

  private onAnswer(
    entry: { worker: Worker; inFlight: number },
    { id, failures, ids, expiries }: VerdictAnswer,
  ): void {
    entry.inFlight--
    if (entry.inFlight === 0) entry.worker.unref()
    const batch = this.batches.get(id) as Waiting[]
    this.batches.delete(id)
    const failed = new Map(failures.map((failure) => [failure.index, failure]))
    batch.forEach(({ envelope, resolve, reject }, i) => {
      this.queuedBytes -= envelope.length
      const failure = failed.get(i)
      if (failure) reject(new PlatformError(failure.rejection, failure.detail))
      else resolve({ payloadId: new Uint8Array(ids, 32 * i, 32), expiry: expiries[i] })
    })
    this.send()
  }

  private failAll(cause: unknown): void {
    const waiting = [...this.batches.values()].flat().concat(this.queue)
    this.batches.clear()
    this.queue = []
    this.queuedBytes = 0
    for (const { reject } of waiting) reject(cause)
  }
}
