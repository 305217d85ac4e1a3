import { type Bytes, nameOf } from "./bytes.ts"
import { clinicalInterval, codings, dateRange, securityLabels } from "./clinical.ts"
import { PlatformError } from "./errors.ts"
import { asList, asText, isObject, type Json, type JsonObject, parseJson } from "./json.ts"
import type { PolicyDocument } from "./policy-tree.ts"

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
  /** The practitioner's key in lower-case hexadecimal, and role. */
  readonly practitioner: string
  readonly role: string
  /** A v3-ActReason code such as TREAT or HPAYMT. */
  readonly purpose: string
  /** ms */
  readonly time: number
}

interface Code {
  readonly system?: string
  readonly code: string
}

/** What of a record decides about it. */
export interface RecordFacts {
  readonly resourceType: string
  readonly codings: readonly Code[]
  readonly labels: readonly Code[]
  /** Half-open, ms; undefined: the record has no clinical time that can be read. */
  readonly time: { readonly fromMs: number; readonly toMs: number } | undefined
  /** Resources inside: contained ones and entries of a bundle. A denial of one denies the whole. */
  readonly nested: readonly RecordFacts[]
}

/** A record about which nothing is known, as a dummy entry is: only a permit without criteria opens it. */
export const NO_FACTS: RecordFacts = {
  resourceType: "",
  codings: [],
  labels: [],
  time: undefined,
  nested: [],
}

export function factsOf(resource: JsonObject): RecordFacts {
  const inside = [
    ...asList(resource.contained),
    ...asList(resource.entry).map((entry) => (isObject(entry) ? entry.resource : null)),
  ]
  return {
    resourceType: asText(resource.resourceType) ?? "",
    codings: codings(resource),
    labels: securityLabels(resource),
    time: clinicalInterval(resource),
    nested: inside.filter(isObject).map(factsOf),
  }
}

export type Decision = "permit" | "deny" | "none"

/** A parsed policy. Parse once, decide for many records. */
export interface Policy {
  readonly consents: readonly JsonObject[]
}

/** @throws PlatformError `policy_unknown` when a document is no FHIR Consent: then nothing may be released */
export function readPolicy(documents: readonly PolicyDocument[]): Policy {
  const salts = new Set<string>()
  const consents = documents.map((document) => {
    const consent = parseOrNull(document.content)
    if (!isObject(consent) || consent.resourceType !== "Consent" || !isObject(consent.provision))
      throw new PlatformError(
        "policy_unknown",
        "a document of the policy is no FHIR Consent with a provision",
      )
    const name = nameOf(document.salt)
    if (salts.has(name)) throw new PlatformError("policy_unknown", "two documents of the policy share a salt")
    salts.add(name)
    return consent
  })
  return { consents }
}

function parseOrNull(content: Bytes): Json {
  try {
    return parseJson(content)
  } catch (error) {
    if (error instanceof PlatformError) return null
    throw error
  }
}

/** Statuses under which a document says nothing; an unknown one cannot permit but still denies. */
const SILENT = new Set(["draft", "proposed", "rejected", "inactive", "entered-in-error"])

/** Decides from all documents; a denial wins, also one of something inside of the record. */
export function decide(policy: Policy, query: AccessQuery, facts: RecordFacts): Decision {
  if (facts.nested.some((inside) => decide(policy, query, inside) === "deny")) return "deny"
  return decideOne(policy, query, facts)
}

function decideOne({ consents }: Policy, query: AccessQuery, facts: RecordFacts): Decision {
  let decision: Decision = "none"
  for (const consent of consents) {
    if (typeof consent.status === "string" && SILENT.has(consent.status)) continue
    const isUnderstood =
      consent.status === "active" &&
      consent.modifierExtension === undefined &&
      consent.implicitRules === undefined
    const one = evaluate(consent.provision, query, facts, 0)
    if (one === "deny") return "deny"
    if (one === "permit" && isUnderstood) decision = "permit"
  }
  return decision
}

/** Whether any document in force might permit this requester something for this purpose. */
export function concerns({ consents }: Policy, query: AccessQuery): boolean {
  const mayPermit = (provision: Json, depth: number): boolean => {
    if (!isObject(provision) || depth > MAX_PROVISION_DEPTH) return false
    if (provision.type === "permit" && fits(provision, query, undefined) === "yes") return true
    return asList(provision.provision).some((nested) => mayPermit(nested, depth + 1))
  }
  return consents.some((consent) => consent.status === "active" && mayPermit(consent.provision, 0))
}

/** Whether criteria fit; `unsure`: something is not understood, so a permit does not apply and a denial does. */
type Fit = "yes" | "no" | "unsure"

