import { asList, type JsonObject } from "@aceso/core"
import { isTransaction, MAX_ENTRIES, openReferencesOf } from "./bundle.ts"
import { conditionOf } from "./conditions.ts"
import { ID, requestOf } from "./entries.ts"
import { comparable, identifiersOf } from "./identifiers.ts"
import { NO_REFERENCES, type OpenReferences, patientReference } from "./references.ts"

export interface AskedIdentifier {
  readonly type: string
  readonly system: string
  readonly value: string
}

/** What has to be known of what is here before an input can be taken apart. */
export interface Asked {
  readonly identifiers: readonly AskedIdentifier[]
  /** Ids that the input gives to patients, or names them by. */
  readonly patients: readonly string[]
}

/** All that `takeBundle` or `takeResource` may ask for. @param open as they are given to those */
export function askedOf(input: JsonObject, open: readonly OpenReferences[] = openReferencesOf(input)): Asked {
  const identifiers: AskedIdentifier[] = []
  const patients = new Set<string>()
  const askFor = (resource: JsonObject, references = NO_REFERENCES) => {
    for (const one of references.patients) patients.add(patientReference(one).id)
    for (const one of references.conditional) {
      const [type, ...rest] = one.split("?")
      const condition = conditionOf(type, rest.join("?"), one)
      if (!("reason" in condition)) identifiers.push(condition)
    }
    if (resource.resourceType !== "Patient") return
    for (const { system, value } of identifiersOf(resource))
      identifiers.push({ type: "Patient", system, value: comparable(value) })
    if (typeof resource.id === "string" && ID.test(resource.id)) patients.add(resource.id)
  }
  if (!isTransaction(input)) askFor(input, open[0])
  else {
    const entries = asList(input.entry)
    for (const [index, entry] of (entries.length <= MAX_ENTRIES ? entries : []).entries()) {
      const request = requestOf(entry)
      if ("reason" in request) continue
      const { type, how, resource } = request
      if (how.kind === "update" && type === "Patient") patients.add(how.id)
      if ("condition" in how) identifiers.push(how.condition)
      askFor(resource, open[index])
    }
  }
  return { identifiers: unique(identifiers), patients: [...patients] }
}

function unique(all: readonly AskedIdentifier[]): AskedIdentifier[] {
  const found = new Map(all.map((one) => [JSON.stringify([one.type, one.system, one.value]), one]))
  return [...found.values()].map(({ type, system, value }) => ({ type, system, value }))
}
