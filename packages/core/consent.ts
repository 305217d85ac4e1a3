import { nameOf } from "./bytes.ts"
import { clinicalTime, codings, dateRange, securityLabels } from "./clinical.ts"
import { PlatformError } from "./errors.ts"
import { domainHash, type Hash } from "./hash.ts"
import { hash32 } from "./ids.ts"
import { asList, asText, isObject, type Json, type JsonObject, parseJson } from "./json.ts"
import { inclusionPath, merkleRoot } from "./merkle.ts"
import { bytes, type Infer, object } from "./schema.ts"

/**
 * Consent evaluated as FHIR R4 Consent (hl7.org/fhir/R4/consent.html#6.2.11): a root provision with nested
 * exceptions. Whatever is not understood is taken the restrictive way: a permit that it limits does not apply,
 * a denial applies without it.
 */
export const MEMBER_SYSTEM = "urn:aceso:member"
export const PRACTITIONER_SYSTEM = "urn:aceso:practitioner"
export const PRACTITIONER_ROLE_SYSTEM = "urn:aceso:practitioner-role"
export const RESOURCE_TYPE_SYSTEM = "http://hl7.org/fhir/resource-types"
export const PURPOSE_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
/** No provision is nested deeper. */
const MAX_PROVISION_DEPTH = 8

/** Who asks, for what, when. */
export interface AccessQuery {
  readonly member: string
  /** The practitioner's key in hexadecimal, and role. */
  readonly practitioner?: string
  readonly role?: string
  /** A v3-ActReason code such as TREAT or HPAYMT. */
  readonly purpose: string
  /** ms */
  readonly time: number
}

/** What of a record decides about it. */
export interface RecordFacts {
  readonly resourceType: string
  readonly codings: readonly { readonly system?: string; readonly code: string }[]
  readonly labels: readonly { readonly system?: string; readonly code: string }[]
  /** Half-open, ms; undefined: the record has no clinical time that can be read. */
  readonly time: { readonly fromMs: number; readonly toMs: number } | undefined
}

export function factsOf(resource: JsonObject): RecordFacts {
  const time = clinicalTime(resource)
  return {
    resourceType: asText(resource.resourceType) ?? "",
    codings: codings(resource),
    labels: securityLabels(resource),
    time: time === undefined ? undefined : rangeOrUndefined(time),
  }
}

