import { PlatformError } from "@aceso/core/errors.ts"
import type { KeptPerson } from "../session/protocol.ts"

/** Who is kept on this device, sealed: in the browser's database of this origin. */
const NAME = "aceso"
const STORE = "people"

/** One that is not there yet comes to be there. */
function database(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1)
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "id" })
    asked.onsuccess = () => resolve(asked.result)
    asked.onerror = () => reject(asked.error)
  })
}

async function inStore<T>(
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const open = await database()
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = open.transaction(STORE, mode, { durability: "strict" })
      const request = work(transaction.objectStore(STORE))
      transaction.oncomplete = () => resolve(request.result)
      transaction.onabort = () => reject(transaction.error ?? request.error)
    })
  } finally {
    open.close()
  }
}

export const keptPeople = (): Promise<KeptPerson[]> => inStore("readonly", (store) => store.getAll())

/** Durable when it resolves. @throws PlatformError `device_full`: nothing of it is kept */
export async function keepPerson(person: KeptPerson): Promise<void> {
  // A browser that is short of room else throws away what it likes.
  await navigator.storage?.persist?.().catch(() => false)
  try {
    await inStore("readwrite", (store) => store.put(person))
  } catch (cause) {
    if (!(cause instanceof DOMException) || cause.name !== "QuotaExceededError") throw cause
    throw new PlatformError(
      "device_full",
      "this device has no room for what has to be kept on it, so nothing was kept: delete something on the device, then try again",
      { cause },
    )
  }
}

export const forgetPerson = (id: string): Promise<undefined> =>
  inStore("readwrite", (store) => store.delete(id))
