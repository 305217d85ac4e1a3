import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { readAuditEvent } from "./audit-event.ts"
import { utf8 } from "./bytes.ts"

const read = (value: unknown) => readAuditEvent(utf8(JSON.stringify(value)))
const NOTHING = {
  ...{ isChange: false, requester: "?", practitioner: "?", role: "?", purpose: "?", time: "?" },
  ...{ reason: "", policyVersion: "?" },
}

describe("an AuditEvent", () => {
  it("says who, why, when, by which policy, and which answer or change it is about", () => {
    const who = (value: string) => ({ identifier: { value } })
    const facts = read({
      resourceType: "AuditEvent",
      subtype: [{ code: "110137" }],
      recorded: "2026-01-02T03:04:05Z",
      outcomeDesc: "policy_missing",
      purposeOfEvent: [{ coding: [{ code: "TREAT" }] }],
      agent: [
        { who: who("county") },
        { who: who("a1"), name: "county-doctor", role: [{ coding: [{ code: "doctor" }] }] },
      ],
      entity: [
        { detail: [{ type: "policy-version", valueString: "3" }] },
        {
          detail: [
            { type: "manifest-body", valueString: "aa" },
            { type: "manifest-body", valueString: "bb" },
            { type: "policy-change", valueString: "cc" },
          ],
        },
      ],
    })
    assert.deepEqual(facts, {
      isChange: true,
      requester: "county",
      practitioner: "a1",
      practitionerName: "county-doctor",
      role: "doctor",
      purpose: "TREAT",
      time: "2026-01-02T03:04:05Z",
      reason: "policy_missing",
      policyVersion: "3",
      manifestBody: "aa",
      policyChange: "cc",
    })
  })

  const rows: [comment: string, value: unknown, facts: object | undefined][] = [
    ["with nothing in it", { resourceType: "AuditEvent" }, NOTHING],
    [
      "with parts of other types",
      {
        ...{ resourceType: "AuditEvent", subtype: "x", recorded: 7, purposeOfEvent: {}, agent: [null, "x"] },
        entity: ["x", { detail: [1, { type: "manifest-body", valueInteger: 5 }] }],
      },
      NOTHING,
    ],
    ["that is another resource", { resourceType: "Patient" }, undefined],
    ["that is a list", [], undefined],
  ]
  for (const [comment, value, facts] of rows) it(comment, () => assert.deepEqual(read(value), facts))

  it("that is no JSON, or no text", () => {
    for (const bytes of [utf8("{"), new Uint8Array([0xff, 0xfe])])
      assert.equal(readAuditEvent(bytes), undefined)
  })
})
