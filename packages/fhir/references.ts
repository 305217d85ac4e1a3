import { asList, asText, isObject, type Json, JsonNumber, type JsonObject } from "@aceso/core"
import { resourceTypes } from "./compartment.table.ts"
import { RELATIVE, restfulOf, urnOf } from "./source-ids.ts"
import { mapPatientElements, type PatientElement, patientElementsOf } from "./subjects.ts"

/** Members whose text is a reference or an address: there alone it means an entry. */
function isAddress(name: string): boolean {
  // Asked for every text of an import: most names end otherwise.
  const last = name.charCodeAt(name.length - 1) | 0x20
  if (last !== 0x6c && last !== 0x69) return name === "reference"
  return /ur[il]$/i.test(name)
}

/** Replaces what has a target; collects references that have none. */
export function rewrite(
  value: Json,
  targetOf: (address: string) => string | undefined,
  unresolved: Set<string>,
  name = "",
): Json {
  if (typeof value === "string") {
    const target = isAddress(name) ? targetOf(value) : undefined
    if (target) return target
    if (name === "reference" && !value.startsWith("#")) unresolved.add(value)
    return value
  }
  if (value === null || typeof value !== "object" || value instanceof JsonNumber) return value
  // Most parts hold no link and are shared, not copied.
  let copy: Json[] | JsonObject | undefined
  for (const member of Object.keys(value)) {
    const part = (value as JsonObject)[member]
    const mine = rewrite(part, targetOf, unresolved, Array.isArray(value) ? name : member)
    if (mine === part) continue
    copy ??= Array.isArray(value) ? [...value] : { ...value }
    ;(copy as JsonObject)[member] = mine
  }
  return copy ?? value
}

/** References whose target depends on what is here: by an id of their source, by a condition, by a number. */
export interface OpenReferences {
  /** `<type>/<id>`, perhaps with a version behind it. */
  readonly relative: readonly string[]
  /** Addresses at servers, and urns of patients, that no entry of the input has. */
  readonly absolute: readonly string[]
  /** `<type>?<condition>`. */
  readonly conditional: readonly string[]
  /** Numbers by which alone the resource names its patient (R4, references.html#logical). */
  readonly numbers: readonly NumberedPatient[]
  /** Patients that stand in the resource itself and are its subjects: they have no id outside of it. */
  readonly contained: readonly JsonObject[]
  /** Numbers beside references to patients. */
  readonly besides: readonly NumberBeside[]
}

export interface NumberedPatient {
  readonly system: string
  readonly value: string
}

/** A Reference of a patient that names somebody by a literal reference and by an identifier as well. */
export interface NumberBeside {
  readonly literal: string
  /** The Patient in the resource itself that the literal reference means. */
  readonly contained: JsonObject | undefined
  readonly identifier: JsonObject
}

const types = new Set(resourceTypes)
const CONDITIONAL = /^[A-Z][A-Za-z]*\?/
export const NO_REFERENCES: OpenReferences = {
  relative: [],
  absolute: [],
  conditional: [],
  numbers: [],
  contained: [],
  besides: [],
}
const NO_ADDRESSES: ReadonlySet<string> = new Set()

/**
 * The open references of one resource. A bundle that is stored as it is keeps its references.
 * @param inside addresses of the input's entries, without versions
 */
export function openReferences(
  resource: JsonObject,
  inside: ReadonlySet<string> = NO_ADDRESSES,
): OpenReferences {
  if (resource.resourceType === "Bundle") return NO_REFERENCES
  const found = { relative: new Set<string>(), absolute: new Set<string>(), conditional: new Set<string>() }
  collect(resource, found, inside)
  const numbers = numberedPatients(resource)
  const contained = containedPatients(resource)
  const besides = numbersBeside(resource)
  const named = numbers.length + contained.length + besides.length
  if (found.relative.size + found.absolute.size + found.conditional.size + named === 0) return NO_REFERENCES
  return {
    relative: [...found.relative],
    absolute: [...found.absolute],
    conditional: [...found.conditional],
    numbers,
    contained,
    besides,
  }
}

type Found = Readonly<Record<"relative" | "absolute" | "conditional", Set<string>>>

function collect(value: JsonObject | Json[], found: Found, inside: ReadonlySet<string>): void {
  for (const member of Object.keys(value)) {
    const part = (value as JsonObject)[member]
    if (typeof part === "string") {
      if (!isAddress(member)) continue
      if (types.has(RELATIVE.exec(part)?.[1] ?? "")) found.relative.add(part)
      else if (member !== "reference" || inside.has(part)) continue
      else if (CONDITIONAL.test(part)) found.conditional.add(part)
      else if (isAbsolute(part) && !inside.has(withoutVersion(part))) found.absolute.add(part)
    } else if (part !== null && typeof part === "object" && !(part instanceof JsonNumber))
      collect(part, found, inside)
  }
}

