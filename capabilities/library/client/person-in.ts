import { isObject, type Json, type JsonObject } from "@aceso/core"

/** Elements that say whom a resource is about. */
const ABOUT = new Set(["subject", "subjectReference", "patient", "beneficiary"])
/** Whom a reference may not name. */
const PERSONS = ["Patient", "RelatedPerson", "Person", "Group"]
const REFERENCE = new RegExp(`(^|/)(${PERSONS.join("|")})[/?]`)

/** What may lie inside of a resource that is published: what defines something, and who offers it. */
const CONTAINED = [
  ...["ActivityDefinition", "CodeSystem", "DeviceDefinition", "Endpoint", "HealthcareService", "Library"],
  ...["Location", "Medication", "MedicationKnowledge", "ObservationDefinition", "Organization"],
  ...["PlanDefinition", "Questionnaire", "SpecimenDefinition", "Substance", "ValueSet"],
]

/** Where a resource says something about a person, in words; undefined: nowhere. */
export function personIn(resource: JsonObject): string | undefined {
  const open: { readonly at: string; readonly value: Json }[] = [{ at: "", value: resource }]
  for (let next = open.pop(); next; next = open.pop()) {
    const { at, value } = next
    if (Array.isArray(value)) open.push(...value.map((value, i) => ({ at: `${at}[${i}]`, value })))
    if (!isObject(value)) continue
    const fault = faultOf(at, value)
    if (fault !== undefined) return fault
    for (const [name, part] of Object.entries(value))
      open.push({ at: at === "" ? name : `${at}.${name}`, value: part })
  }
  return undefined
}

function faultOf(at: string, value: JsonObject): string | undefined {
  const { resourceType, type, reference } = value
  const about = Object.keys(value).find((name) => ABOUT.has(name.replace(/^_/, "")))
  if (about !== undefined) return at === "" ? about : `${at}.${about}`
  if (at !== "" && resourceType !== undefined && !CONTAINED.includes(String(resourceType)))
    return `${at}, a ${String(resourceType).slice(0, 64)},`
  if (typeof reference === "string" && REFERENCE.test(reference)) return `${at}.reference`
  const isReference = ["reference", "identifier", "display"].some((name) => value[name] !== undefined)
  if (isReference && typeof type === "string" && PERSONS.includes(type)) return at
  return undefined
}
