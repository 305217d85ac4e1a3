import { isObject, orUndefined, parseJson } from "@aceso/core"
import { type Person, personOf, type Tongue } from "@aceso/core/display/index.ts"
import type { SourceLine, TimelineEntry } from "./history-schemas.ts"

/** Who a custodian's Patient record says that it is. */
export interface Named extends Person {
  readonly custodian: string
}

/** By the newest Patient records that hold, of each custodian. @param language of our own words */
export const personsOf = (timeline: readonly TimelineEntry[], language?: Tongue): Named[] =>
  timeline
    .filter(({ resourceType, isStruckOut }) => resourceType === "Patient" && !isStruckOut)
    .flatMap(({ sources }) =>
      sources.filter(({ status }) => status === "verified").flatMap((one) => namedIn(one, language)),
    )

function namedIn({ custodian, content }: SourceLine, language?: Tongue): Named[] {
  const patient = content?.length
    ? orUndefined(["bad_json", "bad_utf8"], () => parseJson(content))
    : undefined
  return isObject(patient) ? [{ custodian, ...personOf(patient, undefined, language) }] : []
}

/** What custodians say of whose it is: more than one saying, and they do not agree. */
export interface PersonSaying {
  readonly who: string
  readonly by: readonly { readonly custodian: string; readonly numbers: readonly string[] }[]
}

/** One for all who say the same. */
export function personSayings(persons: readonly Named[]): PersonSaying[] {
  const named = ({ custodian, numbers }: Named) => [custodian, ...numbers].join(" ")
  return [...Map.groupBy(persons, ({ who }) => who)].map(([who, all]) => ({
    who,
    by: [...new Map(all.map((one) => [named(one), one])).values()].map(({ custodian, numbers }) => ({
      custodian,
      numbers,
    })),
  }))
}
