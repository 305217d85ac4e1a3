import { put } from "@aceso/core"
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

table(people, [...enrol, ...enrolWithoutKey, ...enrolKey])
