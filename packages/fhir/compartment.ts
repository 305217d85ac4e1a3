import { patientCompartment } from "./compartment.table.ts"

/** Is there an element by which a resource of this type can be in a patient's compartment? */
export function isPatientCompartmentType(type: string): boolean {
  return Object.hasOwn(patientCompartment, type)
}

/**
 * Elements of types outside of the compartment that name a patient all the same: R4 leaves it to a server what else it
 * shows with a patient, and what names one must not lie where nobody looks.
 */
const beyondCompartment: Readonly<Record<string, readonly string[]>> = {
  Binary: ["securityContext"],
  BiologicallyDerivedProduct: ["collection.source"],
  Contract: ["subject"],
  Device: ["patient"],
  GuidanceResponse: ["subject"],
  MessageHeader: ["focus"],
}

/** The elements whose reference to a Patient makes a resource of the type that patient's. */
export function patientPathsOf(type: string): readonly string[] {
  if (isPatientCompartmentType(type)) return patientCompartment[type]
  return Object.hasOwn(beyondCompartment, type) ? beyondCompartment[type] : []
}

/**
 * The references that put a resource in patients' compartments: unique, as they stand, in document order.
 * `urn:uuid:` references are kept without knowing their target, which only the Bundle around them tells.
 * A Patient is in its own compartment, so its own id comes first, as `Patient/<id>`.
 */
export function patientReferences(resource: unknown): string[] {
  if (!isObject(resource)) return []
  const type = resource.resourceType
  if (typeof type !== "string") return []
  const elements = patientPathsOf(type)
  if (elements.length === 0) return []
  const found = new Set<string>()
  if (type === "Patient" && typeof resource.id === "string") found.add(`Patient/${resource.id}`)
  const paths = elements.map((path) => path.split("."))
  collect(resource, paths, found)
  return [...found]
}

// Follows the members of the document, in their order. The table's paths bound the depth: FHIR JSON has no
// arrays within arrays, and none is entered.
function collect(value: object, paths: readonly string[][], found: Set<string>): void {
  if (paths.some((path) => path.length === 0)) {
    const reference = (value as { reference?: unknown }).reference
    if (typeof reference === "string" && canBePatient(reference)) found.add(reference)
  }
  for (const [name, member] of Object.entries(value)) {
    const rest = paths.filter((path) => path[0] === name).map((path) => path.slice(1))
    if (rest.length === 0) continue
    for (const item of Array.isArray(member) ? member : [member]) {
      if (isObject(item)) collect(item, rest, found)
    }
  }
}

// Relative, or absolute with any base; either may name a version (R4, "References", literal reference).
const patientReference =
  /^(?:[A-Za-z][A-Za-z0-9+.-]*:\/\/[^\s?#]+\/)?Patient\/[^\s/?#]+(?:\/_history\/[^\s/?#]+)?$/

function canBePatient(reference: string): boolean {
  return reference.startsWith("urn:uuid:") || patientReference.test(reference)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
