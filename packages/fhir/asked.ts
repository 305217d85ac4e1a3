import { asList, type JsonObject } from "@aceso/core"
import { isTransaction, MAX_ENTRIES, openReferencesOf } from "./bundle.ts"
import { conditionOf } from "./conditions.ts"
import { isNamed, loneRequestOf, type Request, requestOf, sourceIdOf } from "./entries.ts"
import { askedIdentifiers } from "./person.ts"
import { NO_REFERENCES, type OpenReferences, partsOf } from "./references.ts"
import { keyOfId, type SourceId } from "./source-ids.ts"

export interface AskedIdentifier {
  readonly type: string
  readonly system: string
  readonly value: string
}

/** What has to be known of what is here before an input can be taken apart. */
export interface Asked {
  readonly identifiers: readonly AskedIdentifier[]
  /** Ids of the source: those that the input gives, and those that it refers to. */
  readonly sourceIds: readonly SourceId[]
}

/** All that `takeBundle` or `takeResource` may ask for. @param open as they are given to those */
export function askedOf(input: JsonObject, open: readonly OpenReferences[] = openReferencesOf(input)): Asked {
  const identifiers: AskedIdentifier[] = []
  const sourceIds = new Map<string, SourceId>()
  const nameIt = (one: SourceId) => sourceIds.set(keyOfId(one), one)
  const askFor = (request: Request, { relative, conditional } = NO_REFERENCES) => {
    const { type, resource, how } = request
    const sourceId = sourceIdOf(request)
    if (sourceId && isNamed(request)) nameIt(sourceId)
    for (const one of relative) {
      const { type, id } = partsOf(one)
      nameIt({ type, id, base: sourceId?.base ?? "" })
    }
    if ("condition" in how) identifiers.push(how.condition)
    for (const one of conditional) {
      const [type, ...rest] = one.split("?")
      const condition = conditionOf(type, rest.join("?"), one)
      if (!("reason" in condition)) identifiers.push(condition)
    }
    if (type !== "Patient") return
    for (const one of askedIdentifiers(resource)) identifiers.push({ type: "Patient", ...one })
  }
  if (!isTransaction(input)) {
    const request = loneRequestOf(input)
    if (!("reason" in request)) askFor(request, open[0])
  } else {
    const entries = asList(input.entry)
    for (const [index, entry] of (entries.length <= MAX_ENTRIES ? entries : []).entries()) {
      const request = requestOf(entry)
      if (!("reason" in request)) askFor(request, open[index])
    }
  }
  return { identifiers: unique(identifiers), sourceIds: [...sourceIds.values()] }
}

function unique(all: readonly AskedIdentifier[]): AskedIdentifier[] {
  const found = new Map(all.map((one) => [JSON.stringify([one.type, one.system, one.value]), one]))
  return [...found.values()].map(({ type, system, value }) => ({ type, system, value }))
}
