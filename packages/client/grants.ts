import {
  type Bytes,
  decide,
  factsOf,
  type Grant,
  grantDocument,
  isObject,
  nameOf,
  type PendingRequest,
  PlatformError,
  type Policy,
  type PolicyDocument,
  parseJson,
  type RecordFacts,
  readPolicy,
  toHex,
} from "@aceso/core"
import type { AccountSource } from "./account.ts"
import { recordPages } from "./record-pages.ts"
import { beyond, type Extent, isCovered, queryOf, type Standing, standingTo } from "./standing.ts"

/** What a patient signs, whichever custodian it is for. */
export type GrantTerms = Omit<Grant, "custodian" | "now">

/** A consent ends within so many years: docs/decisions/0029. */
export const MAX_GRANT_YEARS = 10

/** ms; the latest end of a consent that is signed now. */
export const latestEnd = (now: number): number =>
  new Date(now).setUTCFullYear(new Date(now).getUTCFullYear() + MAX_GRANT_YEARS)

/** @throws PlatformError `bad_input` for a consent that would mean nothing, or go on for longer than anybody remembers */
export function mustBeMeant({ custodian, grantee, until, now, records }: Grant): void {
  if (grantee === custodian)
    throw new PlatformError(
      "bad_input",
      `${custodian} made these records and reads them without your consent: one for itself would change nothing`,
    )
  if (until <= now)
    throw new PlatformError(
      "bad_input",
      `this would end at ${timeText(until)}, which is over: nothing is signed`,
    )
  if (!(until <= latestEnd(now)))
    throw new PlatformError(
      "bad_input",
      `a consent ends within ${MAX_GRANT_YEARS} years; name an earlier end, and sign a new one then`,
    )
  if (!records) return
  if (records.length === 0 || records.length > MAX_RECORDS)
    throw new PlatformError(
      "bad_input",
      `a consent names 1 to ${MAX_RECORDS} single records, not ${records.length}: nothing is signed`,
    )
  const wrong = records.find((one) => !REFERENCE.test(one))
  if (wrong !== undefined)
    throw new PlatformError(
      "bad_input",
      `${wrong.slice(0, 80)} names no record; a consent names one by type and id, such as Immunization/3f2a, and nothing is signed`,
    )
}

/** Single records that one consent names. */
const MAX_RECORDS = 50
const REFERENCE = /^[A-Z][A-Za-z]{1,63}\/[A-Za-z0-9.-]{1,64}$/

const DAY_MS = 86_400_000

/** How a patient narrows a request: fewer classes, a shorter time. */
export interface Narrowed {
  readonly classes?: readonly string[]
  readonly until?: number
}

/** What a request asks for, as a patient would sign all of it. */
export const askedBy = ({ requester, purpose, classes, until, from, to }: PendingRequest): GrantTerms => ({
  ...{ grantee: requester, purpose, classes, until },
  ...(from !== undefined && { dataFrom: from }),
  ...(to !== undefined && { dataTo: to }),
})

/**
 * What approving a request signs.
 * @throws PlatformError `bad_input` for what was not asked for: nothing is cut in silence, and nothing is added
 */
export function grantFor(request: PendingRequest, { classes, until }: Narrowed = {}): GrantTerms {
  const asked = askedBy(request)
  // The same time again, counted from when it is approved, is what was asked.
  const isAsAsked = until === undefined || (until > asked.until && until < asked.until + DAY_MS)
  const terms = { ...asked, classes: classes ?? asked.classes, until: isAsAsked ? asked.until : until }
  const more = beyond(asked, terms)
  if (more.length === 0) return terms
  throw new PlatformError(
    "bad_input",
    `${asked.grantee} asked for ${askedWords(asked)}: ${more.map((one) => moreWords(one, asked, terms)).join(", and ")} was not asked for, and nothing is signed. Name what is within it; more than was asked for is a consent of your own`,
  )
}

