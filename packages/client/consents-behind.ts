import {
  type AccessQuery,
  concerns,
  decide,
  documentId,
  grantIn,
  type PolicyDocument,
  type RecordFacts,
  readPolicy,
} from "@aceso/core"

/** Ids of the documents that permit anything to whoever asks. */
export const permitting = (documents: readonly PolicyDocument[], query: AccessQuery): string[] =>
  documents.filter((one) => concerns(readPolicy([one]), query)).map(documentId)

/**
 * Ids of consents that stood already when somebody asked, and open all of these records: what can be said where the policy
 * of then is known no more. A denial of then that is gone would have closed some of them.
 * @param documents of today @param records those that were released
 * @returns undefined: they do not open all of them, or nothing was released
 */
export function coveringThen(
  documents: readonly PolicyDocument[],
  query: AccessQuery,
  records: readonly RecordFacts[],
): string[] | undefined {
  const stood = documents.filter((one) => (grantIn(one)?.now ?? Number.POSITIVE_INFINITY) <= query.time)
  const policy = readPolicy(stood)
  if (records.length === 0 || !concerns(policy, query)) return undefined
  if (!records.every((facts) => decide(policy, query, facts) === "permit")) return undefined
  return permitting(stood, query)
}
