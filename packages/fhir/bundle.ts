import { asList, asText, isObject, type JsonObject } from "@aceso/core"
import { type Condition, conditionOf, matchesOf, severalMatches, type Wrong } from "./conditions.ts"
import { type BundleContext, Entries, ID, requestOf, type TakenEntry, typeOf } from "./entries.ts"
import { knownIdentifiers } from "./identifiers.ts"
import type { Claim, Doubt } from "./identities.ts"
import {
  NO_REFERENCES,
  type OpenReferences,
  openReferences,
  patientReference,
  rewrite,
} from "./references.ts"

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
  /** References to what is not in the bundle, kept as they are; they may be here or nowhere. */
  readonly unresolved: readonly string[]
  /** Patients of this input that may be the same as others. */
  readonly doubts: readonly Doubt[]
  /** Who the input's patients are here. */
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
  all.forEach((entry, index) => {
    const request = requestOf(entry)
    const one = "reason" in request ? request : entries.take(request, index)
    if ("reason" in one) refuse(index, one)
    else taken.push({ ...one, index, open: open[index] ?? NO_REFERENCES })
  })
  return finish(taken, entries, context, refused, refuse, bundle.type === "transaction")
}

/** One resource on its own: a PUT by its id, or a POST when it has none. */
export function takeResource(
  resource: JsonObject,
  context: BundleContext,
  open: readonly OpenReferences[] = openReferencesOf(resource),
): Taken {
  const found = typeOf(resource)
  if ("reason" in found) return nothing([{ index: -1, ...found }])
  if (resource.id !== undefined && !(typeof resource.id === "string" && ID.test(resource.id)))
    return nothing([{ index: -1, reason: "bad_id", detail: "id: 1 to 64 letters, digits, - and ." }])
  const { type } = found
  const id = asText(resource.id)
  const how = id === undefined ? ({ kind: "create" } as const) : ({ kind: "update", id } as const)
  const entries = new Entries(context)
  const one = entries.take({ type, resource, fullUrl: undefined, how }, -1)
  if ("reason" in one) return nothing([{ index: -1, ...one }])
  const refused: Refusal[] = []
  const refuse = (index: number, wrong: Wrong) => refused.push({ index, ...wrong })
  const placed = { ...one, index: -1, open: open[0] ?? NO_REFERENCES }
  return finish([placed], entries, context, refused, refuse, true)
}

type Placed = TakenEntry & { readonly index: number; readonly open: OpenReferences }

/** Resolves references, once everything has its id. */
function finish(
  taken: readonly Placed[],
  entries: Entries,
  context: BundleContext,
  refused: Refusal[],
  refuse: (index: number, wrong: Wrong) => void,
  isWhole: boolean,
): Taken {
  const resolver = new Resolver(taken, context)
  const left = taken.filter(({ open, index, isExisting }) => {
    const wrong = isExisting ? undefined : resolver.resolve(open)
    if (wrong) refuse(index, wrong)
    return !wrong
  })
  // A transaction is all or nothing; a batch is as many transactions as it has entries.
  if (isWhole && refused.length > 0) return nothing(refused.sort((a, b) => a.index - b.index))
  const targets = resolver.targetsOf(left)
  const unresolved = new Set<string>()
  const incoming = left
    .filter(({ isExisting }) => !isExisting)
    .map(({ type, id, resource, index, isNew }) => ({
      type,
      id,
      resource: rewrite(resource, targets, unresolved) as JsonObject,
      index,
      isNew,
    }))
  const existing = left
    .filter(({ isExisting }) => isExisting)
    .map(({ type, id, index }) => ({ type, id, index }))
  const ids = new Set(left.filter(({ type }) => type === "Patient").map(({ id }) => id))
  return {
    incoming,
    refused,
    existing,
    unresolved: [...unresolved],
    doubts: entries.identities.doubts.filter(({ id }) => ids.has(id)),
    claims: entries.identities.claims.filter(({ id }) => ids.has(id)),
  }
}

