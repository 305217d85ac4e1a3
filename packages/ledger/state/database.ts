import { mkdirSync } from "node:fs"
import { PlatformError } from "@aceso/core"
import { type Database as LmdbDatabase, open, type RootDatabase } from "lmdb"
import { diskWords, isOfDisk, isOfRights } from "../disk-words.ts"

export type Database<V, K extends string | number | Buffer> = LmdbDatabase<V, K>

export interface StateDatabase {
  readonly root: RootDatabase<unknown, string>
  readonly rows: Database<Buffer, Buffer>
  readonly buckets: Database<Buffer, Buffer>
  readonly undo: Database<Buffer, number>
  readonly meta: Database<unknown, string>
  /** First 16 bytes of a payload's id: [height, index]. */
  readonly transactions: Database<Buffer, Buffer>
  /** By height (block-index.ts). */
  readonly summaries: Database<Buffer, number>
  readonly touched: Database<Buffer, number>
  /** By what is sought (found-index.ts). */
  readonly found: Database<Buffer, Buffer>
}

/** @throws PlatformError `store_failed` on a disk that takes no more, `no_right` */
export function openDatabase(folder: string, isReadOnly: boolean): StateDatabase {
  try {
    return openHere(folder, isReadOnly)
  } catch (cause) {
    if (isOfRights(cause))
      throw new PlatformError(
        "no_right",
        `the state in ${folder} cannot be opened: this user has no right to some file in it, as after a command that was run by root; give the folder to the node's user (chown -R)`,
        { cause },
      )
    throw isReadOnly || !isOfDisk(cause) ? cause : storeFailed(cause)
  }
}

function openHere(folder: string, isReadOnly: boolean): StateDatabase {
  if (!isReadOnly) mkdirSync(folder, { recursive: true, mode: 0o700 })
  // `separateFlushed`: lmdb acknowledges before it syncs; a flush counts once .flushed has resolved.
  const root = open<unknown, string>({
    path: folder,
    maxDbs: 16,
    noSubdir: false,
    readOnly: isReadOnly,
    separateFlushed: true,
    eventTurnBatching: false,
    cache: false,
  } as Parameters<typeof open>[0])
  const binary = { encoding: "binary", keyEncoding: "binary" } as const
  const byHeight = { encoding: "binary", keyEncoding: "ordered-binary" } as const
  return {
    root,
    rows: root.openDB({ name: "rows", ...binary }),
    buckets: root.openDB({ name: "buckets", ...binary }),
    undo: root.openDB({ name: "undo", ...byHeight }),
    meta: root.openDB({ name: "meta", encoding: "msgpack" }),
    transactions: root.openDB({ name: "transactions", ...binary }),
    summaries: root.openDB({ name: "summaries", ...byHeight }),
    touched: root.openDB({ name: "touched", ...byHeight }),
    found: root.openDB({ name: "found", ...binary }),
  }
}

/** Takes what each put and remove of a transaction returns. */
export type Written = (one: Promise<boolean>) => void

/**
 * One transaction, synced when this resolves.
 * @throws PlatformError `store_failed`
 */
export async function writeDurably(
  { root }: StateDatabase,
  write: (written: Written) => void,
): Promise<void> {
  let last: unknown
  // Each rejects when the commit fails, and ends the process if nobody minds. Most are one and the same.
  const minded: Written = (one) => {
    if (one !== last) one.catch(() => {})
    last = one
  }
  // lmdb's promise has a second one for durability; its types do not know it.
  const written = root.batch(() => write(minded)) as Promise<boolean> & { readonly flushed: Promise<void> }
  try {
    // Where the commit fails, only this one says so: `flushed` never settles then.
    await written
    await written.flushed
  } catch (cause) {
    throw storeFailed((await (cause as { commitError?: Promise<never> }).commitError?.catch(itself)) ?? cause)
  }
}

const itself = (error: unknown) => error

const storeFailed = (cause: unknown) =>
  new PlatformError("store_failed", `the state cannot be written: ${diskWords(cause)}`, { cause })
