import { visible } from "@aceso/core/display/index.ts"

export type Level = "info" | "error"

/**
 * One line of a log: time (ISO 8601, UTC), level, whose it is, and what happened.
 * @param text of several lines becomes one
 */
export const logLine = (level: Level, who: string, text: string, now = new Date()): string =>
  `${now.toISOString()} ${level} ${who}: ${visible(linesOf(text).join(" | "))}`

/** Those that are not empty, without space around them. */
const linesOf = (text: string): string[] =>
  text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]))
