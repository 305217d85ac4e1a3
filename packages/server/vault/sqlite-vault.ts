import { AsyncLocalStorage } from "node:async_hooks"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { DatabaseSync } from "node:sqlite"
import {
  type Bytes,
  type Cbor,
  decodeTrusted,
  encodeCbor,
  equalBytes,
  type Handle,
  type Operation,
  PlatformError,
  type PolicyDocument,
  recordCommitment,
  sha256,
  toHex,
} from "@aceso/core"
import type { Kysely } from "kysely"
import { blindTag, decrypt, encrypt } from "./encryption.ts"
import { Keyring } from "./keyring.ts"
import { SCHEMA, type Schema } from "./schema.ts"
import { openSqlite } from "./sqlite.ts"
import type {
  Identifier,
  Log,
  NewPatient,
  NewRecord,
  Patient,
  ResourceIdentifier,
  StoredDisclosure,
  StoredPolicy,
  StoredRecord,
  StoredRequest,
  Vault,
} from "./vault.ts"

export interface SqliteVaultOptions {
  readonly folder: string
  /** The member whose vault it is; bound into every ciphertext. */
  readonly organisation: string
  readonly masterKey: Bytes
  /** A demo network's tamper step: content is no longer compared with the log when it is read. */
  readonly skipContentCheck?: () => boolean
}

/** The vault in SQLite: one file for content, one for keys. */
export class SqliteVault implements Vault {
  readonly keyring: Keyring
  private readonly db: Kysely<Schema>
  private readonly raw: DatabaseSync
  private readonly organisation: string
  private readonly skipContentCheck: () => boolean
  private readonly indexKey: Bytes
  private readonly auditRoot: Bytes
  private readonly documentKey: Bytes
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

  addPatient(patient: NewPatient): Promise<Patient> {
    return this.atomically(async () => {
      const { count } = await this.db
        .selectFrom("patients")
        .select(({ fn }) => fn.countAll<number>().as("count"))
        .executeTakeFirstOrThrow()
      const alias = patient.alias ?? `person-${count + 1}`
      const { handle, fhirId, hasKey } = patient
      await this.db
        .insertInto("patients")
        .values({ handle, fhir_id: fhirId, alias, has_key: hasKey ? 1 : 0, disclosures: 0 })
        .execute()
      return { ...patient, alias }
    })
  }

  async patient(
    by: { handle: Handle } | { fhirId: string } | { alias: string },
  ): Promise<Patient | undefined> {
    const all = this.db.selectFrom("patients").selectAll()
    const row = await ("handle" in by
      ? all.where("handle", "=", by.handle)
      : "fhirId" in by
        ? all.where("fhir_id", "=", by.fhirId)
        : all.where("alias", "=", by.alias)
    ).executeTakeFirst()
    return row && patientOf(row)
  }

  async patients(): Promise<readonly Patient[]> {
    const rows = await this.db
      .selectFrom("patients")
      .selectAll()
      .orderBy("rowid" as never)
      .execute()
    return rows.map(patientOf)
  }

  setAlias(handle: Handle, alias: string): Promise<void> {
    return this.atomically(async () => {
      await this.db.updateTable("patients").set({ alias }).where("handle", "=", handle).execute()
    })
  }

  setHasKey(handle: Handle): Promise<void> {
    return this.atomically(async () => {
      await this.db.updateTable("patients").set({ has_key: 1 }).where("handle", "=", handle).execute()
    })
  }

  addIdentifiers(all: readonly ResourceIdentifier[]): Promise<void> {
    return this.atomically(async () => {
      const insert = this.raw.prepare("INSERT OR IGNORE INTO identifiers VALUES (?, ?)")
      for (const { type, fhirId, system, value } of all) insert.run(this.tag(type, system, value), fhirId)
    })
  }

  async findByIdentifier(type: string, { system, value }: Identifier): Promise<string | undefined> {
    return this.findNow(type, { system, value })
  }

