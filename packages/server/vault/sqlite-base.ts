import { AsyncLocalStorage } from "node:async_hooks"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { DatabaseSync } from "node:sqlite"
import type { Bytes, Cbor } from "@aceso/core"
import type { Kysely } from "kysely"
import { blindTag, decrypt, encrypt } from "./encryption.ts"
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
}

/** What all parts of the SQLite vault share: one file for content, one for keys, one transaction at a time. */
export abstract class SqliteBase {
  readonly keyring: Keyring
  protected readonly db: Kysely<Schema>
  protected readonly raw: DatabaseSync
  protected readonly organisation: string
  protected readonly skipContentCheck: () => boolean
  protected readonly indexKey: Bytes
  protected readonly auditRoot: Bytes
  protected readonly documentKey: Bytes
  private queue: Promise<unknown> = Promise.resolve()
  private readonly inside = new AsyncLocalStorage<true>()

  constructor(options: SqliteVaultOptions) {
    mkdirSync(options.folder, { recursive: true, mode: 0o700 })
    this.organisation = options.organisation
    this.skipContentCheck = options.skipContentCheck ?? (() => false)
    this.keyring = new Keyring(join(options.folder, "keyring.db"), options.masterKey)
    const { db, raw } = openSqlite<Schema>(join(options.folder, "vault.db"), SCHEMA)
    this.db = db
    this.raw = raw
    this.indexKey = this.keyring.named("blind-index")
    this.auditRoot = this.keyring.named("audit")
    this.documentKey = this.keyring.named("documents")
  }

  /** Transactions run one after the other; inside of one, another joins it. */
  atomically<T>(f: () => Promise<T>): Promise<T> {
    if (this.inside.getStore()) return f()
    const run = () =>
      this.inside.run(true, async () => {
        this.raw.exec("BEGIN IMMEDIATE")
        try {
          const result = await f()
          this.raw.exec("COMMIT")
          return result
        } catch (error) {
          this.raw.exec("ROLLBACK")
          throw error
        }
      })
    const result = this.queue.then(run, run)
    this.queue = result.catch(() => {})
    return result
  }

  async close(): Promise<void> {
    await this.queue
    await this.db.destroy()
    this.keyring.close()
  }

  protected tag(type: string, system: string, value: string): Bytes {
    return blindTag(this.indexKey, type, system, value)
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
