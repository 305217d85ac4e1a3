import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { COLUMNS, fit, flow, table, together, width, wrap } from "./columns.ts"

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
      "a line with a label goes on behind it",
      `  peers         ${words(11)}`,
      `  peers         ${words(10)}\n                word10`,
    ],
    [
      "a style goes on in the next line, and not over the margin",
      `${RED}  stalled     ${words(12)}${RESET}`,
      `  ${RED}stalled     ${words(11)}${RESET}\n              ${RED}word11${RESET}`,
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
