import { hash } from "node:crypto"
import { type Cbor, encodeCbor, nameOf } from "@aceso/core"

const prefixes = new Map<string, { hash: Buffer; row: Buffer }>()

/** rowKeyHash(table, key) = SHA-256(prefix.hash, CBOR of key): the array's head and its first two items. */
export function prefixOf(table: string): { hash: Buffer; row: Buffer } {
  let prefix = prefixes.get(table)
  if (!prefix) {
    const empty = Buffer.from(encodeCbor(["aceso/row/v1", table, []]))
    prefix = { hash: empty.subarray(0, empty.length - 1), row: Buffer.from(`${table}\0`) }
    prefixes.set(table, prefix)
  }
  return prefix
}

/** A row's table, and the CBOR of its key, by its key in lmdb. */
export function placeOf(dbKey: Uint8Array): { readonly table: string; readonly key: Uint8Array } {
  const end = dbKey.indexOf(0)
  return { table: Buffer.from(dbKey.subarray(0, end)).toString("latin1"), key: dbKey.slice(end + 1) }
}

/** The tree's key of a row's key in lmdb. */
export function keyHashOf(dbKey: Uint8Array): Buffer {
  const { table, key } = placeOf(dbKey)
  return Buffer.from(hash("sha256", Buffer.concat([prefixOf(table).hash, key]), "binary"), "latin1")
}

/** A key that cannot be encoded: the caller's mistake, not the store's. */
export class KeyError extends TypeError {}

export function encodeKey(key: readonly unknown[]): Uint8Array {
  try {
    return encodeCbor([...key] as Cbor[])
  } catch (cause) {
    throw new KeyError("a key cannot be encoded", { cause })
  }
}

/**
 * Names a place of a table without hashing; keys have the same types at each position, so the lengths of all
 * parts but the last suffice.
 */
export function placeName(key: readonly unknown[]): string {
  const last = key.length - 1
  let name = ""
  for (let i = 0; i < last; i++) {
    const text = textOf(key[i])
    name += `${text.length}:${text}`
  }
  return last < 0 ? "" : name + textOf(key[last])
}

const textOf = (part: unknown): string =>
  typeof part === "string" ? part : part instanceof Uint8Array ? nameOf(part) : String(part)
