import { createSecretKey, type KeyObject } from "node:crypto"
import { type Bytes, concat, PlatformError } from "@aceso/core"
import { decrypt, encrypt, freshKey } from "./encryption.ts"
import { openSqlite, type Sqlite } from "./sqlite.ts"

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
  private readonly sqlite: Sqlite<unknown>
  private readonly master: KeyObject
  private isInStep = false
  private failure: { readonly cause: unknown } | undefined

  /** @throws PlatformError `wrong_key` when the keyring was made under another master key */
  constructor(path: string, master: Bytes, isReadOnly = false) {
    this.master = createSecretKey(master)
    this.sqlite = openSqlite(
      path,
      `CREATE TABLE record_keys (record BLOB, version INTEGER, wrapped BLOB NOT NULL, PRIMARY KEY (record, version)) WITHOUT ROWID;
       CREATE TABLE named_keys (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID;
       CREATE TABLE steps (id INTEGER PRIMARY KEY CHECK (id = 1), count INTEGER NOT NULL);
       INSERT INTO steps VALUES (1, 0)`,
      isReadOnly,
    )
    try {
      this.named("key-check")
    } catch (cause) {
      this.close()
      if (!(cause instanceof PlatformError)) throw cause
      throw new PlatformError(
        "wrong_key",
        "the master key is not the one that this vault was made with; put back the vault.key that belongs to it",
        { cause },
      )
    }
  }

  /** How often new keys were made durable: the vault notes it, so that an older keyring is told from its own. */
  get steps(): number {
    return Number(this.sqlite.prepare("SELECT count FROM steps").get()?.count)
  }

  /** From here to `endStep`, new keys wait for one sync together. */
  beginStep(): void {
    this.isInStep = true
  }

  /**
   * Makes the step's keys durable, before the content that they encrypt is; fails when one was not stored.
   * @returns whether there were any
   */
  endStep(): boolean {
    const { failure } = this
    this.failure = undefined
    this.isInStep = false
    if (failure) throw failure.cause
    if (!this.sqlite.raw.isTransaction) return false
    this.commit()
    return true
  }

  private commit(): void {
    this.sqlite.prepare("UPDATE steps SET count = count + 1").run()
    this.sqlite.raw.exec("COMMIT")
  }

  /**
   * New keys for record versions, durable before it returns or, in a step, at its end. A step that failed
   * leaves its keys: they were never used and serve when it is tried again.
   */
  make(versions: readonly { readonly record: Bytes; readonly version: number }[]): RecordKey[] {
    const { raw } = this.sqlite
    const insert = this.sqlite.prepare("INSERT OR IGNORE INTO record_keys VALUES (?, ?, ?)")
    if (!raw.isTransaction) raw.exec("BEGIN IMMEDIATE")
    try {
      const made = versions.map(({ record, version }) => {
        const pair = { key: freshKey(), salt: freshKey() }
        const wrapped = encrypt(this.master, ["record", record, version], concat(pair.key, pair.salt))
        return insert.run(record, version, wrapped).changes === 1 ? pair : this.get(record, version)
      })
      if (!this.isInStep) this.commit()
      return made
    } catch (cause) {
      if (raw.isTransaction) raw.exec("ROLLBACK")
      if (this.isInStep) this.failure = { cause }
      throw cause
    }
  }

  /** @throws PlatformError `key_erased` */
  get(record: Bytes, version: number): RecordKey {
    const row = this.sqlite
      .prepare("SELECT wrapped FROM record_keys WHERE record = ? AND version = ?")
      .get(record, version)
    if (!row) throw new PlatformError("key_erased", "the key of this record is not there: it was erased")
    const both = decrypt(this.master, ["record", record, version], row.wrapped as Bytes)
    return { key: both.subarray(0, 32), salt: both.subarray(32) }
  }

  /** A key with a name of its own, such as the blind index's; made when it is first asked for. */
  named(name: string): Bytes {
    const row = this.sqlite.prepare("SELECT wrapped FROM named_keys WHERE name = ?").get(name)
    if (row) return decrypt(this.master, ["named", name], row.wrapped as Bytes)
    const key = freshKey()
    this.sqlite
      .prepare("INSERT INTO named_keys VALUES (?, ?)")
      .run(name, encrypt(this.master, ["named", name], key))
    return key
  }

  close(): void {
    this.sqlite.raw.close()
  }
}
