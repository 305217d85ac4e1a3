import type { Bytes } from "./bytes.ts"
import { append, type Frontier } from "./merkle.ts"
import { type Infer, list, object, uint } from "./schema.ts"

/** What a recovery loses (PRIVACY.md, Recovery): everything that the custodian committed after a height. */
export const lostRange = object({ from: uint(), to: uint() })
export type LostRange = Infer<typeof lostRange>

/** A custodian's vault was behind its ledger: what was committed after block `from`, up to block `height`, is lost. */
export interface Recovery {
  readonly from: number
  readonly height: number
}

export const MAX_RECOVERIES = 100
const MAX_STEPS = 16
/** Heights and sizes of a log side by side, oldest first. */
export const steps = list(uint(), 2 * MAX_STEPS)
export const lostRanges = list(lostRange, MAX_RECOVERIES)

/** A record log as the ledger has it: the frontier, when it grew, and what recoveries lost of it. */
export interface RecordLog extends Frontier {
  readonly steps: readonly number[]
  readonly lost: readonly LostRange[]
  /** So many of the custodian's recoveries are in `lost`; those after it follow from `steps`. */
  readonly recovered: number
}

export const EMPTY_LOG: RecordLog = { size: 0, peaks: [], steps: [], lost: [], recovered: 0 }

/** The log after a commit at this height. Recoveries before it are settled first. */
export function grow(
  log: RecordLog,
  entries: readonly Bytes[],
  height: number,
  recoveries: readonly Recovery[],
): RecordLog {
  const frontier = append(log, entries)
  const before = log.recovered === recoveries.length ? log.lost : lostOf(log, recoveries)
  return {
    ...frontier,
    steps: withStep(log.steps, height, frontier.size),
    lost: before,
    recovered: recoveries.length,
  }
}

/** What of a log is lost: ranges of indexes, in order, without overlap. */
export function lostOf(log: RecordLog, recoveries: readonly Recovery[]): readonly LostRange[] {
  const all = [...log.lost]
  for (const { from } of recoveries.slice(log.recovered)) {
    const first = sizeAt(log.steps, from)
    if (first < log.size) all.push({ from: first, to: log.size })
  }
  return merged(all)
}

export const isLost = (ranges: readonly LostRange[], index: number): boolean =>
  ranges.some(({ from, to }) => index >= from && index < to)

/**
 * The size of a log at a height, as far as its steps tell: never more than it was, and less only where steps were
 * thinned out. Whoever names a height could name a lower one as well, so nothing is won by that.
 */
export function sizeAt(all: readonly number[], height: number): number {
  let size = 0
  for (let i = 0; i < all.length && all[i] <= height; i += 2) size = all[i + 1]
  return size
}

/** When there are too many, every second of the older half goes: the older, the coarser. The first one stays. */
function withStep(all: readonly number[], height: number, size: number): readonly number[] {
  const next = [...all, height, size]
  if (next.length <= 2 * MAX_STEPS) return next
  const half = MAX_STEPS / 2
  return next.filter((_, i) => {
    const step = Math.floor(i / 2)
    return step >= half || step % 2 === 0
  })
}

function merged(ranges: readonly LostRange[]): readonly LostRange[] {
  const out: LostRange[] = []
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = out.at(-1)
    if (last && range.from <= last.to) out[out.length - 1] = { ...last, to: Math.max(last.to, range.to) }
    else out.push(range)
  }
  return out
}
