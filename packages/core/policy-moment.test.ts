import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { readPolicy } from "./consent.ts"
import { grantDocument } from "./consent-documents.ts"
import { canonicalJson, toJson } from "./json.ts"
import { momentOf } from "./policy-moment.ts"

const NOW = Date.parse("2026-06-15T12:00:00Z")
const DAY = 86_400_000
const grant = (grantee: string, purpose: string, untilMs: number) =>
  grantDocument({ custodian: "city", grantee, purpose, classes: [], now: NOW, until: NOW + untilMs })
const query = { member: "county", practitioner: "", role: "", purpose: "TREAT", time: NOW }

describe("the moment of a policy changes when something about this requester begins or ends", () => {
  const policy = readPolicy([
    grant("county", "TREAT", DAY),
    grant("psychiatry", "TREAT", 2 * DAY),
    grant("county", "HPAYMT", 3 * DAY),
  ])
  const at = (days: number) => momentOf(policy, { ...query, time: NOW + days * DAY })
  const rows: readonly (readonly [comment: string, fromDays: number, toDays: number, isAnother: boolean])[] =
    [
      ["its own consent begins", -0.5, 0.5, true],
      ["its own consent ends", 0.5, 1.5, true],
      ["another's consent ends", 1.5, 2.5, false],
      ["a consent for another purpose ends", 2.5, 3.5, false],
    ]
  for (const [comment, from, to, isAnother] of rows)
    it(comment, () => (isAnother ? assert.notEqual : assert.equal)(at(from), at(to)))

  it("a denial for whoever asks counts", () => {
    const provision = { type: "deny", period: { start: "2026-06-18" } }
    const consent = { resourceType: "Consent", status: "active", provision }
    const withDenial = readPolicy([{ content: canonicalJson(toJson(consent)), salt: new Uint8Array(32) }])
    assert.notEqual(momentOf(withDenial, query), momentOf(withDenial, { ...query, time: NOW + 4 * DAY }))
  })
})
