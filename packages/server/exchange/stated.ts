import { asList, asText, canonicalText, isObject, type Json, type JsonObject } from "@aceso/core"
import type { Find } from "@aceso/core/display/index.ts"

/** Of a resource what each custodian gives for itself; narrative says again what the rest says. */
const OWN = new Set(["id", "meta", "text"])

/** Who took part and where, by ids that each custodian gives: equal records differ in them. */
const OWN_REFERENCES = new Set([
  "Patient",
  "Encounter",
  "EpisodeOfCare",
  "Practitioner",
  "PractitionerRole",
  "Organization",
  "Location",
])

const LOCAL_SYSTEMS = /^$|^urn:uuid:|\/(mrn|local|visit|order|claim)(\/|$)/i
/** HL7 v2-0203: medical record, patient internal, visit, placer, filler and accession numbers. */
const LOCAL_TYPES = new Set(["MR", "PI", "VN", "PLAC", "FILL", "ACSN"])

/**
 * A text that two records share where they state the same: everything in them, number tokens as written, but ids, meta,
 * narrative, identifiers of local scope, and the ids in references to patient, people, places and encounters. A
 * Medication by reference counts as what it is.
 * @returns undefined: it is no resource, and nothing can be said of it
 */
export function statedKey(resource: JsonObject, find: Find): string | undefined {
  if (asText(resource.resourceType) === undefined) return undefined
  return canonicalText(stated(resource, find))
}

function stated(resource: JsonObject, find: Find): JsonObject {
  const out: JsonObject = {}
  for (const [name, value] of Object.entries(resource)) {
    if (OWN.has(name) && !(name === "text" && isAdditional(value))) continue
    out[name] =
      name === "identifier"
        ? asList(Array.isArray(value) ? value : [value]).filter((one) => !isLocal(one))
        : name === "contained"
          ? asList(value).map((one) => (isObject(one) ? { id: one.id ?? null, ...stated(one, find) } : one))
          : // Whom it is about is no participant: a mother's and her child's are two.
            name === "focus"
            ? value
            : withoutIds(value, find)
  }
  return out
}

/** Ids of elements are marks for links within a file. */
function withoutIds(value: Json, find: Find): Json {
  if (Array.isArray(value)) return value.map((one) => withoutIds(one, find))
  if (!isObject(value)) return value
  const out: JsonObject = {}
  for (const [name, part] of Object.entries(value))
    if (name === "reference" && typeof part === "string") out[name] = target(part, find)
    else if (name !== "id") out[name] = withoutIds(part, find)
  return out
}

/** A narrative that says more than the elements (R4 2.4.1). */
const isAdditional = (text: Json): boolean => isObject(text) && text.status === "additional"

function target(reference: string, find: Find): Json {
  const type = /(?:^|\/)([A-Z][A-Za-z]+)\/[^/]+(?:\/_history\/[^/]+)?$/.exec(reference)?.[1] ?? ""
  if (OWN_REFERENCES.has(type)) return type
  const medication = type === "Medication" ? find(reference) : undefined
  return medication ? stated(medication, () => undefined) : reference
}

/** An identifier that an organisation gave for itself says nothing elsewhere. */
function isLocal(identifier: Json): boolean {
  if (!isObject(identifier)) return false
  const types = isObject(identifier.type) ? asList(identifier.type.coding).filter(isObject) : []
  const { system } = identifier
  return (
    typeof system !== "string" ||
    LOCAL_SYSTEMS.test(system) ||
    types.some(({ code }) => LOCAL_TYPES.has(String(code)))
  )
}
