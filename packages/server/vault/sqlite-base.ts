import { AsyncLocalStorage } from "node:async_hooks"
import { createSecretKey, type KeyObject } from "node:crypto"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { DatabaseSync, StatementSync } from "node:sqlite"
import type { Bytes, Cbor } from "@aceso/core"
import type { Kysely } from "kysely"
import type { Counter } from "./counters.ts"
import { blindTag, decrypt, encrypt, type NameKeys, openName, sealName } from "./encryption.ts"
import { Keyring } from "./keyring.ts"
import { SCHEMA, type Schema } from "./schema.ts"
import { openSqlite } from "./sqlite.ts"

export interface SqliteVaultOptions {
  readonly folder: string
  /** The member whose vault it is; bound into every ciphertext. */
  readonly organisation: string
  readonly masterKey: Bytes
  /** A demo network's tamper step: content is no longer compared with the log when it is read. */
  readonly skipContentCheck?: () => boolean
  /** To look at a vault that is there, which its node may be using. */
  readonly isReadOnly?: boolean
}

/** What all parts of the SQLite vault share: one file for content, one for keys, one transaction at a time. */
export abstract class SqliteBase {
  readonly keyring: Keyring
  protected readonly db: Kysely<Schema>
  protected readonly raw: DatabaseSync
  protected readonly prepare: (sql: string) => StatementSync
  protected readonly organisation: string
  protected readonly skipContentCheck: () => boolean
  protected readonly auditRoot: KeyObject
  private readonly documentKey: KeyObject
  private readonly nameKeys: NameKeys
  /** An import asks for the same ids again and again. */
  private readonly sealedIds = new Map<string, Bytes>()
  private queue: Promise<unknown> = Promise.resolve()
  private readonly inside = new AsyncLocalStorage<true>()

  constructor(options: SqliteVaultOptions) {
    const { isReadOnly = false } = options
    if (!isReadOnly) mkdirSync(options.folder, { recursive: true, mode: 0o700 })
    this.organisation = options.organisation
    this.skipContentCheck = options.skipContentCheck ?? (() => false)
    this.keyring = new Keyring(join(options.folder, "keyring.db"), options.masterKey, isReadOnly)
    const { db, raw, prepare } = openSqlite<Schema>(join(options.folder, "vault.db"), SCHEMA, isReadOnly)
    this.db = db
    this.raw = raw
    this.prepare = prepare
    const key = (name: string) => createSecretKey(this.keyring.named(name))
    this.auditRoot = key("audit")
    this.documentKey = key("documents")
    this.nameKeys = { tag: key("blind-index"), text: key("names") }
  }

  /** Transactions run one after the other; inside of one, another joins it. */
  atomically<T>(f: () => Promise<T>): Promise<T> {
    if (this.inside.getStore()) return f()
    const run = () =>
      this.inside.run(true, async () => {
        this.raw.exec("BEGIN IMMEDIATE")
        this.keyring.beginStep()
        try {
          const result = await f()
          this.keyring.endStep()
          this.raw.exec("COMMIT")
          return result
        } catch (error) {
          if (this.raw.isTransaction) this.raw.exec("ROLLBACK")
          this.keyring.endStep()
          throw error
        }
      })
    const result = this.queue.then(run, run)
    this.queue = result.catch(() => {})
    return result
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
