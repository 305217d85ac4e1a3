import { asList, asText, isObject, type Json, type JsonObject } from "@aceso/core"
import { resourceTypes } from "./compartment.table.ts"
import { type Condition, conditionOf, type Wrong } from "./conditions.ts"
import { otherVersion } from "./other-versions.ts"
import { restfulOf, type SourceId, urnOf } from "./source-ids.ts"

/** What an entry asks for, before anything is known of what is here. */
export interface Request {
  readonly type: string
  readonly resource: JsonObject
  readonly fullUrl: string | undefined
  readonly how:
    | { readonly kind: "create" }
    | { readonly kind: "createIfNone" | "updateWhere"; readonly condition: Condition; readonly query: string }
    /** `end`: its source has deleted it; there is no resource but its type and id. */
    | { readonly kind: "update" | "end"; readonly id: string }
}

const types = new Set(resourceTypes)
export const ID = /^[A-Za-z0-9\-.]{1,64}$/
/** Never persisted in R4. */
const transient = new Set(["Parameters", "OperationOutcome"])

/** A part of a resource, as searches with `_summary` or `_elements` give it (R4, search.html#summary). */
const isPart = ({ meta }: JsonObject): boolean =>
  asList(isObject(meta) ? meta.tag : undefined).some((tag) => isObject(tag) && tag.code === "SUBSETTED")

export function typeOf(resource: Json | undefined): { type: string } | Wrong {
  if (!isObject(resource))
    return { reason: "no_resource", detail: "expected a FHIR resource (a JSON object)" }
  const type = asText(resource.resourceType)
  if (!type || !types.has(type))
    return { reason: "unknown_type", detail: `resourceType ${type ?? "is missing"}; use a FHIR R4 type` }
  if (transient.has(type)) return { reason: "type_not_stored", detail: `${type} is never stored in FHIR R4` }
  if (isPart(resource))
    return {
      reason: "part_of_resource",
      detail: `${type} is tagged SUBSETTED: a part, which would take the place of the whole; export it whole`,
    }
  return otherVersion(type, resource) ?? { type }
}

/** An entry of a transaction or batch. */
export function requestOf(entry: Json): Request | Wrong {
  if (!isObject(entry) || !isObject(entry.request))
    return { reason: "no_request", detail: "expected a resource and a request" }
  const method = asText(entry.request.method)
  const { request } = entry
  const version = ["ifMatch", "ifNoneMatch", "ifModifiedSince"].find((name) => request[name] !== undefined)
  if (version !== undefined)
    return {
      reason: "version_condition",
      detail: `${version} names a version or time of its server, which this node does not have; send it without, or export the resource`,
    }
  if (method === "DELETE") return deletionOf(request, asText(entry.fullUrl))
  if (entry.resource === undefined && method !== "POST" && method !== "PUT") return notSupported(method)
  const found = typeOf(entry.resource)
  if ("reason" in found) return found
  const { type } = found
  const resource = entry.resource as JsonObject
  const how = howOf(type, resource, entry.request)
  return "reason" in how ? how : { type, resource, fullUrl: asText(entry.fullUrl), how }
}

const BAD_ID: Wrong = { reason: "bad_id", detail: "id: 1 to 64 letters, digits, - and ." }

/** One resource on its own: a PUT by its id, or a POST when it has none. */
export function loneRequestOf(resource: Json): Request | Wrong {
  const found = typeOf(resource)
  if ("reason" in found) return found
  const { id } = resource as JsonObject
  if (id !== undefined && !(typeof id === "string" && ID.test(id))) return BAD_ID
  const how = id === undefined ? ({ kind: "create" } as const) : ({ kind: "update", id } as const)
  return { type: found.type, resource: resource as JsonObject, fullUrl: undefined, how }
}

