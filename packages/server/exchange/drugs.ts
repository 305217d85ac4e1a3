import {
  asList,
  asText,
  type Bytes,
  isObject,
  type JsonObject,
  MAX_DRUGS,
  type NamedDrug,
  parseJson,
} from "@aceso/core"
import type { SqliteVault } from "../vault/sqlite-vault.ts"

/** A Medication of more bytes is not sent along: the record shows the reference. */
const MAX_BYTES = 65_536
const MEDICATION = /^Medication\/([A-Za-z0-9.-]{1,64})(?:\/_history\/(\d{1,9}))?$/

/**
 * The Medications, which stand in no patient's log, that records of patients mean by reference. Such a one goes along
 * where the policy would open a record that has it inside (docs/decisions/0029-what-consent-decides-by.md).
 */
export class Drugs {
  private readonly vault: SqliteVault
  private readonly isPermitted: (resource: JsonObject) => boolean
  /** By reference, the records that have it. */
  private readonly references = new Map<string, JsonObject[]>()

  constructor(vault: SqliteVault, isPermitted: (resource: JsonObject) => boolean) {
    this.vault = vault
    this.isPermitted = isPermitted
  }

  add(resource: JsonObject): void {
    const { medicationReference: of } = resource
    const reference = isObject(of) ? asText(of.reference) : undefined
    if (reference === undefined || !MEDICATION.test(reference)) return
    const others = this.references.get(reference)
    if (others) others.push(resource)
    else if (this.references.size < MAX_DRUGS) this.references.set(reference, [resource])
  }

  /** Those that are here and can be read. */
  async read(): Promise<NamedDrug[]> {
    const found: NamedDrug[] = []
    for (const [reference, records] of this.references) {
      const [, id, version] = MEDICATION.exec(reference) as RegExpExecArray
      const record =
        version === undefined
          ? this.vault.newest("Medication", id)
          : this.vault.ofVersion("Medication", id, Number(version))
      // A demo's tampering, or a damaged row: the reference stands for itself.
      const content = record && (await this.vault.content(record).catch(() => undefined))?.content
      if (isSound(content) && this.isOpen(content, records)) found.push({ reference, content })
    }
    return found
  }

  private isOpen(content: Bytes, records: readonly JsonObject[]): boolean {
    const drug = parseJson(content)
    return records.some((record) =>
      this.isPermitted({ ...record, contained: [...asList(record.contained), drug] }),
    )
  }
}

const isSound = (content: Bytes | undefined): content is Bytes =>
  content !== undefined && content.length >= 2 && content.length <= MAX_BYTES
