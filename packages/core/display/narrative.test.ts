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

describe("columns by blanks outside of pre", () => {
  const NB = "&#160;"
  const rows: [comment: string, inside: string, expected: string, whole?: string][] = [
    [
      "of lines that were typed",
      "<p>      Mon   Tue\nK     4.1\nNa          140</p>",
      APART,
      "      Mon   Tue\nK     4.1\nNa          140",
    ],
    [
      "of lines by elements",
      `<p>${NB}${NB}Mon${NB}${NB}${NB}Tue<br/>${NB}${NB}${NB}${NB}${NB}${NB}4.1</p>`,
      APART,
      "\u00a0\u00a0Mon\u00a0\u00a0\u00a0Tue\n\u00a0\u00a0\u00a0\u00a0\u00a0\u00a04.1",
    ],
    [
      "of blanks that stay, with others between",
      `<div>K${NB} ${NB} ${NB}4.1<br/>Na${NB} ${NB} ${NB}140</div>`,
      APART,
    ],
    [
      "of paragraphs",
      `<p>${NB}${NB}R${NB}${NB}${NB}L</p><p>${NB}${NB}${NB}${NB}${NB}5</p><p>Stop warfarin</p>`,
      `${APART}; Stop warfarin`,
    ],
    ["with elements inside", "<div><b>R</b>    <b>L</b>\n     5</div>", APART],
    ["in a cell", "<table><tr><td>R   L\n    5</td><td>b</td></tr></table>", `${APART} | b`],
    ["beside a note", "<div>Seen.\n\nK    4.1\nNa   140\n\nHome</div>", `Seen.; ${APART}; Home`],
    ["one line of blanks that HTML takes for one", "<p>K     4.1</p>", "K 4.1"],
    ["one line of blanks that stay", `<p>Name${NB}${NB}${NB}Li</p><p>well</p>`, "Name Li; well"],
    ["one before lines", `<p>Name${NB}${NB}${NB}Li</p><p>a<br/>b</p>`, "Name Li; a; b"],
    ["lines that were wrapped", "<p>Came by foot.\n      Walks well.</p>", "Came by foot. Walks well."],
    ["a page that was set further in", "<div>\n   <p>a</p>\n   <p>b</p>\n</div>", "a; b"],
    ["paragraphs in Chinese", "<p>　　患者诉胸痛。</p><p>　　停用华法林</p>", "患者诉胸痛。; 停用华法林"],
  ]
  for (const [comment, inside, expected, whole] of rows)
    it(comment, () => {
      assert.equal(narrativeText(div(inside)), expected)
      if (whole !== undefined)
        assert.deepEqual(wholeNarrative(div(inside)), { text: whole, isPreformatted: true })
    })
})

describe("cells that span others", () => {
  const [LEFT, UP] = ["(one cell with the left)", "(one cell with the above)"]
  const UNCLEAR = "table whose columns are not certain, see the record"
  const table = (...rows: readonly string[]) =>
    `<table>${rows.map((row) => `<tr>${row}</tr>`).join("")}</table>`
  const td = (text: string, more = "") => `<td${more && ` ${more}`}>${text}</td>`
  const rows: [comment: string, inside: string, expected: string][] = [
    [
      "two columns",
      table(td("Right", 'colspan="2"') + td("Left"), td("1") + td("2") + td("3")),
      `Right | ${LEFT} | Left; 1 | 2 | 3`,
    ],
    [
      "two rows",
      table(td("K", 'rowspan="2"') + td("4.1"), td("5.0"), td("Na") + td("140")),
      `K | 4.1; ${UP} | 5.0; Na | 140`,
    ],
    [
      "two rows, the last one",
      table(td("a") + td("b", 'rowspan="2"'), td("c"), td("d") + td("e")),
      `a | b; c | ${UP}; d | e`,
    ],
    [
      "two of both",
      table(td("a", "colspan='2' rowspan='2'") + td("b"), td("c"), td("d") + td("e") + td("f")),
      `a | ${LEFT} | b; ${UP} | ${UP} | c; d | e | f`,
    ],
    [
      "two rows beside an empty column",
      table(td("a") + td("b") + td("c", 'rowspan="2"'), td("d"), td("e")),
      `a | b | c; d |  | ${UP}; e`,
    ],
    [
      "in each group of rows",
      `<table><thead><tr>${td("a", 'colspan="2"')}</tr></thead><tbody><tr>${td("b")}${td("c")}</tr></tbody></table>`,
      `a | ${LEFT}; b | c`,
    ],
    ["one, as all do", table(td("a", 'colspan="1" rowspan="1"') + td("b")), "a | b"],
    [
      "with a sign in another attribute",
      table(td("a", 'title="colspan=&quot;2" colspan="2"') + td("b")),
      `a | ${LEFT} | b`,
    ],
    ["without quotes", table(td("a", "colspan=2") + td("b")), `a | ${LEFT} | b`],
    [
      "by another attribute's name alone",
      table(td("a", 'data-colspan="2" title="x colspan=2"') + td("b")),
      "a | b",
    ],
    [
      "of a table behind another one",
      `${table(td("a", 'rowspan="9"'))}${table(td("b") + td("c"))}`,
      `${UNCLEAR}; b | c`,
    ],
    ["none", table(td("a", 'colspan="0"') + td("b"), td("c")), UNCLEAR],
    ["more than anybody reads", table(td("a", 'colspan="1000"') + td("b"), td("c")), UNCLEAR],
    ["what is no number", table(td("a", 'colspan="2.5"') + td("b"), td("c")), UNCLEAR],
    ["less than one", table(td("a", 'rowspan="-1"') + td("b"), td("c")), UNCLEAR],
    ["a number in words", table(td("a", 'colspan="two"') + td("b"), td("c")), UNCLEAR],
    ["rows that are not there", table(td("a", 'rowspan="3"') + td("b"), td("c")), UNCLEAR],
    [
      "rows of the next group",
      `<table><tbody><tr>${td("a", 'rowspan="2"')}</tr></tbody><tbody><tr>${td("b")}</tr></tbody></table>`,
      UNCLEAR,
    ],
    ["one another", table(td("a") + td("b", 'rowspan="2"'), td("c", 'colspan="2"')), UNCLEAR],
    ["beside a table inside", table(td(table(td("x") + td("y"))) + td("b"), td("c") + td("d")), UNCLEAR],
    [
      "with notes around",
      `<p>Note</p>${table(td("a", 'colspan="x"') + td("b"))}<p>Stop warfarin</p>`,
      `Note; ${UNCLEAR}; Stop warfarin`,
    ],
    ["what makes too many", table(...Array.from({ length: 300 }, () => td("a", 'colspan="50"'))), UNCLEAR],
  ]
  for (const [comment, inside, expected] of rows)
    it(comment, () => assert.equal(narrativeText(div(inside)), expected))

  it("the whole of a table that is not certain has each cell, and says so", () => {
    const html = table(td("a", 'colspan="x"') + td("b"), td("c"))
    assert.equal(wholeNarrative(div(html))?.text, "table whose columns are not certain:; a, b; c")
  })
  it("the whole of a table has what spans as well", () => {
    const html = table(td("a", 'colspan="2"') + td("b"))
    assert.equal(wholeNarrative(div(html))?.text, `a | ${LEFT} | b`)
  })
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
      "<td colspan=50 rowspan=50>",
      "<tr><td rowspan=50>",
      "<table><td>",
      "</table>",
      "<tbody>",
      " colspan",
      "&#160;&#160;",
      "<br/>a   b",
      "<p>a&#160;&#160;&#160;b",
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
