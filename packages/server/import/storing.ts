import { type Bytes, equalBytes, MAX_LINES, nameOf } from "@aceso/core"
import type { Doubt, IdentifierRules, Wrong } from "@aceso/fhir"
import type { Log } from "../vault/record-log.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { BundlePlace, TakenBy } from "../vault/vault.ts"
import type { AwaitedPatient, NewDuplicate } from "../vault/vault-people.ts"
import { Filing } from "./filing.ts"
import type { ReadExisting, ReadOlder, ReadResource, TakenApart } from "./reading.ts"
import { SourceTimes } from "./source-times.ts"
import type { Filed, Older, Unfiled } from "./summary.ts"
import { keyOf, nameOfText, Versions } from "./versions.ts"

/** Record versions of one patient: less than lines of an answer, so that dummies have room. */
const MAX_LOG_ENTRIES = MAX_LINES - 10_000

/** What is to be written of an input; its bundle, patients and identifiers are in the vault already. */
export interface Plan {
  readonly places: readonly BundlePlace[]
  readonly resources: number
  readonly patients: number
  readonly unchanged: number
  /** Pairs of patients that were not listed as such before. */
  readonly possibleDuplicates: number
  /** Resources that belonged to nobody here, and stand with their patients now. */
  readonly filed: readonly Filed[]
  /** Resources that belong to nobody here. */
  readonly unfiled: readonly Unfiled[]
  /** Versions that are left out, because newer ones of the same source came before. */
  readonly older: readonly Older[]
}

/** Where an input comes from. */
export interface Origin {
  readonly source: string
  /** How messages name the input. */
  readonly where: string
}

/** Stores one input: plans what becomes of its resources, then writes them. */
export class Storing {
  private readonly vault: SqliteVault
  private readonly versions: Versions
  private readonly filing: Filing
  private readonly times: SourceTimes
  private readonly now: number

  constructor(vault: SqliteVault, rules: IdentifierRules) {
    const { now } = rules
    this.vault = vault
    this.versions = new Versions(vault, now)
    this.times = new SourceTimes(vault, now)
    this.filing = new Filing(vault, this.versions, rules, (one) => this.isMovedAway(one))
    this.now = now
  }

  /** What must not be stored, and why. */
  async refusals({
    incoming,
    existing,
  }: TakenApart): Promise<ReadonlyMap<ReadResource | ReadExisting, Wrong>> {
    const found = new Map<ReadResource | ReadExisting, Wrong>()
    const hasMoves = this.vault.hasMoves()
    for (const one of incoming) {
      if (hasMoves && (await this.isMovedAway(one)))
        found.set(one, {
          reason: "misfiled",
          detail: `${keyOf(one)} was moved to another patient (aceso patients moves); correct its patient at the source, or return it`,
        })
      else if (await this.isWithdrawn(one))
        found.set(one, {
          reason: "patient_unclear",
          detail: `${keyOf(one)} stands with a patient, and this version names nobody who is here; send it with its Patient, or move it (aceso patients misfiled)`,
        })
      else if (one.isByCondition && (await this.isOfAnother(one))) found.set(one, ofAnother(one))
    }
    for (const one of existing) if (await this.isOfAnother(one)) found.set(one, ofAnother(one))
    for (const [one, wrong] of await this.tooMany(incoming)) found.set(one, wrong)
    return found
  }

  /** Those for which a patient's log has no room: an answer about a patient names every entry of that log. */
  private async tooMany(incoming: TakenApart["incoming"]): Promise<Map<ReadResource, Wrong>> {
    const { patients } = this.versions
    const found = new Map<ReadResource, Wrong>()
    const ids = [...new Set(incoming.flatMap((one) => one.patients))]
    const sizes = new Map<string, number>()
    for (const log of await patients.logsOf(ids)) sizes.set(nameOf(log), await this.versions.sizeOf(log))
    if ([...sizes.values()].every((size) => size + incoming.length <= MAX_LOG_ENTRIES)) return found
    for (const one of incoming)
      for (const log of await patients.logsOf(one.patients)) {
        const size = (sizes.get(nameOf(log)) ?? 0) + 1
        sizes.set(nameOf(log), size)
        if (size > MAX_LOG_ENTRIES)
          found.set(one, {
            reason: "too_many_records",
            detail: `${keyOf(one)}: its patient has ${MAX_LOG_ENTRIES} record versions, which is as many as can be shown; is this one patient?`,
          })
      }
    return found
  }

  /** Whether a version that names nobody would take what is here away from its patient. */
  private async isWithdrawn(one: ReadResource): Promise<boolean> {
    if (one.isNew || one.isEnd || one.nobodys === undefined || one.patients.length > 0) return false
    const places = await this.versions.placesOf(one)
    return places.some(({ log, operation }) => operation !== "delete" && log.length > 0)
  }

