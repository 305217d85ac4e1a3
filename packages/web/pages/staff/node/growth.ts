/** Bytes of each part at a moment. */
export interface Measured {
  /** ms */
  readonly at: number
  readonly bytes: Readonly<Record<string, number>>
}
export interface Grown {
  readonly part: string
  readonly bytes: number
  /** Since the first measurement; undefined: it was not there then, or is the first one. */
  readonly grown?: number
  /** Bytes an hour at this pace; undefined: too little time went by to say so. */
  readonly anHour?: number
}

/** Within less a few files of a log tell of no pace. */
const ENOUGH_MS = 60_000
const HOUR_MS = 3_600_000

/** What each part takes, the greatest first, and how it grew between two looks. */
export function grownSince(first: Measured, now: Measured): readonly Grown[] {
  const ms = now.at - first.at
  return Object.entries(now.bytes)
    .map(([part, bytes]): Grown => {
      const before = first.bytes[part]
      if (before === undefined || ms <= 0) return { part, bytes }
      const grown = bytes - before
      return { part, bytes, grown, ...(ms >= ENOUGH_MS && { anHour: (grown * HOUR_MS) / ms }) }
    })
    .sort((a, b) => b.bytes - a.bytes)
}
