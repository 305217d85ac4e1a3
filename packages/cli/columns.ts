import { visibleText } from "@aceso/core/display/index.ts"

/** What every terminal has, and what a file or a pipe gets. */
export const COLUMNS = 80
/** Longer lines are hard to follow, in shorter ones words do not fit. */
const [NARROWEST, WIDEST] = [40, 160]

/** How many columns the terminal has for one line. */
export const screen = (): number => {
  const { isTTY, columns } = process.stdout
  return isTTY && columns ? Math.min(WIDEST, Math.max(NARROWEST, columns)) : COLUMNS
}

const MARGIN = "  "
const GAP = "  "

const isColour = () => process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb"
const ESC = String.fromCharCode(27)
const RESET = `${ESC}[0m`
const style = (code: number) => (text: string) => (isColour() ? `${ESC}[${code}m${text}${RESET}` : text)
export const bold = style(1)
export const dim = style(2)
export const red = style(31)
export const green = style(32)
export const struck = (text: string): string => (isColour() ? `${ESC}[9m${text}${RESET}` : `~~${text}~~`)

const styles = new RegExp(`${ESC}\\[\\d+m`, "g")
/** Unicode Standard Annex 11: wide and fullwidth, and pictures. */
const WIDE =
  "ᄀ-ᅟ⺀-〾ぁ-꓏ꥠ-ꥼ가-힣豈-﫿︐-︙︰-﹏＀-｠￠-￦\\u{1f300}-\\u{1f64f}\\u{1f680}-\\u{1f6ff}\\u{1f900}-\\u{1faff}\\u{20000}-\\u{3fffd}\\u{17000}-\\u{18cff}\\u{1b000}-\\u{1b2ff}\\p{Emoji_Presentation}"
const isWide = new RegExp(`[${WIDE}]`, "u")
/** Marks above and below letters, joiners, variation selectors, marks of direction, tags. */
const isNoColumn = /[\p{Mn}\p{Me}\u061c\u180e\u200b-\u200f\u2060\u{e0030}-\u{e007f}]/u
/** A word, or a character of those that stand without spaces, with the space before it. */
const PIECES = new RegExp(`[ \\t]*(?:[${WIDE}]|[^ \\t${WIDE}]+)`, "gu")
const NO_BREAK = "\u00a0"

/** Words between which no line ends, such as a value and its unit. */
export const together = (text: string): string => text.replaceAll(" ", NO_BREAK)

/** Chinese characters take two columns, styles none. */
export function width(text: string): number {
  const plain = text.replace(styles, "")
  if (ASCII.test(plain)) return plain.length
  let columns = 0
  for (const character of plain) columns += isNoColumn.test(character) ? 0 : isWide.test(character) ? 2 : 1
  return columns
}
const ASCII = /^[ -~]*$/

/** What a terminal or a log gets: beside our own lines and styles nothing that draws, hides or reorders. */
export const printable = (text: string): string =>
  text
    .split(isColour() ? OWN : LINES)
    .map((part, i) => (i % 2 === 0 ? visibleText(part) : part))
    .join("")
const LINES = /(\n)/
const OWN = new RegExp(`(\n|${ESC}\\[(?:0|1|2|9|31|32)m)`)

/**
 * Lines of so many columns at most, behind `lead`; the later ones below where the first begins, or `further` in. A word that is longer,
 * such as a path or a hash, stays whole, so that it can be copied.
 */
export function wrap(text: string, columns = COLUMNS, lead = "", further = ""): string[] {
  const lines: string[] = []
  for (const piece of text.match(PIECES) ?? [""]) {
    const last = lines.at(-1)
    const room = columns - width(lead) - (lines.length > 1 ? width(further) : 0)
    if (last !== undefined && width(last + piece) <= room) lines[lines.length - 1] += piece
    else lines.push(piece.trimStart())
  }
  const indent = " ".repeat(width(lead)) + further
  // A style goes on in the next line, and not over its margin.
  let open = [...lead.matchAll(styles)].at(-1)?.[0] ?? ""
  return lines.map((line, i) => {
    const begun = i === 0 ? lead + line : indent + open + line
    open = [...line.matchAll(styles)].at(-1)?.[0] ?? open
    if (open === RESET) open = ""
    return open === "" ? begun : begun + RESET
  })
}

/** Words that stay whole, such as those of a command line; `end` closes each line that goes on. */
export function flow(words: readonly string[], lead: string, end = ""): string[] {
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last !== undefined && width(`${last} ${word}${end}`) <= screen())
      lines[lines.length - 1] += ` ${word}`
    else lines.push(last === undefined ? lead + word : `${" ".repeat(width(lead) + 2)}${word}`)
  }
  return lines.map((line, i) => (i < lines.length - 1 ? line + end : line))
}

/** A margin, and what a first gap of two spaces parts from the text, such as a label or a time. */
const LEAD = new RegExp(`^\\s*(?:(?:${ESC}\\[\\d+m)?\\S.{0,28}?\\s{2,})?`)
const STYLED_MARGIN = new RegExp(`^(${ESC}\\[\\d+m)(\\s+)`)

