import { randomUUID } from "node:crypto"
import { gunzipSync } from "node:zlib"
import {
  type Bytes,
  canonicalJson,
  canonicalText,
  isObject,
  type JsonObject,
  messageOf,
  nameOf,
  PlatformError,
  parseJson,
  randomBytes,
  recordCommitment,
} from "@aceso/core"
import {
  type Incoming,
  identifiersOf,
  isTransaction,
  patientReferences,
  stamp,
  type Taken,
  takeBundle,
  takeResource,
} from "@aceso/fhir"
import type { LedgerClient } from "../node/ledger-client.ts"
import { pack } from "../vault/packing.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import { type Log, type NewRecord, OWN_LOG, type Patient, type ResourceIdentifier } from "../vault/vault.ts"

export const MAX_IMPORT_BYTES = 64 * 2 ** 20

export interface ImportSummary {
  readonly resources: number
  readonly patients: number
  /** Bundles or entries that were there already. */
  readonly duplicates: number
  readonly existing: number
  readonly unchanged: number
  readonly refused: readonly { readonly where: string; readonly reason: string; readonly detail: string }[]
  readonly unresolved: readonly string[]
}

export const EMPTY_SUMMARY: ImportSummary = {
  resources: 0,
  patients: 0,
  duplicates: 0,
  existing: 0,
  unchanged: 0,
  refused: [],
  unresolved: [],
}

export const addSummaries = (a: ImportSummary, b: ImportSummary): ImportSummary => ({
  resources: a.resources + b.resources,
  patients: a.patients + b.patients,
  duplicates: a.duplicates + b.duplicates,
  existing: a.existing + b.existing,
  unchanged: a.unchanged + b.unchanged,
  refused: [...a.refused, ...b.refused],
  unresolved: [...a.unresolved, ...b.unresolved],
})

/** Takes FHIR input into the vault. The ledger hears of it through the Committer. */
export class Importer {
  private readonly vault: SqliteVault
  private readonly ledger: LedgerClient
  private readonly now: () => number

  constructor(vault: SqliteVault, ledger: LedgerClient, now: () => number = Date.now) {
    this.vault = vault
    this.ledger = ledger
    this.now = now
  }

  /** Each input as one durable step: all of it or nothing. */
  async import(input: Bytes, where: string): Promise<ImportSummary> {
    return this.importAll([{ input, where }])
  }

  /**
   * Several inputs in one durable step, which saves waiting for the disk.
   * @param inputs `where`: how messages name the input, such as a file's name
   */
  importAll(inputs: readonly { readonly input: Bytes; readonly where: string }[]): Promise<ImportSummary> {
    return this.vault.atomically(async () => {
      let summary = EMPTY_SUMMARY
      for (const { input, where } of inputs) summary = addSummaries(summary, await this.take(input, where))
      return summary
    })
  }

  private async take(input: Bytes, where: string): Promise<ImportSummary> {
    const refuse = (reason: string, detail: string): ImportSummary => ({
      ...EMPTY_SUMMARY,
      refused: [{ where, reason, detail }],
    })
    let bytes: Bytes
    let resource: JsonObject
    try {
      bytes = unpacked(input)
      const parsed = parseJson(bytes)
      if (!isObject(parsed))
        return refuse("no_resource", "expected a FHIR resource or bundle (a JSON object)")
      resource = parsed
    } catch (error) {
      if (error instanceof PlatformError) return refuse(error.code, error.message)
      throw error
    }
    const context = {
      findByIdentifier: (type: string, system: string, value: string) =>
        this.vault.findNow(type, { system, value }),
      findPatient: (patient: JsonObject) => this.findPatient(patient),
      newId: () => randomUUID(),
    }
    const taken = isTransaction(resource) ? takeBundle(resource, context) : takeResource(resource, context)
    const refused = taken.refused.map(({ reason, detail }) => ({ where, reason, detail }))
    if (taken.incoming.length === 0 && taken.existing === 0) return { ...EMPTY_SUMMARY, refused }
    if (!(await this.vault.keepBundle(bytes, pack(input), this.now())))
      return { ...EMPTY_SUMMARY, duplicates: 1 }
    const stored = await this.store(taken)
    return { ...stored, duplicates: 0, existing: taken.existing, refused, unresolved: this.absent(taken) }
  }

  /** References to what is neither in the input nor here. */
  private absent({ incoming, unresolved }: Taken): string[] {
    const inside = new Set(incoming.map(({ type, id }) => `${type}/${id}`))
    return unresolved.filter((reference) => {
      const [type, id, ...more] = reference.split("/")
      const isLocal = id !== undefined && !type.includes(":") && (more.length === 0 || more[0] === "_history")
      return !isLocal || !(inside.has(`${type}/${id}`) || this.vault.has(type, id))
    })
  }

  private findPatient(patient: JsonObject): string | undefined {
    for (const identifier of identifiersOf(patient)) {
      const found = this.vault.findNow("Patient", identifier)
      if (found) return found
    }
    return undefined
  }

