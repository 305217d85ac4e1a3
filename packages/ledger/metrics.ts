import type { Block } from "./block.ts"

/** Upper bounds in seconds: from a fast disk's sync to a block that holds everything up. */
const BOUNDS = [0.001, 0.0025, 0.01, 0.025, 0.1, 0.25, 1, 5]
/** Codes of rejections that are told apart; contracts know fewer. */
const MAX_CODES = 200

/** Durations, counted as Prometheus does: a bucket holds all up to its bound. */
export class Histogram {
  private readonly counts = BOUNDS.map(() => 0)
  /** Seconds. */
  sum = 0
  count = 0

  observe(ms: number): void {
    const seconds = ms / 1000
    this.sum += seconds
    this.count++
    const bucket = BOUNDS.findIndex((bound) => seconds <= bound)
    if (bucket >= 0) this.counts[bucket]++
  }

  /** Each bound with how many observations were at most that. */
  get buckets(): readonly { readonly bound: number; readonly count: number }[] {
    let count = 0
    return BOUNDS.map((bound, i) => {
      count += this.counts[i]
      return { bound, count }
    })
  }
}

/** What a chain counts of the blocks that it appended since the process began. */
export class ChainCounters {
  blocks = 0
  accepted = 0
  /** Transactions in blocks that had no effect, by the rejection's code. */
  readonly rejected = new Map<string, number>()
  /** Until the state after the block is known. */
  readonly execution = new Histogram()
  /** Until the log's blocks survive loss of power. */
  readonly sync = new Histogram()
  /** What the block at hand took. */
  executionMs = 0

  add({ results }: Block): void {
    this.blocks++
    this.execution.observe(this.executionMs)
    for (const result of results) {
      if (result.ok) {
        this.accepted++
        continue
      }
      const { rejection } = result
      const code = this.rejected.has(rejection) || this.rejected.size < MAX_CODES ? rejection : "other"
      this.rejected.set(code, (this.rejected.get(code) ?? 0) + 1)
    }
  }
}

export interface QueueLength {
  readonly transactions: number
  readonly bytes: number
}

/** What an engine counts for its operator. */
export interface EngineMetrics {
  /** The newest durable block. */
  readonly height: number
  /** Its time in ms. */
  readonly time: number
  readonly flushedHeight: number
  readonly chain: ChainCounters
  /** Envelopes that wait for a verdict. */
  readonly verdicts: QueueLength
  /** Judged transactions that wait for a block. */
  readonly intake: QueueLength
  readonly stateCheck: { readonly rows: number; readonly findings: number }
  /** How often the engine's own process was started again; 0 where there is none. */
  readonly restarts: number
}