  /** The same without waiting, for the taking apart of bundles. */
  findNow(type: string, { system, value }: Identifier): string | undefined {
    const row = this.raw
      .prepare("SELECT fhir_id FROM identifiers WHERE tag = ?")
      .get(this.tag(type, system, value))
    return row?.fhir_id as string | undefined
  }

  async newestVersion(type: string, fhirId: string): Promise<number> {
    const row = await this.db
      .selectFrom("records")
      .select(({ fn }) => fn.max("version").as("version"))
      .where("fhir_id", "=", fhirId)
      .where("type", "=", type)
      .executeTakeFirst()
    return row?.version ?? 0
  }

  async newestPlaces(type: string, fhirId: string): Promise<readonly StoredRecord[]> {
    const version = await this.newestVersion(type, fhirId)
    const rows = await this.db
      .selectFrom("records")
      .select(RECORD_COLUMNS)
      .where("fhir_id", "=", fhirId)
      .where("type", "=", type)
      .where("version", "=", version)
      .execute()
    return rows.map(recordOf)
  }

  append(records: readonly NewRecord[]): Promise<void> {
    return this.atomically(async () => {
      const insert = this.raw.prepare("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)")
      for (const record of records) {
        const { log, index, recordId, version, operation, type, fhirId, commitment } = record
        const ciphertext = encrypt(record.key, this.belongsTo(record), record.content)
        insert.run(log, index, recordId, version, operation, type, fhirId, commitment, ciphertext)
      }
    })
  }

  async logSize(log: Log): Promise<number> {
    const row = await this.db
      .selectFrom("records")
      .select(({ fn }) => fn.max("idx").as("last"))
      .where("log", "=", log)
      .executeTakeFirst()
    return row?.last === null || row?.last === undefined ? 0 : row.last + 1
  }

  async log(log: Log): Promise<readonly StoredRecord[]> {
    const rows = await this.db
      .selectFrom("records")
      .select(RECORD_COLUMNS)
      .where("log", "=", log)
      .orderBy("idx")
      .execute()
    return rows.map(recordOf)
  }

  async uncommitted(limit: number): Promise<readonly StoredRecord[]> {
    const rows = await this.db
      .selectFrom("records")
      .select(RECORD_COLUMNS)
      .where("height", "is", null)
      .orderBy("log")
      .orderBy("idx")
      .limit(limit)
      .execute()
    return rows.map(recordOf)
  }

  markCommitted(log: Log, upToIndex: number, height: number): Promise<void> {
    return this.atomically(async () => {
      await this.db
        .updateTable("records")
        .set({ height })
        .where("log", "=", log)
        .where("idx", "<=", upToIndex)
        .where("height", "is", null)
        .execute()
    })
  }

  async content(record: StoredRecord): Promise<{ salt: Bytes; content: Bytes }> {
    const row = this.raw
      .prepare("SELECT ciphertext FROM records WHERE log = ? AND idx = ?")
      .get(record.log, record.index)
    if (!row) throw new PlatformError("record_damaged", "the record's content is not in the vault")
    const { key, salt } = this.keyring.get(record.recordId, record.version)
    const content = decrypt(key, this.belongsTo(record), row.ciphertext as Bytes)
    if (!this.skipContentCheck() && !equalBytes(recordCommitment(salt, content), record.commitment))
      throw new PlatformError(
        "vault_mismatch",
        "the record's content is not what was committed; somebody changed the vault",
      )
    return { salt, content }
  }

  /** For a demo network's tamper step alone: writes content under the right key as an insider could. */
  overwrite(record: StoredRecord, content: Bytes): void {
    const { key } = this.keyring.get(record.recordId, record.version)
    const ciphertext = encrypt(key, this.belongsTo(record), content)
    this.raw
      .prepare("UPDATE records SET ciphertext = ? WHERE log = ? AND idx = ?")
      .run(ciphertext, record.log, record.index)
  }

