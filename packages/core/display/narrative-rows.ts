import { MAX_SPAN } from "./columns.ts"

/**
 * Rows and tables of a narrative. Marks stand for its tags: white space, of which texts between them have none but the
 * blank itself.
 */

/** The end of a block, of a row, and the beginning of a cell. */
export const [BLOCK, ROW, CELL] = ["\n", "\r", "\t"]
/** Where a table begins and ends, and where a group of its rows does. */
export const [TABLE, TABLE_END, GROUP] = ["\u2028", "\u2029", "\u205f"]
/** Around what a cell spans: columns and rows. */
const SPAN = "\f"
export const spanMark = (columns: number | undefined, rows: number | undefined): string =>
  columns === 1 && rows === 1 ? "" : `${SPAN}${columns ?? 0},${rows ?? 0}${SPAN}`

interface Cell {
  text: string
  /** 0: nobody knows how many. */
  columns: number
  rows: number
}

/** What stands before its cells, and the cells. */
export interface Row {
  before: string
  readonly cells: Cell[]
  readonly group: number
  /** In which it stands, the outermost one. */
  table?: Table
}

interface Table {
  hasInner: boolean
}

const MARKS = /([\n\r\t\u2028\u2029\u205f]|\f\d+,\d+\f)/

/** Blocks and rows of tables. */
export function rowsOf(marked: string): Row[] {
  let [depth, group] = [0, 0]
  let table: Table | undefined
  let row: Row = { before: "", cells: [], group }
  const rows = [row]
  const next = () => {
    row = { before: "", cells: [], group, ...(table && { table }) }
    rows.push(row)
  }
  for (const piece of marked.split(MARKS)) {
    const last = row.cells.at(-1)
    if (piece === TABLE) {
      if (++depth === 1) table = { hasInner: false }
      else if (table) table.hasInner = true
      next()
    } else if (piece === TABLE_END) {
      depth = Math.max(0, depth - 1)
      if (depth === 0) table = undefined
      next()
    } else if (piece === GROUP) {
      group++
      next()
    } else if (piece === ROW || (piece === BLOCK && !last)) next()
    else if (piece === CELL) row.cells.push({ text: "", columns: 1, rows: 1 })
    else if (piece.startsWith(SPAN) && last)
      [last.columns, last.rows] = piece.slice(1, -1).split(",").map(Number)
    else if (last) last.text += piece
    else row.before += piece
  }
  return rows
}

/** A place of a table: a cell of its own, or one that a cell beside or above it covers. */
export type Place = string | { readonly of: "left" | "up" }

/** More columns, and more places that are covered, nobody reads. */
const [MAX_COLUMNS, MAX_COVERED] = [100, 1_000]

/**
 * Which cell stands in which column (HTML, forming a table).
 * @param rows of one table
 * @returns undefined: that is not certain. Something spans what is not there or what is another cell's, or by a number
 * that nobody knows, or there is a table inside.
 */
export function laidOut(rows: readonly Row[]): Place[][] | undefined {
  if (rows.some(({ table }) => table?.hasInner)) return undefined
  let covered = 0
  /** By column, how many rows below are a cell's. */
  let open: number[] = []
  let group = 0
  const all: Place[][] = []
  for (const row of rows) {
    if (row.group !== group && open.some((left) => left > 0)) return undefined
    group = row.group
    const places: Place[] = []
    all.push(places)
    if (row.cells.length === 0) continue
    const next: number[] = []
    const up = () => {
      next[places.length] = open[places.length] - 1
      places.push({ of: "up" })
      covered++
    }
    for (const { text, columns, rows: down } of row.cells) {
      while (open[places.length] > 0) up()
      if (columns < 1 || down < 1) return undefined
      for (let i = 0; i < columns; i++) {
        if (open[places.length] > 0) return undefined
        next[places.length] = down - 1
        places.push(i === 0 ? text : { of: "left" })
      }
      covered += columns - 1
      if (places.length > MAX_COLUMNS || covered > MAX_COVERED) return undefined
    }
    const end = open.findLastIndex((left) => left > 0)
    while (places.length <= end)
      if (open[places.length] > 0) up()
      else places.push("")
    if (covered > MAX_COVERED) return undefined
    open = next
  }
  return open.some((left) => left > 0) ? undefined : all
}

/** What a cell spans, as its attribute says it. @returns undefined: nobody knows, or nobody reads so many */
export function spanOf(said: string | undefined): number | undefined {
  if (said === undefined) return 1
  const [, digits] = /^\s{0,8}0{0,4}([1-9]\d?)\s{0,8}$/.exec(said) ?? []
  return digits !== undefined && Number(digits) <= MAX_SPAN ? Number(digits) : undefined
}
