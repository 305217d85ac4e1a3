import {
  type Bytes,
  equalBytes,
  isObject,
  type JsonObject,
  nameOf,
  parseJson,
  randomBytes,
  sha256,
  utf8,
} from "@aceso/core"
import { stamped, type Unstamped, unstamped } from "@aceso/fhir"
import { appendRecords, type PlannedRecord } from "../records/append.ts"
import { type Log, OWN_LOG } from "../vault/record-log.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { StoredRecord } from "../vault/vault.ts"
import type { Patient } from "../vault/vault-people.ts"
import { readable } from "./people-here.ts"
import type { ReadResource } from "./reading.ts"

/** What a version is made of. */
export type Version = Pick<ReadResource, "type" | "id" | "patients" | "text"> &
  Partial<Pick<ReadResource, "objects" | "says">>

/** Where a resource stands: the newest record of each log that ever had it. */
type Place = Pick<StoredRecord, "log" | "recordId" | "operation" | "version">

/** Plans the versions that one input makes, then writes them. */
export class Versions {
  /** Versions that this input makes, by resource, and those that it finds equal. */
  readonly made = new Map<string, number>()
  readonly found = new Map<string, number>()
  readonly patients: PatientsOf
  private readonly vault: SqliteVault
  private readonly lastUpdated: string
  private readonly sizes = new Map<string, number>()
  private readonly records: PlannedRecord[] = []
  private readonly places = new Map<string, readonly Place[]>()
  /** What was brought to a patient by this input, before its own versions. */
  private readonly brought = new Map<string, Unstamped>()

  constructor(vault: SqliteVault, now: number) {
    this.vault = vault
    this.patients = new PatientsOf(vault)
    this.lastUpdated = new Date(now).toISOString()
  }

  /** The newest version of a resource, those of this input counted; 0: there is none. */
  async newest({ type, id, isNew }: Pick<ReadResource, "type" | "id" | "isNew">): Promise<number> {
    return this.made.get(keyOf({ type, id })) ?? (isNew ? 0 : await this.vault.newestVersion(type, id))
  }

  async placesOf({ type, id }: Pick<ReadResource, "type" | "id">): Promise<readonly Place[]> {
    return this.places.get(keyOf({ type, id })) ?? (await this.vault.newestPlaces(type, id))
  }

  /** Plans a version where it says something else than the newest. @returns false: it does not */
  async plan(one: ReadResource, before: number): Promise<boolean> {
    const name = keyOf(one)
    const brought = this.brought.get(name)
    this.brought.delete(name)
    if (brought?.every((text, i) => text === one.text[i])) return false
    const places = this.places.get(name)
    const stored = !places && before > 0 && !one.isNew ? await this.vault.newestPlaces(one.type, one.id) : []
    if (await this.isUnchanged(one, stored)) {
      this.found.set(name, before)
      return false
    }
    await this.planVersion(one, before, places ?? stored)
    return true
  }

  /** Whether a resource stands here as the last version of a history says. @param before its newest version */
  async isKnown(one: ReadResource, before: number): Promise<boolean> {
    if (before === 0) return false
    const stored = await this.vault.newestPlaces(one.type, one.id)
    const isEnded = stored.every(({ operation }) => operation === "delete")
    if (one.isEnd ? !isEnded : !(await this.isUnchanged(one, stored))) return false
    this.found.set(keyOf(one), before)
    return true
  }

  /** Brings what waited to its patients, as the version after `before`. */
  async bring(one: Version, before: number): Promise<void> {
    await this.planVersion(one, before, await this.placesOf(one))
    this.brought.set(keyOf(one), one.text)
  }

  /** The version after `before`, in the logs of all its patients; in those where it stands no more it ends. */
  private async planVersion(one: Version, before: number, places: readonly Place[]): Promise<void> {
    const name = keyOf(one)
    const version = before + 1
    this.made.set(name, version)
    const what = { version, type: one.type, fhirId: one.id }
    const content = stamped(one.text, version, this.lastUpdated)
    const operation = before === 0 ? "create" : "update"
    const read = { ...(one.objects && { objects: one.objects }), ...(one.says && { says: one.says }) }
    const logs = await this.logsOf(one)
    const now: Place[] = []
    for (const log of logs) {
      // A record has an id of its own in each log, kept over its versions.
      const recordId = places.find((place) => equalBytes(place.log, log))?.recordId ?? randomBytes(32)
      const index = await this.nextIndex(log)
      this.records.push({ log, index, recordId, operation, content, ...what, ...read })
      now.push({ log, recordId, operation, version })
    }
    // A resource that is no longer about a patient ends in that patient's log.
    const left = places.filter(({ log }) => !logs.some((other) => equalBytes(other, log)))
    this.places.set(name, [...now, ...(await this.end(left, what))])
  }