  async recordCount(): Promise<{ records: number; committed: number }> {
    const row = this.raw
      .prepare("SELECT count(*) AS records, count(height) AS committed FROM records")
      .get() as { records: number; committed: number }
    return { records: row.records, committed: row.committed }
  }

  keepBundle(bytes: Bytes, receivedAt: number): Promise<boolean> {
    return this.atomically(async () => {
      const tag = blindTag(this.indexKey, "bundle", toHex(sha256(bytes)))
      const ciphertext = encrypt(this.documentKey, ["bundle", this.organisation, tag], bytes)
      const result = await this.db
        .insertInto("bundles")
        .values({ tag, received_at: receivedAt, ciphertext })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst()
      return result.numInsertedOrUpdatedRows === 1n
    })
  }

  async policy(handle: Handle): Promise<StoredPolicy | undefined> {
    const row = await this.db
      .selectFrom("policies")
      .selectAll()
      .where("handle", "=", handle)
      .executeTakeFirst()
    if (!row) return undefined
    const documents = decodeTrusted(
      this.openDocument("policy", handle, row.documents),
    ) as unknown as PolicyDocument[]
    return { version: row.version, root: row.root, documents, pending: row.pending }
  }

  setPolicy(handle: Handle, { version, root, documents, pending }: StoredPolicy): Promise<void> {
    return this.atomically(async () => {
      const plain = encodeCbor(documents.map(({ content, salt }) => ({ content, salt })) as Cbor[])
      const values = { version, root, documents: this.sealDocument("policy", handle, plain), pending }
      await this.db
        .insertInto("policies")
        .values({ handle, ...values })
        .onConflict((conflict) => conflict.column("handle").doUpdateSet(values))
        .execute()
    })
  }

  addRequest(request: StoredRequest): Promise<void> {
    return this.atomically(async () => {
      const { id, handle, requester, content, createdAt, expiresAt, state } = request
      const sealed = this.sealDocument("request", id, content)
      await this.db
        .insertInto("requests")
        .values({
          id,
          handle,
          requester,
          content: sealed,
          created_at: createdAt,
          expires_at: expiresAt,
          state,
        })
        .execute()
    })
  }

  async requests(handle: Handle): Promise<readonly StoredRequest[]> {
    const rows = await this.db
      .selectFrom("requests")
      .selectAll()
      .where("handle", "=", handle)
      .orderBy("created_at")
      .execute()
    return rows.map((row) => ({
      id: row.id,
      handle: row.handle,
      requester: row.requester,
      content: this.openDocument("request", row.id, row.content),
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      state: row.state,
    }))
  }

  setRequestState(id: Bytes, state: StoredRequest["state"]): Promise<void> {
    return this.atomically(async () => {
      await this.db.updateTable("requests").set({ state }).where("id", "=", id).execute()
    })
  }

  auditKey(handle: Handle): Bytes {
    const tag = blindTag(this.auditRoot, "audit-key", Buffer.from(handle).toString("hex"))
    return Buffer.concat([tag, blindTag(this.auditRoot, "audit-key-2", Buffer.from(handle).toString("hex"))])
  }

  nextDisclosure(handle: Handle): Promise<number> {
    return this.atomically(async () => {
      const row = this.raw
        .prepare("UPDATE patients SET disclosures = disclosures + 1 WHERE handle = ? RETURNING disclosures")
        .get(handle)
      if (!row) throw new PlatformError("unknown_patient", "no patient has this handle here")
      return row.disclosures as number
    })
  }

  addDisclosure(disclosure: StoredDisclosure): Promise<void> {
    return this.atomically(async () => {
      const { handle, n, tag, salt, event, includeBy, height } = disclosure
      const auditEvent = this.sealDocument("audit", tag, disclosure.auditEvent)
      const body = disclosure.body && this.sealDocument("body", tag, disclosure.body)
      await this.db
        .insertInto("disclosures")
        .values({ tag, handle, n, salt, audit_event: auditEvent, body, event, include_by: includeBy, height })
        .execute()
    })
  }

