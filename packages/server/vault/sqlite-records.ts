import { type Bytes, equalBytes, nameOf, type Operation, PlatformError, recordCommitment } from "@aceso/core"
import { decrypt, encrypt } from "./encryption.ts"
import type { Log } from "./record-log.ts"
import type { Schema } from "./schema.ts"
import { SqliteTerms } from "./sqlite-terms.ts"
import type { NewRecord, StoredRecord } from "./vault.ts"

/** Records and their logs. */
export abstract class SqliteRecords extends SqliteTerms {
  async newestVersion(type: string, fhirId: string): Promise<number> {
    const row = await this.db
      .selectFrom("records")
      .select(({ fn }) => fn.max("version").as("version"))
      .where("fhir_id", "=", this.sealId(type, fhirId))
      .executeTakeFirst()
    return row?.version ?? 0
  }

  /** Whether any version of the resource is here; without waiting, for the taking apart of bundles. */
  has(type: string, fhirId: string): boolean {
    const found = this.prepare("SELECT 1 FROM records WHERE fhir_id = ? LIMIT 1")
    return found.get(this.sealId(type, fhirId)) !== undefined
  }

  /** The newest version of a resource that is no end of it; without waiting. */
  newest(type: string, fhirId: string): StoredRecord | undefined {
    const row = this.prepare(
      "SELECT * FROM records WHERE fhir_id = ? AND operation <> 'delete' ORDER BY version DESC LIMIT 1",
    ).get(this.sealId(type, fhirId))
    return row && this.recordOf(row as unknown as Schema["records"])
  }

  /** A version of a resource, in one of its logs; without waiting. */
  ofVersion(type: string, fhirId: string, version: number): StoredRecord | undefined {
    const row = this.prepare(
      "SELECT * FROM records WHERE fhir_id = ? AND version = ? AND operation <> 'delete' LIMIT 1",
    ).get(this.sealId(type, fhirId), version)
    return row && this.recordOf(row as unknown as Schema["records"])
  }

  async newestPlaces(type: string, fhirId: string): Promise<readonly StoredRecord[]> {
    const rows = await this.db
      .selectFrom("records")
      .select(RECORD_COLUMNS)
      .where("fhir_id", "=", this.sealId(type, fhirId))
      .orderBy("version")
      .execute()
    const newest = new Map(rows.map((row) => [nameOf(row.log), this.recordOf(row)]))
    return [...newest.values()]
  }

  append(records: readonly NewRecord[]): Promise<void> {
    return this.atomically(async () => {
      const insertContent = this.prepare("INSERT INTO contents (ciphertext) VALUES (?)")
      const insert = this.prepare("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)")
      for (const record of records) {
        const { log, index, recordId, version, operation, type, commitment } = record
        const ciphertext = encrypt(record.key, this.belongsTo(record), record.content)
        const content = insertContent.run(ciphertext).lastInsertRowid
        const fhirId = this.sealId(type, record.fhirId)
        const terms = this.indexed(record)
        insert.run(log, index, recordId, version, operation, type, fhirId, commitment, content, terms)
        this.keepObjects(record)
      }
      this.countRecords(records)
    })
  }

  async logSize(log: Log): Promise<number> {
    const row = this.prepare(
      "SELECT max((SELECT ifnull(max(idx), -1) FROM records WHERE log = ?1), (SELECT ifnull(max(idx), -1) FROM lost_entries WHERE log = ?1)) AS last",
    ).get(log)
    return Number(row?.last) + 1
  }

  async log(log: Log, from = 0, limit = Number.MAX_SAFE_INTEGER): Promise<readonly StoredRecord[]> {
    const rows = await this.db
      .selectFrom("records")
      .select(RECORD_COLUMNS)
      .where("log", "=", log)
      .where("idx", ">=", from)
      .orderBy("idx")
      .limit(limit)
      .execute()
    return rows.map((row) => this.recordOf(row))
  }

