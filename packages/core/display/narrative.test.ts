import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { narrativeText, wholeNarrative } from "./narrative.ts"

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
    [
      "a note beside a table stays",
      "<pre>K\t4.1\n\nStop warfarin today</pre>",
      `${APART}; Stop warfarin today`,
    ],
    [
      "two lines with double blanks stand there with those beside them",
      "<pre>Seen at home.\n\nBP 120/80  HR 72\nT 38.5  SpO2 91\n\nStop warfarin</pre>",
      `Seen at home.; ${APART}; Stop warfarin`,
    ],
    ["one line with double blanks", "<pre>Stop  warfarin\ntoday</pre>", "Stop warfarin; today"],
    ["one over a value further in", "<pre>R  L\n   5</pre>", APART],
    ["a list by tabs", "<pre>1.\tStop warfarin\n2.\tHome</pre>", "1. Stop warfarin; 2. Home"],
    ["a numbered row under a head", "<pre>R L\n1.\t5</pre>", APART],
    ["a beginning further in", "<pre>　　患者诉胸痛。\n停用华法林</pre>", "患者诉胸痛。; 停用华法林"],
    ["columns by entities", "<pre>K&#160;&#160;&#160;4.1</pre>", APART],
    ["columns by a tab's number", "<pre>K&#9;4.1</pre>", APART],
    ["columns of elements", "<pre><b>R</b>  <b>L</b>\n   5</pre>", APART],
    ["lines by elements", "<pre>K   4.1<br/><br/>well</pre>", `${APART}; well`],
    ["entities once", "<pre>a &amp;lt; b</pre>", "a &lt; b"],
    ["struck out before and behind a table", "<pre><del>a\n\nK\t1</del>\n\nb</pre>", `~~a; ${APART}~~; b`],
    ["one that is not closed is read as it is", "<pre>K   4.1", "K 4.1"],
    ["another element whose name begins so", "<present>K   4.1</present>", "K 4.1"],
  ]
  for (const [comment, inside, expected] of rows)
    it(comment, () => assert.equal(narrativeText(div(inside)), expected))

  it("one whose end is not read", () => {
    const text = narrativeText(div(`<pre>K\t4.1\n\n${"a".repeat(100_000)}</pre>`))
    assert.ok(text?.startsWith(`${APART}; aaa`), text?.slice(0, 100))
  })
})

describe("a whole narrative", () => {
  const rows: [comment: string, inside: string, text: string, isPreformatted: boolean][] = [
    [
      "columns stay under each other",
      "<pre>         Right   Left\nNear             0.5</pre>",
      "         Right   Left\nNear             0.5",
      true,
    ],
    ["tabs and empty lines stay", "<pre>\n\tR\tL\r\n\r\nK\t4\t5\n</pre>", "\tR\tL\n\nK\t4\t5", true],
    [
      "what is around has lines of its own",
      "<p>a</p><pre>  R  L</pre><p>b  c</p>",
      "a\n\n  R  L\n\nb c",
      true,
    ],
    [
      "nothing of a row stands beside its lines",
      "<table><tr><td>a</td><td><pre>  R\n5</pre></td><td>b</td></tr></table>",
      "a\n\n|\n\n  R\n5\n\n|\n\nb",
      true,
    ],
    ["without any", "<p>a   b</p><p>c</p>", "a b; c", false],
    ["an empty one is none", "<p>a</p><pre> \n </pre><p>b</p>", "a; b", false],
  ]
  for (const [comment, inside, text, isPreformatted] of rows)
    it(comment, () => assert.deepEqual(wholeNarrative(div(inside)), { text, isPreformatted }))
})

describe("what tags say", () => {
  const rows: [comment: string, inside: string, expected: string | undefined][] = [
    ["raised", "WBC 5.2 x 10<sup>9</sup>/L", "WBC 5.2 x 10^9/L"],
    ["raised below nothing", "10<sup class='e'>-3</sup> T<sub>4</sub> 2", "10^-3 T4 2"],
    ["raised before a number", "2<sup>3</sup>4", "2^3 4"],
    ["raised, empty", "a<sup/>b", "ab"],
    ["a comment", "<!-- <p>Allergic to penicillin</p> -->none", "none"],
    ["a comment with a sign", "a<!-- 5 > 4 -->b", "ab"],
    ["an empty comment hides nothing", "<!-->a<!-- b -->", "a"],
    ["one without an end is text", "<!-- <p>a</p>", "<!--; a"],
    ["a picture in single quotes", "<img src='x' alt='left \"knee\"'/>x", 'left "knee" x'],
    ["a picture in double quotes", '<img data-alt="no" title=" alt=\'no\'" alt = "it\'s"/>x', "it's x"],
    ["lines of a picture", '<img alt="a\n\v0\tb"/>x', "a 0 b x"],
    ["a sign in an attribute", "<p title='a > b'>x</p>", "x"],
    ["what XML takes for no markup", "a<![CDATA[ K\n4.1 ]]>b", "a K 4.1 b"],
    ["quotes that are not closed", "<p it's>x</p>", "x"],
  ]
  for (const [comment, inside, expected] of rows)
    it(comment, () => assert.equal(narrativeText(div(inside)), expected))
})

describe("hostile narratives", () => {
  const parts = [
    ...[
      "<pre >",
      "<pre>a</pre >",
      "<!--",
      "<!-- -->",
      "<!-->",
      "<img alt='",
      "<img ' alt=\"",
      "<a '\"",
      "<",
      "'",
      "<sup>",
    ],
    ...[
      "<pre>a\t",
      "a  ",
      "\n",
      "\t ",
      "\u3000",
      "1. ",
      "- ",
      "&#9;",
      "</pre>",
      "~~",
      "<td>",
      "alt=''",
      " alt",
      "--",
    ],
  ]
  for (const part of parts)
    it(`${JSON.stringify(part)} is read in a moment`, () => {
      const many = part.repeat(100_000 / part.length)
      const begun = performance.now()
      for (const html of [many, `<pre>${many}x</pre>`, `<img ${many}>`, `<!--${many}`, `<pre>x${many}`]) {
        narrativeText(div(html))
        wholeNarrative(div(html))
      }
      assert.ok(performance.now() - begun < 5_000)
    })
})
