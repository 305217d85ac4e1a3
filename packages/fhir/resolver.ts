import { asText, type JsonObject } from "@aceso/core"
import { ByNumber } from "./by-number.ts"
import type { Wrong } from "./conditions.ts"
import type { BundleContext, StandingContent, TakenEntry } from "./entries.ts"
import type { InputEntry } from "./input.ts"
import {
  NO_REFERENCES,
  type NumberedPatient,
  type OpenReferences,
  partsOf,
  withoutVersion,
} from "./references.ts"
import { type Claim, keyOfId, restfulOf, type SourceId, type SourceIds, urnOf } from "./source-ids.ts"
import { patientElementsOf } from "./subjects.ts"
import { isSameWithoutServer } from "./without-server.ts"

/** A reference to what the input does not bring along. */
export interface Outside {
  readonly reference: string
  /** What it means here, `<type>/<id>`; it may be here or yet to come. */
  readonly target: string
}

/** Where the open references of one entry lead. */
export interface Resolved {
  readonly targets: ReadonlyMap<string, string>
  /** Ids of the patients whom numbers alone name, by system and value in JSON. */
  readonly numbered: ReadonlyMap<string, string>
  /** Ids of those who stand in the resource itself. */
  readonly contained: ReadonlyMap<JsonObject, string>
  readonly outside: readonly Outside[]
  /** Patients of the source who are not here yet; `target`: the id that such a one is to have. */
  readonly waitsFor: readonly Outside[]
  /** Numbers of patients who are not here yet. */
  readonly waitsForNumbers: readonly NumberedPatient[]
  /** Ids that are kept for what the source has not sent yet. */
  readonly reserved: readonly Claim[]
}

export type Placed = TakenEntry & Pick<InputEntry, "index" | "open" | "saidAt">

const SEVERAL = Symbol("several")
type Inside = string | typeof SEVERAL

/** Where the references of one input lead. */
export class Resolver {
  private readonly context: BundleContext
  private readonly sourceIds: SourceIds
  private readonly taken: Placed[]
  private readonly inside = new Map<string, Inside>()
  private readonly addresses = new Map<string, string>()
  /** Ids of the input's Patients. */
  private readonly persons = new Set<string>()
  /** Patients of the input that were refused, by what it calls them. */
  private readonly refused = new Set<string>()
  private byNumber: ByNumber
  private readonly isTransaction: boolean

  /** @param isTransaction a number that leads to nobody for certain refuses it; what is on its own waits */
  constructor(
    taken: readonly Placed[],
    context: BundleContext,
    sourceIds: SourceIds,
    isTransaction: boolean,
  ) {
    this.isTransaction = isTransaction
    this.context = context
    this.sourceIds = sourceIds
    this.taken = [...taken]
    this.byNumber = this.index()
    if (this.knowWithoutServer()) this.byNumber = this.index()
  }

  /** The entries, with the ids that they have here. */
  get entries(): readonly Placed[] {
    return this.taken
  }

  private index(): ByNumber {
    this.inside.clear()
    for (const { type, id, sourceId, fullUrl } of this.taken) {
      if (type === "Patient") this.persons.add(id)
      if (fullUrl) this.addresses.set(withoutVersion(fullUrl), `${type}/${id}`)
      if (!sourceId) continue
      for (const name of [keyOfId(sourceId), anyBase(sourceId)]) {
        const before = this.inside.get(name) ?? id
        this.inside.set(name, before === id ? id : SEVERAL)
      }
    }
    return new ByNumber(this.taken, this.context, this.isTransaction)
  }

  /** What the source has sent before, without an address, is that. @returns whether there is any */
  private knowWithoutServer(): boolean {
    let isAny = false
    for (const [i, one] of this.taken.entries()) {
      const { sourceId, resource } = one
      const before = sourceId && !one.isEnd && this.context.withoutServer(sourceId)
      if (!before) continue
      const found = this.resolve(one)
      if ("reason" in found || !isSameWithoutServer(resource, this.patientsOf(one, found), before)) continue
      const { id } = before
      const claim: Claim = { ...sourceId, idHere: id, before: one.id, isTemporary: false }
      this.taken[i] = { ...one, id, isNew: false, isRenamed: false, claims: [claim] }
      isAny = true
    }
    return isAny
  }

  /** What refers to this Patient cannot be stored either: whom it means was not said. */
  refuse(sourceId: SourceId | undefined, fullUrl: string | undefined): void {
    if (fullUrl) this.refused.add(withoutVersion(fullUrl))
    if (sourceId) for (const name of [keyOfId(sourceId), anyBase(sourceId)]) this.refused.add(name)
  }