function rangeOrUndefined(text: string): { fromMs: number; toMs: number } | undefined {
  try {
    return dateRange(text)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

export type Decision = "permit" | "deny" | "none"

/** A document in force: its canonical JSON and the salt of its leaf in the policy tree. */
export const policyDocument = object({ content: bytes(2, 65_536), salt: hash32 })
export type PolicyDocument = Infer<typeof policyDocument>

export const MAX_DOCUMENTS = 200
const leaf = ({ salt, content }: PolicyDocument): Hash => domainHash("policy-document", salt, content)

/** The policy root: RFC 6962 over the leaves in the documents' order. */
export const policyRoot = (documents: readonly PolicyDocument[]): Hash => merkleRoot(documents.map(leaf))
export const policyPath = (documents: readonly PolicyDocument[], index: number): Hash[] =>
  inclusionPath(documents.map(leaf), index)
export const policyLeaf = leaf

/** A parsed policy. Parse once, decide for many records. */
export interface Policy {
  readonly consents: readonly JsonObject[]
}

/** @throws PlatformError `policy_unknown` when a document is no FHIR Consent: then nothing may be released */
export function readPolicy(documents: readonly PolicyDocument[]): Policy {
  const ids = new Set<string>()
  const consents = documents.map((document) => {
    const consent = parseJson(document.content)
    if (!isObject(consent) || consent.resourceType !== "Consent" || !isObject(consent.provision))
      throw new PlatformError(
        "policy_unknown",
        "a document of the policy is no FHIR Consent with a provision",
      )
    const name = nameOf(document.salt)
    if (ids.has(name)) throw new PlatformError("policy_unknown", "two documents of the policy share a salt")
    ids.add(name)
    return consent
  })
  return { consents }
}

/** Decides from all documents; a denial wins. */
export function decide({ consents }: Policy, query: AccessQuery, facts: RecordFacts): Decision {
  let decision: Decision = "none"
  for (const consent of consents) {
    if (consent.status !== "active") continue
    const one = evaluate(consent.provision, query, facts, 0)
    if (one === "deny") return "deny"
    if (one === "permit") decision = "permit"
  }
  return decision
}

/** Whether any document in force names this requester for this purpose at all. */
export const concerns = ({ consents }: Policy, query: AccessQuery): boolean =>
  consents.some(
    (consent) =>
      consent.status === "active" &&
      isObject(consent.provision) &&
      consent.provision.type === "permit" &&
      fits(consent.provision, query, undefined, "permit"),
  )

function evaluate(provision: Json, query: AccessQuery, facts: RecordFacts, depth: number): Decision {
  if (depth > MAX_PROVISION_DEPTH || !isObject(provision)) return "deny"
  const type = provision.type === "permit" ? "permit" : "deny"
  if (!fits(provision, query, facts, type)) return "none"
  let exception: Decision = "none"
  for (const nested of asList(provision.provision)) {
    const one = evaluate(nested, query, facts, depth + 1)
    if (one === "deny") return "deny"
    if (one === "permit") exception = "permit"
  }
  return exception === "none" ? type : exception
}

const known = new Set([
  "id",
  "type",
  "period",
  "actor",
  "action",
  "securityLabel",
  "purpose",
  "class",
  "code",
  "dataPeriod",
  "provision",
])

/** Whether the provision's criteria fit; `facts` undefined: only those about the requester. */
function fits(
  provision: JsonObject,
  query: AccessQuery,
  facts: RecordFacts | undefined,
  type: "permit" | "deny",
): boolean {
  const unknownFits = type === "deny"
  if (!unknownFits && Object.keys(provision).some((name) => !known.has(name))) return false
  if (provision.period !== undefined && !isInside(provision.period, query.time, query.time + 1, type))
    return false
  if (!anyActor(provision.actor, query, unknownFits)) return false
  if (
    provision.action !== undefined &&
    !anyCoding(provision.action, [{ code: "access" }, { code: "disclose" }], unknownFits)
  )
    return false
  if (
    provision.purpose !== undefined &&
    !anyCoding(provision.purpose, [{ code: query.purpose }], unknownFits)
  )
    return false
  if (!facts) return true
  if (
    provision.class !== undefined &&
    !anyCoding(provision.class, [{ code: facts.resourceType }], unknownFits)
  )
    return false
  if (provision.code !== undefined && !anyCoding(provision.code, facts.codings, unknownFits)) return false
  if (provision.securityLabel !== undefined && !anyCoding(provision.securityLabel, facts.labels, unknownFits))
    return false
  if (provision.dataPeriod === undefined) return true
  return facts.time === undefined
    ? unknownFits
    : isInside(provision.dataPeriod, facts.time.fromMs, facts.time.toMs, type)
}

/** A permit wants the whole interval inside, a denial any part of it. Bounds that cannot be read restrict. */
function isInside(period: Json, fromMs: number, toMs: number, type: "permit" | "deny"): boolean {
  if (!isObject(period)) return type === "deny"
  const start = bound(period.start)
  const end = bound(period.end)
  if (start === null || end === null) return type === "deny"
  const low = start?.fromMs ?? Number.NEGATIVE_INFINITY
  const high = end?.toMs ?? Number.POSITIVE_INFINITY
  return type === "permit" ? fromMs >= low && toMs <= high : toMs > low && fromMs < high
}

/** undefined: open; null: unreadable */
function bound(value: Json | undefined) {
  if (value === undefined) return undefined
  const text = asText(value)
  return text === undefined ? null : (rangeOrUndefined(text) ?? null)
}

/** Criteria are Codings or CodeableConcepts; a system that is not said fits any. */
function anyCoding(
  criteria: Json,
  found: readonly { readonly system?: string; readonly code: string }[],
  unknownFits: boolean,
): boolean {
  const wanted = asList(criteria).flatMap((one) =>
    isObject(one) && Array.isArray(one.coding) ? one.coding : [one],
  )
  if (wanted.length === 0) return unknownFits
  return wanted.some((one) => {
    if (!isObject(one) || typeof one.code !== "string") return unknownFits
    return found.some(
      ({ system, code }) =>
        code === one.code && (one.system === undefined || system === undefined || system === one.system),
    )
  })
}

/** Grantees are named: a permit without an actor names nobody and does not apply. */
function anyActor(actors: Json | undefined, query: AccessQuery, unknownFits: boolean): boolean {
  if (actors === undefined) return unknownFits
  return asList(actors).some((actor) => {
    if (!isObject(actor)) return unknownFits
    const identifier =
      isObject(actor.reference) && isObject(actor.reference.identifier)
        ? actor.reference.identifier
        : undefined
    const roles = isObject(actor.role) ? asList(actor.role.coding) : []
    const wantedRoles = roles.flatMap((one) =>
      isObject(one) && one.system === PRACTITIONER_ROLE_SYSTEM ? [one.code] : [],
    )
    if (wantedRoles.length > 0 && !wantedRoles.includes(query.role ?? "")) return false
    if (!identifier) return unknownFits
    if (identifier.system === MEMBER_SYSTEM) return identifier.value === query.member
    if (identifier.system === PRACTITIONER_SYSTEM) return identifier.value === query.practitioner
    return unknownFits
  })
}
