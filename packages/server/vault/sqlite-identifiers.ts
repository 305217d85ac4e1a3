import type { Bytes } from "@aceso/core"
import { SqlitePeople } from "./sqlite-people.ts"
import type { Identifier } from "./vault.ts"
import type { SourceClaims } from "./vault-people.ts"

/** As many sources as this may each say the same of one patient's id; of more the newest count. */
const MAX_SOURCES = 8

/** The blind indexes over identifiers of resources, and over the ids that sources give to patients. */
export abstract class SqliteIdentifiers extends SqlitePeople {
  setIdentifiers(type: string, fhirId: string, identifiers: readonly Identifier[]): Promise<void> {
    return this.atomically(async () => this.indexNow(type, fhirId, identifiers, false))
  }

  /** The same without waiting. @param isNew nothing of the resource can be indexed yet */
  indexNow(type: string, fhirId: string, identifiers: readonly Identifier[], isNew: boolean): void {
    const id = this.sealId(type, fhirId)
    if (!isNew) this.prepare("DELETE FROM identifiers WHERE fhir_id = ?").run(id)
    const insert = this.prepare("INSERT OR IGNORE INTO identifiers VALUES (?, ?)")
    for (const { system, value } of identifiers) insert.run(this.tag(type, system, value), id)
  }

  async findByIdentifier(type: string, identifier: Identifier, limit = 16): Promise<readonly string[]> {
    return this.findNow(type, identifier, limit)
  }

  /** The same without waiting, for the taking apart of bundles. */
  findNow(type: string, { system, value }: Identifier, limit = 16): string[] {
    const rows = this.prepare("SELECT fhir_id FROM identifiers WHERE tag = ? LIMIT ?").all(
      this.tag(type, system, value),
      limit,
    )
    return rows.map(({ fhir_id }) => this.openId(type, fhir_id as Bytes))
  }

  setSource(source: string, sourceId: string, fhirId: string): Promise<void> {
    return this.atomically(async () => {
      const [id, patient] = [this.tag("source id", sourceId), this.sealId("Patient", fhirId)]
      // The newest claim has the highest number: it goes last.
      this.prepare("DELETE FROM patient_sources WHERE source_id = ? AND source = ?").run(
        id,
        this.tag("source", source),
      )
      this.prepare("INSERT INTO patient_sources (source_id, source, fhir_id) VALUES (?, ?, ?)").run(
        id,
        this.tag("source", source),
        patient,
      )
      this.prepare(
        "DELETE FROM patient_sources WHERE source_id = ?1 AND fhir_id = ?2 AND n NOT IN (SELECT n FROM patient_sources WHERE source_id = ?1 AND fhir_id = ?2 ORDER BY n DESC LIMIT ?3)",
      ).run(id, patient, MAX_SOURCES)
    })
  }

  async sourcesOf(source: string, sourceId: string): Promise<SourceClaims> {
    const rows = this.prepare(
      "SELECT source = ? AS own, fhir_id FROM patient_sources WHERE source_id = ? ORDER BY n DESC LIMIT 64",
    ).all(this.tag("source", source), this.tag("source id", sourceId)) as { own: number; fhir_id: Bytes }[]
    const idOf = (row: { fhir_id: Bytes }) => this.openId("Patient", row.fhir_id)
    const own = rows.find((row) => row.own === 1)
    const others = rows.filter((row) => row !== own).map(idOf)
    return { own: own && idOf(own), others: [...new Set(others)] }
  }
}
