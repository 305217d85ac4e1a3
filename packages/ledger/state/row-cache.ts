import type { Table } from "@aceso/core"
import { placeName } from "./keys.ts"
import type { Row } from "./rows.ts"

interface Places {
  young: Map<string, Row>
  old: Map<string, Row>
}

/** Rows that were used lately, by table and placeName(), in two generations. */
export class RowCache {
  private readonly tables = new Map<string, Places>()
  private readonly limit: number
  private youngRows = 0

  /** @param limit rows in a generation, of all tables together */
  constructor(limit: number) {
    this.limit = limit
  }

  get(table: Table, key: readonly unknown[], load: () => Row): Row {
    let places = this.tables.get(table.name)
    if (!places) {
      places = { young: new Map(), old: new Map() }
      this.tables.set(table.name, places)
    }
    const name = placeName(key)
    const young = places.young.get(name)
    if (young) return young
    const row = places.old.get(name) ?? load()
    places.young.set(name, row)
    this.youngRows++
    return row
  }

  clear(): void {
    this.tables.clear()
    this.youngRows = 0
  }

  /**
   * Forgets what was not used lately, when there is much. Not while a block is computed: a row that it changed must
   * stay one object.
   */
  age(): void {
    if (this.youngRows < this.limit) return
    this.youngRows = 0
    for (const places of this.tables.values()) {
      places.old = places.young
      places.young = new Map()
    }
  }
}
