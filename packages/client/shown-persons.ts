import { type Person, personOf, type Tongue } from "@aceso/core/display/index.ts"
import type { TimelineEntry } from "./history-schemas.ts"
import { patientsIn } from "./patients-in.ts"

/** Who a custodian's Patient record says that it is. */
export interface Named extends Person {
  readonly custodian: string
}

/** By the newest Patient records that hold, of each custodian. @param language of our own words */
export const personsOf = (timeline: readonly TimelineEntry[], language?: Tongue): Named[] =>
  patientsIn(timeline).map(({ custodian, patient }) => ({
    custodian,
    ...personOf(patient, undefined, language),
  }))

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
