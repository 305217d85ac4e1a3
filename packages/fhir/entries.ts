import { asText, isObject, type Json, type JsonObject } from "@aceso/core"
import { resourceTypes } from "./compartment.table.ts"
import { type Condition, conditionOf, matchesOf, severalMatches, type Wrong } from "./conditions.ts"
import { Identities, type PeopleHere } from "./identities.ts"

export interface BundleContext extends PeopleHere {
  /** The id that a create at this place (-1: a lone resource) made when the very same input came before. */
  formerId(index: number): string | undefined
}

/** What an entry asks for, before anything is known of what is here. */
export interface Request {
  readonly type: string
  readonly resource: JsonObject
  readonly fullUrl: string | undefined
  readonly how:
    | { readonly kind: "create" }
    | { readonly kind: "createIfNone" | "updateWhere"; readonly condition: Condition; readonly query: string }
    | { readonly kind: "update"; readonly id: string }
}

/** What becomes of it. */
export interface TakenEntry {
  readonly type: string
  readonly id: string
  readonly resource: JsonObject
  readonly fullUrl: string | undefined
  /** The id that the source gives to the resource, where it has one. */
  readonly sourceId: string | undefined
  readonly isExisting: boolean
  readonly isNew: boolean
}

const types = new Set(resourceTypes)
export const ID = /^[A-Za-z0-9\-.]{1,64}$/
/** Never persisted in R4. */
const transient = new Set(["Parameters", "OperationOutcome"])

export function typeOf(resource: Json): { type: string } | Wrong {
  if (!isObject(resource))
    return { reason: "no_resource", detail: "expected a FHIR resource (a JSON object)" }
  const type = asText(resource.resourceType)
  if (!type || !types.has(type))
    return { reason: "unknown_type", detail: `resourceType ${type ?? "is missing"}; use a FHIR R4 type` }
  if (transient.has(type)) return { reason: "type_not_stored", detail: `${type} is never stored in FHIR R4` }
  return { type }
}

export function requestOf(entry: Json): Request | Wrong {
  if (!isObject(entry) || !isObject(entry.request))
    return { reason: "no_request", detail: "expected a resource and a request" }
  const found = typeOf(entry.resource)
  if ("reason" in found) return found
  const { type } = found
  const resource = entry.resource as JsonObject
  const how = howOf(type, resource, entry.request)
  return "reason" in how ? how : { type, resource, fullUrl: asText(entry.fullUrl), how }
}

function howOf(type: string, resource: JsonObject, request: JsonObject): Request["how"] | Wrong {
  const method = asText(request.method)
  const url = asText(request.url) ?? ""
  if (method === "POST") {
    if (url !== type)
      return { reason: "bad_request_url", detail: `POST of a ${type} goes to ${type}, not to ${url}` }
    const query = asText(request.ifNoneExist)
    if (query === undefined) return { kind: "create" }
    const condition = conditionOf(type, query, "ifNoneExist")
    return "reason" in condition ? condition : { kind: "createIfNone", condition, query: "ifNoneExist" }
  }
  if (method !== "PUT")
    return {
      reason: "method_not_supported",
      detail: `${method ?? "no method"}; an import knows POST and PUT`,
    }
  if (url.startsWith(`${type}?`)) {
    const condition = conditionOf(type, url.slice(type.length + 1), "PUT with a condition")
    return "reason" in condition ? condition : { kind: "updateWhere", condition, query: url }
  }
  const [urlType, id, ...more] = url.split("/")
  if (urlType !== type || !ID.test(id ?? "") || more.length > 0)
    return { reason: "bad_request_url", detail: `PUT of a ${type} goes to ${type}/<id>` }
  if (resource.id !== undefined && resource.id !== id)
    return { reason: "bad_id", detail: "the resource's id is not the one of the request" }
  return { kind: "update", id }
}

/** Gives the entries of one input their ids, one after the other. */
export class Entries {
  readonly identities: Identities
  private readonly context: BundleContext
  /** What conditions of this input made or found so far: an equal one finds it. */
  private readonly settled = new Map<string, string>()

  constructor(context: BundleContext) {
    this.context = context
    this.identities = new Identities(context)
  }

  take(request: Request, index: number): TakenEntry | Wrong {
    const { type, resource, fullUrl, how } = request
    const given = typeof resource.id === "string" && ID.test(resource.id) ? resource.id : undefined
    const sourceId = how.kind === "update" ? how.id : given
    const taken = this.identityOf(request, index, given)
    if ("reason" in taken) return taken
    return { type, resource, fullUrl, sourceId, ...taken }
  }

  private identityOf(
    { type, resource, how }: Request,
    index: number,
    given: string | undefined,
  ): Pick<TakenEntry, "id" | "isExisting" | "isNew"> | Wrong {
    if (how.kind === "create") return this.created(type, resource, index)
    if (how.kind === "update") return this.named(type, resource, how.id)
    const { condition, query } = how
    const name = JSON.stringify([condition.type, condition.system, condition.value])
    const settled = this.settled.get(name)
    const ids = settled === undefined ? matchesOf(this.context, condition) : [settled]
    if (ids.length > 1) return severalMatches(condition, ids, query)
    const found =
      ids.length === 0
        ? this.foundNothing(type, resource, index, how.kind, given)
        : this.foundOne(type, resource, ids[0], how.kind, given)
    if (!("reason" in found)) this.settled.set(name, found.id)
    return found
  }

  private created(type: string, resource: JsonObject, index: number) {
    const former = this.context.formerId(index)
    if (type === "Patient") return { ...this.identities.unnamed(resource, former), isExisting: false }
    return { id: former ?? this.context.newId(), isNew: former === undefined, isExisting: false }
  }

  private named(type: string, resource: JsonObject, id: string) {
    const identity = type === "Patient" ? this.identities.named(resource, id) : { id, isNew: false }
    return identity ? { ...identity, isExisting: false } : TWO_PEOPLE
  }

  private foundNothing(
    type: string,
    resource: JsonObject,
    index: number,
    kind: "createIfNone" | "updateWhere",
    given: string | undefined,
  ) {
    // What the very same condition made the first time is there, though it may have another identifier by now.
    const former = this.context.formerId(index)
    if (former !== undefined) return this.foundOne(type, resource, former, kind, undefined)
    if (kind === "updateWhere" && given !== undefined) return this.named(type, resource, given)
    return this.created(type, resource, index)
  }

  private foundOne(
    type: string,
    resource: JsonObject,
    id: string,
    kind: "createIfNone" | "updateWhere",
    given: string | undefined,
  ) {
    const isUpdate = kind === "updateWhere"
    if (isUpdate && given !== undefined && given !== id)
      return {
        reason: "bad_id",
        detail: `the condition finds ${type}/${id}, and the resource says that it is ${type}/${given}`,
      }
    if (type !== "Patient") return { id, isNew: !isUpdate, isExisting: !isUpdate }
    const identity = this.identities.found(resource, id, { mayCorrect: isUpdate })
    return { ...identity, isExisting: !isUpdate && identity.id === id }
  }
}

const TWO_PEOPLE: Wrong = {
  reason: "one_id_two_people",
  detail:
    "an entry before it says of the same Patient id what cannot be of one person; send them under two ids",
}
