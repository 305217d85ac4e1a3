/** Marks of an axis that a person can read, from at or below the least to at or above the most value. */
export function ticksOf(least: number, most: number, count = 4): readonly number[] {
  if (!(most > least)) {
    const around = Math.abs(least) / 2 || 1
    return ticksOf(least - around, least + around, count)
  }
  const rough = (most - least) / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find((one) => one * power >= rough) ?? 10) * power
  const first = Math.floor(least / step)
  const last = Math.ceil(most / step)
  // Of whole numbers, so that no rounding adds up.
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)))
}

/** Where a value stands between two ends of a line. */
export const scale =
  (from: readonly [number, number], to: readonly [number, number]) =>
  (value: number): number =>
    from[1] === from[0]
      ? (to[0] + to[1]) / 2
      : to[0] + ((value - from[0]) / (from[1] - from[0])) * (to[1] - to[0])

interface Ranged {
  readonly at: number
  readonly low?: number
  readonly high?: number
}

/** A stretch of time in which the reference range was the same; an open side has no bound. */
export interface Band {
  readonly from: number
  readonly to: number
  readonly low?: number
  readonly high?: number
}

/** @param points oldest first; a range holds from halfway to its neighbours, and nothing is said where none was sent */
export function bandsOf(points: readonly Ranged[]): readonly Band[] {
  const bands: Band[] = []
  for (const [i, { at, low, high }] of points.entries()) {
    if (low === undefined && high === undefined) continue
    const from = i === 0 ? at : (points[i - 1].at + at) / 2
    const to = i === points.length - 1 ? at : (at + points[i + 1].at) / 2
    const before = bands.at(-1)
    if (before && before.to === from && before.low === low && before.high === high)
      bands[bands.length - 1] = { ...before, to }
    else bands.push({ from, to, ...(low !== undefined && { low }), ...(high !== undefined && { high }) })
  }
  return bands
}
