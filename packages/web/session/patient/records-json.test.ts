import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { indented } from "./records-json.ts"

describe("JSON with lines", () => {
  for (const [comment, json, lines] of [
    [
      "members and elements",
      '{"a":[1.00,{"b":"c"}]}',
      ["{", '  "a": [', "    1.00,", "    {", '      "b": "c"', "    }", "  ]", "}"],
    ],
    ["what is empty stays in one line", '{"a":{},"b":[]}', ["{", '  "a": {},', '  "b": []', "}"]],
    ["brackets in a text are text", '{"a":"{[,:]}\\""}', ["{", '  "a": "{[,:]}\\""', "}"]],
    ["numbers as they came", "[1e400,-0,1.10]", ["[", "  1e400,", "  -0,", "  1.10", "]"]],
    ["what is no JSON", '{"a":"b', ["{", '  "a": "b']],
    ["nothing", "", [""]],
  ] as const)
    it(comment, () => assert.deepEqual(indented(json).split("\n"), lines))

  it("adds white space between tokens and nothing else, whatever comes", () => {
    const odd = ['{"a":"x\\\\"}', '"\\u0022"', "]]]}", '{"a":1,"a":2}', 'a"b"c', '[[["\n"]]]']
    const bare = (text: string) => text.replace(/\s/g, "")
    for (const text of odd) assert.equal(bare(indented(text)), bare(text))
  })
})
