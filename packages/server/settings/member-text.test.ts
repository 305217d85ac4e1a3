import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { withMember } from "./member-text.ts"

describe("one member of a JSON text is set, and nothing else of it", () => {
  for (const [name, before, after] of [
    ["a number", '{"a": 1, "x":2, "b":3}', '{"a": 1, "x":77, "b":3}'],
    ["laid out", '{\n  "x" :\t 1\n}\n', '{\n  "x" :\t 77\n}\n'],
    ["the last one", '{"a":{"x":1},"x":[{"x":2}] }\n', '{"a":{"x":1},"x":77 }\n'],
    ["not there, laid out", '{\n  "a": true\n}\n', '{\n  "a": true,\n  "x": 77\n}\n'],
    ["not there, in one line", '{"a":"}"}', '{"a":"}","x": 77}'],
    ["not there, nothing is", "{ }\n", '{ "x": 77 }\n'],
    ["not there, only further in", '{"a":{"x":1}}', '{"a":{"x":1},"x": 77}'],
    [
      "numbers that no double holds, unknown members, marks in texts",
      '{"big":12345678901234567890.10,"q":"\\",\\"x\\":1","x":"\\\\","later":{"}":[1.0]}}',
      '{"big":12345678901234567890.10,"q":"\\",\\"x\\":1","x":77,"later":{"}":[1.0]}}',
    ],
    ["a name that is written in another way", '{"\\u0078":1}', '{"\\u0078":77}'],
    ["there twice: the one that counts", '{"x":1,"x":2}', '{"x":1,"x":77}'],
  ] as const)
    it(name, () => {
      assert.equal(withMember(before, "x", "77"), after)
      assert.equal((JSON.parse(after) as { x: number }).x, 77)
    })
})