const askedWords = ({ classes, until, dataFrom, dataTo }: GrantTerms): string =>
  [
    classes.length > 0 ? `only ${classes.join(", ")}` : "everything",
    ...(dataFrom === undefined ? [] : [`from ${dataFrom} on`]),
    ...(dataTo === undefined ? [] : [`up to ${dataTo}`]),
    `until ${timeText(until)}`,
  ].join(" ")

function moreWords(extent: keyof Extent, asked: GrantTerms, terms: GrantTerms): string {
  if (extent === "until") return `an end at ${timeText(terms.until)}`
  if (extent === "records") return "all of what was asked for one by one"
  if (extent !== "classes") return `another ${extent}`
  const more = terms.classes.filter((one) => !asked.classes.includes(one))
  return more.length > 0 ? more.join(", ") : "everything"
}

/** To the second, so that an end shows which of two is later. */
const timeText = (ms: number): string =>
  Number.isNaN(new Date(ms).getTime())
    ? "no time"
    : `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`

/** What a grant would open at one custodian. */
export interface GrantPreview {
  readonly custodian: string
  /** The patient's records there today, each in its newest version. */
  readonly records: number
  /** How many of them this grant opens to the grantee, as far as no denial closes them. */
  readonly opened: number
  /** How many of them all consents together open to the grantee for this purpose. */
  readonly together: number
  /** How many contents it opens beside these: earlier versions, and versions of records that were deleted. */
  readonly earlier: number
  /** How many of them it would open if no denial closed them. */
  readonly closed: number
  /** Which records it opens: ids in hexadecimal. */
  readonly openedIds: readonly string[]
  /** What is in force there for the same grantee, or against it. */
  readonly standing: readonly Standing[]
}

/**
 * Counted on the patient's device, by the decision that the custodian will make.
 * @param documents in force at the custodian
 */
export async function previewGrant(
  source: Pick<AccountSource, "ask">,
  documents: readonly PolicyDocument[],
  grant: Grant,
): Promise<GrantPreview> {
  const own = grantDocument(grant)
  const [before, alone, policy] = [documents, [own], [...documents, own]].map(readPolicy)
  const query = queryOf(grant)
  const permits = (documents: Policy, facts: RecordFacts) => decide(documents, query, facts) === "permit"
  const opens = (facts: RecordFacts): Omit<Opened, "recordId"> => ({
    isTogether: permits(policy, facts),
    isByThis: permits(policy, facts) && (permits(alone, facts) || !permits(before, facts)),
    isClosed: permits(alone, facts) && decide(policy, query, facts) === "deny",
  })
  const isOpened = new Map<string, Opened>()
  let versions = 0
  for await (const { records } of recordPages(source))
    for (const { entry, content } of records) {
      const facts = factsIn(content)
      const opened = facts && opens(facts)
      if (opened?.isByThis) versions++
      if (opened) isOpened.set(nameOf(entry.recordId), { ...opened, recordId: entry.recordId })
      else isOpened.delete(nameOf(entry.recordId))
    }
  const all = [...isOpened.values()]
  const openedIds = all.filter(({ isByThis }) => isByThis).map(({ recordId }) => toHex(recordId))
  const opened = openedIds.length
  const together = all.filter(({ isTogether }) => isTogether).length
  return {
    custodian: grant.custodian,
    records: all.length,
    opened,
    together,
    earlier: versions - opened,
    closed: all.filter(({ isClosed }) => isClosed).length,
    openedIds,
    standing: standingTo(documents, grant),
  }
}

/** Whether there is anything to sign at a custodian. */
export const isToSign = (
  { grantee }: Pick<GrantTerms, "grantee">,
  { custodian, standing }: Pick<GrantPreview, "custodian" | "standing">,
): boolean => custodian !== grantee && !isCovered(standing)

interface Opened {
  readonly recordId: Bytes
  readonly isByThis: boolean
  readonly isTogether: boolean
  readonly isClosed: boolean
}

/** Undefined: a dummy, a deletion, or withdrawn as somebody else's. */
function factsIn(content: Bytes | null): RecordFacts | undefined {
  const resource = content?.length ? parseJson(content) : undefined
  return isObject(resource) ? factsOf(resource) : undefined
}
