import { type Json, JsonNumber, type JsonObject } from "@aceso/core"

/** Members whose text is a reference or an address: there alone a fullUrl means the entry. */
const isAddress = (name: string) => name === "reference" || /ur[il]$/i.test(name)

/** Replaces references to entries of the bundle; collects those that lead nowhere in it. */
export function rewrite(
  value: Json,
  targets: ReadonlyMap<string, string>,
  unresolved: Set<string>,
  name = "",
): Json {
  if (typeof value === "string") {
    const target = isAddress(name) ? targets.get(value) : undefined
    if (target) return target
    if (name === "reference" && !value.startsWith("#")) unresolved.add(value)
    return value
  }
  if (value === null || typeof value !== "object" || value instanceof JsonNumber) return value
  // Most parts hold no link and are shared, not copied.
  let copy: Json[] | JsonObject | undefined
  for (const member of Object.keys(value)) {
    const part = (value as JsonObject)[member]
    const mine = rewrite(part, targets, unresolved, Array.isArray(value) ? name : member)
    if (mine === part) continue
    copy ??= Array.isArray(value) ? [...value] : { ...value }
    ;(copy as JsonObject)[member] = mine
  }
  return copy ?? value
}

/** References whose target depends on who and what is here: by a patient's id, or by a condition. */
export interface OpenReferences {
  /** `Patient/<id>`, perhaps with a version behind it. */
  readonly patients: readonly string[]
  /** `<type>?<condition>`. */
  readonly conditional: readonly string[]
}

const PATIENT = /^Patient\/([A-Za-z0-9\-.]{1,64})(\/_history\/[^/]+)?$/
const CONDITIONAL = /^[A-Z][A-Za-z]*\?/
export const NO_REFERENCES: OpenReferences = { patients: [], conditional: [] }

/** The open references of one resource. A bundle that is stored as it is keeps its references. */
export function openReferences(resource: JsonObject): OpenReferences {
  if (resource.resourceType === "Bundle") return NO_REFERENCES
  const [patients, conditional] = [new Set<string>(), new Set<string>()]
  collect(resource, patients, conditional)
  return patients.size + conditional.size === 0
    ? NO_REFERENCES
    : { patients: [...patients], conditional: [...conditional] }
}

/** Whether the text of a document can hold any: most inputs refer to what they bring along, and need no look. */
export const mayHoldOpenReferences = (text: Buffer): boolean =>
  ["Patient/", "?", "\\/", "\\u"].some((sign) => text.includes(sign))

function collect(value: JsonObject | Json[], patients: Set<string>, conditional: Set<string>): void {
  for (const member of Object.keys(value)) {
    const part = (value as JsonObject)[member]
    if (typeof part === "string") {
      if (member !== "reference") continue
      if (PATIENT.test(part)) patients.add(part)
      else if (CONDITIONAL.test(part)) conditional.add(part)
    } else if (part !== null && typeof part === "object" && !(part instanceof JsonNumber))
      collect(part, patients, conditional)
  }
}

/** The id in `Patient/<id>`, and what stands behind it. */
export function patientReference(reference: string): { readonly id: string; readonly version: string } {
  const [, id, version] = PATIENT.exec(reference) as RegExpExecArray
  return { id, version: version ?? "" }
}
