import { asList, isObject, type JsonObject } from "@aceso/core"
import {
  addressOf,
  type Claim,
  comparable,
  compare,
  type IdentifierRules,
  isMatch,
  MAX_CARRIERS,
  numbersBeside,
  othersThan,
  type Person,
  type PersonHere,
  personOf,
  redirected,
  saidNumber,
  unstamped,
  whoHas,
  withPatients,
} from "@aceso/fhir"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { AwaitedPatient, Identifier, WaitingResource } from "../vault/vault-people.ts"
import { personHere, readable } from "./people-here.ts"
import { localPatients, type ReadResource } from "./reading.ts"
import type { Filed } from "./summary.ts"
import type { Versions } from "./versions.ts"

/** Somebody for whom resources waited, and who that is here. */
export interface Come {
  readonly awaited: AwaitedPatient
  readonly idHere: string
  /** What it is that came, as the summary names it. */
  readonly reference: string
  /** How references to it may be written. */
  readonly addresses: readonly string[]
  readonly number?: Identifier
  /** What came says of who it is. */
  readonly person?: Person
}

/** Brings what waited for patients to them, once they come. */
export class Filing {
  private readonly vault: SqliteVault
  private readonly versions: Versions
  private readonly rules: IdentifierRules
  private readonly isMovedAway: (one: Pick<ReadResource, "type" | "id" | "patients">) => Promise<boolean>

  constructor(
    vault: SqliteVault,
    versions: Versions,
    rules: IdentifierRules,
    isMovedAway: Filing["isMovedAway"],
  ) {
    this.vault = vault
    this.rules = rules
    this.versions = versions
    this.isMovedAway = isMovedAway
  }

  /** Notes what ids of the source mean, and files what waited for them. */
  async settle(claims: readonly Claim[], source: string): Promise<readonly Filed[]> {
    return this.file(await this.note(claims, source))
  }

  /** Notes what ids of the source mean. @returns the patients among them for whom something waits */
  async note(claims: readonly Claim[], source: string): Promise<readonly Come[]> {
    const come: Come[] = []
    for (const claim of claims) {
      const { idHere, before, type, isTemporary } = claim
      await this.vault.setSource(source, claim, idHere, isTemporary)
      if (type !== "Patient" || idHere === undefined || !(await this.versions.patients.byId(idHere))) continue
      const awaited = { patient: before }
      if ((await this.vault.waitingFor(awaited)).length === 0) continue
      come.push({
        awaited,
        idHere,
        reference: `Patient/${claim.id}`,
        addresses: addressesOf(claim),
      })
    }
    return come
  }

  /** Files what waited for somebody with the numbers of these patients, where nobody else has them. */
  async settleNumbers(patients: readonly ReadResource[]): Promise<readonly Filed[]> {
    const come: Come[] = []
    for (const { id, numbers, person } of patients)
      for (const number of numbers) {
        const awaited = { number }
        if ((await this.vault.waitingFor(awaited)).length === 0) continue
        const [one, ...others] = this.vault.findNow("Patient", number, 2)
        if (one !== id || others.length > 0) continue
        const reference = `identifier ${number.system}|${number.value}`
        come.push({ awaited, idHere: id, reference, addresses: [], number, ...(person && { person }) })
      }
    return this.file(come)
  }

  /** Files what waited for them, with their patients. */
  async file(come: readonly Come[]): Promise<readonly Filed[]> {
    const waiting = new Map<string, { readonly resource: WaitingResource; readonly come: Come[] }>()
    for (const one of come)
      for (const resource of await this.vault.waitingFor(one.awaited)) {
        const name = `${resource.type}/${resource.fhirId}`
        const found = waiting.get(name) ?? { resource, come: [] }
        waiting.set(name, found)
        found.come.push(one)
      }
    const filed: Filed[] = []
    for (const [name, one] of waiting) {
      if (this.versions.made.has(name)) continue
      const ended = one.come.map(({ awaited }) => awaited)
      const brought = await this.bring(one.resource, one.come, ended)
      if (brought === undefined) continue
      const { type, fhirId } = one.resource
      const isWaiting = await this.vault.endWaiting(type, fhirId, ended)
      // What names its subject otherwise stands with nobody still.
      if (isWaiting || brought === "nobodys") continue
      await this.vault.setUnfiled(type, fhirId, undefined)
      filed.push({ resource: name, reference: one.come[0].reference })
    }
    return filed
  }

