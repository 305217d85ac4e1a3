import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { documentId, factsOf, type Grant, grantDocument, parseJson, utf8 } from "@aceso/core"
import { coveringThen, permitting } from "./consents-behind.ts"

const NOON = Date.UTC(2026, 5, 1, 12)
const HOUR_MS = 3_600_000
const grant = (more: Partial<Grant> = {}) =>
  grantDocument({
    ...{ custodian: "city", grantee: "county", purpose: "TREAT", classes: [] },
    ...{ until: NOON + 24 * HOUR_MS, now: NOON - HOUR_MS },
    ...more,
  })
const factsIn = (type: string) => {
  const resource = parseJson(utf8(`{"resourceType":"${type}"}`))
  return factsOf(resource as Parameters<typeof factsOf>[0])
}
const query = { member: "county", practitioner: "", role: "", purpose: "TREAT", time: NOON }

describe("consents behind what was released", () => {
  const all = grant()
  const claims = grant({ classes: ["Claim"] })
  const rows = [
    { comment: "one for all that stood then", documents: [all], types: ["Claim", "Condition"], by: [all] },
    {
      comment: "one of them for a part, and all is open",
      documents: [all, claims],
      types: ["Claim"],
      by: [all, claims],
    },
    { comment: "one for a part alone", documents: [claims], types: ["Claim", "Condition"], by: undefined },
    {
      comment: "one that was signed afterwards",
      documents: [grant({ now: NOON + 1 })],
      types: ["Claim"],
      by: undefined,
    },
    {
      comment: "one that had ended",
      documents: [grant({ until: NOON - 1 })],
      types: ["Claim"],
      by: undefined,
    },
    {
      comment: "one for somebody else",
      documents: [grant({ grantee: "insurer" })],
      types: ["Claim"],
      by: undefined,
    },
    { comment: "nothing was released", documents: [all], types: [], by: undefined },
  ]
  for (const { comment, documents, types, by } of rows)
    it(`${comment}: ${by ? "named" : "none"}`, () =>
      assert.deepEqual(coveringThen(documents, query, types.map(factsIn)), by?.map(documentId)))

  it("of the policy of then those that are for whoever asked", () => {
    const other = grant({ grantee: "insurer" })
    assert.deepEqual(permitting([all, other], query), [documentId(all)])
  })
})
