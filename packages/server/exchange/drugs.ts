import {
  type AccessQuery,
  asList,
  asText,
  type Bytes,
  canonicalJson,
  decide,
  factsOf,
  isObject,
  type JsonObject,
  MAX_DRUGS,
  type NamedDrug,
  type Policy,
  parseJson,
} from "@aceso/core"
import type { SqliteVault } from "../vault/sqlite-vault.ts"

/** A drug of more bytes is not sent along: the record shows the reference. */
const MAX_BYTES = 65_536
/** Records of which one at least has to open a drug to which all of them refer. */
const MAX_TRIED = 4
const MEDICATION = /^Medication\/([A-Za-z0-9.-]{1,64})(?:\/_history\/([A-Za-z0-9.-]{1,64}))?$/

/** Whether a record may show what drug it means. */
export type MayName = (record: JsonObject, medication: JsonObject) => boolean

/** The drug is part of the record that refers to it; a denial of Medications, or of what this one says, counts too. */
export const asPolicySays =
  (policy: Policy, query: AccessQuery): MayName =>
  (record, medication) => {
    const decided = (inside: JsonObject) => {
      const [facts] = factsOf({ ...record, contained: [inside] }).nested
      return decide(policy, query, facts)
    }
    const isPart = decided({ ...medication, resourceType: record.resourceType }) === "permit"
    return isPart && decided(medication) !== "deny"
  }

/** The Medications, which stand in no patient's log, that records of patients mean by reference. */
export class Drugs {
  private readonly vault: SqliteVault
  private readonly mayName: MayName
  /** By reference, the records that have it. */
  private readonly records = new Map<string, JsonObject[]>()

  constructor(vault: SqliteVault, mayName: MayName) {
    this.vault = vault
    this.mayName = mayName
  }

  add(record: JsonObject): void {
    const { medicationReference: of } = record
    const reference = isObject(of) ? asText(of.reference) : undefined
    if (reference === undefined || !MEDICATION.test(reference)) return
    const all = this.records.get(reference) ?? []
    if (all.length === 0 && this.records.size === MAX_DRUGS) return
    if (all.length < MAX_TRIED) this.records.set(reference, [...all, record])
  }

  /** Those that are here, can be read and may be named; of each only what says which drug it is. */
  async read(): Promise<NamedDrug[]> {
    const found: NamedDrug[] = []
    for (const [reference, records] of this.records) {
      const medication = await this.medication(reference)
      if (!medication || !records.some((record) => this.mayName(record, medication))) continue
      const content = canonicalJson(drugOf(medication))
      if (content.length <= MAX_BYTES) found.push({ reference, content })
    }
    return found
  }

  private async medication(reference: string): Promise<JsonObject | undefined> {
    const [, id, version] = MEDICATION.exec(reference) as RegExpExecArray
    // The number is the source's own: which of several versions here it means, nobody can say.
    const isOne = version === undefined || (await this.vault.newestVersion("Medication", id)) === 1
    const record = isOne ? this.vault.newest("Medication", id) : undefined
    // A demo's tampering, or a damaged row: the reference stands for itself.
    const content = record && (await this.vault.content(record).catch(() => undefined))?.content
    const resource = content?.length ? parseJson(content) : undefined
    return isObject(resource) && resource.resourceType === "Medication" ? resource : undefined
  }
}

/** How a record that means a drug by reference names it. */
const MEMBER = '"medicationReference"'

/** The drugs that contents of records mean. */
export async function drugsIn(
  vault: SqliteVault,
  contents: readonly (Bytes | null | undefined)[],
  mayName: MayName = () => true,
): Promise<NamedDrug[]> {
  const drugs = new Drugs(vault, mayName)
  for (const content of contents) {
    const mayRefer =
      content && Buffer.from(content.buffer, content.byteOffset, content.length).includes(MEMBER)
    const resource = mayRefer ? parseJson(content) : undefined
    if (isObject(resource)) drugs.add(resource)
  }
  return drugs.read()
}

/** Which drug it is, and nothing else: no identifier, batch, maker, text or extension, which may be about somebody. */
function drugOf(medication: JsonObject): JsonObject {
  const pick = (from: JsonObject, ...names: readonly string[]): JsonObject =>
    Object.fromEntries(names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])))
  const ingredient = asList(medication.ingredient)
    .filter(isObject)
    .map((one) => pick(one, "itemCodeableConcept", "strength", "isActive"))
  return {
    resourceType: "Medication",
    ...pick(medication, "status", "code", "form", "amount"),
    ...(ingredient.length > 0 && { ingredient }),
  }
}
