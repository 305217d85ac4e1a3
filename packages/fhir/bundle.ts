import { asList, asText, isObject, type Json, type JsonObject } from "@aceso/core"
import type { Wrong } from "./conditions.ts"
import {
  type BundleContext,
  Entries,
  loneRequestOf,
  requestOf,
  sourceIdOf,
  type TakenEntry,
} from "./entries.ts"
import type { Doubt } from "./identities.ts"
import { NO_REFERENCES, type OpenReferences, openReferences, rewrite } from "./references.ts"
import { type Outside, type Placed, type Resolved, Resolver } from "./resolver.ts"
import { type Claim, keyOfId, restfulOf } from "./source-ids.ts"

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
  /** Patients of its source who are not here yet, by the ids that they are to have. */
  readonly waitsFor: readonly Outside[]
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
  readonly existing: readonly Pick<Incoming, "type" | "id" | "index">[]
  /** References that are kept as they are: they mean nothing in the input, nor an id of its source. */
  readonly unresolved: readonly string[]
  /** References to ids of the source that the input does not bring along. */
  readonly outside: readonly Outside[]
  /** Patients of this input that may be the same as others. */
  readonly doubts: readonly Doubt[]
  /** What the source's ids mean here. */
  readonly claims: readonly Claim[]
}

export const MAX_ENTRIES = 50_000

/** What kind of input this is: a bundle to take apart, or one resource to store as it is. */
export function isTransaction(resource: JsonObject): boolean {
  return resource.resourceType === "Bundle" && ["transaction", "batch"].includes(asText(resource.type) ?? "")
}

/** The open references of an input's resources, by their places; a lone resource has the first. */
export function openReferencesOf(input: JsonObject): readonly OpenReferences[] {
  if (!isTransaction(input)) return [openReferences(input)]
  const entries = asList(input.entry)
  return (entries.length <= MAX_ENTRIES ? entries : []).map((entry) =>
    isObject(entry) && isObject(entry.resource) ? openReferences(entry.resource) : NO_REFERENCES,
  )
}

/**
 * Takes a transaction or batch apart, gives ids and rewrites references. Nothing is stored here.
 * @param open its open references; those of a place that it does not have are none
 */
export function takeBundle(
  bundle: JsonObject,
  context: BundleContext,
  open: readonly OpenReferences[] = openReferencesOf(bundle),
): Taken {
  const all = asList(bundle.entry)
  if (all.length > MAX_ENTRIES)
    return nothing([
      { index: -1, reason: "too_many_entries", detail: `a bundle has at most ${MAX_ENTRIES} entries` },
    ])
  const entries = new Entries(context)
  const refused: Refusal[] = []
  const refuse = (index: number, { reason, detail }: Wrong) =>
    refused.push({ index, reason, detail: `entry ${index}: ${detail}` })
  const taken: Placed[] = []
  const refusedPatients: number[] = []
  const names = new Set<string>()
  all.forEach((entry, index) => {
    const request = requestOf(entry)
    const found = "reason" in request ? request : entries.take(request, index)
    const one = "reason" in found ? found : (twice(found, names) ?? found)
    if (!("reason" in one)) taken.push({ ...one, index, open: open[index] ?? NO_REFERENCES })
    else {
      refuse(index, one)
      if (isPatientEntry(entry)) refusedPatients.push(index)
    }
  })
  const resolver = new Resolver(taken, context, entries.sourceIds)
  const isWhole = bundle.type === "transaction"
  if (!isWhole) for (const index of refusedPatients) refuseIn(resolver, all[index] as JsonObject)
  return finish(taken, entries, resolver, refused, refuse, isWhole)
}

/** A resource or an address that stands twice: which of them is meant, or comes last, nobody said (bdl-7, #trules). */
function twice({ type, id, fullUrl, isExisting }: TakenEntry, names: Set<string>): Wrong | undefined {
  const mine = [...(fullUrl ? [fullUrl] : []), ...(isExisting ? [] : [`${type}/${id}`])]
  const name = mine.find((one) => names.has(one))
  for (const one of mine) names.add(one)
  return name === undefined
    ? undefined
    : { reason: "duplicate_entry", detail: `${name} stands in the bundle twice; send it once` }
}

const isPatientEntry = (entry: Json) =>
  isObject(entry) && isObject(entry.resource) && entry.resource.resourceType === "Patient"

