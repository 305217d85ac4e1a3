import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type Cbor, encodeCbor, encodeRow, handleKeyRow, keyAt, put, REKEY_MS } from "@aceso/core"
import { callerRows, type Row, table } from "../../testing/table.ts"
import { handleOf, handleRow, keyOf, NOW, patientKey } from "../../testing/world.ts"
import { handles, people } from "./people.ts"

const NEW = handleOf("new")
const key = patientKey("new", "city")

/** Else the custodian could sign in the patient's name with one of its keys. */
const keysOfMembers = (action: string, input: object): Row[] =>
  (
    [
      ["another key of the custodian", "city spare"],
      ["a retired key of the custodian", "city old"],
      ["a key of another member", "payer"],
      ["a key of a suspended member", "shut"],
    ] as const
  ).map(([comment, name]) => ({
    action,
    comment: `${comment} is no patient's`,
    input: { ...input, key: keyOf(name) },
    by: ["city", name],
    rejection: "key_of_a_member",
  }))

const enrolInput = { custodian: "city", handle: NEW, key }
const enrol: Row[] = [
  {
    action: "enrol",
    comment: "custodian and patient sign",
    input: enrolInput,
    by: ["city", key],
    writes: [put(handles, ["city", NEW], handleRow(key, NOW))],
    events: [{ name: "enrolled", data: { custodian: "city", handle: NEW } }],
  },
  {
    action: "enrol",
    comment: "without a key the custodian signs alone",
    input: { custodian: "city", handle: NEW },
    by: ["city"],
    writes: [put(handles, ["city", NEW], handleRow(null, NOW))],
    events: [{ name: "enrolled", data: { custodian: "city", handle: NEW } }],
  },
  {
    action: "enrol",
    comment: "the same handle at another custodian is another row",
    input: { custodian: "county", handle: handleOf("ann"), key },
    by: ["county", key],
    writes: [put(handles, ["county", handleOf("ann")], handleRow(key, NOW))],
    events: [{ name: "enrolled", data: { custodian: "county", handle: handleOf("ann") } }],
  },
  ...callerRows("enrol", enrolInput, { other: "payer", alsoBy: [key] }),
  ...callerRows("enrol", { custodian: "city", handle: NEW }, { other: "authority" }).map(
    // Without a patient's key a second signature is the same refusal as a missing one.
    (row): Row => (row.rejection === "too_many_signers" ? { ...row, rejection: "patient_must_sign" } : row),
  ),
  {
    action: "enrol",
    comment: "the custodian names a key that does not sign",
    input: enrolInput,
    by: ["city"],
    rejection: "patient_must_sign",
  },
  {
    action: "enrol",
    comment: "another key signs than the one that is named",
    input: enrolInput,
    by: ["city", "somebody"],
    rejection: "patient_must_sign",
  },
  {
    action: "enrol",
    comment: "the patient alone",
    input: enrolInput,
    by: [key],
    rejection: "patient_must_sign",
  },
  {
    action: "enrol",
    comment: "one signature too many",
    input: enrolInput,
    by: ["city", key, "county"],
    rejection: "patient_must_sign",
  },
  {
    action: "enrol",
    comment: "the custodian's own key does not pass for the patient's",
    input: { ...enrolInput, key: keyOf("city") },
    by: ["city"],
    rejection: "patient_must_sign",
  },
  ...keysOfMembers("enrol", enrolInput),
  {
    action: "enrol",
    comment: "for another custodian",
    input: { ...enrolInput, custodian: "county" },
    by: ["city", key],
    rejection: "not_permitted",
  },
  {
    action: "enrol",
    comment: "the handle is there, with a key",
    input: { ...enrolInput, handle: handleOf("ann") },
    by: ["city", key],
    rejection: "handle_exists",
  },
  {
    action: "enrol",
    comment: "the handle is there, without a key: that is enrolKey's",
    input: { ...enrolInput, handle: handleOf("bob") },
    by: ["city", key],
    rejection: "handle_exists",
  },
  {
    action: "enrol",
    comment: "a handle of 16 bytes",
    input: { custodian: "city", handle: NEW.subarray(16) },
    by: ["city"],
    rejection: "bad_input",
  },
]

