import { createSecretKey, type KeyObject } from "node:crypto"
import { type Bytes, concat, nameOf, PlatformError, randomBytes } from "@aceso/core"
import { decrypt, encrypt, freshKey } from "./encryption.ts"
import { openSqlite, type Sqlite, type Tables } from "./sqlite.ts"

/** Key and salt of one record version. Erasing them is erasing the record. */
export interface RecordKey {
  readonly key: Bytes
  readonly salt: Bytes
}

const POINTERS =
  "CREATE UNIQUE INDEX record_keys_by_pointer ON record_keys (pointer) WHERE pointer IS NOT NULL"
/**
 * `pointer`: a random name by which the look-up index means the version. It stands beside the key and goes with it:
 * then nobody can tell whose an entry of that index was.
 */
const TABLES: Tables = {
  schema: `CREATE TABLE record_keys (record BLOB, version INTEGER, wrapped BLOB NOT NULL, pointer BLOB, PRIMARY KEY (record, version)) WITHOUT ROWID;
       ${POINTERS};
       CREATE TABLE named_keys (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID;
       CREATE TABLE steps (id INTEGER PRIMARY KEY CHECK (id = 1), count INTEGER NOT NULL);
       INSERT INTO steps VALUES (1, 0)`,
  sinceBefore: `ALTER TABLE record_keys ADD COLUMN pointer BLOB; ${POINTERS}`,
}

/** A version of a record as the keyring names it. */
export interface KeyedVersion {
  readonly record: Bytes
  readonly version: number
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
  /** Of the step's new keys: an import asks for each. */
  private readonly fresh = new Map<string, Bytes>()

  /** @throws PlatformError `wrong_key` when the keyring was made under another master key */
  constructor(path: string, master: Bytes, isReadOnly = false) {
    this.master = createSecretKey(master)
    this.sqlite = openSqlite(path, TABLES, isReadOnly)
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
    this.fresh.clear()
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
  make(versions: readonly KeyedVersion[]): RecordKey[] {
    const insert = this.sqlite.prepare(
      "INSERT OR IGNORE INTO record_keys (record, version, wrapped, pointer) VALUES (?, ?, ?, ?)",
    )
    return this.durably(() =>
      versions.map(({ record, version }) => {
        const pair = { key: freshKey(), salt: freshKey() }
        const wrapped = encrypt(this.master, ["record", record, version], concat(pair.key, pair.salt))
        const pointer = randomBytes(POINTER_BYTES)
        if (insert.run(record, version, wrapped, pointer).changes !== 1) return this.get(record, version)
        if (this.isInStep) this.fresh.set(`${version} ${nameOf(record)}`, pointer)
        return pair
      }),
    )
  }

  /** The version's pointer; of a key from before there were any, made now. @throws PlatformError `key_erased` */
  pointerOf({ record, version }: KeyedVersion): Bytes {
    const made = this.fresh.get(`${version} ${nameOf(record)}`)
    if (made) return made
    const found = this.sqlite.prepare("SELECT pointer FROM record_keys WHERE record = ? AND version = ?")
    const row = found.get(record, version)
    if (!row) throw erased()
    if (row.pointer) return row.pointer as Bytes
    const set = this.sqlite.prepare("UPDATE record_keys SET pointer = ? WHERE record = ? AND version = ?")
    const pointer = randomBytes(POINTER_BYTES)
    return this.durably(() => {
      set.run(pointer, record, version)
      return pointer
    })
  }

  /** undefined: it was erased with its key */
  at(pointer: Bytes): KeyedVersion | undefined {
    const row = this.sqlite.prepare("SELECT record, version FROM record_keys WHERE pointer = ?").get(pointer)
    return row && { record: row.record as Bytes, version: row.version as number }
  }

  private durably<T>(f: () => T): T {
    const { raw } = this.sqlite
    if (!raw.isTransaction) raw.exec("BEGIN IMMEDIATE")
    try {
      const made = f()
      if (!this.isInStep) this.commit()
      return made
    } catch (cause) {
      if (raw.isTransaction) raw.exec("ROLLBACK")
      this.fresh.clear()
      if (this.isInStep) this.failure = { cause }
      throw cause
    }
  }

  /** @throws PlatformError `key_erased` */
  get(record: Bytes, version: number): RecordKey {
    const row = this.sqlite
      .prepare("SELECT wrapped FROM record_keys WHERE record = ? AND version = ?")
      .get(record, version)
    if (!row) throw erased()
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

const POINTER_BYTES = 16

const erased = () => new PlatformError("key_erased", "the key of this record is not there: it was erased")
