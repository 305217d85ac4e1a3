/** What every terminal has. */
export const COLUMNS = 80
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
const WIDE = "ᄀ-ᅟ⺀-꓏가-힣豈-﫿︰-﹏＀-｠￠-￦"
const isWide = new RegExp(`[${WIDE}]`)
/** A word, or a character of those that stand without spaces, with the space before it. */
const PIECES = new RegExp(`[ \\t]*(?:[${WIDE}]|[^ \\t${WIDE}]+)`, "g")
const NO_BREAK = "\u00a0"

/** Words between which no line ends, such as a value and its unit. */
export const together = (text: string): string => text.replaceAll(" ", NO_BREAK)

/** Chinese characters take two columns, styles none. */
export function width(text: string): number {
  let columns = 0
  for (const character of text.replace(styles, "")) columns += isWide.test(character) ? 2 : 1
  return columns
}

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
    if (last !== undefined && width(`${last} ${word}${end}`) <= COLUMNS) lines[lines.length - 1] += ` ${word}`
    else lines.push(last === undefined ? lead + word : `${" ".repeat(width(lead) + 2)}${word}`)
  }
  return lines.map((line, i) => (i < lines.length - 1 ? line + end : line))
}

/** A margin, and what a first gap of two spaces parts from the text, such as a label or a time. */
const LEAD = new RegExp(`^\\s*(?:(?:${ESC}\\[\\d+m)?\\S.{0,22}?\\s{2,})?`)
const STYLED_MARGIN = new RegExp(`^(${ESC}\\[\\d+m)(\\s+)`)

/** Every line in 80 columns; one that goes on does so below its text, or further in where it has no label. */
export const fit = (text: string): string =>
  text.split("\n").flatMap(fitted).join("\n").replaceAll(NO_BREAK, " ")

function fitted(line: string): string[] {
  if (width(line) <= COLUMNS) return [line]
  const inside = line.replace(STYLED_MARGIN, "$2$1")
  const [lead] = LEAD.exec(inside) ?? [""]
  return wrap(inside.slice(lead.length), COLUMNS, lead, lead.trim() === "" ? MARGIN : "")
}

/** A log keeps one line for each sentence; a terminal gets lines that it can show. */
export const forStream = (stream: { readonly isTTY?: boolean }, text: string): string =>
  stream.isTTY ? fit(text) : text

/** Columns as wide as they have to be; where they have no room as they are, cells go on in the next line. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  if (rows.length === 0) return `${MARGIN}(none)`
  const cells = [head, ...rows.map((row) => head.map((_, i) => String(row[i] ?? "")))]
  const widths = widthsOf(cells, COLUMNS - MARGIN.length - GAP.length * (head.length - 1))
  if (!widths)
    return cells
      .slice(1)
      .map((row) => block(head, row))
      .join("\n\n")
  const isNumber = head.map((_, i) => rows.every((row) => typeof row[i] === "number"))
  return cells
    .flatMap((row, i) => {
      const columns = row.map((cell, n) => wrap(cell, widths[n]))
      const lines = Array.from({ length: Math.max(...columns.map(({ length }) => length)) }, (_, at) =>
        columns
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
function block(head: readonly string[], row: readonly string[]): string {
  const columns = Math.max(...head.map(width))
  return row
    .flatMap((cell, i) =>
      cell === "" ? [] : wrap(cell, COLUMNS, `${MARGIN}${head[i].padEnd(columns)}${GAP}`),
    )
    .join("\n")
}
