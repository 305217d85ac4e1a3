import {
  type Bytes,
  equalBytes,
  isObject,
  type JsonObject,
  MAX_LINES,
  nameOf,
  parseJson,
  randomBytes,
} from "@aceso/core"
import { type Claim, type Doubt, redirected, stamped, unstamped, type Wrong } from "@aceso/fhir"
import { appendRecords, type PlannedRecord } from "../records/append.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import { type BundlePlace, type Log, OWN_LOG, type Patient, type StoredRecord } from "../vault/vault.ts"
import type { NewDuplicate, WaitingResource } from "../vault/vault-people.ts"
import { readable } from "./people-here.ts"
import { localPatients, type ReadResource, type TakenApart } from "./reading.ts"

/** Record versions of one patient: less than lines of an answer (MAX_LINES), so that dummies have room. */
const MAX_LOG_ENTRIES = MAX_LINES - 10_000

export interface Filed {
  readonly resource: string
  readonly reference: string
}

/** What is to be written of an input; its bundle, patients and identifiers are in the vault already. */
export interface Plan {
  readonly records: readonly PlannedRecord[]
  readonly places: readonly BundlePlace[]
  readonly resources: number
  readonly patients: number
  readonly unchanged: number
  /** Pairs of patients that were not listed as such before. */
  readonly possibleDuplicates: number
  /** Resources that had waited for a patient of this input. */
  readonly filed: readonly Filed[]
}

/** Stores one input: plans what becomes of its resources, then writes them. */
export class Storing {
  private readonly vault: SqliteVault
  private readonly patients: PatientsOf
  private readonly sizes = new Map<string, number>()
  private readonly records: PlannedRecord[] = []
  private readonly recordIds = new Map<string, Bytes>()
  /** Versions that this input makes, by resource, and those that it finds equal. */
  private readonly made = new Map<string, number>()
  private readonly found = new Map<string, number>()
  private readonly now: number
  private readonly lastUpdated: string

  constructor(vault: SqliteVault, now: number) {
    this.vault = vault
    this.patients = new PatientsOf(vault)
    this.now = now
    this.lastUpdated = new Date(now).toISOString()
  }

  /**
   * The resources for which a log has no room: an answer about a patient names every entry of that log.
   */
  async tooMany({ incoming }: TakenApart): Promise<ReadonlyMap<ReadResource, Wrong>> {
    const found = new Map<ReadResource, Wrong>()
    const patients = new Set(incoming.flatMap((one) => one.patients))
    let isNear = false
    for (const id of patients) {
      const patient = await this.patients.byId(id)
      if (patient && (await this.sizeOf(patient.handle)) + incoming.length > MAX_LOG_ENTRIES) isNear = true
    }
    if (!isNear) return found
    const added = new Map<string, number>()
    for (const one of incoming)
      for (const log of await this.logsOf(one)) {
        if (log.length === 0) continue
        const name = nameOf(log)
        const size = await this.sizeOf(log)
        added.set(name, (added.get(name) ?? 0) + 1)
        if (size + (added.get(name) ?? 0) <= MAX_LOG_ENTRIES) continue
        found.set(one, {
          reason: "too_many_records",
          detail: `${keyOf(one)}: its patient has ${size} record versions, and can have ${MAX_LOG_ENTRIES}; is this one patient?`,
        })
      }
    return found
  }

  /** The resources that name the very patient from whom they are being moved, or were. */
  async misfiled({ incoming }: TakenApart): Promise<ReadonlyMap<ReadResource, Wrong>> {
    const found = new Map<ReadResource, Wrong>()
    if (!this.vault.hasMoves()) return found
    for (const one of incoming)
      if (await this.isMovedAway(one))
        found.set(one, {
          reason: "misfiled",
          detail: `${keyOf(one)} was moved to another patient (aceso patients moves); correct its patient at the source, or return it`,
        })
    return found
  }

  /** Whether an input says what the same bytes said from another source, and whether that is the newest still. */
  async compare(
    { incoming, existing, refused }: TakenApart,
    former: readonly BundlePlace[],
  ): Promise<"same" | "overtaken" | "other"> {
    const places = new Map(former.map((one) => [one.place, one]))
    if (refused.length > 0 || places.size !== incoming.length + existing.length) return "other"
    let isNewest = true
    for (const { type, id, index } of existing) if (!isAt(places.get(index), type, id)) return "other"
    for (const one of incoming) {
      const place = places.get(one.index)
      if (one.waitsFor.length > 0 || !isAt(place, one.type, one.id)) return "other"
      const record = this.vault.ofVersion(one.type, one.id, place.version)
      if (!record || !(await this.saysTheSame(one, record))) return "other"
      if ((await this.vault.newestVersion(one.type, one.id)) > place.version) isNewest = false
    }
    return isNewest ? "same" : "overtaken"
  }

