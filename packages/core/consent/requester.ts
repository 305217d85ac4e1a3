import { isObject, type Json, type JsonObject } from "../json.ts"
import { PURPOSES } from "../purpose.ts"
import { allOf, anyCoding, anyInList, at, bound, type Fit, isInside } from "./fit.ts"
import { isPurpose, isPurposeUnder } from "./hierarchies.ts"
import { isSystem, systemName } from "./systems.ts"

/** The criteria of a provision about who asks, for what, when. */
export const MEMBER_SYSTEM = "urn:aceso:member"
export const PRACTITIONER_SYSTEM = "urn:aceso:practitioner"
export const PRACTITIONER_ROLE_SYSTEM = "urn:aceso:practitioner-role"
/** Of a key by which somebody acts for a patient. */
export const DELEGATE_SYSTEM = "urn:aceso:delegate"
export const PURPOSE_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ActReason"

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

/** @param actors those of the provision, or those that it has from the permit around it */
export function requesterFits(
  provision: JsonObject,
  actors: Json | undefined,
  query: AccessQuery,
  isPermit: boolean,
): Fit {
  const fits: Fit[] = []
  if (provision.period !== undefined) fits.push(isInside(provision.period, at(query.time), isPermit))
  if (actors !== undefined) fits.push(anyInList(actors, (actor) => actorFits(actor, query)))
  if (provision.action !== undefined)
    fits.push(anyCoding(provision.action, (action) => actionFits(action, isPermit)))
  if (provision.purpose !== undefined)
    fits.push(anyCoding(provision.purpose, (purpose) => purposeFits(purpose, query.purpose)))
  return allOf(fits)
}

/**
 * What is asked for is disclosed, to be accessed (terminology.hl7.org/CodeSystem/consentaction). A denial of using
 * what was disclosed is one of disclosing it; collecting and correcting are done to other data.
 */
function actionFits(action: { system?: string; code: string }, isPermit: boolean): Fit {
  if (!isSystem(action, "hl7/consentaction")) return "unsure"
  if (action.code === "access" || action.code === "disclose") return "yes"
  if (action.code === "use") return isPermit ? "no" : "yes"
  return action.code === "collect" || action.code === "correct" ? "no" : "unsure"
}

/** A purpose holds for all that are under it. */
function purposeFits(purpose: { system?: string; code: string }, asked: string): Fit {
  if (!isSystem(purpose, "hl7/v3-actreason") || !isPurpose(purpose.code)) return "unsure"
  if (isPurposeUnder(asked, purpose.code)) return "yes"
  const isNarrower = isPurposeUnder(purpose.code, asked)
  const couldBeNamed = PURPOSES.some(
    (named) => named !== asked && isPurposeUnder(named, asked) && isPurposeUnder(purpose.code, named),
  )
  return isNarrower && !couldBeNamed ? "unsure" : "no"
}

const hasOnly = (object: JsonObject, names: readonly string[]) =>
  Object.keys(object).every((name) => names.includes(name))

/** Grantees are named members or practitioners; a role narrows them further. */
function actorFits(actor: Json, query: AccessQuery): Fit {
  if (!isObject(actor)) return "unsure"
  const isPlain: Fit = hasOnly(actor, ["id", "role", "reference"]) ? "yes" : "unsure"
  const role = actor.role === undefined ? "yes" : roleFits(actor.role, query)
  return allOf([isPlain, role, referenceFits(actor.reference, query)])
}

/** A literal reference beside an identifier may name somebody else. */
function referenceFits(reference: Json | undefined, query: AccessQuery): Fit {
  if (!isObject(reference) || !isObject(reference.identifier)) return "unsure"
  const { identifier } = reference
  const who = whoFits(identifier, reference.type, query)
  const isPlain =
    hasOnly(reference, ["id", "type", "identifier", "display"]) &&
    hasOnly(identifier, ["id", "use", "type", "system", "value", "period", "assigner"])
  return allOf([who, isPlain ? "yes" : "unsure", isCurrent(identifier, query.time)])
}

function whoFits({ system, value }: JsonObject, type: Json | undefined, query: AccessQuery): Fit {
  if (typeof value !== "string" || value === "") return "unsure"
  if (system === MEMBER_SYSTEM)
    return allOf([isThis(value, query.member, MEMBER), isKind(type, "Organization")])
  if (system === PRACTITIONER_SYSTEM)
    return allOf([isThis(value.toLowerCase(), query.practitioner, KEY), isKind(type, "Practitioner")])
  return "unsure"
}

/** A value of another form than such a name has names nobody who is known, and may mean anybody. */
const isThis = (value: string, asked: string, form: RegExp): Fit =>
  value === asked ? "yes" : form.test(value) ? "no" : "unsure"
const MEMBER = /^[a-z][a-z0-9-]{0,31}$/
const KEY = /^[0-9a-f]{64}$/
const ROLE = /^[a-z][a-z-]{0,23}$/

const isKind = (type: Json | undefined, kind: string): Fit =>
  type === undefined || type === kind ? "yes" : "unsure"

/** An identifier that is old, over or not yet valid does not say whose it is now. */
function isCurrent({ use, period }: JsonObject, time: number): Fit {
  if (use === "old" || (use !== undefined && typeof use !== "string")) return "unsure"
  return period === undefined || isInside(period, at(time), true) === "yes" ? "yes" : "unsure"
}

/** How somebody takes part says nothing about who; a practitioner's role does; other roles are unknown. */
function roleFits(role: Json, query: AccessQuery): Fit {
  if (!isObject(role) || role.coding === undefined) return "unsure"
  return anyCoding(role.coding, ({ system, code }) => {
    if (system === undefined) return "unsure"
    if (systemName(system) === "hl7/v3-participationtype") return code === "IRCP" ? "yes" : "unsure"
    if (system === PRACTITIONER_ROLE_SYSTEM) return isThis(code, query.role, ROLE)
    return "unsure"
  })
}

/** Whether a document's own time has come. */
export function hasBegun(dateTime: Json | undefined, time: number): boolean {
  const range = bound(dateTime)
  return range === undefined || (range !== null && range.fromMs <= time)
}
