import { type Bytes, equalBytes, toHex } from "@aceso/core"
import type { Claims, SourceId } from "@aceso/fhir"
import { SqlitePeople } from "./sqlite-people.ts"
import type { Identifier } from "./vault-people.ts"

/** Of the sources that say the same of one id here so many are kept for good, and as many of the newest. */
const MAX_SOURCES = 32
/** In place of an id: two were called so. */
const OF_NEITHER = new Uint8Array(0)

interface ClaimRow {
  readonly base: Bytes
  readonly fhir_id: Bytes
  readonly is_temporary: number
}

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

  setSource(source: string, name: SourceId, fhirId: string | undefined, isTemporary = false): Promise<void> {
    return this.atomically(async () => {
      const id = this.sourceTag(name)
      const here = fhirId === undefined ? OF_NEITHER : this.sealId(name.type, fhirId)
      if (fhirId !== name.id) this.keepBrought(id, this.sealId(name.type, name.id))
      const { changes } = this.prepare(
        "INSERT INTO source_ids (source_id, source, base, fhir_id, is_temporary) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET fhir_id = ?4, is_temporary = ?5 WHERE fhir_id <> ?4 OR is_temporary > ?5",
      ).run(id, this.tag("source", source), this.tag("base", name.base), here, isTemporary ? 1 : 0)
      if (changes === 0) return
      // The first ones stay, whatever comes every night; of the others the newest.
      this.prepare(
        "DELETE FROM source_ids WHERE n IN (SELECT n FROM source_ids WHERE source_id = ?1 AND fhir_id = ?2 ORDER BY n DESC LIMIT -1 OFFSET ?3) AND n NOT IN (SELECT n FROM source_ids WHERE source_id = ?1 AND fhir_id = ?2 ORDER BY n LIMIT ?3)",
      ).run(id, here, MAX_SOURCES)
    })
  }

  /** What a source brought is never taken for something that was made here, also when no source calls it so any more. */
  private keepBrought(id: Bytes, brought: Bytes): void {
    this.prepare(
      "INSERT OR IGNORE INTO source_ids (source_id, source, base, fhir_id, is_temporary) SELECT ?1, ?3, ?3, ?2, 0 WHERE EXISTS (SELECT 1 FROM source_ids WHERE source_id = ?1 AND fhir_id = ?2)",
    ).run(id, brought, this.tag("brought"))
  }

  async sourcesOf(source: string, name: SourceId): Promise<Claims> {
    const id = this.sourceTag(name)
    const rows = this.claimsOf(id, this.tag("source", source))
    const own = this.ownClaim(rows, name)
    const here = this.sealId(name.type, name.id)
    const isHere = this.isHere(name.type, here)
    const isKept = this.prepare("SELECT 1 FROM source_ids WHERE source_id = ? AND fhir_id = ? LIMIT 1")
    const isBrought = isKept.get(id, here) !== undefined
    const isAmbiguous = own !== undefined && own.fhir_id.length === 0
    const known = isAmbiguous ? this.keptFor(source, name) : own && this.openId(name.type, own.fhir_id)
    return {
      own: known,
      isTemporary: own?.is_temporary === 1,
      isAmbiguous,
      bare: own === undefined && name.base !== "" ? this.bareClaim(rows, name.type) : undefined,
      isOfServer: name.base === "" && own !== undefined && !equalBytes(own.base, this.tag("base", name.base)),
      isOurs: isHere && !isBrought,
      isTaken: isHere || isBrought,
    }
  }

  /** What the source calls so without an address, where it has sent no other server's. */
  private bareClaim([one, ...others]: readonly ClaimRow[], type: string): string | undefined {
    const isBare = one && others.length === 0 && one.is_temporary === 0 && one.fhir_id.length > 0
    return isBare && equalBytes(one.base, this.tag("base", "")) ? this.openId(type, one.fhir_id) : undefined
  }

  private claimsOf(id: Bytes, source: Bytes): ClaimRow[] {
    const rows = this.prepare(
      "SELECT base, fhir_id, is_temporary FROM source_ids WHERE source_id = ? AND source = ?",
    ).all(id, source)
    return rows as unknown as ClaimRow[]
  }

  /**
   * Each server of a source means its own. What names no server itself means what all of them agree on.
   */
  private ownClaim(own: readonly ClaimRow[], name: SourceId): ClaimRow | undefined {
    if (own.length === 0) return undefined
    const tag = this.tag("base", name.base)
    const exact = own.find((row) => equalBytes(row.base, tag))
    if (exact) return exact
    if (name.base !== "") return undefined
    return own.every((row) => equalBytes(row.fhir_id, own[0].fhir_id)) ? own[0] : undefined
  }

  private isHere(type: string, sealed: Bytes): boolean {
    const found = this.prepare(
      type === "Patient"
        ? "SELECT 1 FROM patients WHERE fhir_id = ?"
        : "SELECT 1 FROM records WHERE fhir_id = ? LIMIT 1",
    )
    return found.get(sealed) !== undefined
  }

  /** The same as often as it is asked for. */
  private keptFor(source: string, { type, id, base }: SourceId): string {
    const hex = toHex(this.tag("kept", source, base, type, id))
    return [8, 12, 16, 20, 32].map((end, i, all) => hex.slice(all[i - 1] ?? 0, end)).join("-")
  }

  private sourceTag = ({ type, id }: SourceId): Bytes => this.tag("source id", type, id)
}