/** An entry that says how a resource is at its source: its id there is the resource's own, else the one of its address. */
export function exportedOf(entry: Json): Request | Wrong {
  const { resource, fullUrl: address } = isObject(entry) ? entry : {}
  const lone = loneRequestOf(resource ?? null)
  if ("reason" in lone) return lone
  const { type, how } = lone
  const fullUrl = asText(address)
  const restful = restfulOf(fullUrl)
  if (how.kind === "update") {
    const isOther = restful?.type === type && restful.id !== how.id
    return isOther
      ? { reason: "bad_id", detail: `its fullUrl is not the one of ${type}/${how.id}` }
      : { ...lone, fullUrl }
  }
  const id = restful?.type === type ? restful.id : urnOf(fullUrl)?.id
  return { ...lone, fullUrl, ...(id !== undefined && { how: { kind: "update", id } }) }
}

/** An entry of a history: a version, or the end of a resource (R4, http.html#history). */
export function versionOf(entry: Json): Request | Wrong {
  const { request, fullUrl: address } = isObject(entry) ? entry : {}
  if (!isObject(request)) return { reason: "no_request", detail: "a version in a history has a request" }
  if (request.method !== "DELETE") return exportedOf(entry)
  return deletionOf(request, asText(address))
}

/** @param address the entry's fullUrl; else the request may say at which server it is */
function deletionOf(request: JsonObject, address: string | undefined): Request | Wrong {
  const url = (asText(request.url) ?? "").replace(/\/_history\/[^/]+$/, "")
  const [type, id, ...more] = url.split("/")
  const isRelative = types.has(type) && ID.test(id ?? "") && more.length === 0
  const fullUrl = address ?? (restfulOf(url) ? url : undefined)
  const found = isRelative ? { type, id } : restfulOf(fullUrl)
  if (!found || !types.has(found.type))
    return { reason: "bad_request_url", detail: "DELETE goes to <type>/<id>" }
  if (found.type === "Patient")
    return {
      reason: "patient_not_ended",
      detail:
        "its source has deleted the Patient, whose records stay here; end them one by one, or say who the patient is now (aceso patients same)",
    }
  const resource = { resourceType: found.type, id: found.id }
  return { type: found.type, resource, fullUrl, how: { kind: "end", id: found.id } }
}

const notSupported = (method: string | undefined): Wrong => ({
  reason: "method_not_supported",
  detail: `${method ?? "no method"}; an import knows POST, PUT and DELETE`,
})

/** A request's address below its server's base: `/Patient` and `https://north.example/fhir/Patient` are `Patient`. */
function belowBase(url: string, type: string): string {
  if (!/^(\/|https?:\/\/)/.test(url)) return url
  const at = url.search(new RegExp(`/${type}(?=$|[/?])`))
  return at < 0 ? url : url.slice(at + 1)
}

function howOf(type: string, resource: JsonObject, request: JsonObject): Request["how"] | Wrong {
  const method = asText(request.method)
  const url = belowBase(asText(request.url) ?? "", type)
  if (method === "POST") {
    if (url !== type)
      return { reason: "bad_request_url", detail: `POST of a ${type} goes to ${type}, not to ${url}` }
    const given = asText(request.ifNoneExist)
    if (given === undefined) return { kind: "create" }
    // The type before the question mark is the entry's own.
    const query = given.startsWith(`${type}?`) ? given.slice(type.length + 1) : given
    const condition = conditionOf(type, query, "ifNoneExist")
    return "reason" in condition ? condition : { kind: "createIfNone", condition, query: "ifNoneExist" }
  }
  if (method !== "PUT") return notSupported(method)
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
  const given = "id" in how ? how.id : givenId(resource)
  if (address?.type === type) return { type, id: "id" in how ? how.id : address.id, base: address.base }
  const urn = urnOf(fullUrl)
  const isFromUrn = resource.id === undefined && given === urn?.id
  if (given !== undefined && !isFromUrn) return { type, id: given, base: "" }
  return urn && { type, ...urn }
}

export const givenId = ({ id }: JsonObject) => (typeof id === "string" && ID.test(id) ? id : undefined)

/** Whether later inputs may mean it by its source's id: a create of anything but a person makes something new. */
export const isNamed = ({ type, resource, how }: Request): boolean =>
  type === "Patient" || "id" in how || (how.kind === "updateWhere" && givenId(resource) !== undefined)