const many = [handleOf("one"), handleOf("two")]
const enrolWithoutKey: Row[] = [
  {
    action: "enrolWithoutKey",
    comment: "all of them",
    input: { handles: many },
    by: ["city"],
    writes: many.map((handle) => put(handles, ["city", handle], handleRow(null, NOW))),
  },
  ...callerRows("enrolWithoutKey", { handles: many }, { other: "payer" }),
  {
    action: "enrolWithoutKey",
    comment: "one of them is there: none is written",
    input: { handles: [...many, handleOf("ann")] },
    by: ["city"],
    rejection: "handle_exists",
  },
  {
    action: "enrolWithoutKey",
    comment: "one twice in the list",
    input: { handles: [...many, handleOf("one")] },
    by: ["city"],
    rejection: "handle_exists",
  },
  {
    action: "enrolWithoutKey",
    comment: "none",
    input: { handles: [] },
    by: ["city"],
    rejection: "bad_input",
  },
  {
    action: "enrolWithoutKey",
    comment: "1,001",
    input: { handles: Array.from({ length: 1001 }, (_, i) => handleOf(`h${i}`)) },
    by: ["city"],
    rejection: "bad_input",
  },
]

const bobKey = patientKey("bob", "city")
const enrolKeyInput = { custodian: "city", handle: handleOf("bob"), key: bobKey }
const enrolKey: Row[] = [
  {
    action: "enrolKey",
    comment: "the first key of a handle without one, and it stays enrolled since then",
    input: enrolKeyInput,
    by: ["city", bobKey],
    writes: [put(handles, ["city", handleOf("bob")], handleRow(bobKey))],
    events: [{ name: "keyEnrolled", data: { custodian: "city", handle: handleOf("bob") } }],
  },
  ...callerRows("enrolKey", enrolKeyInput, { other: "payer", alsoBy: [bobKey] }),
  {
    action: "enrolKey",
    comment: "the custodian names a key that does not sign",
    input: enrolKeyInput,
    by: ["city"],
    rejection: "patient_must_sign",
  },
  {
    action: "enrolKey",
    comment: "the patient alone",
    input: enrolKeyInput,
    by: [bobKey],
    rejection: "patient_must_sign",
  },
  ...keysOfMembers("enrolKey", enrolKeyInput),
  {
    action: "enrolKey",
    comment: "by another custodian",
    input: enrolKeyInput,
    by: ["county", bobKey],
    rejection: "not_permitted",
  },
  {
    action: "enrolKey",
    comment: "a handle that is not there",
    input: { ...enrolKeyInput, handle: NEW },
    by: ["city", bobKey],
    rejection: "handle_not_enrolled",
  },
  {
    action: "enrolKey",
    comment: "a custodian cannot replace the patient's key",
    input: { ...enrolKeyInput, handle: handleOf("ann") },
    by: ["city", bobKey],
    rejection: "key_exists",
  },
  {
    action: "enrolKey",
    comment: "no key",
    input: { custodian: "city", handle: handleOf("bob") },
    by: ["city"],
    rejection: "bad_input",
  },
]

const ann = handleOf("ann")
const annKey = patientKey("ann", "city")
const lost = patientKey("ann's next", "city")
const rekeyInput = { custodian: "city", handle: ann, key: lost }
const pending = (since: number) =>
  put(handles, ["city", ann], handleRow(annKey, undefined, { key: lost, since }))
const rekey: Row[] = [
  {
    action: "rekey",
    comment: "the desk and the new key sign; the old one counts on",
    input: rekeyInput,
    by: ["city", lost],
    writes: [pending(NOW)],
    events: [{ name: "rekeyBegun", data: { custodian: "city", handle: ann } }],
  },
  {
    action: "rekey",
    comment: "the one before has come into its place, and is lost as well",
    given: [pending(NOW - REKEY_MS)],
    input: { ...rekeyInput, key: patientKey("ann's third", "city") },
    by: ["city", patientKey("ann's third", "city")],
    writes: [
      put(handles, ["city", ann], {
        ...handleRow(lost, undefined, { key: patientKey("ann's third", "city"), since: NOW }),
        keyNumber: 2,
      }),
    ],
    events: [{ name: "rekeyBegun", data: { custodian: "city", handle: ann } }],
  },
  ...callerRows("rekey", rekeyInput, { other: "payer", alsoBy: [lost] }),
  {
    action: "rekey",
    comment: "the desk alone: it would have a key that is nobody's",
    input: rekeyInput,
    by: ["city"],
    rejection: "patient_must_sign",
  },
  {
    action: "rekey",
    comment: "the new key alone",
    input: rekeyInput,
    by: [lost],
    rejection: "patient_must_sign",
  },
  ...keysOfMembers("rekey", rekeyInput),
  {
    action: "rekey",
    comment: "by another custodian",
    input: rekeyInput,
    by: ["county", lost],
    rejection: "not_permitted",
  },
  {
    action: "rekey",
    comment: "a handle that is not there",
    input: { ...rekeyInput, handle: NEW },
    by: ["city", lost],
    rejection: "handle_not_enrolled",
  },
  {
    action: "rekey",
    comment: "a handle that never had a key: that is enrolKey's",
    input: { ...rekeyInput, handle: handleOf("bob") },
    by: ["city", lost],
    rejection: "patient_has_no_key",
  },
  {
    action: "rekey",
    comment: "another key waits: its 72 hours do not begin anew",
    given: [pending(NOW - 1)],
    input: { ...rekeyInput, key: patientKey("ann's third", "city") },
    by: ["city", patientKey("ann's third", "city")],
    rejection: "rekey_pending",
  },
  {
    action: "rekey",
    comment: "the key that it has",
    input: { ...rekeyInput, key: annKey },
    by: ["city", annKey],
    rejection: "key_exists",
  },
  {
    action: "rekey",
    comment: "no key",
    input: { custodian: "city", handle: ann },
    by: ["city"],
    rejection: "bad_input",
  },
]