function evaluate(provision: Json, query: AccessQuery, facts: RecordFacts, depth: number): Decision {
  if (depth > MAX_PROVISION_DEPTH || !isObject(provision)) return "deny"
  const type = provision.type === "permit" ? "permit" : "deny"
  const fit = fits(provision, query, facts)
  if (fit === "no") return "none"
  // What a denial means that is not fully understood, no exception to it can say.
  if (fit === "unsure") return type === "deny" ? "deny" : "none"
  if (provision.provision !== undefined && !Array.isArray(provision.provision)) return "deny"
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

/** `facts` undefined: only the criteria about the requester. */
function fits(provision: JsonObject, query: AccessQuery, facts: RecordFacts | undefined): Fit {
  const isPermit = provision.type === "permit"
  const all: Fit[] = [Object.keys(provision).every((name) => known.has(name)) ? "yes" : "unsure"]
  const when = (name: string, test: (value: Json) => Fit) => {
    if (provision[name] !== undefined) all.push(test(provision[name]))
  }
  when("period", (period) => isInside(period, query.time, query.time + 1, isPermit))
  // Grantees are named: a permit without an actor names nobody.
  if (provision.actor === undefined && isPermit) all.push("no")
  when("actor", (actors) => anyOf(actors, (actor) => actorFits(actor, query)))
  when("action", (actions) => anyCoding(actions, [{ code: "access" }, { code: "disclose" }], isPermit))
  when("purpose", (purposes) =>
    anyCoding(purposes, [{ system: PURPOSE_SYSTEM, code: query.purpose }], isPermit),
  )
  if (facts) {
    when("class", (classes) =>
      anyCoding(
        classes,
        [{ system: RESOURCE_TYPE_SYSTEM, code: facts.resourceType }],
        isPermit,
        RESOURCE_TYPE_SYSTEM,
      ),
    )
    // A record that is coded in words alone may be anything.
    when("code", (codes) =>
      facts.codings.length === 0 ? "unsure" : anyCoding(codes, facts.codings, isPermit),
    )
    when("securityLabel", (labels) =>
      anyCoding(labels, isPermit ? facts.labels : withLesser(facts.labels), isPermit),
    )
    when("dataPeriod", (period) =>
      facts.time ? isInside(period, facts.time.fromMs, facts.time.toMs, isPermit) : "unsure",
    )
  }
  if (all.includes("no")) return "no"
  return all.includes("unsure") ? "unsure" : "yes"
}

/** v3-Confidentiality is a scale: a denial of what is restricted denies what is very restricted. */
const CONFIDENTIALITY = ["U", "L", "M", "N", "R", "V"]
const withLesser = (labels: readonly Code[]): Code[] =>
  labels.flatMap((label) => {
    const rank = CONFIDENTIALITY.indexOf(label.code)
    return rank < 0 ? [label] : CONFIDENTIALITY.slice(0, rank + 1).map((code) => ({ ...label, code }))
  })

/**
 * A permit wants the whole interval inside, a denial any part of it. Bounds that cannot be read, and members
 * that a period does not have, leave it unsure.
 */
function isInside(period: Json, fromMs: number, toMs: number, isPermit: boolean): Fit {
  if (!isObject(period) || !Object.keys(period).every((name) => name === "start" || name === "end"))
    return "unsure"
  const start = bound(period.start)
  const end = bound(period.end)
  if (start === null || end === null) return "unsure"
  const low = start?.fromMs ?? Number.NEGATIVE_INFINITY
  const high = end?.toMs ?? Number.POSITIVE_INFINITY
  const isWhole = fromMs >= low && toMs <= high
  const isPart = toMs > low && fromMs < high
  if (isPermit) return isWhole ? "yes" : "no"
  // Only partly inside: an exception for that part cannot speak for all of it.
  return isWhole ? "yes" : isPart ? "unsure" : "no"
}

/** undefined: open; null: unreadable */
function bound(value: Json | undefined) {
  if (value === undefined) return undefined
  const text = asText(value)
  if (text === undefined) return null
  try {
    return dateRange(text)
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** Whether one of a list fits; a list that is none, or empty, leaves it unsure. */
function anyOf(list: Json, test: (one: Json) => Fit): Fit {
  if (!Array.isArray(list) || list.length === 0) return "unsure"
  const all = list.map(test)
  if (all.includes("yes")) return "yes"
  return all.includes("unsure") ? "unsure" : "no"
}

/** Criteria are Codings or CodeableConcepts. `onlySystem`: the one whose codes we can tell apart. */
function anyCoding(criteria: Json, found: readonly Code[], isPermit: boolean, onlySystem?: string): Fit {
  return anyOf(criteria, (one) => {
    if (!isObject(one)) return "unsure"
    if (one.coding !== undefined) return anyCoding(one.coding, found, isPermit, onlySystem)
    const { system, code } = one
    if (typeof code !== "string" || (system !== undefined && typeof system !== "string")) return "unsure"
    if (onlySystem && system !== undefined && system !== onlySystem) return "unsure"
    const isSame = (other: Code) =>
      other.code === code &&
      (system === undefined || other.system === system || (other.system === undefined && !isPermit))
    return found.some(isSame) ? "yes" : "no"
  })
}

const PARTICIPATION_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"

/** Grantees are named members or practitioners; a role narrows them further. */
function actorFits(actor: Json, query: AccessQuery): Fit {
  if (!isObject(actor)) return "unsure"
  const role = actor.role === undefined ? "yes" : roleFits(actor.role, query)
  const reference = isObject(actor.reference) ? actor.reference.identifier : undefined
  const who = isObject(reference) ? whoFits(reference, query) : "unsure"
  if (role === "no" || who === "no") return "no"
  return role === "unsure" || who === "unsure" ? "unsure" : "yes"
}

function whoFits({ system, value }: JsonObject, query: AccessQuery): Fit {
  if (typeof value !== "string" || value === "") return "unsure"
  if (system === MEMBER_SYSTEM) return value === query.member ? "yes" : "no"
  if (system === PRACTITIONER_SYSTEM) return value.toLowerCase() === query.practitioner ? "yes" : "no"
  return "unsure"
}

/** How somebody takes part says nothing about who; a practitioner's role does; other roles are unknown. */
function roleFits(role: Json, query: AccessQuery): Fit {
  if (!isObject(role)) return "unsure"
  return anyOf(role.coding ?? null, (coding) => {
    if (!isObject(coding) || typeof coding.code !== "string") return "unsure"
    if (coding.system === PARTICIPATION_SYSTEM) return coding.code === "IRCP" ? "yes" : "unsure"
    if (coding.system === PRACTITIONER_ROLE_SYSTEM) return coding.code === query.role ? "yes" : "no"
    return "unsure"
  })
}
