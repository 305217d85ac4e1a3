import type { Table } from "@aceso/core"
import type { Engine } from "@aceso/ledger"

interface Scanned {
  readonly height: number
  readonly rows: Promise<readonly { readonly key: readonly unknown[]; readonly row: unknown }[]>
}

const scanned = new WeakMap<Engine, Map<string, Scanned>>()

/**
 * All rows of one of the network's small tables (members, proposals), read once per height however often they are
 * asked for. Not for tables that grow with patients or records.
 */
export async function wholeTable<K extends readonly unknown[], R>(
  engine: Engine,
  table: Table<K, R>,
): Promise<readonly { readonly key: K; readonly row: R }[]> {
  const { checkpoint } = await engine.status()
  const tables = scanned.get(engine) ?? new Map<string, Scanned>()
  scanned.set(engine, tables)
  let known = tables.get(table.name)
  // A height is named only when its rows can be read, so rows read now are of it or of a later one.
  if (known?.height !== checkpoint.height) {
    const rows = engine.scan(table)
    known = { height: checkpoint.height, rows }
    tables.set(table.name, known)
    rows.catch(() => tables.delete(table.name))
  }
  return (await known.rows) as readonly { key: K; row: R }[]
}
