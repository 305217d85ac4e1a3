const DAY_MS = 86_400_000
/** A visit late in the evening goes on past midnight. */
const LEAST_VISIT_MS = 4 * 3_600_000

/** When a permission for a visit ends by itself: at midnight, where the device is, and after four hours at least; ms. */
export function endOfVisit(now: number): number {
  const midnight = new Date(now)
  midnight.setHours(24, 0, 0, 0)
  return Math.max(midnight.getTime(), now + LEAST_VISIT_MS)
}

export const inDays = (now: number, days: number): number => now + days * DAY_MS

/** The end of a day, where the device is; ms. @param day such as 2027-01-31 @returns undefined: no such day */
export function endOfDay(day: string): number | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day)
  if (!match) return undefined
  const [year, month, date] = match.slice(1).map(Number)
  const end = new Date(year, month - 1, date, 24)
  // The 31st of a month that has none would be another day.
  return new Date(year, month - 1, date).getDate() === date ? end.getTime() : undefined
}