  /** Whether a number found something that stands with another patient than the one that was sent. */
  private async isOfAnother(one: Pick<ReadResource, "type" | "id" | "patients">): Promise<boolean> {
    if (one.type === "Patient" || one.patients.length === 0) return false
    const places = await this.versions.placesOf(one)
    const stands = places.filter(({ log, operation }) => operation !== "delete" && log.length > 0)
    if (stands.length === 0) return false
    const logs = await this.versions.patients.logsOf(one.patients)
    return !stands.some(({ log }) => logs.some((other) => equalBytes(other, log)))
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
      if (awaitedBy(one).length > 0 || one.isEnd || !isAt(place, one.type, one.id)) return "other"
      const record = this.vault.ofVersion(one.type, one.id, place.version)
      if (!record || !(await this.versions.saysTheSame(one, record))) return "other"
      if ((await this.vault.newestVersion(one.type, one.id)) > place.version) isNewest = false
    }
    return isNewest ? "same" : "overtaken"
  }

  /** Notes what ids of the source mean and when it said all of it, and files what waited for them. */
  settle({ claims, incoming }: TakenApart, source: string): Promise<readonly Filed[]> {
    for (const one of incoming) this.times.note(one, source)
    return this.filing.settle(claims, source)
  }

  /** Adds patients and notes identifiers, which inputs after this one may ask for, and plans the records. */
  async plan(
    { incoming, existing, older, claims, doubts, isHistory }: TakenApart,
    origin: Origin,
  ): Promise<Plan> {
    const { made, found, patients } = this.versions
    for (const { type, id } of incoming)
      if (type === "Patient" && !(await patients.byId(id))) await patients.add(id)
    const known = isHistory ? await this.knownHistories(incoming) : new Map<string, ReadResource>()
    const overtaken: ReadOlder[] = [...older]
    const unfiled = new Map<string, Unfiled>()
    const filed: Filed[] = []
    const changed = new Set<string>()
    let unchanged = 0
    const planAll = async (some: readonly ReadResource[]) => {
      for (const one of some)
        if (known.has(keyOf(one))) {
          this.times.note(one, origin.source)
          if (known.get(keyOf(one)) === one) unchanged++
          else overtaken.push({ ...one, newer: known.get(keyOf(one))?.saidAt ?? 0 })
        } else if (await this.planOne(one, origin, unfiled, filed)) changed.add(keyOf(one))
        else unchanged++
    }
    const come = await this.filing.note(claims, origin.source)
    if (come.length === 0) await planAll(incoming)
    else {
      // What waited follows its patient, and newer versions of it in this very input follow that.
      await planAll(incoming.filter(({ type }) => type === "Patient"))
      filed.push(...(await this.filing.file(come)))
      await planAll(incoming.filter(({ type }) => type !== "Patient"))
    }
    filed.push(...(await this.filing.settleNumbers(incoming.filter(({ type }) => type === "Patient"))))
    for (const { resource } of filed) unfiled.delete(resource)
    const possibleDuplicates = await this.noteDoubts(doubts)
    const neverBrought = await this.neverBrought(overtaken, origin.where)
    const placeOf = (
      { type, id, index, urn }: Pick<ReadResource, "type" | "id" | "index" | "urn">,
      version: number,
    ): BundlePlace => ({ place: index, type, fhirId: id, version, ...(urn !== undefined && { urn }) })
    const places = [
      ...incoming.map((one) =>
        placeOf(one, made.get(keyOf(one)) ?? found.get(keyOf(one)) ?? (one.isEnd ? NOTHING_ENDED : 0)),
      ),
      ...existing.map((one) => placeOf(one, 0)),
    ]
    return {
      places,
      resources: changed.size,
      patients: patients.added,
      unchanged: unchanged + overtaken.length - neverBrought.length,
      possibleDuplicates,
      filed,
      unfiled: [...unfiled.values()],
      older: neverBrought,
    }
  }

  /** Of what its source has changed since, what was never brought; all else is here already. */
  private async neverBrought(overtaken: readonly ReadOlder[], where: string): Promise<Older[]> {
    const found: Older[] = []
    const here = new Map<string, ReadonlySet<string>>()
    for (const one of overtaken) {
      if (one.isEnd) continue
      const said = here.get(keyOf(one)) ?? (await this.versions.saidHere(one))
      here.set(keyOf(one), said)
      if (!said.has(nameOfText(one.text)))
        found.push({
          where,
          resource: keyOf(one),
          saidAt: instant(one.saidAt ?? 0),
          newer: instant(one.newer),
        })
    }
    return found
  }

  /** @returns false: it changes nothing */
  private async planOne(
    one: ReadResource,
    { where, source }: Origin,
    unfiled: Map<string, Unfiled>,
    filed: Filed[],
  ): Promise<boolean> {
    const name = keyOf(one)
    const before = await this.versions.newest(one)
    const isChanged = one.isEnd
      ? await this.versions.planEnd(one, before)
      : await this.versions.plan(one, before)
    this.times.note(one, source)
    const awaited = awaitedBy(one)
    const isNobodys =
      !one.isEnd &&
      (one.nobodys !== undefined || awaited.length > 0) &&
      (await this.versions.patients.logsOf(one.patients)).length === 0
    // What stands with a patient and names another one who has not come belongs to somebody already.
    if (awaited.length > 0) await this.vault.setWaiting(one.type, one.id, awaited)
    if (isNobodys && one.type !== "Patient") {
      const reference = referenceOf(one)
      await this.vault.setUnfiled(one.type, one.id, { where, reference, foundAt: this.now })
      unfiled.set(name, { where, resource: name, reference })
    } else if (before > 0 && isChanged) {
      if (awaited.length === 0) await this.vault.setWaiting(one.type, one.id, [])
      if (await this.vault.setUnfiled(one.type, one.id, undefined)) {
        unfiled.delete(name)
        if (!one.isEnd)
          filed.push({ resource: name, reference: one.patients.map((id) => `Patient/${id}`).join(" ") })
      }
    }
    if (!isChanged) return false
    this.vault.indexNow(one.type, one.id, one.identifiers, one.isNew)
    if (one.type === "Patient") await this.vault.setTerms(one.id, one.terms)
    return true
  }

  /** Resources whose last version in a history is the newest here already, and that version. */
  private async knownHistories(
    incoming: readonly ReadResource[],
  ): Promise<ReadonlyMap<string, ReadResource>> {
    const last = new Map(incoming.map((one) => [keyOf(one), one]))
    const known = new Map<string, ReadResource>()
    for (const [name, one] of last)
      if (await this.versions.isKnown(one, await this.versions.newest(one))) known.set(name, one)
    return known
  }

  /** @returns how many pairs of patients were not listed before */
  private async noteDoubts(doubts: readonly Doubt[]): Promise<number> {
    const { patients } = this.versions
    const pairs: NewDuplicate[] = []
    for (const { id, other, reasons, isSetApart } of doubts) {
      const [one, another] = [await patients.byId(id), await patients.byId(other)]
      if (!one || !another) continue
      pairs.push({ pair: [one.handle, another.handle], reasons, setApart: isSetApart ? one.handle : null })
    }
    return this.vault.addDuplicates(pairs, this.now)
  }

  /** @param isDone nothing of the input was refused, nothing waits, and no urn leads nowhere */
  async write(name: Bytes, places: readonly BundlePlace[], isDone: boolean, by: TakenBy): Promise<void> {
    await this.append()
    await this.vault.setPlaces(name, places, isDone, by)
  }

  /** Writes the records that were planned. */
  append(): Promise<void> {
    return this.versions.append()
  }

  /** Whether it names the very patient from whom it is being moved, or was. */
  private async isMovedAway({
    type,
    id,
    patients,
  }: Pick<ReadResource, "type" | "id" | "patients">): Promise<boolean> {
    const logs: readonly Log[] = this.vault.movedFrom(type, id)
    if (logs.length === 0) return false
    const named = await this.versions.patients.logsOf(patients)
    return named.some((log) => logs.some((other) => equalBytes(other, log)))
  }
}

/** The version of an end that found nothing: whatever comes later overtakes it. */
const NOTHING_ENDED = -1

const instant = (ms: number) => new Date(ms).toISOString()

const ofAnother = (one: { readonly type: string; readonly id: string }): Wrong => ({
  reason: "other_patient",
  detail: `its condition finds ${keyOf(one)}, which stands with another patient; send it under an id of its own, or correct the number`,
})

const isAt = (place: BundlePlace | undefined, type: string, id: string): place is BundlePlace =>
  place?.type === type && place.fhirId === id

/** For whom a resource waits. */
export const awaitedBy = ({ waitsFor, waitsForNumbers }: ReadResource): AwaitedPatient[] => [
  ...waitsFor.map(({ target }) => ({ patient: target })),
  ...waitsForNumbers.map((number) => ({ number })),
]

/** What the summary and the list say that a resource names. */
function referenceOf({ waitsFor, waitsForNumbers, nobodys }: ReadResource): string {
  if (waitsFor.length > 0) return waitsFor[0].reference
  const [number] = waitsForNumbers
  return number ? `identifier ${number.system}|${number.value}` : (nobodys ?? "no patient")
}
