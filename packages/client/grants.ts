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
} from "@aceso/core"
import { type AccountSource, recordPages } from "./account.ts"
import { queryOf, type Standing, standingTo } from "./standing.ts"

/** What a patient signs, whichever custodian it is for. */
export type GrantTerms = Omit<Grant, "custodian" | "now">

/** A consent ends within so many years: docs/decisions/0029. */
export const MAX_GRANT_YEARS = 10

/** ms; the latest end of a consent that is signed now. */
export const latestEnd = (now: number): number =>
  new Date(now).setUTCFullYear(new Date(now).getUTCFullYear() + MAX_GRANT_YEARS)

/** @throws PlatformError `bad_input` for a consent that would mean nothing, or go on for longer than anybody remembers */
export function mustBeMeant({ custodian, grantee, until, now }: Grant): void {
  if (grantee === custodian)
    throw new PlatformError(
      "bad_input",
      `${custodian} made these records and reads them without your consent: one for itself would change nothing`,
    )
  if (!(until <= latestEnd(now)))
    throw new PlatformError(
      "bad_input",
      `a consent ends within ${MAX_GRANT_YEARS} years; name an earlier end, and sign a new one then`,
    )
}

/** How a patient narrows a request: fewer classes, a shorter time. */
export interface Narrowed {
  readonly classes?: readonly string[]
  readonly until?: number
}

/** What approving a request signs. */
export const grantFor = (request: PendingRequest, { classes, until }: Narrowed = {}): GrantTerms => ({
  grantee: request.requester,
  purpose: request.purpose,
  classes: classes ?? request.classes,
  until: Math.min(until ?? request.until, request.until),
  ...(request.from !== undefined && { dataFrom: request.from }),
  ...(request.to !== undefined && { dataTo: request.to }),
})

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
  const opens = (facts: RecordFacts): Opened => ({
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
      if (opened) isOpened.set(nameOf(entry.recordId), opened)
      else isOpened.delete(nameOf(entry.recordId))
    }
  const all = [...isOpened.values()]
  const opened = all.filter(({ isByThis }) => isByThis).length
  const together = all.filter(({ isTogether }) => isTogether).length
  return {
    custodian: grant.custodian,
    records: all.length,
    opened,
    together,
    earlier: versions - opened,
    closed: all.filter(({ isClosed }) => isClosed).length,
    standing: standingTo(documents, grant),
  }
}

interface Opened {
  readonly isByThis: boolean
  readonly isTogether: boolean
  readonly isClosed: boolean
}

/** Undefined: a dummy, a deletion, or withdrawn as somebody else's. */
function factsIn(content: Bytes | null): RecordFacts | undefined {
  const resource = content?.length ? parseJson(content) : undefined
  return isObject(resource) ? factsOf(resource) : undefined
}