/** Also of an entry whose request is no request, what it calls its Patient. */
function refuseIn(resolver: Resolver, entry: JsonObject): void {
  const resource = entry.resource as JsonObject
  const fullUrl = asText(entry.fullUrl)
  const request = requestOf(entry)
  const sourceId = "reason" in request ? undefined : sourceIdOf(request)
  resolver.refuse(sourceId ?? restfulOf(fullUrl), fullUrl)
  const id = asText(resource.id)
  if (id !== undefined)
    resolver.refuse({ type: "Patient", id, base: restfulOf(fullUrl)?.base ?? "" }, undefined)
}

/** One resource on its own: a PUT by its id, or a POST when it has none. */
export function takeResource(
  resource: JsonObject,
  context: BundleContext,
  open: readonly OpenReferences[] = openReferencesOf(resource),
): Taken {
  const request = loneRequestOf(resource)
  if ("reason" in request) return nothing([{ index: -1, ...request }])
  const entries = new Entries(context)
  const one = entries.take(request, -1)
  if ("reason" in one) return nothing([{ index: -1, ...one }])
  const refused: Refusal[] = []
  const refuse = (index: number, wrong: Wrong) => refused.push({ index, ...wrong })
  const placed = { ...one, index: -1, open: open[0] ?? NO_REFERENCES }
  const resolver = new Resolver([placed], context, entries.sourceIds)
  return finish([placed], entries, resolver, refused, refuse, true)
}

/** Resolves references, once everything has its id. */
function finish(
  taken: readonly Placed[],
  entries: Entries,
  resolver: Resolver,
  refused: Refusal[],
  refuse: (index: number, wrong: Wrong) => void,
  isWhole: boolean,
): Taken {
  const unresolved = new Set<string>()
  const left: (Placed & Resolved)[] = []
  // Patients first: what refers to one that is refused is refused as well.
  for (const isPatient of [true, false])
    for (const one of taken) {
      if ((one.type === "Patient") !== isPatient) continue
      const done = one.isExisting ? { ...one, ...NOTHING_RESOLVED } : rewritten(one, resolver, unresolved)
      if (!("reason" in done)) left.push(done)
      else {
        refuse(one.index, done)
        if (isPatient && !isWhole) resolver.refuse(one.sourceId, one.fullUrl)
      }
    }
  refused.sort((a, b) => a.index - b.index)
  // A transaction is all or nothing; a batch is as many transactions as it has entries.
  if (isWhole && refused.length > 0) return nothing(refused)
  left.sort((a, b) => a.index - b.index)
  const ids = new Set(left.filter(({ type }) => type === "Patient").map(({ id }) => id))
  return {
    incoming: left
      .filter(({ isExisting }) => !isExisting)
      .map(({ type, id, resource, index, isNew, isRenamed, waitsFor }) => ({
        type,
        id,
        resource,
        index,
        isNew,
        isRenamed,
        waitsFor,
      })),
    refused,
    existing: left.filter(({ isExisting }) => isExisting).map(({ type, id, index }) => ({ type, id, index })),
    unresolved: [...unresolved],
    outside: left.flatMap(({ outside }) => outside),
    doubts: entries.identities.doubts.filter(({ id }) => ids.has(id)),
    claims: claimsOf(left),
  }
}

const NOTHING_RESOLVED: Resolved = { targets: new Map(), outside: [], waitsFor: [], claims: [] }

/** An entry with its references as they are here. */
function rewritten(one: Placed, resolver: Resolver, unresolved: Set<string>): (Placed & Resolved) | Wrong {
  const resolved = resolver.resolve(one)
  if ("reason" in resolved) return resolved
  let wrong: Wrong | undefined
  const targetOf = (address: string) => {
    const target = resolved.targets.get(address) ?? resolver.addressed(address)
    if (typeof target !== "object") return target
    wrong = target
    return undefined
  }
  const mine = new Set<string>()
  const resource = rewrite(one.resource, targetOf, mine) as JsonObject
  if (wrong) return wrong
  for (const reference of mine) unresolved.add(reference)
  return { ...one, resource, ...resolved }
}

/** What later inputs of the source may mean; not what this one says in two ways. */
function claimsOf(left: readonly (Placed & Resolved)[]): Claim[] {
  const found = new Map<string, Claim | undefined>()
  for (const claim of left.flatMap(({ claim, claims }) => [...claims, ...(claim ? [claim] : [])])) {
    const key = keyOfId(claim)
    const isOther = found.has(key) && found.get(key)?.idHere !== claim.idHere
    found.set(key, isOther ? undefined : claim)
  }
  return [...found.values()].filter((claim) => claim !== undefined)
}

const nothing = (refused: readonly Refusal[]): Taken => ({
  incoming: [],
  refused,
  existing: [],
  unresolved: [],
  outside: [],
  doubts: [],
  claims: [],
})