  async committedFrom(log: Log, from: number, limit: number): Promise<readonly StoredRecord[]> {
    const rows = await this.db
      .selectFrom("records")
      .select(RECORD_COLUMNS)
      .where("log", "=", log)
      .where("idx", ">=", from)
      .where("height", "is not", null)
      .orderBy("idx")
      .limit(limit)
      .execute()
    return rows.map((row) => this.recordOf(row))
  }

  async versionsOf(log: Log, recordId: Bytes): Promise<readonly StoredRecord[]> {
    const rows = await this.db
      .selectFrom("records")
      .select(RECORD_COLUMNS)
      .where("log", "=", log)
      .where("record_id", "=", recordId)
      .orderBy("idx")
      .execute()
    return rows.map((row) => this.recordOf(row))
  }

  async committedSize(log: Log): Promise<number> {
    const { first } = this.prepare(
      "SELECT min(idx) AS first FROM records WHERE log = ? AND height IS NULL",
    ).get(log) as { first: number | null }
    return first ?? this.logSize(log)
  }

  /** Waits for a running transaction: what it may still take back must not reach the ledger. */
  uncommitted(limit: number, except: readonly Log[] = []): Promise<readonly StoredRecord[]> {
    return this.atomically(async () => {
      const all = this.db
        .selectFrom("records")
        .select(RECORD_COLUMNS)
        .where("height", "is", null)
        .where("log", "not in", this.db.selectFrom("unenrolled").select("handle"))
      const chosen = except.length > 0 ? all.where("log", "not in", except) : all
      const rows = await chosen.orderBy("log").orderBy("idx").limit(limit).execute()
      return rows.map((row) => this.recordOf(row))
    })
  }

  markCommitted(log: Log, upToIndex: number, height: number): Promise<void> {
    return this.atomically(async () => {
      const { changes } = this.prepare(
        "UPDATE records SET height = ? WHERE log = ? AND idx <= ? AND height IS NULL",
      ).run(height, log, upToIndex)
      this.count("committed", Number(changes))
    })
  }

  /** Those of a patient without dummies. */
  private countRecords(records: readonly NewRecord[]): void {
    this.count("records", records.length)
    const perLog = new Map<string, { readonly log: Log; n: number }>()
    for (const { log, type } of records) {
      if (log.length === 0 || type === "") continue
      const name = nameOf(log)
      const found = perLog.get(name)
      if (found) found.n++
      else perLog.set(name, { log, n: 1 })
    }
    const add = this.prepare("UPDATE patients SET records = records + ? WHERE handle = ?")
    for (const { log, n } of perLog.values()) add.run(n, log)
  }

  async content(record: StoredRecord): Promise<{ salt: Bytes; content: Bytes }> {
    return this.contentNow(record)
  }

  /** The same without waiting. */
  protected contentNow(record: StoredRecord): { salt: Bytes; content: Bytes } {
    const row = this.prepare(
      "SELECT ciphertext FROM contents WHERE id = (SELECT content FROM records WHERE log = ? AND idx = ?)",
    ).get(record.log, record.index)
    if (!row) throw new PlatformError("record_damaged", "the record's content is not in the vault")
    const { key, salt } = this.keyring.get(record.recordId, record.version)
    const content = decrypt(key, this.belongsTo(record), row.ciphertext as Bytes)
    if (!this.skipsContentCheck && !equalBytes(recordCommitment(salt, content), record.commitment))
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
    this.prepare(
      "UPDATE contents SET ciphertext = ? WHERE id = (SELECT content FROM records WHERE log = ? AND idx = ?)",
    ).run(ciphertext, record.log, record.index)
  }

  async recordCount(): Promise<{ records: number; committed: number }> {
    return { records: this.counted("records"), committed: this.counted("committed") }
  }

  /** The FHIR id is opened when it is asked for: many readers, such as the committer, do without. */
  protected recordOf(row: Omit<Schema["records"], "content" | "terms">): StoredRecord {
    const open = () => this.openId(row.type, row.fhir_id)
    let fhirId: string | undefined
    return {
      log: row.log,
      index: row.idx,
      recordId: row.record_id,
      version: row.version,
      operation: row.operation as Operation,
      type: row.type,
      get fhirId() {
        fhirId ??= open()
        return fhirId
      },
      commitment: row.commitment,
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