/**
 * Every line in so many columns; one that goes on does so further in than its text begins, so that nothing in a text
 * can look like the next line. A label that leaves less than half of a line stands above its text.
 */
export const fit = (text: string, columns = screen()): string =>
  text
    .split("\n")
    .flatMap((line) => fitted(line, columns))
    .join("\n")
    .replaceAll(NO_BREAK, " ")

function fitted(line: string, columns: number): string[] {
  if (line.startsWith(QUOTE)) return wrapQuoted(line.slice(QUOTE.length), columns)
  if (width(line) <= columns) return [line]
  const inside = line.replace(STYLED_MARGIN, "$2$1")
  const [lead] = LEAD.exec(inside) ?? [""]
  const text = inside.slice(lead.length)
  if (width(lead) <= columns / 2) return wrap(text, columns, lead, MARGIN)
  const above = lead.trim() === "" ? [] : [lead.trimEnd()]
  return [...above, ...wrap(text, columns, MARGIN + MARGIN, MARGIN)]
}

/** The margin of what people wrote; no other line has it. */
const QUOTE = "  |"

/** A line that somebody wrote, as it is: behind a margin of its own, which `fit` gives all that it goes on in. */
export const quoted = (line: string): string => (line === "" ? QUOTE : `${QUOTE} ${line}`)

/**
 * With all spaces but those at an end of a line. A word that is longer than a line does not stay whole: in a terminal it
 * would go on before the margin.
 */
function wrapQuoted(text: string, columns: number): string[] {
  const lines = [QUOTE]
  let used = width(QUOTE)
  const add = (part: string) => {
    lines[lines.length - 1] += part
    used += width(part)
  }
  const goOn = () => {
    lines.push("")
    used = 0
    add(`${QUOTE} ${MARGIN}`)
  }
  for (const piece of text.match(PIECES) ?? []) {
    if (used + width(piece) <= columns) {
      add(piece)
      continue
    }
    const isBegun = lines.length > 1 || lines[0] !== QUOTE
    if (isBegun) goOn()
    for (const character of isBegun ? piece.replace(/^[ \t]+/, "") : piece) {
      if (used + width(character) > columns) goOn()
      add(character)
    }
  }
  return lines
}

/** A log keeps one line for each sentence; a terminal gets lines that it can show. */
export const forStream = (stream: { readonly isTTY?: boolean }, text: string): string =>
  stream.isTTY ? fit(text) : text

/** Columns as wide as they have to be; where they have no room as they are, cells go on in the next line. */
export function table(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  columns = screen(),
): string {
  if (rows.length === 0) return `${MARGIN}(none)`
  const cells = [head, ...rows.map((row) => head.map((_, i) => String(row[i] ?? "")))]
  const widths = widthsOf(cells, columns - MARGIN.length - GAP.length * (head.length - 1))
  if (!widths)
    return cells
      .slice(1)
      .map((row) => block(head, row, columns))
      .join("\n\n")
  const isNumber = head.map((_, i) => rows.every((row) => typeof row[i] === "number"))
  return cells
    .flatMap((row, i) => {
      const wrapped = row.map((cell, n) => wrap(cell, widths[n]))
      const lines = Array.from({ length: Math.max(...wrapped.map(({ length }) => length)) }, (_, at) =>
        wrapped
          .map((column, n) => {
            const cell = column[at] ?? ""
            const space = " ".repeat(Math.max(0, widths[n] - width(cell)))
            return isNumber[n] ? space + cell : cell + space
          })
          .join(GAP)
          .trimEnd(),
      )
      return lines.map((line) => MARGIN + (i === 0 ? bold(line) : line))
    })
    .join("\n")
}

/** Undefined: not even the longest words have room. */
function widthsOf(cells: readonly (readonly string[])[], room: number): number[] | undefined {
  const widest = (of: (cell: string) => number) =>
    cells[0].map((_, i) => Math.max(...cells.map((row) => of(row[i]))))
  const least = widest((cell) =>
    Math.max(0, ...(cell.match(PIECES) ?? []).map((piece) => width(piece.trim()))),
  )
  const sum = (all: readonly number[]) => all.reduce((a, b) => a + b, 0)
  if (sum(least) > room) return undefined
  const widths = widest(width)
  while (sum(widths) > room) {
    const spare = widths.map((columns, i) => (columns > least[i] ? columns : 0))
    widths[spare.indexOf(Math.max(...spare))] -= 1
  }
  return widths
}

/** A row that no table has room for: a line for each of its cells. */
function block(head: readonly string[], row: readonly string[], columns: number): string {
  const label = Math.max(...head.map(width))
  return row
    .flatMap((cell, i) => (cell === "" ? [] : wrap(cell, columns, `${MARGIN}${head[i].padEnd(label)}${GAP}`)))
    .join("\n")
}
