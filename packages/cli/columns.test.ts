import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { COLUMNS, fit, flow, printable, quoted, table, together, width, wrap } from "./columns.ts"

const ESC = String.fromCharCode(27)
const RED = `${ESC}[31m`
const RESET = `${ESC}[0m`
const lines = (text: string) => text.split("\n")
const words = (count: number) => Array.from({ length: count }, (_, i) => `word${i}`).join(" ")

describe("wrap and fit", () => {
  const cases: [comment: string, line: string, fitted: string][] = [
    ["a line that fits stays as it is", "  a  b", "  a  b"],
    ["a line goes on below its text", `  ${words(13)}`, `  ${words(12)}\n    word12`],
    [
      "a line with a label goes on behind it, further in than a line of its own would begin there",
      `  peers         ${words(11)}`,
      `  peers         ${words(10)}\n                  word10`,
    ],
    [
      "a style goes on in the next line, and not over the margin",
      `${RED}  stalled     ${words(12)}${RESET}`,
      `  ${RED}stalled     ${words(11)}${RESET}\n                ${RED}word11${RESET}`,
    ],
    [
      "a value and its unit stay together",
      `  ${words(12)} ${together("4.1 mmol/L")}`,
      `  ${words(12)}\n    4.1 mmol/L`,
    ],
    ["a path stays whole", `  ${"x".repeat(90)} b`, `  ${"x".repeat(90)}\n    b`],
    ["characters without spaces part anywhere", "患".repeat(41), `${"患".repeat(40)}\n  患`],
  ]
  for (const [comment, line, fitted] of cases) it(comment, () => assert.equal(fit(line), fitted))

  it("in 40 columns a label that leaves too little stands above its text, and words stay whole", () => {
    const line = "  2026-01-31 08:00+08:00  International normalised ratio: 2.4"
    assert.deepEqual(lines(fit(line, 40)), [
      "  2026-01-31 08:00+08:00",
      "    International normalised ratio: 2.4",
    ])
    assert.equal(fit(line, 80), line)
  })

  it("however narrow, what goes on begins further in than what stands below it", () => {
    for (const columns of [40, 60, 80]) {
      const behind = (lead: string, text: string) => `  ${lead.padEnd(22)}  ${text}`
      const texts = [behind("2026-01-31 08:00+08:00", words(20)), behind("", `source ${words(20)}`)]
      const shown = lines(fit(texts.join("\n"), columns))
      const indents = shown.map((line) => line.length - line.trimStart().length)
      const at = shown.findIndex((line) => line.includes("source"))
      const others = indents.filter((_, i) => i !== at && !shown[i].includes("word0 "))
      assert.ok(others.length > 2 && others.every((indent) => indent !== indents[at] || indent === 2))
    }
  })

  it("a line that somebody wrote keeps its spaces, and goes on behind the same margin", () => {
    const quote = (line: string, columns = 40) => lines(fit(quoted(line), columns))
    assert.deepEqual(quote("  20 kg     -         4 ml"), ["  |   20 kg     -         4 ml"])
    assert.deepEqual(quote(""), ["  |"])
    assert.deepEqual(quote(words(7)), ["  | word0 word1 word2 word3 word4 word5", "  |   word6"])
    const step = "2026-11-29 06:10+08:00 city-hospital: answered"
    const texts = [
      `${"x".repeat(36)}${step.replaceAll(" ", "\u00a0")}`,
      `${" ".repeat(50)}${step}`,
      `${"患".repeat(30)}${step}`,
      `\u3000${step}`.repeat(3),
    ]
    for (const text of texts)
      for (const [i, line] of quote(text).entries()) {
        assert.ok(width(line) <= 40 && line.startsWith(i === 0 ? "  | " : "  |   "), line)
      }
    const whole = quote(texts[0]).map((line, i) => line.slice(i === 0 ? 4 : 6))
    assert.equal(whole.join(""), texts[0].replaceAll("\u00a0", " "))
  })

  it("nothing is lost", () => {
    const text = `  a  ${words(200)}`
    assert.equal(fit(text).replace(/\s+/g, " "), text.replace(/\s+/g, " "))
    for (const line of wrap(words(50), 20, "  ")) assert.ok(width(line) <= 20)
  })

  it("words of a command stay whole, and a shell takes the lines as one", () => {
    const command = ["aceso", ...Array.from({ length: 20 }, (_, i) => `'word ${i}'`)]
    const shown = flow(command, "  $ ", " \\")
    assert.ok(shown.length > 1 && shown.every((line) => width(line) <= COLUMNS))
    assert.equal(shown.join("\n").replaceAll(/ \\\n */g, " "), `  $ ${command.join(" ")}`)
  })
})

