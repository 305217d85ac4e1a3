import { type Bytes, equalBytes } from "@aceso/core"
import type { Claims, SourceId } from "@aceso/fhir"
import { SqlitePeople } from "./sqlite-people.ts"
import type { Identifier } from "./vault.ts"
import type { WaitingResource } from "./vault-people.ts"

/** As many sources as this may each say the same of one id here; of more the newest count. */
const MAX_SOURCES = 8

/** The blind indexes over identifiers of resources, and over the ids that sources give. */
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

  setSource(source: string, name: SourceId, fhirId: string): Promise<void> {
    return this.atomically(async () => {
      const [id, here] = [this.sourceTag(name), this.sealId(name.type, fhirId)]
      const [from, base] = [this.tag("source", source), this.tag("base", name.base)]
      // The newest claim has the highest number: it goes last.
      this.prepare("DELETE FROM source_ids WHERE source_id = ? AND source = ? AND base = ?").run(
        id,
        from,
        base,
      )
      this.prepare("INSERT INTO source_ids (source_id, source, base, fhir_id) VALUES (?, ?, ?, ?)").run(
        id,
        from,
        base,
        here,
      )
      this.prepare(
        "DELETE FROM source_ids WHERE n IN (SELECT n FROM source_ids WHERE source_id = ? AND fhir_id = ? ORDER BY n DESC LIMIT -1 OFFSET ?)",
      ).run(id, here, MAX_SOURCES)
    })
  }

  async sourcesOf(source: string, name: SourceId): Promise<Claims> {
    const id = this.sourceTag(name)
    const own = this.prepare("SELECT base, fhir_id FROM source_ids WHERE source_id = ? AND source = ?").all(
      id,
      this.tag("source", source),
    ) as { base: Bytes; fhir_id: Bytes }[]
    const found = this.ownClaim(own, name)
    const here = this.sealId(name.type, name.id)
    const isHere = this.isHere(name.type, here)
    const isSaid = this.prepare("SELECT 1 FROM source_ids WHERE source_id = ? LIMIT 1").get(id) !== undefined
    const isKept = this.prepare("SELECT 1 FROM source_ids WHERE source_id = ? AND fhir_id = ? LIMIT 1")
    return {
      own: found && this.openId(name.type, found),
      isOurs: isHere && !isSaid,
      isTaken: isHere || isKept.get(id, here) !== undefined,
    }
  }

  /**
   * Each server of a source means its own. What names no server itself means what all of them agree on.
   */
  private ownClaim(own: readonly { base: Bytes; fhir_id: Bytes }[], name: SourceId): Bytes | undefined {
    if (own.length === 0) return undefined
    const at = (base: string) => {
      const tag = this.tag("base", base)
      return own.find((row) => equalBytes(row.base, tag))?.fhir_id
    }
    const exact = at(name.base)
    if (exact) return exact
    if (name.base === "")
      return own.every((row) => equalBytes(row.fhir_id, own[0].fhir_id)) ? own[0].fhir_id : undefined
    return undefined
  }

  private isHere(type: string, sealed: Bytes): boolean {
    const found = this.prepare(
      type === "Patient"
        ? "SELECT 1 FROM patients WHERE fhir_id = ?"
        : "SELECT 1 FROM records WHERE fhir_id = ? LIMIT 1",
    )
    return found.get(sealed) !== undefined
  }

  private sourceTag = ({ type, id }: SourceId): Bytes => this.tag("source id", type, id)

  setWaiting(type: string, fhirId: string, patients: readonly string[]): Promise<void> {
    return this.atomically(async () => {
      const id = this.sealId(type, fhirId)
      this.prepare("DELETE FROM waiting WHERE fhir_id = ?").run(id)
      const insert = this.prepare("INSERT OR IGNORE INTO waiting VALUES (?, ?, ?)")
      for (const patient of patients) insert.run(this.sealId("Patient", patient), id, type)
    })
  }

  async waitingFor(patient: string): Promise<readonly WaitingResource[]> {
    const rows = this.prepare("SELECT type, fhir_id FROM waiting WHERE patient = ?").all(
      this.sealId("Patient", patient),
    ) as { type: string; fhir_id: Bytes }[]
    return rows.map(({ type, fhir_id }) => ({ type, fhirId: this.openId(type, fhir_id) }))
  }

  /** The patients for whom a resource waits, by the ids that they are to have. */
  async awaitedBy(type: string, fhirId: string): Promise<readonly string[]> {
    const rows = this.prepare("SELECT patient FROM waiting WHERE fhir_id = ?").all(this.sealId(type, fhirId))
    return rows.map(({ patient }) => this.openId("Patient", patient as Bytes))
  }
}
