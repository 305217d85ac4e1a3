import { comparable } from "./identifiers.ts"
import { joined, type PeopleHere } from "./identities.ts"

/** What a condition of a create, an update or a reference asks for: resources of a type with an identifier. */
export interface Condition {
  readonly type: string
  readonly system: string
  readonly value: string
}

/**
 * Ids of what is here and fits: of patients no longer by an identifier that is over; those who somebody has said are
 * one person together.
 */
export function matchesOf(here: PeopleHere, condition: Condition): readonly (readonly string[])[] {
  const { type, system, value } = condition
  const ids = here.find(type, system, value)
  if (type !== "Patient") return ids.map((id) => [id])
  return joined(
    here,
    ids.filter((id) => identifierOf(here, condition, id) !== undefined),
    (id) => id,
  )
}

/** Whether the number of the condition tells by itself who the patient is that it finds. */
export const isTrustedMatch = (here: PeopleHere, condition: Condition, id: string): boolean =>
  identifierOf(here, condition, id)?.meaning === "unique"

const identifierOf = (here: PeopleHere, { system, value }: Condition, id: string) =>
  here.person(id)?.identifiers.find((one) => one.system === system && one.value === value && one.isCurrent)

/** The patients whose number now is the one asked for, as numbers are compared; joined ones once. */
export function havingNumber(here: PeopleHere, { system, value }: Condition): readonly (readonly string[])[] {
  const asked = comparable({ system, value })
  const ids = new Set([value, asked].flatMap((one) => here.find("Patient", system, one)))
  const having = [...ids].filter((id) => numberOf(here, system, asked, id) !== undefined)
  return joined(here, having, (id) => id)
}

/** The same of a number that may be written otherwise. */
export const isTrustedNumber = (here: PeopleHere, { system, value }: Condition, id: string): boolean =>
  numberOf(here, system, comparable({ system, value }), id)?.meaning === "unique"

const numberOf = (here: PeopleHere, system: string, asked: string, id: string) =>
  here
    .person(id)
    ?.identifiers.find((one) => one.system === system && comparable(one) === asked && one.isCurrent)

/** A reason why something is refused, without its place. */
export interface Wrong {
  readonly reason: string
  readonly detail: string
}

/** @param what how messages name it, such as `ifNoneExist` */
export function conditionOf(type: string, query: string, what: string): Condition | Wrong {
  const identifier = /^identifier=([^|&]*)\|([^&]+)$/.exec(query)
  if (!identifier)
    return {
      reason: "bad_condition",
      detail: `${what}: only identifier=<system>|<value> is supported`,
    }
  const [system, value] = [decoded(identifier[1]), decoded(identifier[2])]
  if (system === undefined || value === undefined)
    return { reason: "bad_condition", detail: `${what}: its percent-encoding is broken` }
  return { type, system, value }
}

/** A condition has one answer, or it is refused (FHIR R4, http.html#cond-update and #trules: 412). */
export function severalMatches(
  { type, system, value }: Condition,
  ids: readonly string[],
  what: string,
): Wrong {
  const [last, ...others] = ids.map((id) => `${type}/${id}`).reverse()
  return {
    reason: "several_matches",
    detail: `${what}: ${system}|${value} is of ${others.reverse().join(", ")} and ${last}; name the one that is meant by its id, or say whether they are one (aceso patients duplicates)`,
  }
}

/** Nothing but the number says whom such a reference means. */
export const notTrusted = ({ system, value }: Condition, id: string): Wrong => ({
  reason: "identifier_not_trusted",
  detail: `a reference by ${system}|${value}, a number that several people may have, finds Patient/${id}; refer to a trusted number or send the Patient along, or say what the system means (identifiers in node.json)`,
})

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}