  /** Notes what ids of the source mean, and files what waited for them. */
  async settle(claims: readonly Claim[], source: string): Promise<readonly Filed[]> {
    const waiting = new Map<string, { readonly resource: WaitingResource; readonly claims: Claim[] }>()
    for (const claim of claims) {
      await this.vault.setSource(source, claim, claim.idHere)
      if (claim.type !== "Patient" || !(await this.patients.byId(claim.idHere))) continue
      for (const resource of await this.vault.waitingFor(claim.before)) {
        const name = `${resource.type}/${resource.fhirId}`
        const found = waiting.get(name) ?? { resource, claims: [] }
        waiting.set(name, found)
        found.claims.push(claim)
      }
    }
    const filed: Filed[] = []
    for (const [name, one] of waiting)
      if (!this.made.has(name) && (await this.file(one.resource, one.claims)))
        filed.push(...one.claims.map(({ id }) => ({ resource: name, reference: `Patient/${id}` })))
    return filed
  }

  /** Adds patients and notes identifiers, which inputs after this one may ask for, and plans the records. */
  async plan({ incoming, existing, claims, doubts }: TakenApart, source: string): Promise<Plan> {
    for (const { type, id } of incoming)
      if (type === "Patient" && !(await this.patients.byId(id))) await this.patients.add(id)
    let unchanged = 0
    for (const one of incoming) {
      const waitsFor = one.waitsFor.map(({ target }) => target)
      if (!one.isNew || waitsFor.length > 0) await this.vault.setWaiting(one.type, one.id, waitsFor)
      if (!(await this.planOne(one))) {
        unchanged++
        continue
      }
      this.vault.indexNow(one.type, one.id, one.identifiers, one.isNew)
      if (one.type === "Patient") await this.vault.setTerms(one.id, one.terms)
    }
    const resources = this.made.size
    const filed = await this.settle(claims, source)
    const possibleDuplicates = await this.noteDoubts(doubts)
    const placeOf = ({ type, id, index }: Pick<ReadResource, "type" | "id" | "index">, version: number) => ({
      place: index,
      type,
      fhirId: id,
      version,
    })
    const places = [
      ...incoming.map((one) => placeOf(one, this.made.get(keyOf(one)) ?? this.found.get(keyOf(one)) ?? 0)),
      ...existing.map((one) => placeOf(one, 0)),
    ]
    const { patients, records } = this
    return { records, places, resources, patients: patients.added, unchanged, possibleDuplicates, filed }
  }

  /** @returns how many pairs of patients were not listed before */
  private async noteDoubts(doubts: readonly Doubt[]): Promise<number> {
    const pairs: NewDuplicate[] = []
    for (const { id, other, reasons, isSetApart } of doubts) {
      const [one, another] = [await this.patients.byId(id), await this.patients.byId(other)]
      if (!one || !another) continue
      pairs.push({ pair: [one.handle, another.handle], reasons, setApart: isSetApart ? one.handle : null })
    }
    return this.vault.addDuplicates(pairs, this.now)
  }

  /** @param isDone nothing of the input was refused, and nothing waits */
  async write(name: Bytes, { places }: Plan, isDone: boolean): Promise<void> {
    await this.append()
    await this.vault.setPlaces(name, places, isDone)
  }

  /** Writes the records that were planned. */
  append(): Promise<void> {
    return appendRecords(this.vault, this.records)
  }

  /** Brings what waited to its patients. @returns false: it cannot be read any more */
  private async file({ type, fhirId: id }: WaitingResource, claims: readonly Claim[]): Promise<boolean> {
    const record = this.vault.newest(type, id)
    let resource = record && (await readable(this.vault, record))
    if (!resource) return false
    for (const { before, idHere } of claims)
      if (before !== idHere) resource = redirected(resource, before, idHere)
    if (await this.isMovedAway({ type, id, patients: localPatients(resource) })) return false
    const come = new Set(claims.map(({ before }) => before))
    const left = (await this.vault.awaitedBy(type, id)).filter((patient) => !come.has(patient))
    await this.vault.setWaiting(type, id, left)
    const places = await this.vault.newestPlaces(type, id)
    const version = await this.vault.newestVersion(type, id)
    const patients = localPatients(resource)
    const text = unstamped(resource, id)
    await this.planVersion({ type, id, patients, text, objects: [] }, version, places)
    return true
  }

