import { asText, isObject, type Json, type JsonObject } from "@aceso/core"
import { resourceTypes } from "./compartment.table.ts"
import {
  type Condition,
  conditionOf,
  isTrustedMatch,
  matchesOf,
  severalMatches,
  type Wrong,
} from "./conditions.ts"
import { Identities, type PeopleHere } from "./identities.ts"
import { type Claim, restfulOf, type SourceId, SourceIds } from "./source-ids.ts"

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
  /** What its source calls it, where that is said. */
  readonly sourceId: SourceId | undefined
  readonly isExisting: boolean
  readonly isNew: boolean
  /** Its source's id means something else here already: it got another one. */
  readonly isRenamed: boolean
  /** What later inputs of the source may refer to. */
  readonly claim: Claim | undefined
}

type Found = Pick<TakenEntry, "id" | "isExisting" | "isNew">
type Conditional = Extract<Request["how"], { readonly condition: Condition }>

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

/** One resource on its own: a PUT by its id, or a POST when it has none. */
export function loneRequestOf(resource: JsonObject): Request | Wrong {
  const found = typeOf(resource)
  if ("reason" in found) return found
  const { id } = resource
  if (id !== undefined && !(typeof id === "string" && ID.test(id)))
    return { reason: "bad_id", detail: "id: 1 to 64 letters, digits, - and ." }
  const how = id === undefined ? ({ kind: "create" } as const) : ({ kind: "update", id } as const)
  return { type: found.type, resource, fullUrl: undefined, how }
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

/** What an entry's source calls its resource; a PUT says it, else its address, else the resource. */
export function sourceIdOf({ type, resource, fullUrl, how }: Request): SourceId | undefined {
  const address = restfulOf(fullUrl)
  const isOfType = address?.type === type
  const id = how.kind === "update" ? how.id : isOfType ? address.id : givenId(resource)
  return id === undefined ? undefined : { type, id, base: isOfType ? address.base : "" }
}

const givenId = ({ id }: JsonObject) => (typeof id === "string" && ID.test(id) ? id : undefined)

/** Whether later inputs may mean it by its source's id: a create of anything but a person makes something new. */
export const isNamed = ({ type, resource, how }: Request): boolean =>
  type === "Patient" ||
  how.kind === "update" ||
  (how.kind === "updateWhere" && givenId(resource) !== undefined)

/** Gives the entries of one input their ids, one after the other. */
export class Entries {
  readonly identities: Identities
  readonly sourceIds: SourceIds
  private readonly context: BundleContext
  /** What conditions of this input made or found so far: an equal one finds it. */
  private readonly settled = new Map<string, string>()

  constructor(context: BundleContext) {
    this.context = context
    this.sourceIds = new SourceIds(context)
    this.identities = new Identities(context, this.sourceIds)
  }

  take(request: Request, index: number): TakenEntry | Wrong {
    const { type, resource, fullUrl } = request
    const sourceId = sourceIdOf(request)
    const found = this.identityOf(request, index, sourceId)
    if ("reason" in found) return found
    const named = sourceId && isNamed(request) ? this.sourceIds.of(sourceId) : undefined
    // The id in a create is the sender's for the moment: it takes no name from whom the source called so before.
    const isTaken =
      request.how.kind === "create" &&
      named !== undefined &&
      named.id !== found.id &&
      this.isSomebody(named.id)
    const claim =
      sourceId && named && !isTaken && !(named.isOurs && named.id === found.id)
        ? { ...sourceId, idHere: found.id, before: named.id }
        : undefined
    const isRenamed = type !== "Patient" && named?.isRenamed === true && named.id === found.id
    return { type, resource, fullUrl, sourceId, isRenamed, claim, ...found }
  }

  private isSomebody(id: string): boolean {
    return this.context.person(id) !== undefined
  }

  private identityOf(request: Request, index: number, sourceId: SourceId | undefined): Found | Wrong {
    const { type, resource, how } = request
    if (how.kind === "create") return this.created(type, resource, index)
    if (how.kind === "update") return this.named(resource, sourceId as SourceId, index)
    return this.where(request, how, index, sourceId)
  }

  private where(
    request: Request,
    how: Conditional,
    index: number,
    sourceId: SourceId | undefined,
  ): Found | Wrong {
    const { condition, query } = how
    const name = JSON.stringify([condition.type, condition.system, condition.value])
    const settled = this.settled.get(name)
    const groups = settled === undefined ? matchesOf(this.context, condition) : [[settled]]
    if (groups.length > 1) return severalMatches(condition, groups.flat(), query)
    const found =
      groups.length === 0
        ? this.foundNothing(request, how, index, sourceId)
        : this.foundOne(request, how, this.closest(request, groups[0]), {
            given: givenId(request.resource) && sourceId,
          })
    if (!("reason" in found)) this.settled.set(name, found.id)
    return found
  }

  private created(type: string, resource: JsonObject, index: number): Found {
    const former = this.context.formerId(index)
    if (type === "Patient") return { ...this.identities.unnamed(resource, former), isExisting: false }
    return { id: former ?? this.context.newId(), isNew: former === undefined, isExisting: false }
  }

  private named(resource: JsonObject, sourceId: SourceId, index: number): Found | Wrong {
    if (sourceId.type === "Patient") {
      const identity = this.identities.named(resource, sourceId)
      return identity ? { ...identity, isExisting: false } : TWO_PEOPLE
    }
    const { id, isKnown } = this.sourceIds.of(sourceId)
    return { id: isKnown ? id : (this.context.formerId(index) ?? id), isNew: false, isExisting: false }
  }

  private closest({ type, resource }: Request, group: readonly string[]): string {
    return type === "Patient" ? this.identities.closest(resource, group) : group[0]
  }

  private foundNothing(
    request: Request,
    how: Conditional,
    index: number,
    sourceId: SourceId | undefined,
  ): Found | Wrong {
    const { type, resource } = request
    // What the very same condition made the first time is there, though it may have another identifier by now.
    const former = this.context.formerId(index)
    if (former !== undefined) return this.foundOne(request, how, former, { isFormer: true })
    // R4: a conditional update that finds nothing creates, under the id that the resource has.
    if (how.kind === "updateWhere" && sourceId && givenId(resource) !== undefined)
      return this.named(resource, sourceId, index)
    return this.created(type, resource, index)
  }

  private foundOne(
    { type, resource }: Request,
    how: Conditional,
    id: string,
    { given, isFormer = false }: { readonly given?: SourceId | "" | undefined; readonly isFormer?: boolean },
  ): Found | Wrong {
    const isUpdate = how.kind === "updateWhere"
    if (isUpdate && given && this.sourceIds.of(given).id !== id)
      return {
        reason: "bad_id",
        detail: `the condition finds ${type}/${id}, and the resource says that it is ${type}/${given.id}`,
      }
    if (type !== "Patient") return { id, isNew: !isUpdate, isExisting: !isUpdate }
    const isTrusted = isFormer || isTrustedMatch(this.context, how.condition, id)
    const identity = this.identities.found(resource, id, { mayCorrect: isUpdate, isTrusted })
    return { ...identity, isExisting: !isUpdate && identity.id === id }
  }
}

const TWO_PEOPLE: Wrong = {
  reason: "one_id_two_people",
  detail:
    "an entry before it says of the same Patient id what cannot be of one person; send them under two ids",
}
