import { conditionOf } from "./conditions.ts"
import { comparable, identifiersOf } from "./identifiers.ts"
import type { FhirInput, InputEntry } from "./input.ts"
import { askedIdentifiers } from "./person.ts"
import { partsOf } from "./references.ts"
import { isNamed, sourceIdOf } from "./requests.ts"
import { namesOfAbsolute } from "./resolver.ts"
import { keyOfId, type SourceId, urnOf } from "./source-ids.ts"

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
  /** Urns that other inputs may have given to something. */
  readonly urns: readonly string[]
  /** Of `sourceIds`, those of which the input says when they were set so. */
  readonly dated: readonly SourceId[]
}

/** All that `takeInput` may ask for. */
export function askedOf(input: FhirInput): Asked {
  const identifiers: AskedIdentifier[] = []
  const sourceIds = new Map<string, SourceId>()
  const urns = new Set<string>()
  const dated = new Map<string, SourceId>()
  const nameIt = (one: SourceId) => sourceIds.set(keyOfId(one), one)
  const askFor = ({ request, open, saidAt }: InputEntry) => {
    if ("reason" in request) return
    const { type, resource, how } = request
    const sourceId = sourceIdOf(request)
    if (sourceId && isNamed(request)) {
      nameIt(sourceId)
      if (saidAt !== undefined) dated.set(keyOfId(sourceId), sourceId)
      if (type === "Patient" && sourceId.base !== "") nameIt({ ...sourceId, base: "" })
      const urn = type === "Patient" ? urnOf(request.fullUrl) : undefined
      if (urn && urn.id !== sourceId.id) nameIt({ type, ...urn })
    }
    for (const one of open.relative) {
      const { type, id } = partsOf(one)
      nameIt({ type, id, base: sourceId?.base ?? "" })
    }
    for (const one of open.absolute) {
      for (const name of namesOfAbsolute(one)) nameIt(name)
      if (urnOf(one)) urns.add(one)
    }
    if ("condition" in how) identifiers.push(how.condition)
    for (const one of open.conditional) {
      const [type, ...rest] = one.split("?")
      const condition = conditionOf(type, rest.join("?"), one)
      if (!("reason" in condition)) identifiers.push(condition)
    }
    const beside = open.besides.flatMap(({ identifier }) => identifiersOf({ identifier }))
    for (const { system, value } of [...open.numbers, ...beside])
      for (const one of new Set([value, comparable({ system, value })]))
        identifiers.push({ type: "Patient", system, value: one })
    for (const patient of open.contained)
      for (const one of askedIdentifiers(patient)) identifiers.push({ type: "Patient", ...one })
    if (type !== "Patient") return
    for (const one of askedIdentifiers(resource)) identifiers.push({ type: "Patient", ...one })
  }
  for (const entry of input.entries) askFor(entry)
  return {
    identifiers: unique(identifiers),
    sourceIds: [...sourceIds.values()],
    urns: [...urns],
    dated: [...dated.values()],
  }
}

function unique(all: readonly AskedIdentifier[]): AskedIdentifier[] {
  const found = new Map(all.map((one) => [JSON.stringify([one.type, one.system, one.value]), one]))
  return [...found.values()].map(({ type, system, value }) => ({ type, system, value }))
}
