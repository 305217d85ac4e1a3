import { asList, asText, isObject, type Json, JsonNumber, type JsonObject } from "@aceso/core"
import { resourceTypes } from "./compartment.table.ts"

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
}

export interface BundleContext {
  /** The id of a resource of this type with this identifier, if there is one. */
  findByIdentifier(type: string, system: string, value: string): string | undefined
  /** The id of a patient that the resource is about the same person as, by its identifiers. */
  findPatient(resource: JsonObject): string | undefined
  /** The id that a create at this place (-1: a lone resource) made when the very same input came before. */
  formerId(index: number): string | undefined
  newId(): string
}

const types = new Set(resourceTypes)
const ID = /^[A-Za-z0-9\-.]{1,64}$/
/** Never persisted in R4. */
const transient = new Set(["Parameters", "OperationOutcome"])
export const MAX_ENTRIES = 50_000

/** What kind of input this is: a bundle to take apart, or one resource to store as it is. */
export function isTransaction(resource: JsonObject): boolean {
  return resource.resourceType === "Bundle" && ["transaction", "batch"].includes(asText(resource.type) ?? "")
}

/** Takes a transaction or batch apart, gives ids and rewrites references. Nothing is stored here. */
export function takeBundle(bundle: JsonObject, context: BundleContext): Taken {
  const entries = asList(bundle.entry)
  if (entries.length > MAX_ENTRIES)
    return nothing({
      index: -1,
      reason: "too_many_entries",
      detail: `a bundle has at most ${MAX_ENTRIES} entries`,
    })
  const incoming: Incoming[] = []
  const refused: Refusal[] = []
  const existing: { type: string; id: string; index: number }[] = []
  const targets = new Map<string, string>()
  const created = new Map<string, string>()
  entries.forEach((entry, index) => {
    const taken = takeEntry(entry, index, context, created)
    if ("reason" in taken) {
      refused.push(taken)
      return
    }
    const { type, id, resource, fullUrl } = taken
    if (fullUrl) targets.set(fullUrl, `${type}/${id}`)
    // Relative references mean the entry whose fullUrl ends so (hl7.org/fhir/R4/bundle.html#references).
    const relative = fullUrl && /^https?:.*\/([A-Za-z]+\/[A-Za-z0-9\-.]{1,64})$/.exec(fullUrl)?.[1]
    if (relative) targets.set(relative, `${type}/${id}`)
    if (taken.isExisting) existing.push({ type, id, index })
    else incoming.push({ type, id, resource, index, isNew: taken.isNew })
  })
  // A transaction is all or nothing; a batch is as many transactions as it has entries.
  if (bundle.type === "transaction" && refused.length > 0)
    return { incoming: [], refused, existing: [], unresolved: [] }
  const unresolved = new Set<string>()
  const rewritten = incoming.map((one) => ({
    ...one,
    resource: rewrite(one.resource, targets, unresolved) as JsonObject,
  }))
  return { incoming: rewritten, refused, existing, unresolved: [...unresolved] }
}

export interface Asked {
  readonly type: string
  readonly system: string
  readonly value: string
}

/** All identifiers by which `takeBundle` or `takeResource` may ask for what is here. */
export function identifiersAsked(input: JsonObject): readonly Asked[] {
  const asked: Asked[] = []
  const ask = (type: string, system: string, value: string) => {
    asked.push({ type, system, value })
    return undefined
  }
  const context: BundleContext = {
    findByIdentifier: ask,
    findPatient(patient) {
      for (const { system, value } of identifiersOf(patient)) ask("Patient", system, value)
      return undefined
    },
    formerId: () => undefined,
    newId: () => "",
  }
  const entries = isTransaction(input) ? asList(input.entry) : []
  if (entries.length <= MAX_ENTRIES)
    entries.forEach((entry, index) => {
      takeEntry(entry, index, context, new Map())
    })
  if (input.resourceType === "Patient") context.findPatient(input)
  return asked
}

/** One resource on its own: a PUT by its id, or a POST when it has none. */
export function takeResource(resource: JsonObject, context: BundleContext): Taken {
  const type = typeOf(resource)
  if ("reason" in type) return nothing({ index: -1, ...type })
  if (resource.id !== undefined && !(typeof resource.id === "string" && ID.test(resource.id)))
    return nothing({ index: -1, reason: "bad_id", detail: "id: 1 to 64 letters, digits, - and ." })
  const unresolved = new Set<string>()
  rewrite(resource, new Map(), unresolved)
  const known = type.type === "Patient" ? context.findPatient(resource) : undefined
  const id = known ?? asText(resource.id) ?? context.formerId(-1) ?? context.newId()
  return {
    incoming: [{ type: type.type, id, resource, index: -1, isNew: false }],
    refused: [],
    existing: [],
    unresolved: [...unresolved],
  }
}

