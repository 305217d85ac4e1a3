import {
  type Bytes,
  decide,
  factsOf,
  type Grant,
  grantDocument,
  isObject,
  nameOf,
  type PendingRequest,
  type Policy,
  type PolicyDocument,
  parseJson,
  type RecordFacts,
  readPolicy,
} from "@aceso/core"
import { type AccountSource, recordPages } from "./account.ts"

/** What a patient signs, whichever custodian it is for. */
export type GrantTerms = Omit<Grant, "custodian" | "now">

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
  // No practitioner is known yet.
  const query = {
    member: grant.grantee,
    practitioner: "",
    role: "",
    purpose: grant.purpose,
    time: grant.now,
  }
  const permits = (documents: Policy, facts: RecordFacts) => decide(documents, query, facts) === "permit"
  const opens = (facts: RecordFacts): Opened => ({
    isTogether: permits(policy, facts),
    isByThis: permits(policy, facts) && (permits(alone, facts) || !permits(before, facts)),
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
  return { custodian: grant.custodian, records: all.length, opened, together, earlier: versions - opened }
}

interface Opened {
  readonly isByThis: boolean
  readonly isTogether: boolean
}

/** Undefined: a dummy, a deletion, or withdrawn as somebody else's. */
function factsIn(content: Bytes | null): RecordFacts | undefined {
  const resource = content?.length ? parseJson(content) : undefined
  return isObject(resource) ? factsOf(resource) : undefined
}
