import {
  type AccessQuery,
  concerns,
  type DocumentSummary,
  dateRange,
  documentsFor,
  type Grant,
  grantDocument,
  grantIn,
  mayDeny,
  type PolicyDocument,
  readPolicy,
  summarise,
} from "@aceso/core"

/**
 * How a document in force stands to a grant that somebody wishes. `covers`: it opens all of that for as long at least.
 * `within`: the grant opens all that it opens, for as long at least. `denies`: it may close some of it, whatever else
 * permits. `beside`: it is for the same grantee as well.
 */
export type Relation = "covers" | "within" | "denies" | "beside"

export interface Standing {
  readonly relation: Relation
  readonly document: DocumentSummary
}

/** What of a request is in force: consents that open all of it, or some of it and nothing else. */
export const inForceOf = (documents: readonly PolicyDocument[], asked: Grant): DocumentSummary[] =>
  standingTo(documents, asked)
    .filter(({ relation }) => relation === "covers" || relation === "within")
    .map(({ document }) => document)

/** Whether nothing is left to sign: the very same, or more, is open already. */
export const isCovered = (standing: readonly Standing[]): boolean =>
  standing.some(({ relation }) => relation === "covers")

/** The documents in force that a patient who grants this has to know of. */
export function standingTo(documents: readonly PolicyDocument[], grant: Grant): Standing[] {
  const found: Standing[] = []
  for (const one of documents) {
    const relation = relationOf(one, grant)
    if (relation) found.push({ relation, document: summarise(one) })
  }
  const order: readonly Relation[] = ["covers", "denies", "within", "beside"]
  return found.sort((a, b) => order.indexOf(a.relation) - order.indexOf(b.relation))
}

function relationOf(document: PolicyDocument, grant: Grant): Relation | undefined {
  const policy = readPolicy([document])
  const { grantees, until } = summarise(document)
  if (policy.consents.every(({ isSilent }) => isSilent) || isOver(until, grant.now)) return undefined
  const standing = grantIn(document)
  if (standing?.grantee === grant.grantee) {
    if (opensAll(document, standing, grant)) return "covers"
    const rest = { ...standing, now: Math.max(standing.now, grant.now) }
    return opensAll(grantDocument(grant), grant, rest) ? "within" : "beside"
  }
  if (documentsFor(policy, queryOf(grant)).length > 0 && mayDeny(policy)) return "denies"
  return grantees.includes(grant.grantee) ? "beside" : undefined
}

/** Whom a grant names; no practitioner is known yet. */
export const queryOf = ({ grantee, purpose, now }: Grant): AccessQuery => ({
  member: grantee,
  practitioner: "",
  role: "",
  purpose,
  time: now,
})

/** What a grant names of which there can be more or less. */
export type Extent = Pick<Grant, "classes" | "until" | "dataFrom" | "dataTo" | "records">

/** In what the second reaches beyond the first: no classes are all of them, no date is no bound. */
export function beyond(wide: Extent, narrow: Extent): (keyof Extent)[] {
  const isWithin: Readonly<Record<keyof Extent, boolean>> = {
    classes:
      wide.classes.length === 0 ||
      (narrow.classes.length > 0 && narrow.classes.every((one) => wide.classes.includes(one))),
    records:
      wide.records === undefined || (narrow.records?.every((one) => wide.records?.includes(one)) ?? false),
    dataFrom: isBounded(wide.dataFrom, narrow.dataFrom, (a, b) => dateRange(a).fromMs <= dateRange(b).fromMs),
    dataTo: isBounded(wide.dataTo, narrow.dataTo, (a, b) => dateRange(a).toMs >= dateRange(b).toMs),
    // Not the other way round: an end that is none is beyond every end.
    until: narrow.until <= wide.until,
  }
  return (Object.keys(isWithin) as (keyof Extent)[]).filter((name) => !isWithin[name])
}

/** Whether one grant opens at least what the other does, from its beginning to its end. */
const opensAll = (document: PolicyDocument, wide: Grant, narrow: Grant): boolean =>
  concerns(readPolicy([document]), queryOf(narrow)) && beyond(wide, narrow).length === 0

/** Bounds with a zone and days without one are not compared: which days are meant differs by the record. */
function isBounded(
  wide: string | undefined,
  narrow: string | undefined,
  isWider: (wide: string, narrow: string) => boolean,
): boolean {
  if (wide === undefined || wide === narrow) return true
  return narrow !== undefined && wide.includes("T") === narrow.includes("T") && isWider(wide, narrow)
}

/** @param until a FHIR time; empty: it has no end */
function isOver(until: string, now: number): boolean {
  if (until === "") return false
  try {
    return dateRange(until).toMs <= now
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}
