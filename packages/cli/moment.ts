import { isDay } from "@aceso/client"
import { UsageError } from "./session.ts"

/** How a moment is written, in the words of every --help. */
export const MOMENT = "date, time and zone, such as 2026-05-01T08:00Z or 2026-05-01T10:00+02:00"

const FORM = /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,3})?)?(Z|[+-](0\d|1[0-4]):[0-5]\d)$/

/**
 * The one way to write a moment: with its zone, so that it means the same everywhere. @returns ms
 * @throws UsageError
 */
export function momentOf(text: string | boolean | undefined, option: string): number | undefined {
  if (text === undefined) return undefined
  const [, date = ""] = FORM.exec(String(text)) ?? []
  const ms = Date.parse(String(text))
  if (!isDay(date) || ms < 0) throw new UsageError(`${option} ${text}: expected ${MOMENT}`)
  return ms
}

/** How what lies ahead is written, in the words of every --help. */
export const UNTIL =
  "days such as 30d, a date such as 2027-01-31 (its beginning, where you are), or a moment with its zone"

/** @returns ms, after now @throws UsageError */
export function aheadOf(value: string | boolean | undefined, option: string): number {
  const text = String(value)
  const days = /^(\d{1,4})d$/.exec(text)
  const ms = days
    ? Date.now() + Number(days[1]) * 86_400_000
    : isDay(text)
      ? Date.parse(`${text}T00:00`)
      : text.includes("T")
        ? momentOf(text, option)
        : undefined
  if (ms === undefined || ms <= Date.now())
    throw new UsageError(`${option} ${value}: expected what is in the future: ${UNTIL}`)
  return ms
}
