import { PlatformError } from "@aceso/core"

const YEAR_FIRST = /^(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})日?)$/
const YEAR_LAST = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$/
export const MAX_SEARCH = 200

/**
 * A search as the node takes it: birth dates as FHIR writes them, because it compares them as they are. A date that may
 * be two is refused: nobody should be looked for under the wrong one and not be found.
 * @throws PlatformError `bad_input`
 */
export function searchOf(text: string): string {
  const search = text.trim()
  if (search === "" || search.length > MAX_SEARCH)
    throw new PlatformError("bad_input", `expected a text of 1 to ${MAX_SEARCH} characters`)
  return search
    .split(/\s+/)
    .map((word) => dateIn(word) ?? word)
    .join(" ")
}

/** Whether a `YYYY-MM-DD` is a day of the calendar: the 30th of February is none. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const ms = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)
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
  new PlatformError(
    "bad_input",
    `${why}; write a birth date as year-month-day, such as 1970-01-31, and a record number without its hyphens and dots`,
  )
