import type { SealedStore } from "@aceso/client"
import { type Bytes, PlatformError, toHex } from "@aceso/core"

/** Sealed parts in the browser's database of this origin, which this worker alone writes; two tabs take turns. */
const NAME = "aceso-memory"
const STORE = "parts"

function database(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1)
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE)
    asked.onsuccess = () => resolve(asked.result)
    asked.onerror = () => reject(asked.error)
  })
}

async function inStore(mode: IDBTransactionMode, work: (store: IDBObjectStore) => void): Promise<void> {
  const open = await database()
  try {
    await new Promise<void>((resolve, reject) => {
      const transaction = open.transaction(STORE, mode, { durability: "strict" })
      work(transaction.objectStore(STORE))
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(transaction.error)
    })
  } finally {
    open.close()
  }
}

/** @param id of the memory: nobody else's lies under it */
export function indexedStore(id: Bytes): SealedStore {
  const own = toHex(id)
  const keyOf = (name: string) => `${own}/${name}`
  return {
    exclusively: (work) => navigator.locks.request(`${NAME}/${own}`, work),
    async load(names) {
      const found = new Map<string, Bytes>()
      await inStore("readonly", (store) => {
        for (const name of names) {
          const asked: IDBRequest<unknown> = store.get(keyOf(name))
          asked.onsuccess = () => {
            // What is no bytes was not written by this program: it is there, and opens to nothing.
            if (asked.result === undefined) return
            found.set(name, asked.result instanceof Uint8Array ? asked.result : new Uint8Array(0))
          }
        }
      })
      return found
    },
    async save(parts) {
      try {
        await inStore("readwrite", (store) => {
          for (const [name, content] of parts) store.put(content, keyOf(name))
        })
      } catch (cause) {
        if (!(cause instanceof DOMException) || cause.name !== "QuotaExceededError") throw cause
        throw new PlatformError(
          "memory_full",
          "this device has no room for what it should remember; make room, then try again: nothing was changed",
          { cause },
        )
      }
    },
  }
}
