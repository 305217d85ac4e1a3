import { PlatformError } from "@aceso/core/errors.ts"

/** Where a person chose to have records kept on this device: sealed, in the browser's database of this origin. */
export interface KeptRow {
  readonly id: string
  /** Absent: nothing was kept yet. */
  readonly content?: Uint8Array
}

const NAME = "aceso-records"
const STORE = "kept"

function database(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1)
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "id" })
    asked.onsuccess = () => resolve(asked.result)
    asked.onerror = () => reject(asked.error)
  })
}

/** All of `work` or nothing of it. @throws PlatformError `device_full` */
async function inStore<T>(
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore, done: (value: T) => void) => void,
): Promise<T> {
  let open: IDBDatabase | undefined
  try {
    open = await database()
    const transaction = open.transaction(STORE, mode, { durability: "strict" })
    return await new Promise<T>((resolve, reject) => {
      let value: T
      work(transaction.objectStore(STORE), (found) => {
        value = found
      })
      transaction.oncomplete = () => resolve(value)
      transaction.onabort = () => reject(transaction.error)
    })
  } catch (cause) {
    if (!(cause instanceof DOMException) || cause.name !== "QuotaExceededError") throw cause
    throw new PlatformError(
      "device_full",
      "this device has no room for your records: what was kept before is still there; delete something on the device, then try again",
      { cause },
    )
  } finally {
    open?.close()
  }
}

export const keptRow = (id: string): Promise<KeptRow | undefined> =>
  inStore("readonly", (store, done) => {
    const request: IDBRequest<KeptRow | undefined> = store.get(id)
    request.onsuccess = () => done(request.result)
  })

/** From now on this person's records are kept. What is kept already stays. @throws PlatformError `device_full` */
export const beginKeeping = (id: string): Promise<void> =>
  inStore("readwrite", (store, done) => {
    const request: IDBRequest<KeptRow | undefined> = store.get(id)
    request.onsuccess = () => {
      if (request.result === undefined) store.put({ id })
      done()
    }
  })

/**
 * Puts it in place of what was kept before, unless keeping was switched off meanwhile, as in another tab.
 * @returns whether it is kept
 * @throws PlatformError `device_full`: what was kept before still is
 */
export const keepContent = (row: KeptRow): Promise<boolean> =>
  inStore("readwrite", (store, done) => {
    const request: IDBRequest<KeptRow | undefined> = store.get(row.id)
    request.onsuccess = () => {
      if (request.result !== undefined) store.put(row)
      done(request.result !== undefined)
    }
  })

export const removeKept = (id: string): Promise<void> =>
  inStore("readwrite", (store, done) => {
    store.delete(id)
    done()
  })
