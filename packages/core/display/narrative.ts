import { asText, isObject, type Json } from "../json.ts"
import { inColumns } from "./columns.ts"
import { joined } from "./datatypes.ts"
import {
  BLOCK,
  CELL,
  GROUP,
  laidOut,
  type Place,
  ROW,
  type Row,
  rowsOf,
  spanMark,
  spanOf,
  TABLE,
  TABLE_END,
} from "./narrative-rows.ts"
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
 * `~~`, raised text behind `^`. Text that stands in columns is not read out of them, nor is a table whose columns are not
 * certain: that they are there is said.
 * @returns undefined: there is no text in it
 */
export function narrativeText(narrative: Json | undefined): string | undefined {
  const html = htmlOf(narrative)
  if (html === undefined) return undefined
  const more = html.length - MAX_READ
  const texts = textsOf(html, MAX_READ, { ofLines: linesOfPre, ofTable: () => [words.tableApart] })
  const text = joined(texts, "; ")
  return text !== undefined && more > 0 ? `${text} … ${words.cut.replace("{n}", String(more))}` : text
}

/**
 * All of its text. `isPreformatted`: each line of `pre`, or of what stands in columns elsewhere, is a line, and its blanks
 * are to be shown as they are.
 */
export function wholeNarrative(
  narrative: Json | undefined,
): { readonly text: string; readonly isPreformatted: boolean } | undefined {
  const html = htmlOf(narrative)
  if (html === undefined) return undefined
  let isPreformatted = false
  const texts = textsOf(html, Number.POSITIVE_INFINITY, {
    ofLines(lines) {
      isPreformatted ||= lines.length > 0
      return lines.length > 0 ? [lines.join(LINE)] : []
    },
    ofTable: (rows) => [`${words.unclearTable}${words.colon}`.trim(), ...rows],
  })
  const text = joined(texts, isPreformatted ? APART : "; ")
  return text === undefined ? undefined : { text, isPreformatted }
}

const htmlOf = (narrative: Json | undefined): string | undefined =>
  isObject(narrative) ? asText(narrative.div) : undefined

interface Form {
  /** What is shown of lines that stand as they were typed. */
  readonly ofLines: (lines: readonly string[]) => string[]
  /** What is shown of a table whose columns are not certain. @param rows the cells of each, one behind another */
  readonly ofTable: (rows: readonly string[]) => string[]
}

/** Texts of blocks and rows. */
function textsOf(html: string, most: number, { ofLines, ofTable }: Form): (string | undefined)[] {
  const kept: string[] = []
  const marked = markedText(withoutComments(html, most), html.length > most, (lines) => {
    const shown = ofLines(lines).map((text) => `${KEPT}${kept.push(text) - 1}`)
    return `${BLOCK}${shown.join(BLOCK)}${BLOCK}`
  })
  const rows = rowsOf(marked)
  const texts: (string | undefined)[] = []
  for (let from = 0; from < rows.length; ) {
    const { table } = rows[from]
    let to = from + 1
    while (table && rows[to]?.table === table) to++
    texts.push(...tableTexts(rows.slice(from, to), kept, ofTable))
    from = to
  }
  return texts
}

