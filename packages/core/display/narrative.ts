import { asText, isObject, type Json } from "../json.ts"
import { inColumns } from "./columns.ts"
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
 * `~~`, raised text behind `^`. Text that stands in columns is not read out of them: that it is there is said.
 * @returns undefined: there is no text in it
 */
export function narrativeText(narrative: Json | undefined): string | undefined {
  const html = htmlOf(narrative)
  if (html === undefined) return undefined
  const more = html.length - MAX_READ
  const text = joined(textsOf(html, MAX_READ, linesOfPre), "; ")
  return text !== undefined && more > 0 ? `${text} … ${words.cut.replace("{n}", String(more))}` : text
}

/** All of its text. `isPreformatted`: each line of `pre` is a line, and its blanks are to be shown as they are. */
export function wholeNarrative(
  narrative: Json | undefined,
): { readonly text: string; readonly isPreformatted: boolean } | undefined {
  const html = htmlOf(narrative)
  if (html === undefined) return undefined
  let isPreformatted = false
  const texts = textsOf(html, Number.POSITIVE_INFINITY, (lines) => {
    isPreformatted ||= lines.length > 0
    return lines.length > 0 ? [lines.join(LINE)] : []
  })
  const text = joined(texts, isPreformatted ? APART : "; ")
  return text === undefined ? undefined : { text, isPreformatted }
}

const htmlOf = (narrative: Json | undefined): string | undefined =>
  isObject(narrative) ? asText(narrative.div) : undefined

/** Texts of blocks and rows. @param ofPre what is shown of the lines of a `pre` */
function textsOf(html: string, most: number, ofPre: (lines: readonly string[]) => string[]) {
  const kept: string[] = []
  const marked = markedText(withoutComments(html, most), html.length > most, (lines) => {
    const shown = ofPre(lines).map((text) => `${KEPT}${kept.push(text) - 1}`)
    return `${BLOCK}${shown.join(BLOCK)}${BLOCK}`
  })
  return rowsOf(marked).map((row) => rowText(row, kept))
}

/** The first characters of it, without comments and without a tag that is cut. One that nothing ends is text. */
function withoutComments(html: string, most: number): string {
  const end = /--!?>/g
  let read = ""
  let at = 0
  while (at < html.length && at < most) {
    const from = html.indexOf("<!--", at)
    if (from < 0 || from >= most) break
    end.lastIndex = from + 2
    if (!end.test(html)) break
    read += html.slice(at, from)
    at = end.lastIndex
  }
  return (read + html.slice(at, Math.max(at, most))).replace(/<[^<>]*$/, "")
}

/** A tag; a > in what an attribute says does not end it. */
const TAG = /<[^<>"']*(?:(?:"[^"<]*"|'[^'<]*')[^<>"']*)*>|<[^<>]*>/g

/** With marks for tags. @param isCut `pre` may end behind it @param markPre marks for the lines of one */
function markedText(html: string, isCut: boolean, markPre: (lines: readonly string[]) => string): string {
  const lastEnd = isCut ? html.length : ([...html.matchAll(/<\/pre[\s>]/gi)].at(-1)?.index ?? -1)
  let read = ""
  let at = 0
  let pre: string | undefined
  const text = (to?: number) => html.slice(at, to)
  for (const { 0: tag, index } of html.matchAll(TAG)) {
    const isEnd = tag.startsWith("</")
    const isPre = nameOf(tag) === "pre"
    const mark = tagText(tag, html[index - 1] + html[index + tag.length])
    if (pre === undefined) {
      read += text(index).replace(/\s+/g, " ") + mark
      if (isPre && !isEnd && index < lastEnd && !tag.endsWith("/>")) pre = ""
    } else if (isPre && isEnd) {
      read += markPre(preLines(pre + text(index)))
      pre = undefined
    } else pre += text(index) + mark
    at = index + tag.length
  }
  return read + (pre === undefined ? text().replace(/\s+/g, " ") : markPre(preLines(pre + text())))
}

/** As they were typed, without empty ones before and behind. */
function preLines(marked: string): string[] {
  const lines = marked
    .replace(ENTITY, entityText)
    .trimEnd()
    .split(/\r\n?|\n/)
  const first = lines.findIndex((line) => line.trim() !== "")
  return first < 0 ? [] : lines.slice(first)
}

