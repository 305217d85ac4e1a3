import { asText, type Bytes, isObject, type JsonObject, MAX_DRUGS, type NamedDrug } from "@aceso/core"
import type { SqliteVault } from "../vault/sqlite-vault.ts"

/** A Medication of more bytes is not sent along: the record shows the reference. */
const MAX_BYTES = 65_536
const MEDICATION = /^Medication\/([A-Za-z0-9.-]{1,64})(?:\/_history\/([A-Za-z0-9.-]{1,64}))?$/

/** The Medications, which stand in no patient's log, that records of patients mean by reference. */
export class Drugs {
  private readonly vault: SqliteVault
  private readonly references = new Set<string>()

  constructor(vault: SqliteVault) {
    this.vault = vault
  }

  add(resource: JsonObject): void {
    const { medicationReference: of } = resource
    const reference = isObject(of) ? asText(of.reference) : undefined
    if (reference !== undefined && MEDICATION.test(reference) && this.references.size < MAX_DRUGS)
      this.references.add(reference)
  }

  /** Those that are here and can be read. */
  async read(): Promise<NamedDrug[]> {
    const found: NamedDrug[] = []
    for (const reference of this.references) {
      const [, id, version] = MEDICATION.exec(reference) as RegExpExecArray
      // The number is the source's own: which of several versions here it means, nobody can say.
      const isOne = version === undefined || (await this.vault.newestVersion("Medication", id)) === 1
      const record = isOne ? this.vault.newest("Medication", id) : undefined
      // A demo's tampering, or a damaged row: the reference stands for itself.
      const content = record && (await this.vault.content(record).catch(() => undefined))?.content
      if (isSound(content)) found.push({ reference, content })
    }
    return found
  }
}

const isSound = (content: Bytes | undefined): content is Bytes =>
  content !== undefined && content.length >= 2 && content.length <= MAX_BYTES
