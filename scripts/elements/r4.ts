import { readFileSync } from "node:fs"
import { join } from "node:path"

/** R4's StructureDefinitions, as far as the tables need them. */
export interface ElementDefinition {
  readonly path: string
  readonly type?: readonly { readonly code: string; readonly targetProfile?: readonly string[] }[]
  /** `#` and the path of the element whose parts these are too. */
  readonly contentReference?: string
}
export interface TypeDefinition {
  readonly name: string
  readonly elements: readonly ElementDefinition[]
}

interface Resource {
  readonly resourceType: string
  readonly url: string
  readonly name: string
  readonly kind: string
  readonly abstract: boolean
  readonly derivation?: string
  readonly fhirVersion?: string
  readonly snapshot: { readonly element: readonly ElementDefinition[] }
  readonly identifier?: readonly { readonly value: string }[]
}

const resourcesOf = (folder: string, file: string): Resource[] =>
  (JSON.parse(readFileSync(join(folder, file), "utf8")) as { entry: { resource: Resource }[] }).entry.map(
    ({ resource }) => resource,
  )

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)

/** @param folder holds R4's profiles-resources.json and profiles-types.json */
export function definitionsIn(folder: string): { types: TypeDefinition[]; resources: TypeDefinition[] } {
  const read = (file: string, kind: string) =>
    resourcesOf(folder, file)
      .filter((one) => one.resourceType === "StructureDefinition" && one.kind === kind && !one.abstract)
      .filter((one) => one.fhirVersion === "4.0.1" && one.derivation !== "constraint")
      .map(({ name, snapshot }) => ({ name, elements: snapshot.element }))
      .sort(byName)
  return {
    resources: read("profiles-resources.json", "resource"),
    types: read("profiles-types.json", "complex-type"),
  }
}

const DATED = new Set(["date", "dateTime", "instant", "Period", "Timing"])
const CODED = new Set(["code", "Coding", "CodeableConcept"])
/** Types of a choice that speak of a time without naming one. */
const VAGUE = new Set(["Age", "Range", "Duration", "string", "CodeableConcept"])

const codesOf = ({ type = [] }: ElementDefinition) => type.map(({ code }) => code)
const isOwn = ({ path }: ElementDefinition) => !/\.(extension|modifierExtension)$/.test(path)

/** `path` or `stem[type|type]`. A value is no time where it is none of the dated types. */
function written(type: TypeDefinition, element: ElementDefinition, wanted: ReadonlySet<string>): string {
  const path = element.path.slice(type.name.length + 1)
  if (!path.endsWith("[x]")) return path
  return `${path.slice(0, -3)}[${codesOf(element)
    .filter((code) => wanted.has(code))
    .join("|")}]`
}

/** The elements that carry a time. */
export function dated(type: TypeDefinition): string[] {
  return type.elements
    .filter((element) => isOwn(element) && codesOf(element).some((code) => DATED.has(code)))
    .map((element) => {
      const isValue = /\b(value|answer|defaultValue|fixed|pattern)\[x\]$/.test(element.path)
      return written(type, element, isValue ? DATED : new Set([...DATED, ...VAGUE]))
    })
}

/** The elements that carry a code, each with its type. */
export function coded(type: TypeDefinition): string[] {
  return type.elements
    .filter((element) => isOwn(element) && codesOf(element).some((code) => CODED.has(code)))
    .map((element) => {
      const path = written(type, element, CODED)
      return path.endsWith("]") ? path : `${path}(${codesOf(element)[0]})`
    })
}

/** The names of all elements of these types, sorted. */
export function namesOfType(types: readonly TypeDefinition[], wanted: readonly string[]): string[] {
  const names = new Set<string>()
  for (const { elements } of types)
    for (const element of elements)
      for (const code of codesOf(element)) {
        const name = element.path.split(".").at(-1) ?? ""
        if (wanted.includes(code))
          names.add(name.endsWith("[x]") ? name.slice(0, -3) + code[0].toUpperCase() + code.slice(1) : name)
      }
  return [...names].sort()
}

const APART = new Set(["Identifier", "HumanName", "Address", "ContactPoint", "Meta"])

/**
 * Where types with a validity of their own stand: names that never stand for anything else with parts, and, of the
 * other names, the paths.
 */
export function apart(types: readonly TypeDefinition[]): { names: string[]; paths: string[] } {
  const places: { name: string; path: string }[] = []
  const others = new Set<string>()
  for (const { elements } of types)
    for (const element of elements)
      for (const code of codesOf(element)) {
        const last = element.path.split(".").at(-1) ?? ""
        const name = last.endsWith("[x]") ? last.slice(0, -3) + code[0].toUpperCase() + code.slice(1) : last
        if (APART.has(code)) places.push({ name, path: element.path })
        else if (/^[A-Z]/.test(code)) others.add(name)
      }
  const isClear = ({ name }: { name: string }) => !others.has(name)
  return {
    names: [...new Set(places.filter(isClear).map(({ name }) => name))].sort(),
    paths: places
      .filter((place) => !isClear(place))
      .map(({ path }) => path)
      .sort(),
  }
}

/** `name=end of the object identifier` of each HL7 v3 code system. */
export function oidsOf(folder: string): string[] {
  return resourcesOf(folder, "v3-codesystems.json")
    .filter(({ resourceType }) => resourceType === "CodeSystem")
    .flatMap(({ url, identifier = [] }) =>
      identifier.map(({ value }) => {
        const oid = value.replace("urn:oid:2.16.840.1.113883.", "")
        return `${oid}=${url.slice(url.lastIndexOf("/") + 1)}`
      }),
    )
    .sort()
}