  /**
   * Brings every version that waited, so that the patient's history has them.
   * @param ended for whom it waits no more; those who are known by another number are added
   * @returns undefined: it cannot be read any more, was moved away from this very patient, or names another besides
   */
  private async bring(
    { type, fhirId: id }: WaitingResource,
    come: readonly Come[],
    ended: AwaitedPatient[],
  ): Promise<"filed" | "nobodys" | undefined> {
    const versions = await this.waitedVersions(type, id)
    const targets = new Map(come.flatMap((one) => one.addresses.map((address) => [address, one.idHere])))
    const numbers = new Map(come.flatMap(({ number, idHere }) => (number ? [[keyOf(number), idHere]] : [])))
    let brought: "filed" | "nobodys" | undefined
    for (const before of versions) {
      // A document that is kept whole keeps its references: its patient is who its Composition waited for.
      const isWhole = type === "Bundle"
      const resource = isWhole
        ? before
        : withPatients(
            redirected(before, targets),
            (one) => numbers.get(keyOf(one)),
            (one) => this.containedIs(one, come, ended),
          )
      // By reference it is whose number this is not: that waits for somebody to say which is right.
      if (await this.isContradicted(resource, come)) return undefined
      const patients = isWhole ? come.map(({ idHere }) => idHere) : localPatients(resource)
      if (await this.isMovedAway({ type, id, patients })) return undefined
      const version = await this.versions.newest({ type, id, isNew: false })
      await this.versions.bring({ type, id, patients, text: unstamped(resource, id) }, version)
      const logs = await this.versions.patients.logsOf(patients)
      brought = logs.length > 0 ? "filed" : "nobodys"
    }
    return brought
  }

  /** Who a Patient in a resource itself is: the one who came, where nothing speaks against it, and nobody else. */
  private containedIs(
    patient: JsonObject,
    come: readonly Come[],
    ended: AwaitedPatient[],
  ): string | undefined {
    const said = personOf(patient, this.rules)
    const fits = come.find(({ person }) => person && isMatch(compare(said, person)))
    if (!fits) return undefined
    const numbers = said.identifiers.filter(({ meaning, isCurrent }) => meaning === "unique" && isCurrent)
    const ids = numbers.flatMap((one) =>
      this.vault.findNow("Patient", { system: one.system, value: comparable(one) }, 2),
    )
    if (ids.some((id) => id !== fits.idHere)) return undefined
    ended.push(...numbers.map((number) => ({ number })))
    return fits.idHere
  }

  /** Whether a number beside a reference to a patient, in a document to its patient, is somebody else's. */
  private async isContradicted(resource: JsonObject, [first]: readonly Come[]): Promise<boolean> {
    const isWhole = resource.resourceType === "Bundle"
    for (const { literal, identifier } of numbersBeside(isWhole ? subjectIn(resource) : resource)) {
      const id = isWhole ? first.idHere : /^Patient\/([^/]+)/.exec(literal)?.[1]
      const number = saidNumber(identifier, this.rules)
      if (id === undefined || !number) continue
      const find = (value: string) =>
        this.vault.findNow("Patient", { system: number.system, value }, MAX_CARRIERS + 1)
      const ids = [...new Set([number.value, comparable(number)].flatMap(find))]
      if (ids.includes(id) || ids.length > MAX_CARRIERS) continue
      const persons = new Map<string, PersonHere>()
      for (const one of [id, ...ids]) {
        const person = await personHere(this.vault, one, this.rules)
        if (person) persons.set(one, person)
      }
      const here = { find: () => ids, person: (one: string) => persons.get(one) }
      // Of one who comes in this very step nothing can be read yet.
      const isNew = (one: string) => !this.vault.newest("Patient", one)
      const carriers = [
        ...whoHas(here, number),
        ...ids.filter(isNew).map((one) => ({ id: one, isTrusted: true })),
      ]
      if (othersThan(id, carriers, persons.get(id))) return true
    }
    return false
  }

  /** The newest version, and those before it that stand with nobody as well; oldest first. */
  private async waitedVersions(type: string, id: string): Promise<readonly JsonObject[]> {
    const newest = this.vault.newest(type, id)
    const found: JsonObject[] = []
    // As many as one patient's log may have at most.
    for (let version = newest?.version ?? 0; version > 0; version--) {
      const record = this.vault.ofVersion(type, id, version)
      if (!record || (found.length > 0 && record.log.length > 0)) break
      const resource = await readable(this.vault, record)
      if (!resource) break
      found.push(resource)
      // What stands with a patient already has its history there.
      if (record.log.length > 0) break
    }
    return found.reverse()
  }
}

/** What says whose a document is. */
function subjectIn({ entry }: JsonObject): JsonObject {
  const resources = asList(entry).map((one) => (isObject(one) ? one.resource : undefined))
  const found = resources.filter(isObject).find(({ resourceType }) => resourceType === "Composition")
  return { resourceType: "Composition", ...(found?.subject !== undefined && { subject: found.subject }) }
}

const keyOf = (number: Identifier) => JSON.stringify([number.system, comparable(number)])

/** How references may call what a claim is about. */
function addressesOf(claim: Claim): string[] {
  const { id, before, idHere } = claim
  const urns = ["urn:uuid", "urn:oid"].map((base) => `${base}:${id}`)
  const address = addressOf(claim)
  return [...(before === idHere ? [] : [`Patient/${before}`]), ...urns, ...(address ? [address] : [])]
}
