import { kindsIn, RECORD_KINDS } from "@aceso/core/display/kinds.ts"
import type { EndChoice } from "../access/draft.ts"

/** What can be ticked of what was asked: kinds that are whole, and single types; of everything all kinds. */
export interface Part {
  readonly name: string
  readonly types: readonly string[]
  /** Absent: a single type. */
  readonly kind?: (typeof RECORD_KINDS)[number]
}

/** @param classes FHIR types that were asked for; none: all */
export function partsOf(classes: readonly string[]): Part[] {
  if (classes.length === 0) return RECORD_KINDS.map((kind) => ({ name: kind.name, types: kind.types, kind }))
  const { whole, rest } = kindsIn(classes)
  return [
    ...whole.map((kind) => ({ name: kind.name, types: kind.types, kind })),
    ...rest.map((type) => ({ name: type, types: [type] })),
  ]
}

/**
 * The types that are left of what was asked.
 * @param chosen names of parts @returns undefined: all that was asked
 */
export function classesLeft(classes: readonly string[], chosen: readonly string[]): string[] | undefined {
  const parts = partsOf(classes)
  if (parts.every(({ name }) => chosen.includes(name))) return undefined
  return parts.filter(({ name }) => chosen.includes(name)).flatMap(({ types }) => types)
}

/** Ends that are before the one that was asked for. */
export const endsBefore = (
  until: number,
  ends: readonly { readonly choice: EndChoice; readonly ms: number }[],
): EndChoice[] => ends.filter(({ ms }) => ms < until).map(({ choice }) => choice)
