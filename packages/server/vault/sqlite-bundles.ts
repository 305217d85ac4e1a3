import { type Bytes, toHex } from "@aceso/core"
import { encrypt } from "./encryption.ts"
import { SqliteRecords } from "./sqlite-records.ts"
import type { BundlePlace, ImportRun, TakenBy } from "./vault.ts"

/**
 * Bundles as received, each under a key of its own in the keyring (its tag stands there for the record id):
 * they hold the text of records, so erasing a record takes erasing the bundles in which it has a place.
 */
export abstract class SqliteBundles extends SqliteRecords {
  keepBundle(name: Bytes, packed: Bytes, receivedAt: number, bytes?: Bytes): Promise<boolean> {
    return this.atomically(async () => {
      if (this.hasBundle(name)) return false
      const tag = this.bundleTag(name)
      const [{ key }] = this.keyring.make([{ record: tag, version: 1 }])
      const ciphertext = encrypt(key, ["bundle", this.organisation, tag], packed)
      this.prepare("INSERT INTO bundles (tag, received_at, ciphertext, same) VALUES (?, ?, ?, ?)").run(
        tag,
        receivedAt,
        ciphertext,
        bytes ? this.bytesTag(bytes) : null,
      )
      return true
    })
  }

  /** Whether a bundle is kept; without waiting. */
  hasBundle(name: Bytes): boolean {
    return this.prepare("SELECT 1 FROM bundles WHERE tag = ?").get(this.bundleTag(name)) !== undefined
  }

  /** Whether nothing of a kept bundle is left to do: none of it was refused, and nothing waits. */
  isDone(name: Bytes): boolean {
    const found = this.prepare("SELECT is_open FROM bundles WHERE tag = ?").get(this.bundleTag(name))
    return found?.is_open === 0
  }

  /** Whether anything that the bundle set has a newer version by now. */
  isOvertaken(name: Bytes): boolean {
    const newer = this.prepare(
      "SELECT 1 FROM bundle_places p JOIN records r ON r.fhir_id = p.fhir_id AND r.version > p.version WHERE p.bundle = (SELECT id FROM bundles WHERE tag = ?) AND p.version <> 0 LIMIT 1",
    )
    return newer.get(this.bundleTag(name)) !== undefined
  }

  /**
   * What the bundle set and has a newer version by now, by its place; `isWithin`: the same import brought that later
   * than the bundle, so it is what all its files say together.
   */
  overtaken(
    name: Bytes,
    { name: run, position }: ImportRun,
  ): ReadonlyMap<number, { readonly type: string; readonly fhirId: string; readonly isWithin: boolean }> {
    const rows = this.prepare(
      `SELECT p.place, p.type, p.fhir_id, EXISTS (
         SELECT 1 FROM bundle_places q JOIN bundles b ON b.id = q.bundle
         WHERE q.fhir_id = p.fhir_id AND q.version > 0 AND b.run = ?2 AND b.run_at > ?3
         AND q.version = (SELECT MAX(version) FROM records WHERE fhir_id = p.fhir_id)) AS is_within
       FROM bundle_places p
       WHERE p.bundle = (SELECT id FROM bundles WHERE tag = ?1) AND p.version <> 0
       AND EXISTS (SELECT 1 FROM records r WHERE r.fhir_id = p.fhir_id AND r.version > p.version)`,
    ).all(this.bundleTag(name), this.tag("run", run), position) as {
      place: number
      type: string
      fhir_id: Bytes
      is_within: number
    }[]
    return new Map(
      rows.map(({ place, type, fhir_id, is_within }) => [
        place,
        { type, fhirId: this.openId(type, fhir_id), isWithin: is_within === 1 },
      ]),
    )
  }

  /** What the source calls by a urn; undefined: nothing, or more than one thing. */
  byUrn(source: string, urn: string): { readonly type: string; readonly fhirId: string } | undefined {
    const [row, ...others] = this.prepare(
      "SELECT DISTINCT type, fhir_id FROM bundle_places WHERE urn = ? LIMIT 2",
    ).all(this.tag("urn", source, urn)) as { type: string; fhir_id: Bytes }[]
    if (!row || others.length > 0) return undefined
    return { type: row.type, fhirId: this.openId(row.type, row.fhir_id) }
  }

  /** The resources of a kept bundle, by their places in it. */
  placesOf(name: Bytes): readonly BundlePlace[] {
    return this.placesIn("SELECT id FROM bundles WHERE tag = ?", this.bundleTag(name))
  }

  /**
   * Those of a bundle with these bytes, from whatever source.
   * @param skip how many that came later are passed over
   */
  placesOfBytes(bytes: Bytes, skip = 0): readonly BundlePlace[] {
    return this.placesIn(
      "SELECT id FROM bundles WHERE same = ? ORDER BY id DESC LIMIT 1 OFFSET ?",
      this.bytesTag(bytes),
      skip,
    )
  }

  private placesIn(bundle: string, ...chosen: readonly (Bytes | number)[]): readonly BundlePlace[] {
    const rows = this.prepare(
      `SELECT place, type, fhir_id, version FROM bundle_places WHERE bundle = (${bundle})`,
    ).all(...chosen) as { place: number; type: string; fhir_id: Bytes; version: number }[]
    return rows.map(({ fhir_id, ...row }) => ({ ...row, fhirId: this.openId(row.type, fhir_id) }))
  }

  /**
   * Notes which resource stands at each place of a kept bundle, and which version it had with it.
   * @param isDone see `isDone`
   */
  setPlaces(
    name: Bytes,
    places: readonly BundlePlace[],
    isDone = true,
    { source, run }: TakenBy = { source: "" },
  ): Promise<void> {
    return this.atomically(async () => {
      // Of equal bytes in one import the last ones count, whenever the first are sent again.
      this.prepare(
        "UPDATE bundles SET is_open = ?1, run_at = iif(run IS ?2 AND run_at > ?3, run_at, ?3), run = ?2 WHERE tag = ?4",
      ).run(
        isDone ? 0 : 1,
        run ? this.tag("run", run.name) : null,
        run?.takenAt ?? null,
        this.bundleTag(name),
      )
      const id = this.prepare("SELECT id FROM bundles WHERE tag = ?").get(this.bundleTag(name))?.id as number
      const insert = this.prepare("INSERT OR REPLACE INTO bundle_places VALUES (?, ?, ?, ?, ?, ?)")
      for (const { place, type, fhirId, version, urn } of places) {
        const called = urn === undefined ? null : this.tag("urn", source, urn)
        insert.run(id, place, type, this.sealId(type, fhirId), version, called)
      }
    })
  }

  private bytesTag(bytes: Bytes): Bytes {
    return this.tag("bytes", toHex(bytes))
  }

  private bundleTag(name: Bytes): Bytes {
    return this.tag("bundle", toHex(name))
  }
}
