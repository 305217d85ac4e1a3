import { mkdirSync } from "node:fs"
import { type Database as LmdbDatabase, open, type RootDatabase } from "lmdb"

export type Database<V, K extends string | number | Buffer> = LmdbDatabase<V, K>

export interface StateDatabase {
  readonly root: RootDatabase<unknown, string>
  readonly rows: Database<Buffer, Buffer>
  readonly buckets: Database<Buffer, Buffer>
  readonly undo: Database<Buffer, number>
  readonly meta: Database<unknown, string>
  /** First 16 bytes of a payload's id: [height, index]. */
  readonly transactions: Database<Buffer, Buffer>
}

export function openDatabase(folder: string, isReadOnly: boolean): StateDatabase {
  if (!isReadOnly) mkdirSync(folder, { recursive: true, mode: 0o700 })
  // `separateFlushed`: lmdb acknowledges before it syncs; a flush counts once .flushed has resolved.
  const root = open<unknown, string>({
    path: folder,
    maxDbs: 8,
    noSubdir: false,
    readOnly: isReadOnly,
    separateFlushed: true,
    cache: false,
  } as Parameters<typeof open>[0])
  const binary = { encoding: "binary", keyEncoding: "binary" } as const
  return {
    root,
    rows: root.openDB({ name: "rows", ...binary }),
    buckets: root.openDB({ name: "buckets", ...binary }),
    undo: root.openDB({ name: "undo", encoding: "binary", keyEncoding: "ordered-binary" }),
    meta: root.openDB({ name: "meta", encoding: "msgpack" }),
    transactions: root.openDB({ name: "transactions", ...binary }),
  }
}
