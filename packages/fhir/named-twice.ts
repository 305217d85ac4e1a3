import type { JsonObject } from "@aceso/core"
import type { Wrong } from "./conditions.ts"
import { comparable, type IdentifierRules, knownIdentifiers } from "./identifiers.ts"
import { MAX_CARRIERS, type PeopleHere, type PersonHere } from "./identities.ts"
import type { NumberedPatient } from "./references.ts"

/**
 * A patient who is named by a literal reference and by a number as well. R4 (references.html#Reference) has both mean
 * the same; where a trusted number finds somebody else, nobody said who is meant (docs/decisions/0019).
 */

/** Somebody who has a number now. */
export interface Carrier {
  readonly id: string
  /** The number tells by itself that it is this one. */
  readonly isTrusted: boolean
}

/** The number of an Identifier beside a reference, where it says something of who somebody is now. */
export function saidNumber(identifier: JsonObject, rules: IdentifierRules): NumberedPatient | undefined {
  const [said] = knownIdentifiers({ identifier }, rules)
  return said?.isCurrent && said.meaning !== "shared" ? { system: said.system, value: said.value } : undefined
}

/** Patients here whose number it is now. */
export function whoHas(here: Pick<PeopleHere, "find" | "person">, number: NumberedPatient): Carrier[] {
  const asked = comparable(number)
  const ids = new Set([number.value, asked].flatMap((one) => here.find("Patient", number.system, one)))
  return [...ids].flatMap((id) => {
    const its = here
      .person(id)
      ?.identifiers.find((one) => one.system === number.system && comparable(one) === asked && one.isCurrent)
    return its ? [{ id, isTrusted: its.meaning === "unique" }] : []
  })
}

/**
 * Whom a number names, where that is somebody else.
 * @param person who the reference means
 * @returns undefined: nobody, the very same person, or the number says nothing
 */
export function othersThan(
  id: string,
  carriers: readonly Carrier[],
  person: PersonHere | undefined,
): readonly string[] | undefined {
  const isSame = (one: Carrier) => one.id === id || person?.sameAs?.includes(one.id) === true
  if (carriers.some(isSame) || carriers.length > MAX_CARRIERS) return undefined
  const others = carriers.filter(({ isTrusted }) => isTrusted).map((one) => one.id)
  return others.length > 0 ? others : undefined
}

/** @param literal as it was sent */
export function contradicts(
  literal: string,
  id: string,
  { system, value }: NumberedPatient,
  others: readonly string[],
): Wrong {
  const found = others.map((one) => `Patient/${one}`).join(", ")
  const sent = literal === `Patient/${id}` ? "" : ` (sent as ${literal})`
  return {
    reason: "patient_unclear",
    detail: `it names Patient/${id}${sent} by a reference, and by the number ${system}|${value} beside it ${found}; correct the one that is wrong, or leave it out`,
  }
}