const cancelInput = { custodian: "city", handle: ann }
const cancelled = {
  writes: [put(handles, ["city", ann], handleRow(annKey))],
  events: [{ name: "rekeyCancelled", data: cancelInput }],
}
const cancelRekey: Row[] = [
  {
    action: "cancelRekey",
    comment: "whoever has the old key objects",
    given: [pending(NOW - 1)],
    input: cancelInput,
    by: [annKey],
    ...cancelled,
    chargedTo: "city",
    byPatient: ann,
  },
  {
    action: "cancelRekey",
    comment: "in the last moment",
    given: [pending(NOW - REKEY_MS + 1)],
    input: cancelInput,
    by: [annKey],
    ...cancelled,
    chargedTo: "city",
    byPatient: ann,
  },
  {
    action: "cancelRekey",
    comment: "the desk takes it back",
    given: [pending(NOW - 1)],
    input: cancelInput,
    by: ["city"],
    ...cancelled,
    chargedTo: "city",
  },
  {
    action: "cancelRekey",
    comment: "the new key is in its place: the old one says nothing any more",
    given: [pending(NOW - REKEY_MS)],
    input: cancelInput,
    by: [annKey],
    rejection: "no_rekey",
  },
  {
    action: "cancelRekey",
    comment: "none waits",
    input: cancelInput,
    by: [annKey],
    rejection: "no_rekey",
  },
  {
    action: "cancelRekey",
    comment: "the new key does not object to itself",
    given: [pending(NOW - 1)],
    input: cancelInput,
    by: [lost],
    rejection: "unknown_key",
  },
  {
    action: "cancelRekey",
    comment: "another custodian",
    given: [pending(NOW - 1)],
    input: cancelInput,
    by: ["county"],
    rejection: "not_permitted",
  },
  {
    action: "cancelRekey",
    comment: "a retired key of the custodian",
    given: [pending(NOW - 1)],
    input: cancelInput,
    by: ["city old"],
    rejection: "key_not_valid",
  },
  {
    action: "cancelRekey",
    comment: "a suspended member",
    given: [pending(NOW - 1)],
    input: cancelInput,
    by: ["shut"],
    rejection: "member_suspended",
  },
  {
    action: "cancelRekey",
    comment: "two signatures",
    given: [pending(NOW - 1)],
    input: cancelInput,
    by: ["city", annKey],
    rejection: "too_many_signers",
  },
  {
    action: "cancelRekey",
    comment: "a handle that is not there",
    input: { ...cancelInput, handle: NEW },
    by: ["city"],
    rejection: "handle_not_enrolled",
  },
  {
    action: "cancelRekey",
    comment: "no handle",
    input: { custodian: "city" },
    by: ["city"],
    rejection: "bad_input",
  },
]

table(people, [...enrol, ...enrolWithoutKey, ...enrolKey, ...rekey, ...cancelRekey])

describe("whose key counts", () => {
  const since = 1_000_000
  const row = { key: annKey, keyNumber: 1, next: { key: lost, since } }
  const rows: readonly (readonly [string, number, ReturnType<typeof keyAt>])[] = [
    ["at once", since, { key: annKey, keyNumber: 1, isPending: true }],
    ["to the last moment", since + REKEY_MS - 1, { key: annKey, keyNumber: 1, isPending: true }],
    ["after 72 hours", since + REKEY_MS, { key: lost, keyNumber: 2, isPending: false }],
  ]
  for (const [comment, time, standing] of rows)
    it(comment, () => assert.deepEqual(keyAt(row, time), standing))
  it("is read from the row as the ledger has it", () => {
    const encoded = encodeCbor([1, annKey, 1, 5, { key: lost, since }] as unknown as Cbor)
    assert.deepEqual(handleKeyRow(encoded), row)
    assert.deepEqual(
      encodeRow(handles, { key: annKey, keyNumber: 1, enrolledAt: 5, next: row.next }),
      encoded,
    )
    assert.equal(REKEY_MS, 72 * 3600 * 1000)
  })
})
