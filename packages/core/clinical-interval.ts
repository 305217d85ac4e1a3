import { dateRange } from "./clinical.ts"

/** When something was so, half-open, ms; a date without a time of day is the whole day, month or year. */
export interface TimeInterval {
  readonly fromMs: number
  readonly toMs: number
}

/** `isUnclear`: all or a part of it cannot be read. */
export interface ReadTime {
  readonly interval?: TimeInterval
  readonly isUnclear: boolean
}

/** What a clinical time means. Of one that cannot be read the day counts, else the month, else the year that it begins with. */
export function readTime(text: string | undefined): ReadTime {
  if (text === undefined) return { isUnclear: false }
  const [day, month, year] = /^(\d{4})(?:-\d\d(?:-\d\d)?)?(?!\d)/.test(text) ? [10, 7, 4] : []
  for (const length of [text.length, day, month, year]) {
    const interval = length === undefined ? undefined : rangeOf(text.slice(0, length))
    if (interval) return { interval, isUnclear: length !== text.length }
  }
  return { isUnclear: true }
}

function rangeOf(text: string): TimeInterval | undefined {
  try {
    return dateRange(text)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