/** Those that stand in no columns, and where others stand that they are there. */
function linesOfPre(lines: readonly string[]): string[] {
  const are = inColumns(lines)
  let isStruck = false
  return lines.flatMap((line, i) => {
    const begun = isStruck
    if (line.split("~~").length % 2 === 0) isStruck = !isStruck
    const strikes = begun === isStruck ? ["", ""] : begun ? ["", "~~"] : ["~~", ""]
    if (!are[i]) return [line.replace(/\s+/g, " ").trim()]
    const said = are[i - 1] ? "" : words.columns
    return [`${strikes[0]}${said}${strikes[1]}`]
  })
}

/** What tags stand for: the end of a block, of a row, and the beginning of a cell. */
const [BLOCK, ROW, CELL] = ["\n", "\r", "\t"]
/** Before the number of a text that is kept as it is. */
const KEPT = "\v"
const LINE = "\n"
/** So that nothing stands in the columns of what is beside it. */
const APART = "\n\n"

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
function rowText([before, ...cells]: readonly string[], kept: readonly string[]): string | undefined {
  const texts = cells.map((cell) => cellText(cell, kept))
  const isApart = texts.some((text) => text.includes(LINE))
  const row = texts.some((text) => text !== "")
    ? texts.join(isApart ? `${APART}|${APART}` : " | ")
    : undefined
  return joined([cellText(before, kept), row], isApart ? APART : ": ")
}

function cellText(cell: string, kept: readonly string[]): string {
  const lines = cell
    .split(BLOCK)
    .map((line) =>
      line.startsWith(KEPT)
        ? kept[Number(line.slice(KEPT.length))]
        : line.replace(ENTITY, entityText).replace(/\s+/g, " ").trim(),
    )
  // What has lines of its own stands apart from what is beside it.
  const isApart = lines.some((line) => line.includes(LINE))
  return joined(lines, isApart ? APART : ", ") ?? ""
}

const ENTITY = /&(#x?[0-9a-f]{1,6}|[a-z]{2,6});/gi
const BLOCKS = new Set("p div br li ul ol dl dt dd caption h1 h2 h3 h4 h5 h6 hr pre blockquote".split(" "))
const ROWS = new Set(["tr", "table", "thead", "tbody", "tfoot"])
const CDATA = "<![CDATA["
const STRUCK = new Set(["s", "strike", "del"])

const nameOf = (tag: string): string => /^<\/?([a-z0-9]+)/i.exec(tag)?.[1]?.toLowerCase() ?? ""

/** @param around the characters before and behind it */
function tagText(tag: string, around: string): string {
  const name = nameOf(tag)
  if (BLOCKS.has(name)) return BLOCK
  if (ROWS.has(name)) return ROW
  if (STRUCK.has(name)) return "~~"
  if (name === "td" || name === "th") return tag.startsWith("</") ? " " : CELL
  if (name === "img") return ` ${altOf(tag)} `
  if (tag.startsWith(CDATA))
    return tag
      .slice(CDATA.length)
      .replace(/\]\]>$/, "")
      .replace(/\s+/g, " ")
  if (name !== "sup" || tag.endsWith("/>")) return ""
  if (!tag.startsWith("</")) return "^"
  // What stands behind is not raised.
  return /^(?:\d\d|\p{L}\p{L})$/u.test(around) ? " " : ""
}

function altOf(tag: string): string {
  let at = 0
  for (const { 0: quoted, index } of tag.matchAll(/"[^"]*"|'[^']*'/g)) {
    if (/\salt\s?=\s?$/i.test(tag.slice(Math.max(at, index - 8), index)))
      return quoted.slice(1, -1).replace(/\s+/g, " ")
    at = index + quoted.length
  }
  return ""
}

function entityText(whole: string, name: string): string {
  if (!name.startsWith("#")) return Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : whole
  const isHex = name[1].toLowerCase() === "x"
  const point = Number.parseInt(name.slice(isHex ? 2 : 1), isHex ? 16 : 10)
  return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : whole
}
