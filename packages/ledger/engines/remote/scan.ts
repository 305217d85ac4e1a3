import { type Bytes, type Cbor, decodeCbor, encodeCbor, type Table } from "@aceso/core"
import { liesOf, type RemoteSource } from "./source.ts"

/** Some four million rows where pages are full. */
const MAX_PAGES = 16_384

/** Keys of one table are in this order. */
const orderOf = (parts: readonly Bytes[]): string => Buffer.concat(parts).toString("latin1")

/**
 * The keys of a table, or of a part of it, that one source names; each page goes on behind the one before, up to an end.
 * @throws PlatformError `bad_proof`
 */
export async function keysFrom(source: RemoteSource, table: Table, prefix: readonly unknown[]) {
  const lie = liesOf(source)
  const keys = new Map<string, readonly unknown[]>()
  const wanted = prefix.map((part) => encodeCbor(part as Cbor))
  const beginning = orderOf(wanted)
  let after: readonly Bytes[] = []
  let last: string | undefined
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const { keys: page, next } = await source.scan({ table: table.name, prefix: wanted, after })
    for (const parts of page) {
      const name = orderOf(parts)
      const isAsked = parts.length === table.key.length && name.startsWith(beginning)
      if (!isAsked || (last !== undefined && name <= last))
        throw lie(`keys of ${table.name} that were not asked for, or not in their order`)
      keys.set(
        name,
        parts.map((part, i) => table.key[i].parse(decodeCbor(part), `${table.name}[${i}]`)),
      )
      last = name
    }
    if (next.length === 0) return keys
    if (page.length === 0 || orderOf(next) !== last)
      throw lie(`a page of ${table.name} that does not go on behind its last key`)
    after = next
  }
  throw lie(`more than ${MAX_PAGES} pages of ${table.name}`)
}
