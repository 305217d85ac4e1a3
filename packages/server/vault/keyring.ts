import { createSecretKey, type KeyObject } from "node:crypto"
import type { DatabaseSync } from "node:sqlite"
import { type Bytes, concat, PlatformError } from "@aceso/core"
import { decrypt, encrypt, freshKey } from "./encryption.ts"
import { openSqlite } from "./sqlite.ts"

/** Key and salt of one record version. Erasing them is erasing the record. */
export interface RecordKey {
  readonly key: Bytes
  readonly salt: Bytes
}

/**
 * Keys and salts, apart from content (PRIVACY.md, Erasure): a database of its own, wrapped by the vault's
 * master key, outside of ordinary backups.
 */
export class Keyring {
  private readonly raw: DatabaseSync
  private readonly master: KeyObject

  constructor(path: string, master: Bytes) {
    this.master = createSecretKey(master)
    this.raw = openSqlite(
      path,
      `CREATE TABLE IF NOT EXISTS record_keys (record BLOB, version INTEGER, wrapped BLOB NOT NULL, PRIMARY KEY (record, version)) WITHOUT ROWID;
       CREATE TABLE IF NOT EXISTS named_keys (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID;`,
    ).raw
  }

  /** New keys for record versions, stored in one transaction before they are used. */
  make(versions: readonly { readonly record: Bytes; readonly version: number }[]): RecordKey[] {
    const insert = this.raw.prepare("INSERT INTO record_keys VALUES (?, ?, ?)")
    const known = this.raw.prepare("SELECT 1 FROM record_keys WHERE record = ? AND version = ?")
    this.raw.exec("BEGIN IMMEDIATE")
    try {
      const made = versions.map(({ record, version }) => {
        // A step that failed after this one left its keys: they were never used and serve now.
        if (known.get(record, version)) return this.get(record, version)
        const pair = { key: freshKey(), salt: freshKey() }
        insert.run(
          record,
          version,
          encrypt(this.master, ["record", record, version], concat(pair.key, pair.salt)),
        )
        return pair
      })
      this.raw.exec("COMMIT")
      return made
    } catch (error) {
      this.raw.exec("ROLLBACK")
      throw error
    }
  }

  /** @throws PlatformError `key_erased` */
  get(record: Bytes, version: number): RecordKey {
    const row = this.raw
      .prepare("SELECT wrapped FROM record_keys WHERE record = ? AND version = ?")
      .get(record, version)
    if (!row) throw new PlatformError("key_erased", "the key of this record is not there: it was erased")
    const both = decrypt(this.master, ["record", record, version], row.wrapped as Bytes)
    return { key: both.subarray(0, 32), salt: both.subarray(32) }
  }

  /** A key with a name of its own, such as the blind index's; made when it is first asked for. */
  named(name: string): Bytes {
    const row = this.raw.prepare("SELECT wrapped FROM named_keys WHERE name = ?").get(name)
    if (row) return decrypt(this.master, ["named", name], row.wrapped as Bytes)
    const key = freshKey()
    this.raw
      .prepare("INSERT INTO named_keys VALUES (?, ?)")
      .run(name, encrypt(this.master, ["named", name], key))
    return key
  }

  close(): void {
    this.raw.close()
  }
}
