import assert from "node:assert/strict"
import { describe, it } from "node:test"
import type { Cbor } from "@aceso/core"
import { valueShown } from "./shown-value.ts"

describe("values of the ledger", () => {
  const table: readonly (readonly [string, Cbor, string])[] = [
    ["bytes are no text", [Uint8Array.of(0xaa, 0xbb), "aabb"], "[\n h'aabb',\n \"aabb\"\n]"],
    ["no bytes", new Uint8Array(), "h''"],
    ["a text like bytes", "h'aa'", "\"h'aa'\""],
    ["a text with the sign that is used inside", "\u0000aa", '"\u2400aa"'],
    ["what turns the direction", { "a\u202eb": "City\u200b" }, '{\n "a\\\\u{202E}b": "City\\\\u{200B}"\n}'],
    [
      "numbers as they are",
      [0, 9007199254740991, null, true],
      "[\n 0,\n 9007199254740991,\n null,\n true\n]",
    ],
  ]
  for (const [name, value, shown] of table) it(name, () => assert.equal(valueShown(value), shown))
})
