import { type Cbor, decodeRow, decodeTrusted, type Table } from "@aceso/core"
import { KeyError } from "./keys.ts"

/** @throws KeyError for a row of a newer version than the reader knows: the reader's fault, not the store's */
export function decode(table: Table, bytes: Uint8Array): unknown {
  if (versionOf(bytes) > table.version)
    throw new KeyError(`a row of ${table.name} is of a newer version than its reader knows`)
  return decodeRow(table, decodeTrusted(bytes) as Cbor[])
}

/** A row is a CBOR array whose first item is its version, below 24 in one byte, below 256 in two. */
function versionOf(bytes: Uint8Array): number {
  const at = bytes[0] === 0x98 ? 2 : 1
  return bytes[at] === 0x18 ? bytes[at + 1] : bytes[at]
}
