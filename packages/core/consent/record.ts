import type { Code } from "../elements/code.ts"
import { isResourceType } from "../elements/walk.ts"
import { asText, isObject, type Json, type JsonObject } from "../json.ts"
import type { RecordFacts } from "./facts.ts"
import { allOf, anyCoding, anyInList, anyOf, boundsOf, type Fit, isInside } from "./fit.ts"
import { foldedReference, identifierOf, literalName, mayBeIdentifier } from "./identity.ts"
import { labelsFit } from "./labels.ts"
import { isSystem } from "./systems.ts"

/** The criteria of a provision about which records it is for. */
export const RECORD_CRITERIA = ["class", "code", "securityLabel", "dataPeriod", "data"] as const
export type RecordCriteria = { readonly [Name in (typeof RECORD_CRITERIA)[number]]?: Json }
export const RESOURCE_TYPE_SYSTEM = "http://hl7.org/fhir/resource-types"

/**
 * @param provision with the criteria that it has from the permit around it
 * @param facts undefined: the record cannot be read, or holds too much to be understood
 */
export function recordFits(
  provision: RecordCriteria,
  facts: RecordFacts | undefined,
  isPermit: boolean,
): Fit {
  if (!facts) return RECORD_CRITERIA.some((name) => provision[name] !== undefined) ? "unsure" : "yes"
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
    return isCoded ? anyCoding(criteria, (wanted) => (facts.mainCodes.has(wanted) ? "yes" : "no")) : "unsure"
  const fit = anyCoding(criteria, (wanted) => facts.allCodes.mayHave(wanted))
  return fit === "no" && !isCoded ? "unsure" : fit
}

function periodFits(period: Json, { time, paperwork }: RecordFacts, isPermit: boolean): Fit {
  if (!time) return "unsure"
  const fit = isInside(period, time, isPermit)
  if (fit !== "no" || isPermit || !paperwork) return fit
  // IHE PCF P.4.5: what was written in that time is meant as well.
  return boundsOf(period, paperwork)?.isPart ? "unsure" : "no"
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
  const refers =
    literal === undefined
      ? "no"
      : anyOf(withOuter(facts), (one) => refersTo(reference, literal, one, isPermit))
  // What lies in a bundle may refer to it by the id that it had at its source.
  const mayRefer: Fit = !isPermit && isOfSource(facts) && facts.references.size > 0 ? "unsure" : "no"
  const fit = anyOf([itself, refers, mayRefer], (one) => one)
  return fit === "no" && (meaning === "related" || reference.reference === undefined) ? "unsure" : fit
}

/** A bundle is kept as it came: what lies in it has the ids of its source. */
const isOfSource = ({ outer }: RecordFacts): boolean =>
  outer !== undefined && withOuter(outer).some(({ resourceType }) => resourceType === "Bundle")

function withOuter(facts: RecordFacts): readonly RecordFacts[] {
  const all: RecordFacts[] = []
  for (let one: RecordFacts | undefined = facts; one; one = one.outer) all.push(one)
  return all
}

/** The same type and id may be another server's, or another version's: then a permit is unsure and a denial is not. */
function refersTo(reference: JsonObject, wanted: string, facts: RecordFacts, isPermit: boolean): Fit {
  const name = literalName(wanted)
  const alike = facts.references.get(name ?? wanted)
  if (!alike)
    return !isPermit && facts.foldedReferences.has(foldedReference(reference) ?? "") ? "unsure" : "no"
  if (alike.has(wanted)) return wanted.startsWith("#") ? "unsure" : "yes"
  return isPermit ? "unsure" : "yes"
}

function isInstance(reference: JsonObject, facts: RecordFacts, isPermit: boolean): Fit {
  const fits: Fit[] = []
  const { reference: literal } = reference
  const all = withOuter(facts)
  if (typeof literal === "string") fits.push(anyOf(all, (one) => isNamed(reference, literal, one, isPermit)))
  else if (literal !== undefined) fits.push("unsure")
  if (typeof literal === "string" && !isPermit && isOfSource(facts))
    fits.push(literalName(literal)?.startsWith(`${facts.resourceType}/`) ? "unsure" : "no")
  const { identifier } = reference
  if (identifier !== undefined) fits.push(anyOf(all, (one) => hasIdentifier(identifier, one, isPermit)))
  if (fits.length === 0 || !Object.keys(reference).every((name) => REFERENCE.includes(name))) return "unsure"
  // Two that disagree name nobody knows what: a permit needs both, a denial one.
  return isPermit ? allOf(fits) : anyOf(fits, (fit) => fit)
}

const REFERENCE = ["id", "type", "reference", "identifier", "display"]

function hasIdentifier(
  wanted: Json,
  { identifiers, spelledIdentifiers }: RecordFacts,
  isPermit: boolean,
): Fit {
  if (!isObject(wanted) || typeof wanted.value !== "string") return "unsure"
  const { system, value } = wanted
  const systems = identifiers.get(value)
  if (typeof system === "string" && systems?.has(system)) return "yes"
  if (systems && (systems.has(undefined) || system === undefined)) return "unsure"
  return !isPermit && mayBeIdentifier(identifierOf(wanted), spelledIdentifiers) ? "unsure" : "no"
}

function isNamed(reference: JsonObject, wanted: string, facts: RecordFacts, isPermit: boolean): Fit {
  const { name } = facts
  if (wanted === name) return "yes"
  const own = literalName(wanted)
  // What has no type and id, such as urn:uuid:, may be any.
  if (own === undefined) return "unsure"
  // It has no id.
  if (name === undefined) return "no"
  if (own === name) return isPermit ? "unsure" : "yes"
  return !isPermit && foldedReference(reference) === facts.foldedName ? "unsure" : "no"
}
