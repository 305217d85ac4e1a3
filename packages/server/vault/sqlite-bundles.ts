import { type Bytes, toHex } from "@aceso/core"
import { encrypt } from "./encryption.ts"
import { SqliteRecords } from "./sqlite-records.ts"
import type { BundlePlace } from "./vault.ts"

/**
 * Bundles as received, each under a key of its own in the keyring (its tag stands there for the record id):
 * they hold the text of records, so erasing a record takes erasing the bundles in which it has a place.
 */
export abstract class SqliteBundles extends SqliteRecords {
  keepBundle(name: Bytes, packed: Bytes, receivedAt: number): Promise<boolean> {
    return this.atomically(async () => {
      if (this.hasBundle(name)) return false
      const tag = this.bundleTag(name)
      const [{ key }] = this.keyring.make([{ record: tag, version: 1 }])
      const ciphertext = encrypt(key, ["bundle", this.organisation, tag], packed)
      this.prepare("INSERT INTO bundles (tag, received_at, ciphertext) VALUES (?, ?, ?)").run(
        tag,
        receivedAt,
        ciphertext,
      )
      return true
    })
  }

  /** Whether a bundle is kept; without waiting. */
  hasBundle(name: Bytes): boolean {
    return this.prepare("SELECT 1 FROM bundles WHERE tag = ?").get(this.bundleTag(name)) !== undefined
  }

  /** Whether anything that the bundle set has a newer version by now. */
  isOvertaken(name: Bytes): boolean {
    const newer = this.prepare(
      "SELECT 1 FROM bundle_places p JOIN records r ON r.fhir_id = p.fhir_id AND r.version > p.version WHERE p.bundle = (SELECT id FROM bundles WHERE tag = ?) AND p.version > 0 LIMIT 1",
    )
    return newer.get(this.bundleTag(name)) !== undefined
  }

  /** The ids that a kept bundle's resources, or those of one type, got, by their places in it. */
  formerIds(name: Bytes, type?: string): ReadonlyMap<number, string> {
    const rows = this.prepare(
      "SELECT place, type, fhir_id FROM bundle_places WHERE bundle = (SELECT id FROM bundles WHERE tag = ?1) AND (?2 IS NULL OR type = ?2)",
    ).all(this.bundleTag(name), type ?? null) as { place: number; type: string; fhir_id: Bytes }[]
    return new Map(rows.map((row) => [row.place, this.openId(row.type, row.fhir_id)]))
  }

  /** Notes which resource stands at each place of a kept bundle, and which version it had with it. */
  setPlaces(name: Bytes, places: readonly BundlePlace[]): Promise<void> {
    return this.atomically(async () => {
      const id = this.prepare("SELECT id FROM bundles WHERE tag = ?").get(this.bundleTag(name))?.id as number
      const insert = this.prepare("INSERT OR REPLACE INTO bundle_places VALUES (?, ?, ?, ?, ?)")
      for (const { place, type, fhirId, version } of places)
        insert.run(id, place, type, this.sealId(type, fhirId), version)
    })
  }

  private bundleTag(name: Bytes): Bytes {
    return this.tag("bundle", toHex(name))
  }
}
