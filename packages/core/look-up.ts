import { clinicalTime, codings } from "./clinical.ts"
import { readTime, type TimeInterval } from "./clinical-interval.ts"
import { namesOfFound } from "./consent/systems.ts"
import type { JsonObject } from "./json.ts"

export { nameOfWanted } from "./consent/systems.ts"

/** By what of a resource it is looked up, besides its type. */
export interface LookUpTerms {
  /** Names of its main codes (`namesOfFound`), each once. */
  readonly codes: readonly (readonly string[])[]
  /** undefined: it says none that can be read. */
  readonly time: TimeInterval | undefined
}

/** Codes and time of a resource as the filter of records (`isWanted`) and the timeline take them. */
export function lookUpTerms(resource: JsonObject): LookUpTerms {
  const codes = new Map(
    codings(resource)
      .flatMap(namesOfFound)
      .map((name) => [name.join("\0"), name]),
  )
  return { codes: [...codes.values()], time: readTime(clinicalTime(resource)).interval }
}
