import { AsyncLocalStorage } from "node:async_hooks"
import { createSecretKey, type KeyObject } from "node:crypto"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { DatabaseSync, StatementSync } from "node:sqlite"
import { type Bytes, type Cbor, PlatformError } from "@aceso/core"
import { isThere } from "@aceso/ledger/there.ts"
import type { Kysely } from "kysely"
import type { Counter } from "./counters.ts"
import { blindTag, decrypt, encrypt, type NameKeys, openName, sealName } from "./encryption.ts"
import { Keyring } from "./keyring.ts"
import { type Migration, type ModuleDatabase, migrate } from "./module-database.ts"
import { Postings } from "./postings.ts"
import { type Schema, VAULT_TABLES } from "./schema.ts"
import { openSqlite } from "./sqlite.ts"

export interface SqliteVaultOptions {
  readonly folder: string
  /** The member whose vault it is; bound into every ciphertext. */
  readonly organisation: string
  readonly masterKey: Bytes
  /** To look at a vault that is there, as it is now; its node may be using it and go on writing. */
  readonly isReadOnly?: boolean
}

const inTransaction = new AsyncLocalStorage<true>()
/** Whether the caller is inside of a vault's transaction, where everybody else waits for its end. */
export const isInTransaction = (): boolean => inTransaction.getStore() === true

/** What all parts of the SQLite vault share: one file for content, one for keys, one transaction at a time. */
export abstract class SqliteBase {
  readonly keyring: Keyring
  /** Set by a demo network's tamper step: content is no longer compared with the log when it is read. */
  skipsContentCheck = false
  protected readonly db: Kysely<Schema>
  protected readonly raw: DatabaseSync
  protected readonly prepare: (sql: string) => StatementSync
  protected readonly organisation: string
  protected readonly auditRoot: KeyObject
  protected readonly postings: Postings
  private readonly documentKey: KeyObject
  private readonly nameKeys: NameKeys
  /** An import asks for the same ids again and again. */
  private readonly sealedIds = new Map<string, Bytes>()
  private queue: Promise<unknown> = Promise.resolve()
  private dataVersion: unknown
  /** What is to be done once the transaction is written. */
  private readonly inside = new AsyncLocalStorage<(() => void)[]>()

  constructor(options: SqliteVaultOptions) {
    const { isReadOnly = false } = options
    if (!isReadOnly) mkdirSync(options.folder, { recursive: true, mode: 0o700 })
    this.organisation = options.organisation
    const [vaultFile, keyringFile] = ["vault.db", "keyring.db"].map((name) => join(options.folder, name))
    const isNew = !isThere(vaultFile)
    // A new file beside the old one would only hide the loss.
    if (!isNew && !isThere(keyringFile)) throw missing("keyring", options.folder)
    this.keyring = new Keyring(keyringFile, options.masterKey, isReadOnly)
    if (isNew && this.keyring.steps > 0) {
      this.keyring.close()
      throw missing("vault", options.folder)
    }
    const { db, raw, prepare } = openSqlite<Schema>(vaultFile, VAULT_TABLES, isReadOnly)
    this.db = db
    this.raw = raw
    this.prepare = prepare
    // A read transaction for as long as it is open: what is read here belongs to one moment.
    if (isReadOnly) raw.exec("BEGIN; SELECT 1 FROM sqlite_master")
    const key = (name: string) => createSecretKey(this.keyring.named(name))
    this.auditRoot = key("audit")
    this.documentKey = key("documents")
    this.nameKeys = { tag: key("blind-index"), text: key("names") }
    this.postings = new Postings(prepare, this.organisation, (name) => this.keyring.named(name))
    this.mustHaveItsKeys()
  }

  /** A keyring from an older backup lacks the keys of what was stored since. */
  private mustHaveItsKeys(): void {
    const noted = Number(this.prepare("SELECT count FROM keyring_steps").get()?.count)
    if (this.keyring.steps >= noted) return
    this.raw.close()
    this.keyring.close()
    throw new PlatformError(
      "keyring_behind",
      "keyring.db is older than vault.db: the keys of newer records are not in it. Put back the newest keyring.db, or the vault.db of the same time",
    )
  }

