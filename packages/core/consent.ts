import { type Bytes, nameOf } from "./bytes.ts"
import { type ReadConsent, readConsent } from "./consent/document.ts"
import type { RecordFacts } from "./consent/facts.ts"
import { allOf } from "./consent/fit.ts"
import { RECORD_CRITERIA, type RecordCriteria, recordFits } from "./consent/record.ts"
import { type AccessQuery, requesterFits } from "./consent/requester.ts"
import { checkBytes, checkCriteria } from "./consent/size.ts"
import { PlatformError } from "./errors.ts"
import { asList, isObject, type Json, type JsonObject, parseJson } from "./json.ts"
import type { PolicyDocument } from "./policy-tree.ts"

export { factsOf, NO_FACTS, type RecordFacts, settledFactsOf } from "./consent/facts.ts"
export { RESOURCE_TYPE_SYSTEM } from "./consent/record.ts"
export {
  type AccessQuery,
  DELEGATE_SYSTEM,
  MEMBER_SYSTEM,
  PRACTITIONER_ROLE_SYSTEM,
  PRACTITIONER_SYSTEM,
  PURPOSE_SYSTEM,
} from "./consent/requester.ts"

/**
 * Consent evaluated as FHIR R4 Consent (hl7.org/fhir/R4/consent.html) and IHE PCF (Appendix P.4.4) have it: a root
 * provision with nested exceptions. Whatever is not understood is taken the restrictive way: a permit that it limits
 * does not apply, a denial applies without it (docs/decisions/0029-what-consent-decides-by.md).
 */

/** No provision is nested deeper. */
const MAX_PROVISION_DEPTH = 8

export type Decision = "permit" | "deny" | "none"

/** A parsed policy. Parse once, decide for many records. */
export interface Policy {
  readonly consents: readonly ReadConsent[]
  /** Whether any provision says which records it is about; if none does, what lies inside of a record decides nothing. */
  readonly hasRecordCriteria: boolean
}

/** @throws PlatformError `policy_unknown` when a document is no FHIR Consent, or all are too large: then nothing may be released */
export function readPolicy(documents: readonly PolicyDocument[]): Policy {
  checkBytes(documents)
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
    return readConsent({ ...consent, provision: consent.provision })
  })
  checkCriteria(consents.reduce((sum, { size }) => sum + size, 0))
  return { consents, hasRecordCriteria: consents.some(({ provision }) => hasRecordCriteria(provision, 0)) }
}

function parseOrNull(content: Bytes): Json {
  try {
    return parseJson(content)
  } catch (error) {
    if (error instanceof PlatformError) return null
    throw error
  }
}

const hasRecordCriteria = (provision: Json, depth: number): boolean =>
  isObject(provision) &&
  depth <= MAX_PROVISION_DEPTH &&
  (RECORD_CRITERIA.some((name) => provision[name] !== undefined) ||
    asList(provision.provision).some((nested) => hasRecordCriteria(nested, depth + 1)))

/** Criteria times resources inside a record: of more, the record is not understood. */
const MAX_STEPS = 200_000

/**
 * Decides from all documents; a denial wins. What lies inside of a record, contained or as a bundle's entry, has to be
 * permitted too, each by itself.
 * @param facts undefined: the record cannot be read; each criterion of a denial may be about it, and none of a permit
 */
export function decide(policy: Policy, query: AccessQuery, facts: RecordFacts | undefined): Decision {
  const consents = policy.consents.filter((consent) => mayConcern(consent, query))
  if (!policy.hasRecordCriteria || !facts) return decideOne(consents, query, facts)
  const size = consents.reduce((sum, consent) => sum + consent.size, 0)
  const isTooLarge = Math.max(size, 1) * (1 + facts.insideCount) > MAX_STEPS
  return isTooLarge ? decideOne(consents, query, undefined) : decideWhole(consents, query, facts)
}

/** Documents that may say something to whoever asks, now or at another time. */
export const documentsFor = ({ consents }: Policy, query: AccessQuery): readonly JsonObject[] =>
  consents
    .filter(({ provision: { period: _, ...provision }, ...consent }) =>
      mayConcern({ ...consent, provision }, query),
    )
    .map(({ document }) => document)

/** A document that is silent, or not about who asks, says the same of every record: nothing. */
const mayConcern = ({ isSilent, isOptOut, provision }: ReadConsent, query: AccessQuery): boolean =>
  !isSilent && (isOptOut || requesterFits(provision, provision.actor, query, isPermit(provision)) !== "no")

function decideWhole(consents: readonly ReadConsent[], query: AccessQuery, facts: RecordFacts): Decision {
  let decision = decideOne(consents, query, facts)
  if (decision === "deny") return decision
  for (const inside of facts.nested) {
    const one = decideWhole(consents, query, inside)
    if (one === "deny") return "deny"
    if (one === "none") decision = "none"
  }
  return decision
}

function decideOne(
  consents: readonly ReadConsent[],
  query: AccessQuery,
  facts: RecordFacts | undefined,
): Decision {
  let decision: Decision = "none"
  for (const consent of consents) {
    const asked = { query, facts, mayPermit: consent.mayPermit(query) }
    const one = evaluate(consent.provision, asked, 0, {})
    if (one === "deny" || (one === "none" && consent.isOptOut)) return "deny"
    if (one === "permit") decision = "permit"
  }
  return decision
}

