import { visible, visibleAll } from "@aceso/core/display/index.ts"

/** White space that a terminal shows as nothing; ends of lines and tabs came as symbols. */
const RUN = /\s{2,}|[^\S ]/gu

/** Text of others in which no white space draws: a run of it, or one of another width, is one space. */
export const oneSpace = (text: string): string => visible(text).replace(RUN, " ")

/**
 * What a command returned, as it may be printed: with nothing in it that draws, hides or reorders, and no white space
 * that would put a text where lines of ours stand.
 * @param keeps members of the result whose white space is a part of what is shown
 */
export function readable<T>(result: T, keeps: readonly string[] = []): T {
  if (typeof result !== "object" || result === null || Array.isArray(result))
    return spaced(visibleAll(result))
  const seen = visibleAll(result) as Record<string, unknown>
  return Object.fromEntries(
    Object.entries(seen).map(([name, part]) => [name, keeps.includes(name) ? part : spaced(part)]),
  ) as T
}

/** Of plain data all texts; names of members are shown too. */
function spaced<T>(value: T): T {
  if (typeof value === "string") return oneSpace(value) as T
  if (Array.isArray(value)) return value.map(spaced) as T
  if (typeof value !== "object" || value === null) return value
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [oneSpace(name), spaced(part)])) as T
}

/** The longest run of white space that is shown character by character. */
const SHORT_RUN = 8

/** Text in which a run of white space is seen: `␣␣␣`, or `␣×60`. */
export const withSpaces = (text: string): string =>
  text.replace(/\s{2,}/gu, ({ length }) => (length > SHORT_RUN ? `␣×${length} ` : "␣".repeat(length)))
