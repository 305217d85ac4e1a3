import type { Table } from "@aceso/core"
import { placeName } from "./keys.ts"
import type { Row } from "./rows.ts"

/** Rows that were used lately and rows that the store still needs, by table and placeName(). */
export class RowCache {
  private readonly tables = new Map<string, Map<string, Row>>()
  private readonly limit: number
  private readonly isNeeded: (row: Row) => boolean
  private rows = 0
  private mayHold: number
  private generation = 1

  /**
   * @param limit rows that may come before some are forgotten, of all tables together
   * @param isNeeded rows that are never forgotten
   */
  constructor(limit: number, isNeeded: (row: Row) => boolean) {
    this.limit = this.mayHold = limit
    this.isNeeded = isNeeded
  }

  get(table: Table, key: readonly unknown[], load: () => Row): Row {
    let places = this.tables.get(table.name)
    if (!places) {
      places = new Map()
      this.tables.set(table.name, places)
    }
    const name = placeName(key)
    let row = places.get(name)
    if (!row) {
      row = load()
      places.set(name, row)
      this.rows++
    }
    row.usedIn = this.generation
    return row
  }

  clear(): void {
    this.tables.clear()
    this.rows = 0
    this.mayHold = this.limit
  }

  /**
   * Forgets what was not used since it forgot last, when there is much. Not while a block is computed: a row that it
   * changed must stay one object.
   */
  age(): void {
    if (this.rows < this.mayHold) return
    this.rows = 0
    for (const places of this.tables.values()) {
      for (const [name, row] of places)
        if (row.usedIn < this.generation && !this.isNeeded(row)) places.delete(name)
      this.rows += places.size
    }
    this.mayHold = this.rows + Math.max(this.limit, this.rows)
    this.generation++
  }
}