  async disclosures(handle: Handle): Promise<readonly StoredDisclosure[]> {
    const rows = await this.db
      .selectFrom("disclosures")
      .selectAll()
      .where("handle", "=", handle)
      .orderBy("n")
      .execute()
    return rows.map((row) => this.disclosureOf(row))
  }

  async uncommittedDisclosures(): Promise<readonly StoredDisclosure[]> {
    const rows = await this.db
      .selectFrom("disclosures")
      .selectAll()
      .where("height", "is", null)
      .orderBy("include_by")
      .limit(2000)
      .execute()
    return rows.map((row) => this.disclosureOf(row))
  }

  markDisclosed(tags: readonly Bytes[], height: number): Promise<void> {
    return this.atomically(async () => {
      if (tags.length > 0)
        await this.db.updateTable("disclosures").set({ height }).where("tag", "in", tags).execute()
    })
  }

  useNonce(nonce: Bytes, expiry: number, now: number): Promise<boolean> {
    return this.atomically(async () => {
      await this.db.deleteFrom("nonces").where("expiry", "<", now).execute()
      const result = await this.db
        .insertInto("nonces")
        .values({ nonce, expiry })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst()
      return result.numInsertedOrUpdatedRows === 1n
    })
  }

  async setting(name: string): Promise<string | undefined> {
    const row = await this.db
      .selectFrom("settings")
      .select("value")
      .where("name", "=", name)
      .executeTakeFirst()
    return row?.value
  }

  setSetting(name: string, value: string): Promise<void> {
    return this.atomically(async () => {
      await this.db
        .insertInto("settings")
        .values({ name, value })
        .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
        .execute()
    })
  }

  deleteSetting(name: string): Promise<void> {
    return this.atomically(async () => {
      await this.db.deleteFrom("settings").where("name", "=", name).execute()
    })
  }

  async close(): Promise<void> {
    await this.queue
    await this.db.destroy()
    this.keyring.close()
  }

  private tag(type: string, system: string, value: string): Bytes {
    return blindTag(this.indexKey, type, system, value)
  }

  private belongsTo(record: { recordId: Bytes; version: number }): Cbor {
    return [this.organisation, record.recordId, record.version]
  }

  private sealDocument(kind: string, id: Bytes, plain: Bytes): Bytes {
    return encrypt(this.documentKey, [kind, this.organisation, id], plain)
  }

  private openDocument(kind: string, id: Bytes, sealed: Bytes): Bytes {
    return decrypt(this.documentKey, [kind, this.organisation, id], sealed)
  }

  private disclosureOf(row: Schema["disclosures"]): StoredDisclosure {
    return {
      handle: row.handle,
      n: row.n,
      tag: row.tag,
      salt: row.salt,
      auditEvent: this.openDocument("audit", row.tag, row.audit_event),
      body: row.body && this.openDocument("body", row.tag, row.body),
      event: row.event,
      includeBy: row.include_by,
      height: row.height,
    }
  }
}

const RECORD_COLUMNS = [
  "log",
  "idx",
  "record_id",
  "version",
  "operation",
  "type",
  "fhir_id",
  "commitment",
  "height",
] as const

const patientOf = (row: Schema["patients"]): Patient => ({
  handle: row.handle,
  fhirId: row.fhir_id,
  alias: row.alias,
  hasKey: row.has_key === 1,
})

const recordOf = (row: Omit<Schema["records"], "ciphertext">): StoredRecord => ({
  log: row.log,
  index: row.idx,
  recordId: row.record_id,
  version: row.version,
  operation: row.operation as Operation,
  type: row.type,
  fhirId: row.fhir_id,
  commitment: row.commitment,
  height: row.height,
})