  /** Finds the targets of an entry's open references. @returns why that cannot be done */
  resolve(one: Pick<Placed, "type" | "id" | "open" | "sourceId" | "resource">): Resolved | Wrong {
    const { open } = one
    if (open === NO_REFERENCES) return NOTHING_FOUND
    const found: Finding = {
      targets: new Map(),
      numbered: new Map(),
      contained: new Map(),
      outside: [],
      waitsFor: [],
      waitsForNumbers: [],
      reserved: [],
      bare: [],
    }
    const base = one.sourceId?.base ?? ""
    for (const reference of open.relative) {
      const { version, ...name } = partsOf(reference)
      const wrong = this.resolveNamed({ ...name, base }, version, reference, found)
      if (wrong) return wrong
    }
    for (const reference of open.absolute) {
      const wrong = this.resolveAbsolute(reference, base, one.resource, found)
      if (wrong) return wrong
    }
    for (const reference of open.conditional) {
      const target = this.byNumber.matchOf(reference)
      if (typeof target === "object") return target
      found.targets.set(reference, target)
    }
    for (const number of open.numbers) {
      const wrong = this.byNumber.resolveNumber(number, found)
      if (wrong) return wrong
    }
    for (const patient of open.contained) this.byNumber.resolveContained(patient, found)
    for (const reference of open.absolute) this.resolveUrn(reference, one, found)
    for (const { name, version, reference } of found.bare) {
      const { id, patients } = this.context.withoutServer(name) as StandingContent
      const mine = this.patientsOf(one, found)
      if (patients.some((patient) => mine.has(patient))) {
        found.targets.set(reference, `${name.type}/${id}${version}`)
        found.outside.push({ reference, target: `${name.type}/${id}` })
      } else this.leaveInput(name, version, reference, found)
    }
    return this.contradictionIn(open, found) ?? found
  }

  /** A number beside a reference to somebody who is here, or in the input. */
  private contradictionIn({ besides }: OpenReferences, found: Finding): Wrong | undefined {
    for (const one of besides) {
      const { literal, contained } = one
      const id = contained ? found.contained.get(contained) : this.patientIn({ reference: literal }, found)
      const isKnown = id !== undefined && (this.persons.has(id) || this.context.person(id) !== undefined)
      const wrong = isKnown ? this.byNumber.contradiction(one, id) : undefined
      if (wrong) return wrong
    }
    return undefined
  }

  /** A reference to what the entry's server calls so. */
  private resolveNamed(
    name: SourceId,
    version: string,
    reference: string,
    found: Finding,
  ): Wrong | undefined {
    const inside = this.insideOf(name)
    if (typeof inside === "object") return inside
    if (inside !== undefined) found.targets.set(reference, `${name.type}/${inside}${version}`)
    else if (this.context.withoutServer(name)) found.bare.push({ name, version, reference })
    else return this.leaveInput(name, version, reference, found)
    return undefined
  }

  /** A reference to what the input does not bring along. */
  private leaveInput(name: SourceId, version: string, reference: string, found: Finding): Wrong | undefined {
    const { id, isOurs, isKnown, isAmbiguous } = this.sourceIds.of(name)
    // On its own it waits for the one whom the source will call so by a real id.
    if (isAmbiguous && this.isTransaction) return namedTwice(name)
    const target = `${name.type}/${id}`
    found.targets.set(reference, `${target}${version}`)
    found.outside.push({ reference, target })
    if (name.type === "Patient" && !this.context.person(id)) found.waitsFor.push({ reference, target: id })
    if (!isOurs && !isKnown && !isAmbiguous) found.reserved.push(reservedFor(name, id))
    return undefined
  }

  /**
   * An address of which the input has no entry. At the entry's own server it is what that calls so; elsewhere it is
   * what the source has sent from there. One of a Patient who has not come stays as it is, and waits.
   */
  private resolveAbsolute(
    reference: string,
    base: string,
    resource: JsonObject,
    found: Finding,
  ): Wrong | undefined {
    const isUrn = urnOf(reference) !== undefined
    const names = namesOfAbsolute(reference)
    const [name] = names
    if (this.addresses.has(withoutVersion(reference))) return undefined
    if (!isUrn && this.refused.has(keyOfId(name))) return refersToRefused(reference)
    const isOwn = !isUrn && name.base === base
    if (isOwn && name.type !== "Patient")
      return this.resolveNamed(name, versionOf(reference), reference, found)
    const inside = isUrn ? undefined : this.inside.get(keyOfId(name))
    if (inside === SEVERAL) return severalInside(name)
    if (inside !== undefined) {
      found.targets.set(reference, `${name.type}/${inside}${versionOf(reference)}`)
      return undefined
    }
    for (const one of names) {
      const { id, isOurs, isKnown, isAmbiguous } = this.sourceIds.of(one)
      if (isAmbiguous && this.isTransaction) return namedTwice(one)
      if (!isOurs && !isKnown) continue
      if (one.type === "Patient" && !this.context.person(id)) continue
      const target = `${one.type}/${id}`
      found.targets.set(reference, `${target}${versionOf(reference)}`)
      found.outside.push({ reference, target })
      return undefined
    }
    if (name.type !== "Patient" || !(isOwn || isSubject(resource, reference))) return undefined
    const { id, isKnown, isAmbiguous } = this.sourceIds.of(name)
    found.waitsFor.push({ reference, target: id })
    if (!isKnown && !isAmbiguous) found.reserved.push(reservedFor(name, id))
    return undefined
  }

