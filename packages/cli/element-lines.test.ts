import assert from "node:assert/strict"
import { describe, it } from "node:test"
import type { ShownElement } from "@aceso/core/display/index.ts"
import { fit, width } from "./columns.ts"
import { elementLines } from "./element-lines.ts"

const one = (label: string, text?: string, inside: readonly ShownElement[] = []): ShownElement => ({
  label,
  inside,
  ...(text !== undefined && { text }),
})
/** So many elements, each inside of the one before. */
const nested = (depth: number, last: ShownElement): ShownElement =>
  depth === 0 ? last : one(`level ${depth}`, undefined, [nested(depth - 1, last)])

describe("elements of a record in lines", () => {
  const rows: readonly (readonly [comment: string, element: ShownElement, lines: readonly string[]])[] = [
    ["a short name beside its text", one("status", "final"), ["  status            final"]],
    [
      "a long name above its text",
      one("a name of many words", "x", [one("inside", "y")]),
      ["  a name of many words", "                    x", "    inside            y"],
    ],
    [
      "a text of several lines, as far in as they began",
      one("note", "one␊   two␊three"),
      ["  note              one␊", "                       two␊", "                    three"],
    ],
    [
      "a text that would look like an element",
      one("note", `${"x ".repeat(29)}status final`),
      [`  note              ${"x ".repeat(29).trimEnd()}`, "                    status final"],
    ],
    [
      "a line that begins very far in",
      one("note", `a␊${" ".repeat(200)}b`),
      ["  note              a␊", `${" ".repeat(60)}b`],
    ],
  ]
  for (const [comment, element, lines] of rows)
    it(comment, () => assert.deepEqual(fit(elementLines([element], 80).join("\n"), 80).split("\n"), lines))

  it("however deep it lies, a line fits and says how deep", () => {
    const lines = elementLines([nested(40, one("name", "word ".repeat(40)))], 80)
    for (const line of lines) assert.ok(width(line) <= 80, line)
    assert.ok(lines.some((line) => line.trim().startsWith("(40)\u00a0name")))
  })
})
