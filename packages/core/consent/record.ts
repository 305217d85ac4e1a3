import { type Code, isResourceType } from "../elements/walk.ts"
import { asText, isObject, type Json, type JsonObject } from "../json.ts"
import { literalName, type RecordFacts } from "./facts.ts"
import { allOf, anyCoding, anyInList, anyOf, boundsOf, type Fit, isInside } from "./fit.ts"
import { labelsFit } from "./labels.ts"
import { isSameCode, isSystem } from "./systems.ts"

/** The criteria of a provision about which records it is for. */
export const RECORD_CRITERIA = ["class", "code", "securityLabel", "dataPeriod", "data"] as const
export type RecordCriteria = { readonly [Name in (typeof RECORD_CRITERIA)[number]]?: Json }
export const RESOURCE_TYPE_SYSTEM = "http://hl7.org/fhir/resource-types"

/** @param provision with the criteria that it has from the permit around it */
export function recordFits(provision: RecordCriteria, facts: RecordFacts, isPermit: boolean): Fit {
  const fits: Fit[] = []
  const { class: classes, code, securityLabel, dataPeriod, data } = provision
  if (classes !== undefined) fits.push(anyCoding(classes, (one) => classFits(one, facts)))
  if (code !== undefined) fits.push(codeFits(code, facts, isPermit))
  if (securityLabel !== undefined) fits.push(labelsFit(securityLabel, facts.labels, isPermit))
  if (dataPeriod !== undefined) fits.push(periodFits(dataPeriod, facts, isPermit))
  if (data !== undefined) fits.push(anyInList(data, (one) => dataFits(one, facts, isPermit)))
  // What is no record, such as a dummy or a deletion, no permit with a criterion is about.
  return isPermit && fits.length > 0 && facts.resourceType === "" ? "no" : allOf(fits)
}

/** A class that is a profile, a value set, a MIME type or a kind of document is not understood. */
function classFits(wanted: Code, { resourceType }: RecordFacts): Fit {
  if (!isSystem(wanted, "hl7/resource-types") && !isSystem(wanted, "hl7/fhir-types")) return "unsure"
  if (wanted.code === resourceType) return "yes"
  const areKnown = isResourceType(wanted.code) && (resourceType === "" || isResourceType(resourceType))
  return areKnown ? "no" : "unsure"
}

/** A permit wants the main code; a denial, by R4, finds its code anywhere in the instance. */
function codeFits(criteria: Json, facts: RecordFacts, isPermit: boolean): Fit {
  // A record that is coded in words alone may be anything.
  const isCoded = facts.codings.length > 0
  if (isPermit)
    return isCoded
      ? anyCoding(criteria, (wanted) => (facts.codings.some((one) => isSameCode(wanted, one)) ? "yes" : "no"))
      : "unsure"
  const fit = anyCoding(criteria, (wanted) => (facts.mayHaveCode(wanted) ? "yes" : "no"))
  return fit === "no" && !isCoded ? "unsure" : fit
}

function periodFits(period: Json, { time, paperwork }: RecordFacts, isPermit: boolean): Fit {
  if (!time) return "unsure"
  const fit = isInside(period, time.fromMs, time.toMs, isPermit)
  if (fit !== "no" || isPermit || !paperwork) return fit
  // IHE PCF P.4.5: what was written in that time is meant as well.
  const bounds = boundsOf(period)
  return bounds && paperwork.toMs > bounds.low && paperwork.fromMs < bounds.high ? "unsure" : "no"
}

/**
 * R4 Consent.provision.data. `dependents` are the resources that refer to the one that is named; `related` those to
 * which it refers, which it says and they do not; IHE PCF (1:53.2.3.4) means with `related` those that refer to it.
 */
function dataFits(data: Json, facts: RecordFacts, isPermit: boolean): Fit {
  if (!isObject(data) || !isObject(data.reference)) return "unsure"
  if (!Object.keys(data).every((name) => ["id", "meaning", "reference"].includes(name))) return "unsure"
  const { meaning, reference } = data
  const itself = isInstance(reference, facts, isPermit)
  if (meaning === "instance") return itself
  if (meaning !== "related" && meaning !== "dependents") return "unsure"
  const literal = asText(reference.reference)
  const alike = literal === undefined ? [] : (facts.references.get(literalName(literal) ?? literal) ?? [])
  const refers = anyOf(alike, (one) => (literal === undefined ? "no" : sameReference(literal, one, isPermit)))
  const fit = anyOf([itself, refers], (one) => one)
  return fit === "no" && (meaning === "related" || reference.reference === undefined) ? "unsure" : fit
}

function isInstance(reference: JsonObject, facts: RecordFacts, isPermit: boolean): Fit {
  const fits: Fit[] = []
  const { reference: literal } = reference
  if (typeof literal === "string")
    fits.push(anyOf([...facts.names, undefined], (name) => sameReference(literal, name, isPermit)))
  else if (literal !== undefined) fits.push("unsure")
  if (reference.identifier !== undefined) fits.push(hasIdentifier(reference.identifier, facts))
  if (fits.length === 0 || !Object.keys(reference).every((name) => REFERENCE.includes(name))) return "unsure"
  // Two that disagree name nobody knows what: a permit needs both, a denial one.
  return isPermit ? allOf(fits) : anyOf(fits, (fit) => fit)
}

const REFERENCE = ["id", "type", "reference", "identifier", "display"]

function hasIdentifier(wanted: Json, { identifiers }: RecordFacts): Fit {
  if (!isObject(wanted) || typeof wanted.value !== "string") return "unsure"
  const { system, value } = wanted
  const same = identifiers.filter((one) => one.value === value)
  if (same.some((one) => one.system !== undefined && one.system === system)) return "yes"
  return same.some((one) => one.system === undefined || system === undefined) ? "unsure" : "no"
}

/** The same type and id may be another server's, or another version's: then a permit is unsure and a denial is not. */
function sameReference(wanted: string, found: string | undefined, isPermit: boolean): Fit {
  if (wanted === found) return wanted.startsWith("#") ? "unsure" : "yes"
  const own = literalName(wanted)
  // What has no type and id, such as urn:uuid:, may be any.
  if (own === undefined) return "unsure"
  if (found === undefined || own !== literalName(found)) return "no"
  return isPermit ? "unsure" : "yes"
}
