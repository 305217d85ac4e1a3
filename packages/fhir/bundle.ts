import { asList, asText, canonicalText, isObject, type JsonObject } from "@aceso/core"
import type { Wrong } from "./conditions.ts"
import { type BundleContext, Entries, type TakenEntry } from "./entries.ts"
import type { Doubt } from "./identities.ts"
import { type FhirInput, type InputEntry, isPatientEntry, lineOfPlace } from "./input.ts"
import { type NumberedPatient, rewrite, withoutVersion, withPatients } from "./references.ts"
import { sourceIdOf } from "./requests.ts"
import { NOTHING_FOUND, type Outside, type Placed, type Resolved, Resolver } from "./resolver.ts"
import { type Claim, keyOfId, restfulOf, type SourceId, urnOf } from "./source-ids.ts"

/** Transactions as FHIR R4 has them (hl7.org/fhir/R4/http.html#trules), as far as an import needs them. */
export interface Incoming {
  readonly type: string
  /** The id that the resource has here. */
  readonly id: string
  readonly resource: JsonObject
  /** Place in the bundle; -1 for a lone resource. */
  readonly index: number
  /** The id was made just now: nothing of it can be here yet. */
  readonly isNew: boolean
  /** Its source's id means something else here: it got another one. */
  readonly isRenamed: boolean
  /** Its source has deleted it: it ends, and `resource` is its type and id alone. */
  readonly isEnd: boolean
  /** A condition found it, not an id of its source. */
  readonly isByCondition: boolean
  /** ms: when its source set it so, by its own clock; undefined: it does not say, or asks for it. */
  readonly saidAt: number | undefined
  /** What its source calls it; undefined: it does not say. */
  readonly sourceId: SourceId | undefined
  /** By which others may name it. */
  readonly urn: string | undefined
  /** Whose it is where it does not say so itself: of a document kept whole, the patients of its Composition. */
  readonly patients: readonly string[]
  /** Patients of its source who are not here yet, by the ids that they are to have. */
  readonly waitsFor: readonly Outside[]
  /** Numbers by which it names patients who are not here yet. */
  readonly waitsForNumbers: readonly NumberedPatient[]
}

export interface Existing extends Pick<Incoming, "type" | "id" | "index" | "urn"> {
  /** What was sent, its references as they are here. */
  readonly resource: JsonObject
}

/** What its source has changed since, then (`newer`, ms). */
export interface Overtaken extends Pick<Incoming, "type" | "id" | "index" | "resource" | "saidAt" | "isEnd"> {
  readonly newer: number
}

export interface Refusal {
  readonly index: number
  readonly reason: string
  readonly detail: string
}

export interface Taken {
  readonly incoming: readonly Incoming[]
  readonly refused: readonly Refusal[]
  /** What conditional creates found to be there already. */
  readonly existing: readonly Existing[]
  readonly older: readonly Overtaken[]
  /** References that are kept as they are: they mean nothing in the input, nor an id of its source. */
  readonly unresolved: readonly string[]
  /** References to ids of the source that the input does not bring along. */
  readonly outside: readonly Outside[]
  /** Patients of this input that may be the same as others. */
  readonly doubts: readonly Doubt[]
  /** What the source's ids mean here. */
  readonly claims: readonly Claim[]
}

/** Takes an input apart, gives ids and rewrites references. Nothing is stored here. */
export function takeInput(input: FhirInput, context: BundleContext): Taken {
  if (input.wrong) return nothing([{ index: -1, ...input.wrong }])
  const entries = new Entries(context)
  const refused: Refusal[] = []
  const told = new Set<string>()
  const refuse = (index: number, { reason, detail }: Wrong) => {
    // What one cause refuses in many places is told once.
    if (reason === "no_match" && told.has(detail)) return
    told.add(detail)
    refused.push({ index, reason, detail: atPlace(input, index, detail) })
  }
  const taken: Placed[] = []
  const refusedPatients: InputEntry[] = []
  const names: Names = new Map()
  const take = taking(input, entries)
  for (const one of input.entries) {
    const { request, index, open, saidAt } = one
    const found = "reason" in request ? request : take(one)
    const before =
      "reason" in found || input.isHistory
        ? undefined
        : standsTwice(found, input.isWhole ? undefined : saidAt, names)
    if ("reason" in found) {
      refuse(index, found)
      if (isPatientEntry(one)) refusedPatients.push(one)
    } else if (!before) taken.push({ ...found, index, open, saidAt })
    else if (input.isWhole || canonicalText(before.resource) !== canonicalText(found.resource))
      refuse(index, {
        reason: "duplicate_entry",
        detail: `${before.name} stands in the bundle twice; send it once`,
      })
  }
  const resolver = new Resolver(taken, context, entries.sourceIds, input.isWhole && input.place !== undefined)
  if (!input.isWhole) for (const one of refusedPatients) refuseIn(resolver, one)
  return finish(input, resolver.entries, entries, resolver, refused, refuse)
}