  /** Ends a resource wherever it stands. @returns false: it stands nowhere */
  async planEnd(one: Pick<ReadResource, "type" | "id">, before: number): Promise<boolean> {
    const places = before > 0 ? await this.placesOf(one) : []
    if (places.every(({ operation }) => operation === "delete")) return false
    const version = before + 1
    this.made.set(keyOf(one), version)
    this.places.set(keyOf(one), await this.end(places, { version, type: one.type, fhirId: one.id }))
    return true
  }

  private async end(
    places: readonly Place[],
    what: { readonly version: number; readonly type: string; readonly fhirId: string },
  ): Promise<Place[]> {
    const ended: Place[] = []
    for (const place of places) {
      const { log, recordId, operation } = place
      if (operation === "delete") {
        ended.push(place)
        continue
      }
      const end = { operation: "delete" as const, content: new Uint8Array(0) }
      this.records.push({ log, index: await this.nextIndex(log), recordId, ...end, ...what })
      ended.push({ log, recordId, operation: "delete", version: what.version })
    }
    return ended
  }

  /** Writes what was planned. */
  append(): Promise<void> {
    return appendRecords(this.vault, this.records)
  }

  private async nextIndex(log: Log): Promise<number> {
    const index = await this.sizeOf(log)
    this.sizes.set(nameOf(log), index + 1)
    return index
  }

  /** Entries of a log, those that are planned counted. */
  async sizeOf(log: Log): Promise<number> {
    const size = this.sizes.get(nameOf(log)) ?? (await this.vault.logSize(log))
    this.sizes.set(nameOf(log), size)
    return size
  }

  /** The logs of all patients in whose compartments the resource is; the custodian's own if there is none. */
  private async logsOf(one: Pick<ReadResource, "patients">): Promise<readonly Log[]> {
    const logs = await this.patients.logsOf(one.patients)
    return logs.length > 0 ? logs : [OWN_LOG]
  }

  /** Whether the newest version says the same, its own meta apart. */
  private async isUnchanged(one: ReadResource, places: readonly StoredRecord[]): Promise<boolean> {
    const [place] = places
      .filter(({ operation }) => operation !== "delete")
      .sort((a, b) => b.version - a.version)
    return place !== undefined && this.saysTheSame(one, place)
  }

  /** What the versions that are here say, their own meta apart (`nameOfText`); the newest ones are looked at. */
  async saidHere({ type, id }: Pick<ReadResource, "type" | "id">): Promise<ReadonlySet<string>> {
    const newest = await this.vault.newestVersion(type, id)
    const said = new Set<string>()
    for (let version = newest; version > Math.max(0, newest - MAX_LOOKED_AT); version--) {
      const record = this.vault.ofVersion(type, id, version)
      const resource = record && (await readable(this.vault, record))
      if (resource) said.add(nameOfText(unstamped(resource, id)))
    }
    return said
  }

  async saysTheSame({ text }: ReadResource, record: StoredRecord): Promise<boolean> {
    const { content } = await this.vault.content(record)
    const { meta } = parseJson(content) as JsonObject
    const lastUpdated = String(isObject(meta) ? meta.lastUpdated : undefined)
    return equalBytes(stamped(text, record.version, lastUpdated), content)
  }
}

/** A short name of what a version says. */
export const nameOfText = (text: Unstamped): string => nameOf(sha256(utf8(text.join("\0"))))

/** Versions of one resource that an older one is compared with. */
const MAX_LOOKED_AT = 100

export const keyOf = ({ type, id }: { readonly type: string; readonly id: string }) => `${type}/${id}`

/** Patients by FHIR id, those of the input at hand included. */
export class PatientsOf {
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

  /** The logs of those who are here. */
  async logsOf(ids: readonly string[]): Promise<readonly Bytes[]> {
    const logs: Log[] = []
    for (const id of ids) {
      const patient = await this.byId(id)
      if (patient && !logs.includes(patient.handle)) logs.push(patient.handle)
    }
    return logs
  }

  async add(fhirId: string): Promise<void> {
    const patient = await this.vault.addPatient({ handle: randomBytes(32), fhirId, hasKey: false })
    this.known.set(fhirId, patient)
    this.added++
  }
}
