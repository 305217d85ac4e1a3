import { type Bytes, decodeTrusted, encodeCbor } from "@aceso/core"
import { comparable } from "@aceso/fhir"
import { SqliteIdentifiers } from "./sqlite-identifiers.ts"
import type { AwaitedPatient, NewUnfiled, StoredUnfiled, WaitingResource } from "./vault-people.ts"

interface Row {
  readonly n: number
  readonly fhir_id: Bytes
  readonly type: string
  readonly found_at: number
  readonly content: Bytes
}

/** Resources that belong to nobody here, and those among them that wait for their patients. */
export abstract class SqliteUnfiled extends SqliteIdentifiers {
  setWaiting(type: string, fhirId: string, patients: readonly AwaitedPatient[]): Promise<void> {
    return this.atomically(async () => {
      const id = this.sealId(type, fhirId)
      this.prepare("DELETE FROM waiting WHERE fhir_id = ?").run(id)
      const insert = this.prepare("INSERT OR IGNORE INTO waiting VALUES (?, ?, ?)")
      for (const patient of patients) insert.run(this.awaitedTag(patient), id, type)
    })
  }

  async waitingFor(patient: AwaitedPatient): Promise<readonly WaitingResource[]> {
    const rows = this.prepare("SELECT type, fhir_id FROM waiting WHERE awaited = ?").all(
      this.awaitedTag(patient),
    ) as { type: string; fhir_id: Bytes }[]
    return rows.map(({ type, fhir_id }) => ({ type, fhirId: this.openId(type, fhir_id) }))
  }

  endWaiting(type: string, fhirId: string, patients: readonly AwaitedPatient[]): Promise<boolean> {
    return this.atomically(async () => {
      const id = this.sealId(type, fhirId)
      const remove = this.prepare("DELETE FROM waiting WHERE awaited = ? AND fhir_id = ?")
      for (const patient of patients) remove.run(this.awaitedTag(patient), id)
      return this.prepare("SELECT 1 FROM waiting WHERE fhir_id = ? LIMIT 1").get(id) !== undefined
    })
  }

  setUnfiled(type: string, fhirId: string, unfiled: NewUnfiled | undefined): Promise<boolean> {
    return this.atomically(async () => {
      const id = this.sealId(type, fhirId)
      if (!unfiled) return this.prepare("DELETE FROM unfiled WHERE fhir_id = ?").run(id).changes > 0
      const content = this.sealDocument("unfiled", id, encodeCbor([unfiled.where, unfiled.reference]))
      const { changes } = this.prepare("UPDATE unfiled SET content = ? WHERE fhir_id = ?").run(content, id)
      if (changes > 0) return true
      this.prepare("INSERT INTO unfiled (fhir_id, type, found_at, content) VALUES (?, ?, ?, ?)").run(
        ...[id, type, unfiled.foundAt, content],
      )
      return false
    })
  }

  async unfiled(after: number, limit: number): Promise<readonly StoredUnfiled[]> {
    const rows = this.prepare("SELECT * FROM unfiled WHERE n > ? ORDER BY n LIMIT ?").all(after, limit)
    return (rows as unknown as Row[]).map((row) => {
      const [where, reference] = decodeTrusted(
        this.openDocument("unfiled", row.fhir_id, row.content),
      ) as unknown as [string, string]
      const fhirId = this.openId(row.type, row.fhir_id)
      return { number: row.n, type: row.type, fhirId, where, reference, foundAt: row.found_at }
    })
  }

  /** A sealed id is longer than a tag, so neither is taken for the other. */
  private awaitedTag(awaited: AwaitedPatient): Bytes {
    if ("patient" in awaited) return this.sealId("Patient", awaited.patient)
    return this.tag("awaited number", awaited.number.system, comparable(awaited.number))
  }
}
