import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { PlatformError } from "@aceso/core"

/** Keeps other processes off a data folder; the system lets go of it when the process ends, however it ends. */
export class FolderLock {
  private readonly database: DatabaseSync

  private constructor(database: DatabaseSync) {
    this.database = database
  }

  /** @throws PlatformError `folder_in_use`, `folder_unusable` */
  static take(folder: string): FolderLock {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const database = new DatabaseSync(join(folder, "lock"))
      try {
        database.exec(
          "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE IF NOT EXISTS held (x); COMMIT",
        )
      } catch (cause) {
        database.close()
        throw cause
      }
      return new FolderLock(database)
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : String(cause)
      if (text.includes("locked"))
        throw new PlatformError(
          "folder_in_use",
          `another process uses the data folder ${folder}; stop it first`,
          { cause },
        )
      throw new PlatformError("folder_unusable", `the data folder ${folder} cannot be written: ${text}`, {
        cause,
      })
    }
  }

  release(): void {
    this.database.close()
  }
}
