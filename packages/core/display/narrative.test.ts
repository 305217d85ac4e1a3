import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { narrativeText } from "./narrative.ts"

const div = (inside: string) => ({ div: `<div xmlns="http://www.w3.org/1999/xhtml">${inside}</div>` })
const APART = "text in columns, see the record"

describe("preformatted text in a line", () => {
  const rows: [comment: string, inside: string, expected: string][] = [
    ["its lines stay apart", "<pre>Day 1: well\nDay 2: home</pre>", "Day 1: well; Day 2: home"],
    ["also as Windows writes them", "<pre>a\r\nb</pre>", "a; b"],
    [
      "columns are not read out of their columns",
      "<pre>      Mon   Tue\nK     4.1\nNa          140</pre>",
      APART,
    ],
    ["columns by tabs", "<pre>K\t4.1</pre>", APART],
    ["columns by ideographic blanks", "<pre>钾　4.1</pre>", APART],
    ["columns two blanks apart", "<pre>K  4.1\nNa  140</pre>", APART],
    [
      "two blanks after a sentence are none",
      "<pre>Came by foot.  Walks well.\nSleeps.  Eats.</pre>",
      "Came by foot. Walks well.; Sleeps. Eats.",
    ],
    ["an indented line is none", "<pre>Plan\n    rest</pre>", "Plan; rest"],
    ["text around it stays", "<p>Note</p><pre>K\t4.1</pre><p>End</p>", `Note; ${APART}; End`],
    ["blanks elsewhere are one, as HTML says", "<p>K     4.1</p>", "K 4.1"],
    ["one that is not closed is read as it is", "<pre>K   4.1", "K 4.1"],
    ["another element whose name begins so", "<present>K   4.1</present>", "K 4.1"],
  ]
  for (const [comment, inside, expected] of rows)
    it(comment, () => assert.equal(narrativeText(div(inside)), expected))

  it("is there whole where all of a record is shown", () =>
    assert.equal(narrativeText(div("<pre>K\t4.1\nNa\t140</pre>"), Number.POSITIVE_INFINITY), "K 4.1; Na 140"))

  it("hostile ones are read in a moment", () => {
    const many = narrativeText(div("<pre >".repeat(20_000)))
    assert.equal(many, undefined)
    narrativeText(div("<pre>a</pre >".repeat(9_000)))
    narrativeText(div(`<pre>${"a  ".repeat(40_000)}</pre>`))
  })
})