const isAbsolute = (reference: string) =>
  urnOf(reference) !== undefined || types.has(restfulOf(reference)?.type ?? "")

/** An address without the version behind it. */
export const withoutVersion = (address: string): string => address.replace(/\/_history\/[^/\s]+$/, "")

/** Type and id of a relative reference, and what stands behind them. */
export function partsOf(reference: string): {
  readonly type: string
  readonly id: string
  readonly version: string
} {
  const [, type, id, version] = RELATIVE.exec(reference) as RegExpExecArray
  return { type, id, version: version ?? "" }
}

/** The numbers of those subjects that are named by a number alone. */
function numberedPatients(resource: JsonObject): NumberedPatient[] {
  const found = new Map<string, NumberedPatient>()
  for (const element of patientElementsOf(resource)) {
    const number = numberIn(element)
    if (number) found.set(JSON.stringify([number.system, number.value]), number)
  }
  return [...found.values()]
}

/** The number by which alone a reference names a patient. */
function numberIn({ reference, isSubject }: PatientElement): NumberedPatient | undefined {
  const { type, identifier } = reference
  if (reference.reference !== undefined || !isObject(identifier)) return undefined
  if (type === undefined ? !isSubject : type !== "Patient") return undefined
  const { system, value } = identifier
  return typeof system === "string" && typeof value === "string" && value !== ""
    ? { system, value }
    : undefined
}

/** The Patients in the resource that are its subjects. */
function containedPatients(resource: JsonObject): JsonObject[] {
  if (resource.contained === undefined) return []
  const found = patientElementsOf(resource).map((one) => containedIn(resource, one))
  return [...new Set(found)].filter((one) => one !== undefined)
}

/** Numbers that stand beside literal references; also those of Patients in the resource whom these are said to be. */
export function numbersBeside(resource: JsonObject): NumberBeside[] {
  return patientElementsOf(resource).flatMap((element) => {
    const { reference, isSubject } = element
    const literal = asText(reference.reference)
    if (literal === undefined) return []
    const alternates = asList(reference.extension)
      .filter((one) => isObject(one) && one.url === ALTERNATE_REFERENCE)
      .map((one) => (one as JsonObject).valueReference)
      .filter(isObject)
      .map((other) => containedIn(resource, { reference: other, isSubject }))
    const identifiers = [reference.identifier, ...alternates.flatMap((one) => asList(one?.identifier))]
    const contained = containedIn(resource, element)
    return identifiers.filter(isObject).map((identifier) => ({ literal, contained, identifier }))
  })
}

/** The Patient in the resource whom a reference names; undefined: none, or more than one is called so. */
function containedIn(
  { contained }: JsonObject,
  { reference, isSubject }: PatientElement,
): JsonObject | undefined {
  const literal = asText(reference.reference)
  if (!isSubject || !literal?.startsWith("#")) return undefined
  const found = asList(contained)
    .filter(isObject)
    .filter(({ id }) => `#${asText(id)}` === literal)
  return found.length === 1 && found[0].resourceType === "Patient" ? found[0] : undefined
}

/** hl7.org/fhir/extensions: another reference to the same, here to the Patient in the resource itself. */
const ALTERNATE_REFERENCE = "http://hl7.org/fhir/StructureDefinition/alternate-reference"

/**
 * The resource with a literal reference beside what else names its patient, where that one is known.
 * @param idOf who has the number
 * @param idOfContained who the Patient in the resource itself is
 */
export function withPatients(
  resource: JsonObject,
  idOf: (number: NumberedPatient) => string | undefined,
  idOfContained: (patient: JsonObject) => string | undefined,
): JsonObject {
  return mapPatientElements(resource, (element) => {
    const { reference } = element
    const number = numberIn(element)
    const contained = number ? undefined : containedIn(resource, element)
    const id = number ? idOf(number) : contained && idOfContained(contained)
    if (id === undefined) return reference
    const literal = { ...reference, reference: `Patient/${id}` }
    if (!contained) return literal
    const alternate = { url: ALTERNATE_REFERENCE, valueReference: { reference: `#${contained.id}` } }
    return { ...literal, extension: [...asList(reference.extension), alternate] }
  })
}