const nothing = (refusal: Refusal): Taken => ({
  incoming: [],
  refused: [refusal],
  existing: [],
  unresolved: [],
})

function typeOf(resource: Json): { type: string } | { reason: string; detail: string } {
  if (!isObject(resource))
    return { reason: "no_resource", detail: "expected a FHIR resource (a JSON object)" }
  const type = asText(resource.resourceType)
  if (!type || !types.has(type))
    return { reason: "unknown_type", detail: `resourceType ${type ?? "is missing"}; use a FHIR R4 type` }
  if (transient.has(type)) return { reason: "type_not_stored", detail: `${type} is never stored in FHIR R4` }
  return { type }
}

type TakenEntry = {
  type: string
  id: string
  resource: JsonObject
  fullUrl: string | undefined
  isExisting: boolean
  isNew: boolean
}

/** @param created what conditional creates of this bundle made so far: an equal one finds it */
function takeEntry(
  entry: Json,
  index: number,
  context: BundleContext,
  created: Map<string, string>,
): TakenEntry | Refusal {
  const refuse = (reason: string, detail: string) => ({ index, reason, detail: `entry ${index}: ${detail}` })
  if (!isObject(entry) || !isObject(entry.request))
    return refuse("no_request", "expected a resource and a request")
  const found = typeOf(entry.resource)
  if ("reason" in found) return refuse(found.reason, found.detail)
  const resource = entry.resource as JsonObject
  const { type } = found
  const fullUrl = asText(entry.fullUrl)
  const method = asText(entry.request.method)
  const url = asText(entry.request.url) ?? ""
  if (method === "POST") {
    if (url !== type) return refuse("bad_request_url", `POST of a ${type} goes to ${type}, not to ${url}`)
    const condition = asText(entry.request.ifNoneExist)
    if (condition === undefined) {
      const known =
        (type === "Patient" ? context.findPatient(resource) : undefined) ?? context.formerId(index)
      return {
        type,
        id: known ?? context.newId(),
        resource,
        fullUrl,
        isExisting: false,
        isNew: known === undefined,
      }
    }
    const identifier = /^identifier=([^|&]*)\|([^&]+)$/.exec(condition)
    if (!identifier)
      return refuse("bad_condition", "ifNoneExist: only identifier=<system>|<value> is supported")
    const [system, value] = [decoded(identifier[1]), decoded(identifier[2])]
    if (system === undefined || value === undefined)
      return refuse("bad_condition", "ifNoneExist: its percent-encoding is broken")
    const name = JSON.stringify([type, system, value])
    const there =
      created.get(name) ?? context.findByIdentifier(type, system, value) ?? context.formerId(index)
    const id = there ?? context.newId()
    created.set(name, id)
    return {
      type,
      id,
      resource,
      fullUrl,
      isExisting: there !== undefined,
      isNew: true,
    }
  }
  if (method === "PUT") {
    const [urlType, id, ...more] = url.split("/")
    if (urlType !== type || !ID.test(id ?? "") || more.length > 0)
      return refuse("bad_request_url", `PUT of a ${type} goes to ${type}/<id>`)
    if (resource.id !== undefined && resource.id !== id)
      return refuse("bad_id", "the resource's id is not the one of the request")
    return { type, id, resource, fullUrl, isExisting: false, isNew: false }
  }
  return refuse("method_not_supported", `${method ?? "no method"}; an import knows POST and PUT`)
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}

/** Members whose text is a reference or an address: there alone a fullUrl means the entry. */
const isAddress = (name: string) => name === "reference" || /ur[il]$/i.test(name)

/** Replaces references to entries of the bundle; collects those that lead nowhere in it. */
function rewrite(
  value: Json,
  targets: ReadonlyMap<string, string>,
  unresolved: Set<string>,
  name = "",
): Json {
  if (typeof value === "string") {
    const target = isAddress(name) ? targets.get(value) : undefined
    if (target) return target
    if (name === "reference" && !value.startsWith("#")) unresolved.add(value)
    return value
  }
  if (value === null || typeof value !== "object" || value instanceof JsonNumber) return value
  // Most parts hold no link and are shared, not copied.
  let copy: Json[] | JsonObject | undefined
  for (const member of Object.keys(value)) {
    const part = (value as JsonObject)[member]
    const mine = rewrite(part, targets, unresolved, Array.isArray(value) ? name : member)
    if (mine === part) continue
    copy ??= Array.isArray(value) ? [...value] : { ...value }
    ;(copy as JsonObject)[member] = mine
  }
  return copy ?? value
}

/** Business identifiers of a resource. */
export function identifiersOf(resource: JsonObject): { system: string; value: string }[] {
  const all = Array.isArray(resource.identifier) ? resource.identifier : [resource.identifier]
  return all.flatMap((one) =>
    isObject(one) && typeof one.system === "string" && typeof one.value === "string"
      ? [{ system: one.system, value: one.value }]
      : [],
  )
}
