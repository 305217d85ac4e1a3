import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { put, REKEY_MS } from "@aceso/core"
import { delegates } from "../../delegates/v1/delegates.ts"
import { members } from "../../governance/v1/governance.ts"
import { handles } from "../../people/v1/people.ts"
import { type Row, table } from "../../testing/table.ts"
import { handleOf, handleRow, hashOf, keyOf, memberRow, NOW, patientKey } from "../../testing/world.ts"
import { policies, policy } from "./policy.ts"

const ann = patientKey("ann", "city")
const handle = handleOf("ann")
const root = hashOf("documents")
const input = { custodian: "city", handle, base: 0, root }
const carer = keyOf("carer at city")
const delegate = (endedAt: number | null) =>
  put(delegates, ["city", handle, carer], { commitment: root, enteredAt: 1, endedAt })
const annsNext = patientKey("ann's next", "city")
/** Another key waits since then. */
const waiting = (since: number) =>
  put(handles, ["city", handle], handleRow(ann, undefined, { key: annsNext, since }))
const at = (version: number) =>
  put(policies, ["city", handle], { version, root: hashOf("older"), changedAt: 1 })

const rows = (action: "grant" | "restrict" | "revoke"): Row[] => {
  const event = (version: number) => [
    { name: "policyChanged", data: { custodian: "city", handle, version, claim: action } },
  ]
  const row = (more: Partial<Row> & Pick<Row, "comment">): Row => ({ action, input, by: [ann], ...more })
  return [
    row({
      comment: "the first version, charged to the custodian as a patient's",
      writes: [put(policies, ["city", handle], { version: 1, root, changedAt: NOW })],
      events: event(1),
      chargedTo: "city",
      byPatient: handle,
    }),
    row({
      comment: "the next version on the named base",
      input: { ...input, base: 7 },
      given: [at(7)],
      writes: [put(policies, ["city", handle], { version: 8, root, changedAt: NOW })],
      events: event(8),
      chargedTo: "city",
      byPatient: handle,
    }),
    row({
      comment: "also while the custodian is suspended: a patient can always revoke",
      given: [put(members, ["city"], memberRow("city", "custodian", "suspended"))],
      writes: [put(policies, ["city", handle], { version: 1, root, changedAt: NOW })],
      events: event(1),
      chargedTo: "city",
      byPatient: handle,
    }),
    row({
      comment: "a delegate, and the custodian that knows the scope",
      given: [delegate(null)],
      by: [carer, "city"],
      writes: [put(policies, ["city", handle], { version: 1, root, changedAt: NOW })],
      events: event(1),
      chargedTo: "city",
      byPatient: handle,
    }),
    row({
      comment: "a delegate of one who has no key",
      input: { ...input, handle: handleOf("bob") },
      given: [
        put(delegates, ["city", handleOf("bob"), carer], { commitment: root, enteredAt: 1, endedAt: null }),
      ],
      by: [carer, "city"],
      writes: [put(policies, ["city", handleOf("bob")], { version: 1, root, changedAt: NOW })],
      events: [
        {
          name: "policyChanged",
          data: { custodian: "city", handle: handleOf("bob"), version: 1, claim: action },
        },
      ],
      chargedTo: "city",
      byPatient: handleOf("bob"),
    }),
    ...(action === "revoke"
      ? [
          row({
            comment: "by the old key, while the desk puts another one in its place",
            given: [waiting(NOW - 1)],
            writes: [put(policies, ["city", handle], { version: 1, root, changedAt: NOW })],
            events: event(1),
            chargedTo: "city",
            byPatient: handle,
          }),
        ]
      : [
          row({
            comment: "by the old key, while the desk puts another one in its place",
            given: [waiting(NOW - 1)],
            rejection: "rekey_pending",
          }),
        ]),
    row({
      comment: "by the new key before its time",
      given: [waiting(NOW - REKEY_MS + 1)],
      by: [annsNext],
      rejection: "not_the_patient",
    }),
    row({
      comment: "by the new key from then on",
      given: [waiting(NOW - REKEY_MS)],
      by: [annsNext],
      writes: [put(policies, ["city", handle], { version: 1, root, changedAt: NOW })],
      events: event(1),
      chargedTo: "city",
      byPatient: handle,
    }),
    row({
      comment: "by the old key once another is in its place",
      given: [waiting(NOW - REKEY_MS)],
      rejection: "not_the_patient",
    }),
    row({
      comment: "a delegate alone",
      given: [delegate(null)],
      by: [carer],
      rejection: "not_the_patient",
    }),
    row({
      comment: "a delegate with another custodian",
      given: [delegate(null)],
      by: [carer, "county"],
      rejection: "not_the_patient",
    }),
    row({
      comment: "a delegate whose time has ended",
      given: [delegate(5)],
      by: [carer, "city"],
      rejection: "not_the_patient",
    }),
    row({
      comment: "nobody has this handle",
      input: { ...input, handle: handleOf("nobody") },
      rejection: "handle_not_enrolled",
    }),
    row({
      comment: "the handle is another custodian's",
      input: { ...input, custodian: "county" },
      rejection: "handle_not_enrolled",
    }),
    row({
      comment: "a patient without a device",
      input: { ...input, handle: handleOf("bob") },
      by: [patientKey("bob", "city")],
      rejection: "patient_has_no_key",
    }),
    row({
      comment: "the custodian cannot speak for the patient",
      by: ["city"],
      rejection: "not_the_patient",
    }),
    row({
      comment: "another patient's key",
      by: [patientKey("cat", "county")],
      rejection: "not_the_patient",
    }),
    row({
      comment: "the patient's key of another custodian",
      by: [patientKey("ann", "county")],
      rejection: "not_the_patient",
    }),
    ...["city", "city spare"].map((other) =>
      // Signers come sorted: the one key stands before the patient's, the other after it.
      row({ comment: `the patient and ${other}`, by: [ann, other], rejection: "not_the_patient" }),
    ),
    ...[6, 8].map((base) =>
      row({
        comment: `version 7 is there, not ${base}`,
        input: { ...input, base },
        given: [at(7)],
        rejection: "policy_changed_meanwhile",
      }),
    ),
    row({
      comment: "a base where there is no policy yet",
      input: { ...input, base: 1 },
      rejection: "policy_changed_meanwhile",
    }),
    row({
      comment: "a root of 31 bytes",
      input: { ...input, root: root.subarray(1) },
      rejection: "bad_input",
    }),
    row({ comment: "an unknown member", input: { ...input, grantee: "county" }, rejection: "bad_input" }),
  ]
}

table(policy, [...rows("grant"), ...rows("restrict"), ...rows("revoke")])

describe("policy", () => {
  it("restrict and revoke are urgent, grant is not", () => {
    const urgent = Object.entries(policy.actions).flatMap(([name, { urgent }]) => (urgent ? [name] : []))
    assert.deepEqual(urgent, ["restrict", "revoke"])
  })
})
