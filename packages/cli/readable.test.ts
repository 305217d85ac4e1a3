import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { oneSpace, readable, textGiven, withSpaces } from "./readable.ts"

describe("white space in what others wrote", () => {
  const rows: readonly (readonly [comment: string, text: string, shown: string])[] = [
    ["one space", "a b", "a b"],
    ["many", `a${" ".repeat(60)}b`, "a b"],
    ["of other widths", "a\u00a0b\u3000c\u2003\u2003d\u202fe", "a b c d e"],
    ["ends of lines and tabs are symbols", "a\n  b\tc", "a␊ b␉c"],
  ]
  for (const [comment, text, shown] of rows) it(comment, () => assert.equal(oneSpace(text), shown))

  it("is one space in all that a command returned, but for the members that it keeps", () => {
    const result = {
      title: "a   b",
      of: [{ "n  n": "c   d" }],
      elements: [{ text: "e   f\u001b" }],
      n: 1,
      no: null,
    }
    assert.deepEqual(readable(result, ["elements"]), {
      ...{ title: "a b", of: [{ "n n": "c d" }], elements: [{ text: "e   f␛" }], n: 1, no: null },
    })
    assert.deepEqual(readable(["a   b"]), ["a b"])
    assert.equal(readable(undefined), undefined)
  })

  it("stays in lines of text, wherever they stand, with what a script needs; tabs stand where they did", () => {
    const lines = [
      "  20 kg     -         4 ml",
      "a\tb",
      "中文\tb",
      "\t\tc",
      "\u200fא\u00ad \u00a0b  ",
      "\u001b\u202e",
    ]
    const result = { title: "a  b", steps: [{ member: "c  d", documents: [{ name: "e  f", lines }] }] }
    assert.deepEqual(readable(result, [], ["steps.documents.lines"]), {
      title: "a b",
      steps: [
        {
          member: "c d",
          documents: [
            {
              name: "e f",
              lines: [
                "  20 kg     -         4 ml",
                "a       b",
                "中文    b",
                "                c",
                "\u200fא\u00ad \u00a0b  ",
                "␛\\u{202E}",
              ],
            },
          ],
        },
      ],
    })
    assert.deepEqual(readable({ lines: ["a  b\nc"], other: { lines: ["a  b"] } }, [], ["lines"]), {
      ...{ lines: ["a  b␊c"], other: { lines: ["a b"] } },
    })
  })

  it("ends lines in one way where a text is given, and has no byte order mark", () => {
    assert.equal(textGiven("\ufeffone\r\ntwo\rthree\n\r\n  4\ufeff"), "one\ntwo\nthree\n\n  4\ufeff")
  })

  it("is seen where it is kept", () => {
    assert.equal(withSpaces("a b"), "a b")
    assert.equal(withSpaces("a   b"), "a␣␣␣b")
    assert.equal(withSpaces(`a${" ".repeat(60)}b`), "a␣×60 b")
  })
})
