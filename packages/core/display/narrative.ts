import { asText, isObject, type Json } from "../json.ts"
import { joined } from "./datatypes.ts"
import { words } from "./spoken.ts"

/** Of one narrative that much is read; what is shown is far less. */
const MAX_READ = 100_000

const ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  amp: "&",
  quot: '"',
  apos: "'",
  nbsp: " ",
}

/**
 * A Narrative's XHTML (R4 2.4.5) as text: cells and blocks apart, pictures by their description, struck out text between
 * `~~`. Text that stands in columns is not read out of them: that it is there is said. @param most characters of it that
 * are read @returns undefined: there is no text in it
 */
export function narrativeText(narrative: Json | undefined, most = MAX_READ): string | undefined {
  const html = isObject(narrative) ? asText(narrative.div) : undefined
  if (html === undefined) return undefined
  const read = html
    .slice(0, most)
    .replace(/<[^<>]*$/, "")
    .replace(/<!--[^<>]*-->/g, "")
  const marked = preRead(read, most === Number.POSITIVE_INFINITY)
    .replace(/\s+/g, " ")
    .replace(/<[^<>]*>/g, tagText)
  const text = joined(rowsOf(marked).map(rowText), "; ")
  const more = html.length - most
  return text !== undefined && more > 0 ? `${text} … ${words.cut.replace("{n}", String(more))}` : text
}

/** Lines of `pre` apart from each other, as they were typed. @param isWhole what stands in columns as well, without them */
function preRead(html: string, isWhole: boolean): string {
  let read = ""
  let at = 0
  for (const { index } of html.matchAll(/<pre[\s>]/gi)) {
    if (index < at) continue
    const from = html.indexOf(">", index) + 1
    const to = html.slice(from).search(/<\/pre[\s>]/i) + from
    if (to < from) break
    const text = html.slice(from, to)
    const isApart = !isWhole && hasColumns(text)
    read += `${html.slice(at, from)}${isApart ? words.columns : text.replace(/\r?\n/g, "<br/>")}`
    at = to
  }
  return read + html.slice(at)
}

/** Blanks that make columns, and none that end a sentence. */
const COLUMN = /[^\s.!?:;,。！？：；，] {2}\S/
function hasColumns(text: string): boolean {
  const lines = text.split("\n").filter((line) => line.trim() !== "")
  return (
    lines.some((line) => /\S(?:[\t\u3000]| {3,})\s*\S/.test(line)) ||
    lines.filter((line) => COLUMN.test(line)).length > 1
  )
}

/** What tags stand for: the end of a block, of a row, and the beginning of a cell. */
const [BLOCK, ROW, CELL] = ["\n", "\r", "\t"]

/** Blocks and rows of tables, each a list of what stands before its cells and the cells. */
function rowsOf(marked: string): string[][] {
  const rows = [[""]]
  for (const piece of marked.split(/([\n\r\t])/)) {
    const row = rows[rows.length - 1]
    if (piece === ROW || (piece === BLOCK && row.length === 1)) rows.push([""])
    else if (piece === CELL) row.push("")
    else row[row.length - 1] += piece
  }
  return rows
}

/** An empty cell stays, so that the others stay in their columns. */
function rowText([before, ...cells]: readonly string[]): string | undefined {
  const texts = cells.map(cellText)
  const row = texts.some((text) => text !== "") ? texts.join(" | ") : undefined
  return joined([cellText(before), row], ": ")
}

const cellText = (cell: string): string =>
  joined(
    cell.split(BLOCK).map((line) =>
      line
        .replace(/&(#x?[0-9a-f]{1,6}|[a-z]{2,6});/gi, entityText)
        .replace(/\s+/g, " ")
        .trim(),
    ),
  ) ?? ""

const BLOCKS = new Set("p div br li ul ol dl dt dd caption h1 h2 h3 h4 h5 h6 hr pre blockquote".split(" "))
const ROWS = new Set(["tr", "table", "thead", "tbody", "tfoot"])
const STRUCK = new Set(["s", "strike", "del"])

function tagText(tag: string): string {
  const name = /^<\/?([a-z0-9]+)/i.exec(tag)?.[1]?.toLowerCase() ?? ""
  if (BLOCKS.has(name)) return BLOCK
  if (ROWS.has(name)) return ROW
  if (STRUCK.has(name)) return "~~"
  if (name === "td" || name === "th") return tag.startsWith("</") ? " " : CELL
  if (name === "img") return ` ${/\balt="([^"]*)"/.exec(tag)?.[1] ?? ""} `
  return ""
}

function entityText(whole: string, name: string): string {
  if (!name.startsWith("#")) return Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : whole
  const isHex = name[1].toLowerCase() === "x"
  const point = Number.parseInt(name.slice(isHex ? 2 : 1), isHex ? 16 : 10)
  return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : whole
}