/** Of a Patient's versions that come together the newest says who it is: a name or a birth date may have been corrected. */
function taking(input: FhirInput, entries: Entries): (one: InputEntry) => TakenEntry | Wrong {
  const newest = new Map<string, InputEntry>()
  const nameOf = ({ request, saidAt }: InputEntry) => {
    if ("reason" in request || request.type !== "Patient" || request.how.kind !== "update") return undefined
    const sourceId = input.isHistory || saidAt !== undefined ? sourceIdOf(request) : undefined
    return sourceId && keyOfId(sourceId)
  }
  for (const one of input.entries) {
    const name = nameOf(one)
    if (name !== undefined) newest.set(name, one)
  }
  const taken = new Map<InputEntry, TakenEntry | Wrong>()
  const take = (one: InputEntry): TakenEntry | Wrong => {
    const { request, index, saidAt } = one
    const found = taken.get(one) ?? ("reason" in request ? request : entries.take(request, index, saidAt))
    taken.set(one, found)
    return found
  }
  return (one) => {
    const { request } = one
    const last = newest.get(nameOf(one) ?? "") ?? one
    const found = take(last)
    if (last === one || "reason" in found || "reason" in request || found.newer !== undefined)
      return take(one)
    return { ...found, resource: request.resource, fullUrl: request.fullUrl }
  }
}

/** A message about one place of an input. */
export const atPlace = (
  { place, firstPlace }: Pick<FhirInput, "place" | "firstPlace">,
  index: number,
  detail: string,
): string =>
  place === undefined || index < 0
    ? detail
    : `${place} ${firstPlace + (place === "line" ? lineOfPlace(index) : index)}: ${detail}`

/**
 * A resource or an address that stands twice: which of them is meant, or comes last, nobody said (bdl-7, #trules).
 * Pages and includes of searches repeat what they have: the very same entry again says nothing new. Versions that each
 * have a time of their own come one after the other.
 */
function standsTwice(
  { type, id, fullUrl, isExisting, resource }: TakenEntry,
  saidAt: number | undefined,
  names: Names,
): { readonly name: string; readonly resource: JsonObject } | undefined {
  const mine = [...(fullUrl ? [withoutVersion(fullUrl)] : []), ...(isExisting ? [] : [`${type}/${id}`])]
  for (const name of mine) {
    const before = names.get(name)
    const [any] = saidAt === undefined ? (before?.values() ?? []) : []
    const same = any ?? before?.get(undefined) ?? before?.get(saidAt)
    if (same) return { name, resource: same }
  }
  for (const name of mine) {
    const versions = names.get(name) ?? new Map<number | undefined, JsonObject>()
    names.set(name, versions.set(saidAt, resource))
  }
  return undefined
}

/** What stands under a name, by its time; what has none is of any. */
type Names = Map<string, Map<number | undefined, JsonObject>>

/** Also of an entry whose request is no request, what it calls its Patient. */
function refuseIn(resolver: Resolver, { entry, request }: InputEntry): void {
  const { resource, fullUrl: address } = entry as { resource: JsonObject; fullUrl?: string }
  const fullUrl = asText(address)
  const sourceId = "reason" in request ? undefined : sourceIdOf(request)
  resolver.refuse(sourceId ?? restfulOf(fullUrl), fullUrl)
  const id = asText(resource.id)
  if (id !== undefined)
    resolver.refuse({ type: "Patient", id, base: restfulOf(fullUrl)?.base ?? "" }, undefined)
}

/** Resolves references, once everything has its id. */
function finish(
  { isWhole, isHistory }: FhirInput,
  taken: readonly Placed[],
  entries: Entries,
  resolver: Resolver,
  refused: Refusal[],
  refuse: (index: number, wrong: Wrong) => void,
): Taken {
  const unresolved = new Set<string>()
  const done = new Map<Placed, Finished>()
  // Patients first: what refers to one that is refused is refused as well.
  for (const isPatient of [true, false])
    for (const one of taken) {
      if ((one.type === "Patient") !== isPatient) continue
      const found = rewritten(one, resolver, unresolved)
      if (!("reason" in found)) done.set(one, found)
      else {
        refuse(one.index, found)
        if (isPatient && !isWhole) resolver.refuse(one.sourceId, one.fullUrl)
      }
    }
  refused.sort((a, b) => a.index - b.index)
  // A transaction is all or nothing; a batch is as many transactions as it has entries.
  if (isWhole && refused.length > 0) return nothing(refused)
  const left = taken.flatMap((one) => done.get(one) ?? [])
  // Versions of a history come one after the other, whatever their places.
  if (!isHistory && !hasVersions(left)) left.sort((a, b) => a.index - b.index)
  const ids = new Set(left.filter(({ type }) => type === "Patient").map(({ id }) => id))
  return {
    incoming: left.filter(({ isExisting }) => !isExisting).map((one) => incomingOf(one, left)),
    refused,
    existing: left
      .filter(({ isExisting, newer }) => isExisting && newer === undefined)
      .map(({ type, id, index, resource, fullUrl }) => ({ type, id, index, resource, urn: urnIn(fullUrl) })),
    older: left.flatMap(({ type, id, index, resource, saidAt, isEnd, newer }) =>
      newer === undefined ? [] : [{ type, id, index, resource, saidAt, isEnd, newer }],
    ),
    unresolved: [...unresolved],
    outside: left.flatMap(({ outside }) => outside),
    doubts: [...entries.identities.doubts.filter(({ id }) => ids.has(id)), ...linkDoubts(left)],
    claims: claimsOf(left),
  }
}

