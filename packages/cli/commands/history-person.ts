import type { SourceLine, TimelineEntry } from "@aceso/client"
import { isObject, orUndefined, parseJson } from "@aceso/core"
import { type Person, personOf } from "@aceso/core/display/index.ts"
import { bold, red } from "../columns.ts"

/** Who a custodian's Patient record says that it is. */
export interface Named extends Person {
  readonly custodian: string
}

/** By the newest Patient records that hold, of each custodian. */
export const personsOf = (timeline: readonly TimelineEntry[]): Named[] =>
  timeline
    .filter(({ resourceType, isStruckOut }) => resourceType === "Patient" && !isStruckOut)
    .flatMap(({ sources }) => sources.filter(({ status }) => status === "verified").flatMap(namedIn))

function namedIn({ custodian, content }: SourceLine): Named[] {
  const patient = content?.length
    ? orUndefined(["bad_json", "bad_utf8"], () => parseJson(content))
    : undefined
  return isObject(patient) ? [{ custodian, ...personOf(patient) }] : []
}

/** Whose it is, before anything else; one line for all who say the same. */
export function personLines(persons: readonly Named[], heading = "Whose history"): string[] {
  const sayings = Map.groupBy(persons, ({ who }) => who)
  return [
    bold(`  ${heading}`),
    ...(sayings.size === 0 ? [red("    no Patient record among what was read")] : []),
    ...[...sayings].map(([who, all]) => {
      const at = new Set(all.map(({ custodian, numbers }) => [custodian, ...numbers].join(" ")))
      return `    ${who} (${[...at].join(", ")})`
    }),
    ...(sayings.size > 1 ? [red("    The Patient records do not say the same: make sure who it is.")] : []),
  ]
}