  private async store({
    incoming,
  }: Taken): Promise<Pick<ImportSummary, "resources" | "patients" | "unchanged">> {
    const patients = new PatientsOf(this.vault)
    let enrolled = 0
    for (const one of incoming) {
      if (one.type !== "Patient" || (await patients.byId(one.id))) continue
      await patients.enrol(one.id)
      enrolled++
    }
    await this.enrolOnLedger(patients.enrolled)
    const sizes = new Map<string, number>()
    const planned: Omit<NewRecord, "salt" | "key" | "commitment">[] = []
    const identifiers: ResourceIdentifier[] = []
    const recordIds = new Map<string, Bytes>()
    const newest = new Map<string, number>()
    let unchanged = 0
    const lastUpdated = new Date(this.now()).toISOString()
    for (const one of incoming) {
      const name = `${one.type}/${one.id}`
      const before = newest.get(name) ?? (one.isNew ? 0 : await this.vault.newestVersion(one.type, one.id))
      if (before > 0 && !newest.has(name) && (await this.isUnchanged(one))) {
        unchanged++
        continue
      }
      const version = before + 1
      newest.set(name, version)
      const content = canonicalJson(stamp(one.resource, one.id, version, lastUpdated))
      const places = before > 0 && !one.isNew ? await this.vault.newestPlaces(one.type, one.id) : []
      const logs = await this.logsOf(one, patients)
      for (const log of logs) {
        const logName = nameOf(log)
        const index = sizes.get(logName) ?? (await this.vault.logSize(log))
        sizes.set(logName, index + 1)
        // A record has an id of its own in each log, kept over its versions.
        const there = places.find((place) => nameOf(place.log) === logName)
        const recordId = recordIds.get(`${logName} ${name}`) ?? there?.recordId ?? randomBytes(32)
        recordIds.set(`${logName} ${name}`, recordId)
        const operation = before === 0 ? "create" : "update"
        planned.push({ log, index, recordId, version, operation, type: one.type, fhirId: one.id, content })
      }
      // A resource that is no longer about a patient ends in that patient's log.
      for (const place of places) {
        const logName = nameOf(place.log)
        if (place.operation === "delete" || logs.some((log) => nameOf(log) === logName)) continue
        const index = sizes.get(logName) ?? (await this.vault.logSize(place.log))
        sizes.set(logName, index + 1)
        const { log, recordId } = place
        const content = new Uint8Array(0)
        planned.push({
          log,
          index,
          recordId,
          version,
          operation: "delete",
          type: one.type,
          fhirId: one.id,
          content,
        })
      }
      for (const identifier of identifiersOf(one.resource))
        identifiers.push({ type: one.type, fhirId: one.id, ...identifier })
    }
    await this.vault.addIdentifiers(identifiers)
    const keys = this.vault.keyring.make(
      planned.map(({ recordId, version }) => ({ record: recordId, version })),
    )
    await this.vault.append(
      planned.map((record, i) => ({
        ...record,
        ...keys[i],
        commitment: recordCommitment(keys[i].salt, record.content),
      })),
    )
    return { resources: newest.size, patients: enrolled, unchanged }
  }

  private async enrolOnLedger(fresh: readonly Patient[]): Promise<void> {
    for (let from = 0; from < fresh.length; from += 1000)
      await this.ledger.call("people", "enrolWithoutKey", {
        handles: fresh.slice(from, from + 1000).map(({ handle }) => handle),
      })
  }

  /** The logs of all patients in whose compartments the resource is; the custodian's own if there is none. */
  private async logsOf(one: Incoming, patients: PatientsOf): Promise<readonly Log[]> {
    const logs: Log[] = []
    if (one.type === "Patient") {
      const itself = await patients.byId(one.id)
      if (itself) logs.push(itself.handle)
    }
    for (const reference of patientReferences({ ...one.resource, id: one.id })) {
      // Somebody else's Patient/1 is not ours: only references relative to this server count.
      const id = /^Patient\/([^/]+)/.exec(reference)?.[1]
      const patient = id === undefined ? undefined : await patients.byId(id)
      if (patient && !logs.includes(patient.handle)) logs.push(patient.handle)
    }
    return logs.length > 0 ? logs : [OWN_LOG]
  }

  /** Whether the newest version says the same, its own meta apart. */
  private async isUnchanged(one: Incoming): Promise<boolean> {
    const places = await this.vault.newestPlaces(one.type, one.id)
    const [place] = [...places]
      .filter(({ operation }) => operation !== "delete")
      .sort((a, b) => b.version - a.version)
    if (!place) return false
    const { content } = await this.vault.content(place)
    const there = parseJson(content) as JsonObject
    const meta = isObject(there.meta) ? there.meta : {}
    const stamped = stamp(one.resource, one.id, place.version, String(meta.lastUpdated))
    return canonicalText(stamped) === canonicalText(there)
  }
}

/** Patients by FHIR id, those of the input at hand included. */
class PatientsOf {
  readonly enrolled: Patient[] = []
  private readonly known = new Map<string, Patient | undefined>()
  private readonly vault: SqliteVault

  constructor(vault: SqliteVault) {
    this.vault = vault
  }

  async byId(id: string): Promise<Patient | undefined> {
    if (!this.known.has(id)) this.known.set(id, await this.vault.patient({ fhirId: id }))
    return this.known.get(id)
  }

  async enrol(fhirId: string): Promise<void> {
    const patient = await this.vault.addPatient({ handle: randomBytes(32), fhirId, hasKey: false })
    this.known.set(fhirId, patient)
    this.enrolled.push(patient)
  }
}

/** @throws PlatformError `too_large`, `bad_gzip` */
function unpacked(input: Bytes): Bytes {
  const tooLarge = () =>
    new PlatformError("too_large", `an input has at most ${MAX_IMPORT_BYTES / 2 ** 20} MiB; split the bundle`)
  if (input.length > MAX_IMPORT_BYTES) throw tooLarge()
  if (input[0] !== 0x1f || input[1] !== 0x8b) return input
  try {
    return gunzipSync(input, { maxOutputLength: MAX_IMPORT_BYTES })
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge()
    throw new PlatformError("bad_gzip", `the file is no sound gzip: ${messageOf(cause)}`, { cause })
  }
}
