import { asText, isObject, type Json, type JsonObject } from "@aceso/core"
import { isPatientCompartmentType, patientPathsOf } from "./compartment.ts"

/** A Reference by which a resource may belong to a patient. */
export interface PatientElement {
  readonly reference: JsonObject
  /** It says whose the resource is; others, such as performers, may be anybody's. */
  readonly isSubject: boolean
}

/** Elements that say whose a resource is, by the last name of their paths. */
const SUBJECTS = new Set(["subject", "patient", "beneficiary", "individual", "candidate", "for"])

/** The References by which a resource may belong to patients, in document order. */
export function patientElementsOf(resource: JsonObject): PatientElement[] {
  const found: PatientElement[] = []
  mapPatientElements(resource, (element) => {
    found.push(element)
    return element.reference
  })
  return found
}

/** The resource with these References replaced. */
export function mapPatientElements(
  resource: JsonObject,
  map: (element: PatientElement) => JsonObject,
): JsonObject {
  let mapped = resource
  for (const path of patientPathsOf(asText(resource.resourceType) ?? "")) {
    const names = path.split(".")
    const isSubject = SUBJECTS.has(names[names.length - 1])
    mapped = mapAt(mapped, names, (reference) => map({ reference, isSubject })) as JsonObject
  }
  return mapped
}

function mapAt(value: Json, names: readonly string[], map: (reference: JsonObject) => JsonObject): Json {
  if (Array.isArray(value)) {
    const items = value.map((item) => mapAt(item, names, map))
    return items.some((item, i) => item !== value[i]) ? items : value
  }
  if (!isObject(value)) return value
  if (names.length === 0) return map(value)
  const [name, ...rest] = names
  const part = value[name]
  if (part === undefined) return value
  const mapped = mapAt(part, rest, map)
  return mapped === part ? value : { ...value, [name]: mapped }
}

/** Types whose resources are often about no patient at all. */
const OFTEN_NOBODYS = new Set(["Group", "Person", "Schedule", "Provenance", "AuditEvent"])

/**
 * What a resource that names no patient by id names instead, in words; undefined: it is none that belongs to a patient.
 * @param resource as it is stored, its references resolved
 */
export function nobodysReason(resource: JsonObject): string | undefined {
  const type = asText(resource.resourceType) ?? ""
  if (type === "Bundle") return resource.type === "document" ? "no patient" : undefined
  const elements = patientElementsOf(resource)
  const subject =
    elements.find(({ isSubject }) => isSubject) ?? elements.find(({ reference }) => isOfPatient(reference))
  if (isPatientCompartmentType(type) && !OFTEN_NOBODYS.has(type))
    return subject ? namedIn(subject.reference) : (anyPatientIn(resource) ?? "no patient")
  return subject && isOfPatient(subject.reference) ? namedIn(subject.reference) : anyPatientIn(resource)
}

const isOfPatient = ({ type, reference }: JsonObject) =>
  type === "Patient" || /(^|\/)Patient[/?]/.test(asText(reference) ?? "")

/** A patient whom the resource names in an element that puts it in nobody's record. */
function anyPatientIn(value: Json): string | undefined {
  if (Array.isArray(value)) return firstOf(value, anyPatientIn)
  if (!isObject(value)) return undefined
  if (isOfPatient(value) && (value.reference !== undefined || value.identifier !== undefined))
    return namedIn(value)
  return firstOf(Object.values(value), anyPatientIn)
}

function firstOf(values: readonly Json[], find: (value: Json) => string | undefined): string | undefined {
  for (const value of values) {
    const found = find(value)
    if (found !== undefined) return found
  }
  return undefined
}

function namedIn({ reference, identifier, display }: JsonObject): string {
  const literal = asText(reference)
  if (literal) return literal.startsWith("#") ? `${literal} (contained)` : literal
  const { system, value } = isObject(identifier) ? identifier : {}
  if (value !== undefined) return `identifier ${asText(system) ?? ""}|${asText(value) ?? ""}`
  return display === undefined ? "no patient" : "a name alone"
}
