import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { logLine } from "./log.ts"

describe("a line of the log", () => {
  const now = new Date(Date.UTC(2026, 4, 1, 8, 0, 0, 7))
  const rows: [comment: string, text: string, line: string][] = [
    [
      "has time with zone, level and whose it is",
      "the certificate was reloaded",
      "the certificate was reloaded",
    ],
    ["is one line, however long its white space", `a${" ".repeat(80_000)}b`, `a${" ".repeat(80_000)}b`],
    ["is one line, whatever an error says", "Error: a\n    at b\r\n\n    at c\n", "Error: a | at b | at c"],
  ]
  for (const [comment, text, line] of rows)
    it(comment, () =>
      assert.equal(logLine("error", "city", text, now), `2026-05-01T08:00:00.007Z error city: ${line}`),
    )
})
