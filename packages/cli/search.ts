import { isDay } from "./moment.ts"
import { UsageError } from "./session.ts"

const YEAR_FIRST = /^(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})日?)$/
const YEAR_LAST = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$/

/**
 * A search as the node takes it: birth dates as FHIR writes them, because it compares them as they are. A date that may
 * be two is refused: nobody should be looked for under the wrong one and not be found.
 * @throws UsageError
 */
export function searchOf(text: string | boolean | undefined): string | undefined {
  if (text === undefined) return undefined
  const search = String(text).trim()
  if (search === "" || search.length > 200)
    throw new UsageError("--search: expected a text of 1 to 200 characters")
  return search
    .split(/\s+/)
    .map((word) => dateIn(word) ?? word)
    .join(" ")
}

/** The day that a word means; undefined: it is no date. */
function dateIn(word: string): string | undefined {
  const [, year, ...rest] = YEAR_FIRST.exec(word) ?? []
  if (year !== undefined) {
    const [month, day] = rest.filter((part) => part !== undefined)
    const date = dateOf(year, month, day)
    if (!isDay(date)) throw refused(`${word} is no day of the calendar`)
    return date
  }
  const [, a, b, last] = YEAR_LAST.exec(word) ?? []
  if (last === undefined) return undefined
  const [date, other] = [...new Set([dateOf(last, b, a), dateOf(last, a, b)])].filter(isDay)
  if (other !== undefined) throw refused(`${word} may be ${date} or ${other}`)
  return date
}

const dateOf = (year: string, month: string, day: string) =>
  `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`

const refused = (why: string) =>
  new UsageError(
    `--search: ${why}; write a birth date as year-month-day, such as 1970-01-31, and a record number without its hyphens and dots`,
  )
