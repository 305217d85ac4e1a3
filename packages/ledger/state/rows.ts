import { type Cbor, decodeRow, decodeTrusted, type StateReader, type Table } from "@aceso/core"
import { KeyError } from "./keys.ts"

/** A place for a row. The store keeps one object per place while it is in use, at the newest height. */
export interface Row {
  table: Table
  readonly keyHash: Buffer
  readonly dbKey: Buffer
  bytes: Uint8Array | undefined
  decoded: unknown
  /** The generation of the cache that it was used in last. */
  usedIn: number
  /** The flush that takes its newest bytes to lmdb; 0: they came from there. */
  flush: number
  /** What a block that is being computed makes of it. */
  change: (RowWrite & { readonly by: StateReader }) | undefined
}

/** One row to write; undefined removes it. */
export interface RowWrite {
  readonly row: Row
  /** As its writer defines it. */
  table: Table
  decoded: unknown
}

/** @throws KeyError for a row of a newer version than the reader knows: the reader's fault, not the store's */
export function decode(table: Table, bytes: Uint8Array): unknown {
  if (versionOf(bytes) > table.version)
    throw new KeyError(`a row of ${table.name} is of a newer version than its reader knows`)
  return decodeRow(table, decodeTrusted(bytes) as Cbor[])
}

/** Another version of a contract has another definition of the table: the row is read anew by it. */
export function asTable(row: Row, table: Table): Row {
  if (row.table === table) return row
  row.table = table
  row.decoded = row.bytes && decode(table, row.bytes)
  return row
}

/** A row is a CBOR array whose first item is its version, below 24 in one byte, below 256 in two. */
function versionOf(bytes: Uint8Array): number {
  const at = bytes[0] === 0x98 ? 2 : 1
  return bytes[at] === 0x18 ? bytes[at + 1] : bytes[at]
}