  /** Transactions run one after the other; inside of one, another joins it. */
  atomically<T>(f: () => Promise<T>): Promise<T> {
    if (this.inside.getStore()) return f()
    const step = async () => {
      this.raw.exec("BEGIN IMMEDIATE")
      this.noteOthers()
      this.keyring.beginStep()
      try {
        const result = await f()
        if (this.keyring.endStep()) this.prepare("UPDATE keyring_steps SET count = ?").run(this.keyring.steps)
        this.raw.exec("COMMIT")
        return result
      } catch (error) {
        if (this.raw.isTransaction) this.raw.exec("ROLLBACK")
        this.postings.forgetPlaces()
        this.keyring.endStep()
        throw error
      }
    }
    const run = async () => {
      const after: (() => void)[] = []
      const result = await inTransaction.run(true, () => this.inside.run(after, step))
      for (const work of after) work()
      return result
    }
    const result = this.queue.then(run, run)
    this.queue = result.catch(() => {})
    return result
  }

  /** Once what is being written is durable, and outside of its transaction; at once where nothing is being written. */
  afterCommit(work: () => void): void {
    const after = this.inside.getStore()
    if (after) after.push(work)
    else work()
  }

  /** What this process remembers of the index holds until another one has written, such as a command's. */
  private noteOthers(): void {
    const version = this.prepare("PRAGMA data_version").get()?.data_version
    if (version !== this.dataVersion) this.postings.forgetPlaces()
    this.dataVersion = version
  }

  /**
   * A module's own tables in this database, brought to what its migrations say.
   * @throws PlatformError `migration_differs`, `bad_migration`
   */
  moduleDatabase<Tables>(module: string, migrations: readonly Migration[]): ModuleDatabase<Tables> {
    migrate(this.raw, module, migrations)
    return {
      db: this.db as unknown as Kysely<Tables>,
      atomically: (f) => this.atomically(f),
      seal: (kind, id, plain) => this.sealDocument(`${module} ${kind}`, id, plain),
      open: (kind, id, sealed) => this.openDocument(`${module} ${kind}`, id, sealed),
      tag: (...parts) => this.tag(`module ${module}`, ...parts),
    }
  }

  /** Adds to a counter that no trigger keeps; within the transaction that changes the rows. */
  protected count(name: Counter, difference: number): void {
    this.prepare("UPDATE counters SET n = n + ? WHERE name = ?").run(difference, name)
  }

  protected counted(name: Counter): number {
    return this.prepare("SELECT n FROM counters WHERE name = ?").get(name)?.n as number
  }

  async close(): Promise<void> {
    await this.queue
    await this.db.destroy()
    this.keyring.close()
  }

  protected tag(...parts: readonly string[]): Bytes {
    return blindTag(this.nameKeys.tag, ...parts)
  }

  /** A FHIR id of this type as the tables have it. */
  protected sealId(type: string, fhirId: string): Bytes {
    const name = `${type}/${fhirId}`
    let sealed = this.sealedIds.get(name)
    if (!sealed) {
      if (this.sealedIds.size >= 10_000) this.sealedIds.clear()
      sealed = sealName(this.nameKeys, `id ${type}`, fhirId)
      this.sealedIds.set(name, sealed)
    }
    return sealed
  }

  protected openId(type: string, sealed: Bytes): string {
    return openName(this.nameKeys, `id ${type}`, sealed)
  }

  protected sealAlias(alias: string): Bytes {
    return sealName(this.nameKeys, "alias", alias)
  }

  protected openAlias(sealed: Bytes): string {
    return openName(this.nameKeys, "alias", sealed)
  }

  protected belongsTo(record: { recordId: Bytes; version: number }): Cbor {
    return [this.organisation, record.recordId, record.version]
  }

  protected sealDocument(kind: string, id: Bytes, plain: Bytes): Bytes {
    return encrypt(this.documentKey, [kind, this.organisation, id], plain)
  }

  protected openDocument(kind: string, id: Bytes, sealed: Bytes): Bytes {
    return decrypt(this.documentKey, [kind, this.organisation, id], sealed)
  }
}

const missing = (name: "vault" | "keyring", folder: string) =>
  new PlatformError(
    `${name}_missing`,
    `${folder} holds no ${name}.db any more: put it back from its backup (docs/operations.md, Restore)`,
  )