/** Whether any document in force might permit this requester something for this purpose. */
export function concerns({ consents }: Policy, query: AccessQuery): boolean {
  const mightPermit = (provision: Json, depth: number, actor: Json | undefined): boolean => {
    if (!isObject(provision) || depth > MAX_PROVISION_DEPTH) return false
    const actors = provision.actor !== undefined ? provision.actor : actor
    const inherited = isPermit(provision) ? actors : undefined
    if (
      inherited !== undefined &&
      isKnown(provision) &&
      requesterFits(provision, actors, query, true) === "yes"
    )
      return true
    return asList(provision.provision).some((nested) => mightPermit(nested, depth + 1, inherited))
  }
  return consents.some(
    (consent) =>
      !consent.isSilent && consent.mayPermit(query) && mightPermit(consent.provision, 0, undefined),
  )
}

/** Whether anything in these documents takes away from what they or others permit, so that without it more may be open. */
export const mayDeny = ({ consents }: Policy): boolean =>
  consents.some(({ isSilent, isOptOut, provision }) => !isSilent && (isOptOut || denies(provision, 0)))

const denies = (provision: Json, depth: number): boolean =>
  depth > MAX_PROVISION_DEPTH ||
  !isPermit(provision) ||
  !hasExceptionList(provision) ||
  asList(provision.provision).some((nested) => denies(nested, depth + 1))

interface Asked {
  readonly query: AccessQuery
  /** undefined: the record cannot be read, or holds too much to be understood */
  readonly facts: RecordFacts | undefined
  /** The document as a whole is understood, so that its permits count. */
  readonly mayPermit: boolean
}

/** What a permit inside a permit takes over where it says nothing itself. */
type Inherited = RecordCriteria & { readonly actor?: Json }

function evaluate(provision: Json, asked: Asked, depth: number, inherited: Inherited): Decision {
  if (depth > MAX_PROVISION_DEPTH || !isObject(provision)) return "deny"
  return isPermit(provision)
    ? evaluatePermit(provision, asked, depth, inherited)
    : evaluateDenial(provision, asked, depth)
}

function evaluateDenial(provision: JsonObject, asked: Asked, depth: number): Decision {
  const { query, facts } = asked
  const fit = allOf([
    isKnown(provision) ? "yes" : "unsure",
    requesterFits(provision, provision.actor, query, false),
    recordFits(provision, facts, false),
  ])
  if (fit === "no") return "none"
  // What a denial means that is not fully understood, no exception to it can say.
  if (fit === "unsure" || !hasExceptionList(provision)) return "deny"
  let isExcepted = false
  for (const nested of asList(provision.provision)) {
    const one = evaluate(nested, asked, depth + 1, {})
    if (one === "deny") return "deny"
    if (one === "permit" && isPermit(nested)) isExcepted = true
  }
  return isExcepted ? "permit" : "deny"
}

/**
 * A permit's exceptions, for whoever the permit itself may be for: denials take from it and from what others permit, even
 * where it opens nothing because it is not understood; permits add records that its own criteria leave out, and keep
 * those of its criteria that they do not replace.
 */
function evaluatePermit(provision: JsonObject, asked: Asked, depth: number, inherited: Inherited): Decision {
  const { query, facts, mayPermit } = asked
  const criteria = inheriting(provision, inherited)
  const requester = requesterFits(provision, criteria.actor, query, true)
  if (requester === "no") return "none"
  if (!hasExceptionList(provision)) return "deny"
  let isAdded = false
  for (const nested of asList(provision.provision)) {
    const one = evaluate(nested, asked, depth + 1, criteria)
    if (one === "deny") return "deny"
    // What a denial's own exceptions let pass is still for this permit to open.
    if (one === "permit" && isPermit(nested)) isAdded = true
  }
  if (requester === "unsure" || !mayPermit || !isKnown(provision)) return "none"
  if (isAdded) return "permit"
  // Grantees are named: a permit without an actor names nobody.
  return criteria.actor !== undefined && recordFits(criteria, facts, true) === "yes" ? "permit" : "none"
}

const isPermit = (provision: Json): provision is JsonObject =>
  isObject(provision) && provision.type === "permit"
const hasExceptionList = ({ provision }: JsonObject): boolean =>
  provision === undefined || Array.isArray(provision)

function inheriting(own: JsonObject, from: Inherited): Inherited {
  const criteria: { -readonly [Name in keyof Inherited]: Json } = {}
  for (const name of INHERITED) {
    const value = own[name] !== undefined ? own[name] : from[name]
    if (value !== undefined) criteria[name] = value
  }
  return criteria
}

const INHERITED = ["actor", ...RECORD_CRITERIA] as const
const KNOWN = new Set(["id", "type", "period", "action", "purpose", "provision", ...INHERITED])
const isKnown = (provision: JsonObject): boolean => Object.keys(provision).every((name) => KNOWN.has(name))