type Finished = Placed & Resolved

/** A Patient whose source says that another one is the same person, or took its place (R4, patient.html#links). */
function linkDoubts(left: readonly Finished[]): Doubt[] {
  return left.flatMap(({ type, id, resource, isExisting }) => {
    if (type !== "Patient" || isExisting) return []
    const links = asList(resource.link).filter(isObject)
    const others = links.flatMap(({ type, other }) => {
      const reference = isObject(other) ? asText(other.reference) : undefined
      const [, found] = /^Patient\/([^/]+)$/.exec(reference ?? "") ?? []
      return found === undefined || found === id || type === "refer" ? [] : [found]
    })
    return others.map((other): Doubt => ({ id, other, reasons: ["linked"], isSetApart: false }))
  })
}

function hasVersions(all: readonly Finished[]): boolean {
  const dated = all.filter(({ saidAt }) => saidAt !== undefined)
  return new Set(dated.map(({ type, id }) => `${type}/${id}`)).size < dated.length
}

function incomingOf(one: Finished, all: readonly Finished[]): Incoming {
  const { type, id, resource, index, isNew, isRenamed, isByCondition, isEnd, saidAt, sourceId, fullUrl } = one
  const named = isKeptWhole(one) ? subjectOf(all) : one
  return {
    type,
    id,
    resource,
    index,
    isNew,
    isRenamed,
    isByCondition,
    isEnd,
    saidAt,
    sourceId,
    urn: urnIn(fullUrl),
    patients: isKeptWhole(one) ? patientsOf(named, all) : [],
    waitsFor: named?.waitsFor ?? [],
    waitsForNumbers: named?.waitsForNumbers ?? [],
  }
}

const urnIn = (fullUrl: string | undefined) => (urnOf(fullUrl) ? fullUrl : undefined)

const isKeptWhole = ({ type, index, resource }: Finished) =>
  type === "Bundle" && index === -1 && resource.type === "document"

/** What says whose a document is: its Composition (R4, documents.html). */
const subjectOf = (all: readonly Finished[]) => all.find(({ type }) => type === "Composition")

function patientsOf(composition: Finished | undefined, all: readonly Finished[]): string[] {
  const subject = isObject(composition?.resource.subject) ? composition.resource.subject : {}
  const [, id] = /^Patient\/([^/]+)/.exec(asText(subject.reference) ?? "") ?? []
  if (id !== undefined) return [id]
  const patients = [...new Set(all.filter(({ type }) => type === "Patient").map((one) => one.id))]
  // Of several, nobody said whose it is.
  return composition === undefined && patients.length === 1 ? patients : []
}

/** An entry with its references as they are here. A Bundle keeps its own: it may be signed. */
function rewritten(one: Placed, resolver: Resolver, unresolved: Set<string>): Finished | Wrong {
  if (one.type === "Bundle" || one.isEnd) return { ...one, ...NOTHING_FOUND }
  const resolved = resolver.resolve(one)
  if ("reason" in resolved) return one.isExisting ? { ...one, ...NOTHING_FOUND } : resolved
  let wrong: Wrong | undefined
  const targetOf = (address: string) => {
    const target = resolved.targets.get(address) ?? resolver.addressed(address)
    if (typeof target !== "object") return target
    wrong = target
    return undefined
  }
  const mine = new Set<string>()
  const patients = withContained(one.resource, resolved)
  const linked = rewrite(patients, targetOf, mine) as JsonObject
  if (one.isExisting) return { ...one, resource: linked, ...NOTHING_FOUND }
  if (wrong) return wrong
  for (const reference of mine) unresolved.add(reference)
  const resource =
    resolved.numbered.size === 0
      ? linked
      : withPatients(
          linked,
          ({ system, value }) => resolved.numbered.get(JSON.stringify([system, value])),
          () => undefined,
        )
  return { ...one, resource, ...resolved }
}

/** Before anything in it is rewritten: its contained Patients are known as they came. */
const withContained = (resource: JsonObject, { contained }: Resolved): JsonObject =>
  contained.size === 0
    ? resource
    : withPatients(
        resource,
        () => undefined,
        (patient) => contained.get(patient),
      )

/** What later inputs of the source may mean; what this one says in two ways is of neither. */
function claimsOf(left: readonly Finished[]): Claim[] {
  const found = new Map<string, Claim>()
  for (const claim of left.flatMap((one) => [...one.reserved, ...one.claims])) {
    const key = keyOfId(claim)
    const before = found.get(key)
    const isOther = before !== undefined && before.idHere !== claim.idHere
    found.set(key, isOther ? { ...claim, idHere: undefined } : claim)
  }
  return [...found.values()]
}

const nothing = (refused: readonly Refusal[]): Taken => ({
  incoming: [],
  refused,
  existing: [],
  older: [],
  unresolved: [],
  outside: [],
  doubts: [],
  claims: [],
})