describe("width", () => {
  const cases: [comment: string, text: string, columns: number][] = [
    ["letters", "abc", 3],
    ["Chinese", "王小芳", 6],
    ["Chinese beyond the first plane", "𠮷", 2],
    ["fullwidth", "ＡＢ", 4],
    ["Hangul and kana", "한あ", 4],
    ["marks of direction, and a flag of tags", "א\u200f\u2060🏴󠁧󠁢󠁥󠁮󠁧󠁿", 3],
    ["marks above letters", "e\u0301", 1],
    ["a picture", "👨", 2],
    ["a style", `${RED}abc${RESET}`, 3],
    ["a symbol for a control character", "␛␊", 2],
  ]
  for (const [comment, text, columns] of cases) it(comment, () => assert.equal(width(text), columns))
})

describe("printable", () => {
  it("keeps what scripts need", () => assert.equal(printable("א\u200f5 a\u00adb"), "א\u200f5 a\u00adb"))

  it("keeps lines, and shows what draws, also what looks like a style of ours where there are none", () => {
    assert.equal(printable(`a\n  ${RED}b${RESET}\u202ec\u009b`), "a\n  ␛[31mb␛[0m\\u{202E}c\\u{9B}")
  })
})

describe("table", () => {
  it("puts numbers to the right, and says when there is nothing", () => {
    assert.equal(
      table(
        ["name", "n"],
        [
          ["a", 7],
          ["b", 12],
        ],
      ),
      "  name   n\n  a      7\n  b     12",
    )
    assert.equal(table(["name"], []), "  (none)")
  })

  it("goes on in the next line where a cell has no room, and cuts nothing", () => {
    const said = table(
      ["name", "what"],
      [
        ["a", words(30)],
        ["患者", "b"],
      ],
    )
    assert.ok(lines(said).every((line) => width(line) <= COLUMNS))
    assert.equal(said.match(/word\d+/g)?.length, 30)
    assert.match(said, /^ {2}name {2}what\n {2}a {5}word0 /)
    assert.match(said, /\n {2}患者 {2}b$/)
  })

  for (const columns of [40, 80, 120])
    it(`fits ${columns} columns, Chinese too, and cuts no word`, () => {
      const rows = [
        ["request-1", "county-hospital", "徐秀英 (急诊科)", "emergency treatment", words(6)],
        ["request-2", "city-hospital", "王小芳", "treatment", "a"],
      ]
      const said = table(["id", "asked at", "by", "purpose", "reason"], rows, columns)
      for (const line of lines(said)) assert.ok(width(line) <= columns, line)
      for (const word of ["county-hospital", "emergency", "treatment", "word5", "request-2"])
        assert.ok(said.includes(word))
    })

  it("becomes a line for each cell where not even the words have room", () => {
    const [id, key] = ["a".repeat(40), "b".repeat(64)]
    assert.equal(
      table(
        ["node", "its key", "none"],
        [
          [id, key, ""],
          [id, "c", ""],
        ],
      ),
      `  node     ${id}\n  its key  ${key}\n\n  node     ${id}\n  its key  c`,
    )
  })
})