function tableTexts(rows: readonly Row[], kept: readonly string[], ofTable: Form["ofTable"]) {
  const places = laidOut(rows)
  if (places) return rows.map(({ before }, i) => rowText(before, places[i], kept))
  const isOne = ({ before, cells }: Row) => joined([before, ...cells.map(({ text }) => text)], ", ")
  const shown = rows.map(({ before, cells }) => [before, ...cells.map(({ text }) => text)])
  return [
    ...rows.filter(({ cells }) => cells.length === 0).map(({ before }) => cellText(before, kept)),
    ...ofTable(
      shown.flatMap((texts, i) =>
        rows[i].cells.length === 0 || isOne(rows[i]) === undefined
          ? []
          : [
              joined(
                texts.map((text) => cellText(text, kept)),
                ", ",
              ) ?? "",
            ],
      ),
    ),
  ]
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

/** A text between tags that begin or end blocks: as it was typed, and with its blanks as HTML has them. */
interface Run {
  typed: string
  read: string
}

/** With marks for tags. @param isCut `pre` may end behind it @param markLines marks for lines that stay as they are */
function markedText(html: string, isCut: boolean, markLines: (lines: readonly string[]) => string): string {
  const lastEnd = isCut ? html.length : ([...html.matchAll(/<\/pre[\s>]/gi)].at(-1)?.index ?? -1)
  const parts: (string | Run)[] = []
  let run: Run = { typed: "", read: "" }
  let at = 0
  let pre: string | undefined
  const add = (typed: string, read: string) => {
    run.typed += typed
    run.read += read
  }
  const end = (mark: string) => {
    parts.push(run, mark)
    run = { typed: "", read: "" }
  }
  for (const { 0: tag, index } of html.matchAll(TAG)) {
    const text = html.slice(at, index)
    const isEnd = tag.startsWith("</")
    const name = nameOf(tag)
    const mark = tagText(tag, html[index - 1] + html[index + tag.length])
    if (pre !== undefined) {
      if (name === "pre" && isEnd) {
        end(markLines(preLines(pre + text)))
        pre = undefined
      } else pre += text + mark
    } else {
      add(text, text.replace(/\s+/g, " "))
      if (name === "br") add(BLOCK, BLOCK)
      else if (BLOCKS.has(name) || ROWS.has(name) || CELLS.has(name)) end(mark)
      else add(mark, mark)
      if (name === "pre" && !isEnd && index < lastEnd && !tag.endsWith("/>")) pre = ""
    }
    at = index + tag.length
  }
  const rest = html.slice(at)
  if (pre === undefined) add(rest, rest.replace(/\s+/g, " "))
  else end(markLines(preLines(pre + rest)))
  parts.push(run)
  return withColumns(parts, markLines)
}

/** Blanks that HTML does not take for one. */
const STAY = /[\u00a0\u2000-\u200a\u3000]\s*[\u00a0\u2000-\u200a\u3000]/
const MAY_STAY = /[\u00a0\u2000-\u200a\u3000&]/

/**
 * What stands in columns outside of `pre` stands there as it was typed too: lines of one block, or blocks of one line, one
 * behind another, with blanks that stay.
 */
function withColumns(
  parts: readonly (string | Run)[],
  markLines: (lines: readonly string[]) => string,
): string {
  let read = ""
  let blocks: { readonly line: string; readonly read: string }[] = []
  const end = () => {
    if (blocks.length === 0) return
    const lines = blocks.map(({ line }) => line)
    const isInColumns = lines.length > 1 && inColumns(lines).some(Boolean)
    read += isInColumns ? markLines(lines) : `${blocks.map((one) => one.read).join(BLOCK)}${BLOCK}`
    blocks = []
  }
  for (const part of parts) {
    if (typeof part === "string") {
      if (part !== BLOCK) end()
      read += blocks.length > 0 ? "" : part
      continue
    }
    const isEmpty = part.read.trim() === ""
    if (isEmpty && blocks.length > 0) continue
    const lines = isEmpty ? [] : linesIn(part.typed)
    const [line = ""] = lines
    if (lines.length > 1) {
      end()
      read += inColumns(lines).some(Boolean) ? markLines(lines) : part.read
    } else if (STAY.test(line)) blocks.push({ line, read: part.read })
    else {
      end()
      read += part.read
    }
  }
  end()
  return read
}

/** Of a text outside of `pre`: each that has something in it, where there are several; blanks as HTML has them in one alone. */
function linesIn(typed: string): string[] {
  const lines = preLines(typed)
  if (lines.filter((line) => line.trim() !== "").length > 1) return lines
  return MAY_STAY.test(typed) ? [typed.replace(/[ \t\n\r\f]+/g, " ").replace(ENTITY, entityText)] : []
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

/** Before the number of a text that is kept as it is. */
const KEPT = "\v"
const LINE = "\n"
/** So that nothing stands in the columns of what is beside it. */
const APART = "\n\n"

/** An empty cell stays, so that the others stay in their columns. */
function rowText(before: string, places: readonly Place[], kept: readonly string[]): string | undefined {
  const texts = places.map((place) =>
    typeof place === "string" ? cellText(place, kept) : place.of === "left" ? words.spanLeft : words.spanUp,
  )
  const isApart = texts.some((text) => text.includes(LINE))
  const isSaid = places.some((place, i) => typeof place === "string" && texts[i] !== "")
  const row = isSaid ? texts.join(isApart ? `${APART}|${APART}` : " | ") : undefined
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
const GROUPS = new Set(["thead", "tbody", "tfoot"])
const ROWS = new Set(["tr", "table", ...GROUPS])
const CELLS = new Set(["td", "th"])
const CDATA = "<![CDATA["
const STRUCK = new Set(["s", "strike", "del"])

const nameOf = (tag: string): string => /^<\/?([a-z0-9]+)/i.exec(tag)?.[1]?.toLowerCase() ?? ""

/** @param around the characters before and behind it */
function tagText(tag: string, around: string): string {
  const name = nameOf(tag)
  if (BLOCKS.has(name)) return BLOCK
  if (name === "table") return tag.startsWith("</") ? TABLE_END : TABLE
  if (GROUPS.has(name)) return GROUP
  if (name === "tr") return ROW
  if (STRUCK.has(name)) return "~~"
  if (CELLS.has(name))
    return tag.startsWith("</")
      ? " "
      : `${CELL}${spanMark(spanOf(attributeOf(tag, "colspan")), spanOf(attributeOf(tag, "rowspan")))}`
  if (name === "img") return ` ${attributeOf(tag, "alt")?.replace(/\s+/g, " ") ?? ""} `
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

/** What an attribute of a tag says; one without quotes as well. */
function attributeOf(tag: string, name: "alt" | "colspan" | "rowspan"): string | undefined {
  const begins = BEGINS[name]
  let at = 0
  for (const { 0: quoted, index } of tag.matchAll(/"[^"]*"|'[^']*'/g)) {
    if (begins.test(tag.slice(Math.max(at, index - 16), index))) return quoted.slice(1, -1)
    at = index + quoted.length
  }
  const [, bare] = BARE[name].exec(tag.replace(/"[^"]*"|'[^']*'/g, '""')) ?? []
  return bare
}
const NAMES = ["alt", "colspan", "rowspan"] as const
const byName = (of: (name: string) => RegExp) =>
  Object.fromEntries(NAMES.map((name) => [name, of(name)])) as Record<(typeof NAMES)[number], RegExp>
const BEGINS = byName((name) => new RegExp(`\\s${name}\\s?=\\s?$`, "i"))
const BARE = byName((name) => new RegExp(`\\s${name}\\s?=\\s?([^\\s"'<>=/]{1,20})`, "i"))

function entityText(whole: string, name: string): string {
  if (!name.startsWith("#")) return Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : whole
  const isHex = name[1].toLowerCase() === "x"
  const point = Number.parseInt(name.slice(isHex ? 2 : 1), isHex ? 16 : 10)
  return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : whole
}
