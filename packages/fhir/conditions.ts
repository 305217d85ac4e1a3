import type { PeopleHere } from "./identities.ts"

/** What a condition of a create, an update or a reference asks for: resources of a type with an identifier. */
export interface Condition {
  readonly type: string
  readonly system: string
  readonly value: string
}

/** Ids of what is here and fits: for patients an identifier that is over no longer does. */
export function matchesOf(here: PeopleHere, { type, system, value }: Condition): readonly string[] {
  const ids = here.find(type, system, value)
  if (type !== "Patient") return ids
  return ids.filter((id) =>
    here.person(id)?.identifiers.some((one) => one.system === system && one.value === value && one.isCurrent),
  )
}

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

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}
