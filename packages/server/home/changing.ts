import { AsyncLocalStorage } from "node:async_hooks"
import { resolve } from "node:path"
import { PlatformError } from "@aceso/core"
import { FolderLock } from "@aceso/ledger/folder-lock.ts"
import { isThere } from "@aceso/ledger/there.ts"
import { layout } from "./layout.ts"

/** Folders that whoever asks has already. */
const inside = new AsyncLocalStorage<readonly string[]>()

/**
 * Changes a home's files while nobody else does: what is read for a change holds until it is written. A running node
 * may go on meanwhile; its ledger and its vault have locks of their own.
 * @throws PlatformError `folder_in_use`, `folder_unusable`, and what the change throws
 */
export function changing<T>(folder: string, change: () => T): T {
  const place = resolve(folder)
  const own = inside.getStore() ?? []
  // What is no home says so itself.
  if (own.includes(place) || !isThere(folder)) return change()
  const lock = lockOf(folder)
  let isGoingOn = false
  try {
    const done = inside.run([...own, place], change)
    if (!(done instanceof Promise)) return done
    isGoingOn = true
    return done.finally(() => lock.release()) as T
  } finally {
    if (!isGoingOn) lock.release()
  }
}

function lockOf(folder: string): FolderLock {
  try {
    return FolderLock.take(layout(folder).changing)
  } catch (cause) {
    if (!(cause instanceof PlatformError) || cause.code !== "folder_in_use") throw cause
    throw new PlatformError(
      "folder_in_use",
      `another process changes ${folder} just now; run this again when it has ended`,
      { cause },
    )
  }
}
