import { visible } from "@aceso/core/display/index.ts"

export type Level = "info" | "error"

/**
 * One line of a log: time (ISO 8601, UTC), level, whose it is, and what happened.
 * @param text of several lines becomes one
 */
export const logLine = (level: Level, who: string, text: string, now = new Date()): string =>
  `${now.toISOString()} ${level} ${who}: ${visible(linesOf(text).join(" | "))}`

const linesOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
