import { visible, visibleText } from "@aceso/core/display/index.ts"
import { width } from "./columns.ts"

export { textGiven } from "@aceso/core/display/index.ts"

/** White space that a terminal shows as nothing; ends of lines and tabs came as symbols. */
const RUN = /\s{2,}|[^\S ]/gu

/** Text of others in which no white space draws: a run of it, or one of another width, is one space. */
export const oneSpace = (text: string): string => visible(text).replace(RUN, " ")

/**
 * What a command returned, as it may be printed: with nothing in it that draws, hides or reorders, and no white space
 * that would put a text where lines of ours stand.
 * @param keeps members of the result whose white space is a part of what is shown
 * @param texts lines that people wrote, by the names that lead to them (`Command`)
 */
export function readable<T>(result: T, keeps: readonly string[] = [], texts: readonly string[] = []): T {
  return shown(result, "", (text, path) => {
    if (texts.includes(path)) return asWritten(text)
    return keeps.includes(path.split(".", 1)[0]) ? visible(text) : oneSpace(text)
  })
}

/** Of plain data all texts; names of members are shown too. @param path the names that lead to the value */
function shown<T>(value: T, path: string, of: (text: string, path: string) => string): T {
  if (typeof value === "string") return of(value, path) as T
  if (Array.isArray(value)) return value.map((one) => shown(one, path, of)) as T
  if (typeof value !== "object" || value === null) return value
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => {
      const inside = path === "" ? name : `${path}.${name}`
      return [of(name, path), shown(part, inside, of)]
    }),
  ) as T
}

const TAB = 8

/** A line as whoever wrote it saw it: with all its spaces, and what stands behind tabs where it stood. */
const asWritten = (line: string): string =>
  line
    .split("\t")
    .map((part) => visibleText(part))
    .reduce((before, part) => before + " ".repeat(TAB - (width(before) % TAB)) + part)

/** The longest run of white space that is shown character by character. */
const SHORT_RUN = 8

/** Text in which a run of white space is seen: `␣␣␣`, or `␣×60`. */
export const withSpaces = (text: string): string =>
  text.replace(/\s{2,}/gu, ({ length }) => (length > SHORT_RUN ? `␣×${length} ` : "␣".repeat(length)))
