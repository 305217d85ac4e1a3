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

/** What is known of what a record's references mean. */
export interface KnownOf {
  readonly find: Find
  /** Whether a reference to a Patient is to another than the custodian's. */
  readonly isAnother: (reference: string) => boolean
}

/**
 * A text that two records share where they state the same: everything in them, number tokens as written, but ids, meta,
 * narrative, and the ids in references to the patient, people, places and encounters. Identifiers are no ids: by an
 * order's or a specimen's number two equal results are told apart. A Medication by reference counts as what it is.
 * @returns undefined: it is no resource, and nothing can be said of it
 */
export function statedKey(resource: JsonObject, known: KnownOf): string | undefined {
  if (asText(resource.resourceType) === undefined) return undefined
  return canonicalText(stated(resource, known))
}

function stated(resource: JsonObject, known: KnownOf): JsonObject {
  const out: JsonObject = {}
  for (const [name, value] of Object.entries(resource)) {
    if (OWN.has(name) && !(name === "text" && isAdditional(value))) continue
    out[name] =
      name === "contained"
        ? asList(value).map((one) => (isObject(one) ? { id: one.id ?? null, ...stated(one, known) } : one))
        : // Whom it is about is no participant: a mother's and her child's are two.
          name === "focus"
          ? value
          : withoutIds(value, known)
  }
  return out
}

/** Ids of elements are marks for links within a file. */
function withoutIds(value: Json, known: KnownOf): Json {
  if (Array.isArray(value)) return value.map((one) => withoutIds(one, known))
  if (!isObject(value)) return value
  const out: JsonObject = {}
  for (const [name, part] of Object.entries(value))
    if (name === "reference" && typeof part === "string") out[name] = target(part, known)
    else if (name !== "id") out[name] = withoutIds(part, known)
  return out
}

/** A narrative that says more than the elements (R4 2.4.1). */
const isAdditional = (text: Json): boolean => isObject(text) && text.status === "additional"

function target(reference: string, { find, isAnother }: KnownOf): Json {
  const type = /(?:^|\/)([A-Z][A-Za-z]+)\/[^/]+(?:\/_history\/[^/]+)?$/.exec(reference)?.[1] ?? ""
  if (type === "Patient" && isAnother(reference)) return reference
  if (OWN_REFERENCES.has(type)) return type
  const medication = type === "Medication" ? find(reference) : undefined
  return medication ? stated(medication, { find: () => undefined, isAnother }) : reference
}