  /**
   * A urn that another input of the source gave to something: it is that where it stands with a patient of this one,
   * or with nobody. Urns are meant to be unique, and are not always.
   */
  private resolveUrn(reference: string, one: Pick<Placed, "type" | "id" | "resource">, found: Finding): void {
    if (!urnOf(reference) || found.targets.has(reference) || this.addresses.has(reference)) return
    const named = this.context.byUrn(reference)
    if (!named || named.type === "Patient") return
    const patients = this.patientsOf(one, found)
    if (named.patients.length === 0 || named.patients.some((one) => patients.has(one)))
      found.targets.set(reference, `${named.type}/${named.id}`)
  }

  /** With whom an entry stands, as far as its references lead to patients. */
  private patientsOf(
    { type, id, resource }: Pick<Placed, "type" | "id" | "resource">,
    found: Pick<Resolved, "targets" | "numbered" | "contained">,
  ): ReadonlySet<string> {
    return new Set([
      ...(type === "Patient" ? [id] : []),
      ...found.numbered.values(),
      ...found.contained.values(),
      ...patientElementsOf(resource).flatMap((one) => this.patientIn(one.reference, found) ?? []),
    ])
  }

  private patientIn({ reference }: JsonObject, found: Pick<Resolved, "targets">): string | undefined {
    const literal = asText(reference) ?? ""
    const target = found.targets.get(literal) ?? this.addresses.get(withoutVersion(literal)) ?? ""
    return /^Patient\/([^/]+)/.exec(target)?.[1]
  }

  /** The target of an address that names an entry of the input, perhaps with a version behind it. */
  addressed(address: string): string | Wrong | undefined {
    const [, whole = address, version = ""] = VERSIONED.exec(address) ?? []
    if (this.refused.has(whole)) return refersToRefused(address)
    const entry = this.addresses.get(whole)
    return entry && `${entry}${version}`
  }

  /** A relative reference means what is at the same server; one of an entry without an address, any server's. */
  private insideOf(name: SourceId): string | Wrong | undefined {
    // An entry without an address comes after what the server's own source called so before.
    const unaddressed = this.sourceIds.of(name).isKnown ? [] : [keyOfId({ ...name, base: "" })]
    const names = name.base === "" ? [keyOfId(name), anyBase(name)] : [keyOfId(name), ...unaddressed]
    if (names.some((one) => this.refused.has(one))) return refersToRefused(`${name.type}/${name.id}`)
    const found = names.map((one) => this.inside.get(one)).find((one) => one !== undefined)
    return found === SEVERAL ? severalInside(name) : found
  }
}

const VERSIONED = /^(.+)(\/_history\/[^/\s]+)$/
const anyBase = (name: SourceId) => keyOfId({ ...name, base: "*" })
const versionOf = (reference: string) => VERSIONED.exec(reference)?.[2] ?? ""
const reservedFor = (name: SourceId, id: string): Claim => ({
  ...name,
  idHere: id,
  before: id,
  isTemporary: false,
})

interface Finding extends Resolved {
  readonly targets: Map<string, string>
  readonly numbered: Map<string, string>
  readonly contained: Map<JsonObject, string>
  readonly outside: Outside[]
  readonly waitsFor: Outside[]
  readonly waitsForNumbers: NumberedPatient[]
  readonly reserved: Claim[]
  /** What the source has sent without an address; where that stands with one of this one's patients, it is meant. */
  readonly bare: { readonly name: SourceId; readonly version: string; readonly reference: string }[]
}

/** Of what refers to nothing, or is not asked. */
export const NOTHING_FOUND: Resolved = {
  targets: new Map(),
  numbered: new Map(),
  contained: new Map(),
  outside: [],
  waitsFor: [],
  waitsForNumbers: [],
  reserved: [],
}

/** What an absolute reference may be called: a urn, of which only patients are asked for, also by an id of its own. */
export function namesOfAbsolute(reference: string): readonly SourceId[] {
  const urn = urnOf(reference)
  if (urn) return [urn.base, ""].map((base) => ({ type: "Patient", id: urn.id, base }))
  const { version: _version, ...name } = restfulOf(reference) as SourceId & { version: string }
  return [name]
}

const isSubject = (resource: JsonObject, reference: string): boolean =>
  patientElementsOf(resource).some((one) => one.isSubject && one.reference.reference === reference)

const severalInside = ({ type, id }: SourceId): Wrong => ({
  reason: "ambiguous_reference",
  detail: `several entries are ${type}/${id}; give the entries full addresses (fullUrl), or send them apart`,
})

/** A later reference never means the first of the two. */
const namedTwice = ({ type, id }: SourceId): Wrong => ({
  reason: "ambiguous_reference",
  detail: `its source has called two of them ${type}/${id}, in creates, where an id is for the moment only; refer to a number, or send the ${type} along`,
})

const refersToRefused = (reference: string): Wrong => ({
  reason: "refers_to_refused",
  detail: `it refers to ${reference}, a Patient of the same input that was refused`,
})