/** Where the references of one input lead. */
class Resolver {
  private readonly context: BundleContext
  private readonly taken: readonly Placed[]
  private sets: ReturnType<typeof identifiersSet> | undefined
  private readonly patients = new Map<string, string>()
  private readonly resolved = new Map<string, string>()

  constructor(taken: readonly Placed[], context: BundleContext) {
    this.context = context
    this.taken = taken
    for (const { type, id, sourceId } of taken)
      if (type === "Patient" && sourceId !== undefined) this.patients.set(sourceId, id)
  }

  /** Finds the targets of a resource's open references. @returns why that cannot be done */
  resolve({ patients, conditional }: OpenReferences): Wrong | undefined {
    for (const reference of patients) {
      const { id, version } = patientReference(reference)
      const target = this.patientFor(id)
      if (typeof target === "object") return target
      if (target !== id) this.resolved.set(reference, `Patient/${target}${version}`)
    }
    for (const reference of conditional) {
      const target = this.matchOf(reference)
      if (typeof target === "object") return target
      this.resolved.set(reference, target)
    }
    return undefined
  }

  targetsOf(taken: readonly Placed[]): ReadonlyMap<string, string> {
    const targets = new Map(this.resolved)
    for (const { type, id, fullUrl } of taken) {
      if (!fullUrl) continue
      targets.set(fullUrl, `${type}/${id}`)
      // Relative references mean the entry whose fullUrl ends so (hl7.org/fhir/R4/bundle.html#references).
      const relative = /^https?:.*\/([A-Za-z]+\/[A-Za-z0-9\-.]{1,64})$/.exec(fullUrl)?.[1]
      if (relative) targets.set(relative, `${type}/${id}`)
    }
    return targets
  }

  /** Who `Patient/<id>` is: the input's own patient, its source's, or the one who has this id here. */
  private patientFor(id: string): string | Wrong {
    const inside = this.patients.get(id)
    if (inside !== undefined) return inside
    const { own, others } = this.context.claims(id)
    if (own !== undefined) return own
    const isSomebodyElse = others.some((other) => other !== id)
    if (!isSomebodyElse || this.context.person(id) === undefined) return id
    return {
      reason: "ambiguous_reference",
      detail: `Patient/${id} is one patient here and another one in a source that was imported before; import it with its Patient, or say which source it is from (--source)`,
    }
  }

  private matchOf(reference: string): string | Wrong {
    const [type, ...rest] = reference.split("?")
    const condition = conditionOf(type, rest.join("?"), `the reference ${reference}`)
    if ("reason" in condition) return condition
    const ids = this.find(condition)
    if (ids.length === 1) return `${type}/${ids[0]}`
    if (ids.length > 1) return severalMatches(condition, ids, "a conditional reference")
    return {
      reason: "no_match",
      detail: `the reference ${reference} finds nothing here; import what it means first`,
    }
  }

  private find(condition: Condition): readonly string[] {
    const { type, system, value } = condition
    this.sets ??= identifiersSet(this.taken, this.context)
    const { names, byIdentifier } = this.sets
    const here = matchesOf(this.context, condition).filter((id) => !names.has(`${type}/${id}`))
    return [...here, ...(byIdentifier.get(JSON.stringify([type, system, value])) ?? [])]
  }
}

/** What an input sets counts instead of what is here of the same resources. */
function identifiersSet(taken: readonly Placed[], { rules }: BundleContext) {
  const names = new Set<string>()
  const byIdentifier = new Map<string, Set<string>>()
  for (const { type, id, resource, isExisting } of taken) {
    if (isExisting) continue
    names.add(`${type}/${id}`)
    for (const { system, value, isCurrent } of knownIdentifiers(resource, rules)) {
      if (!isCurrent && type === "Patient") continue
      const name = JSON.stringify([type, system, value])
      byIdentifier.set(name, (byIdentifier.get(name) ?? new Set<string>()).add(id))
    }
  }
  return { names, byIdentifier }
}

const nothing = (refused: readonly Refusal[]): Taken => ({
  incoming: [],
  refused,
  existing: [],
  unresolved: [],
  doubts: [],
  claims: [],
})