  /** Whether it names the very patient from whom it is being moved, or was. */
  private async isMovedAway({
    type,
    id,
    patients,
  }: Pick<ReadResource, "type" | "id" | "patients">): Promise<boolean> {
    const logs = this.vault.movedFrom(type, id)
    if (logs.length === 0) return false
    const named = await Promise.all(patients.map((patient) => this.patients.byId(patient)))
    return named.some((patient) => patient && logs.some((log) => equalBytes(log, patient.handle)))
  }

  /** @returns false when the newest version says the same */
  private async planOne(one: ReadResource): Promise<boolean> {
    const name = keyOf(one)
    const before = this.made.get(name) ?? (one.isNew ? 0 : await this.vault.newestVersion(one.type, one.id))
    const places = before > 0 && !one.isNew ? await this.vault.newestPlaces(one.type, one.id) : []
    if (before > 0 && !this.made.has(name) && (await this.isUnchanged(one, places))) {
      this.found.set(name, before)
      return false
    }
    await this.planVersion(one, before, places)
    return true
  }

  /** The version after `before`, in the logs of all its patients; in those where it stands no more it ends. */
  private async planVersion(
    one: Pick<ReadResource, "type" | "id" | "patients" | "text" | "objects">,
    before: number,
    places: readonly StoredRecord[],
  ): Promise<void> {
    const name = keyOf(one)
    const version = before + 1
    this.made.set(name, version)
    const what = { version, type: one.type, fhirId: one.id }
    const content = stamped(one.text, version, this.lastUpdated)
    const operation = before === 0 ? "create" : "update"
    const logs = await this.logsOf(one)
    for (const log of logs) {
      // A record has an id of its own in each log, kept over its versions.
      const there = places.find((place) => equalBytes(place.log, log))
      const inLog = `${nameOf(log)} ${name}`
      const recordId = this.recordIds.get(inLog) ?? there?.recordId ?? randomBytes(32)
      this.recordIds.set(inLog, recordId)
      const index = await this.nextIndex(log)
      this.records.push({ log, index, recordId, operation, content, objects: one.objects, ...what })
    }
    // A resource that is no longer about a patient ends in that patient's log.
    for (const { log, recordId, operation } of places) {
      if (operation === "delete" || logs.some((other) => equalBytes(other, log))) continue
      const end = { operation: "delete" as const, content: new Uint8Array(0) }
      this.records.push({ log, index: await this.nextIndex(log), recordId, ...end, ...what })
    }
  }

  private async nextIndex(log: Log): Promise<number> {
    const index = await this.sizeOf(log)
    this.sizes.set(nameOf(log), index + 1)
    return index
  }

  private async sizeOf(log: Log): Promise<number> {
    const size = this.sizes.get(nameOf(log)) ?? (await this.vault.logSize(log))
    this.sizes.set(nameOf(log), size)
    return size
  }

  /** The logs of all patients in whose compartments the resource is; the custodian's own if there is none. */
  private async logsOf(one: Pick<ReadResource, "patients">): Promise<readonly Log[]> {
    const logs: Log[] = []
    for (const id of one.patients) {
      const patient = await this.patients.byId(id)
      if (patient && !logs.includes(patient.handle)) logs.push(patient.handle)
    }
    return logs.length > 0 ? logs : [OWN_LOG]
  }

  /** Whether the newest version says the same, its own meta apart. */
  private async isUnchanged(one: ReadResource, places: readonly StoredRecord[]): Promise<boolean> {
    const [place] = places
      .filter(({ operation }) => operation !== "delete")
      .sort((a, b) => b.version - a.version)
    return place !== undefined && this.saysTheSame(one, place)
  }

  private async saysTheSame({ text }: ReadResource, record: StoredRecord): Promise<boolean> {
    const { content } = await this.vault.content(record)
    const { meta } = parseJson(content) as JsonObject
    const lastUpdated = String(isObject(meta) ? meta.lastUpdated : undefined)
    return equalBytes(stamped(text, record.version, lastUpdated), content)
  }
}

const isAt = (place: BundlePlace | undefined, type: string, id: string): place is BundlePlace =>
  place?.type === type && place.fhirId === id

const keyOf = ({ type, id }: { readonly type: string; readonly id: string }) => `${type}/${id}`

/** Patients by FHIR id, those of the input at hand included. */
class PatientsOf {
  added = 0
  private readonly known = new Map<string, Patient | undefined>()
  private readonly vault: SqliteVault

  constructor(vault: SqliteVault) {
    this.vault = vault
  }

  async byId(id: string): Promise<Patient | undefined> {
    if (!this.known.has(id)) this.known.set(id, await this.vault.patient({ fhirId: id }))
    return this.known.get(id)
  }

  async add(fhirId: string): Promise<void> {
    const patient = await this.vault.addPatient({ handle: randomBytes(32), fhirId, hasKey: false })
    this.known.set(fhirId, patient)
    this.added++
  }
}
