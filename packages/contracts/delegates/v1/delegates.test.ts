import { type DelegatePlace, type MemberId, put, REKEY_MS, signDelegate } from "@aceso/core"
import { handles } from "../../people/v1/people.ts"
import { NETWORK } from "../../testing/state.ts"
import { type Row, table } from "../../testing/table.ts"
import {
  handleOf,
  handleRow,
  hashOf,
  keyOf,
  NOW,
  patientKey,
  patientSeed,
  seedOf,
} from "../../testing/world.ts"
import { delegateCounts, delegates, delegatesContract, MAX_DELEGATES } from "./delegates.ts"

const mother = keyOf("mother at city")
const ann = patientKey("ann", "city")
const commitment = hashOf("scope and end")
const place = { custodian: "city", handle: handleOf("ann"), key: mother }
const child = { ...place, handle: handleOf("bob") }
const entered = (custodian: MemberId, handle: string, endedAt: number | null = null) =>
  put(delegates, [custodian, handleOf(handle), mother], { commitment, enteredAt: 1, endedAt })
const count = (handle: string, active: number, allEndedAt: number | null = null) =>
  put(delegateCounts, ["city", handleOf(handle)], { active, allEndedAt })
const event = (name: string, handle: string, more: object = {}) => [
  { name, data: { custodian: "city", handle: handleOf(handle), key: mother, ...more } },
]
const ended = (handle: string, by: string) => event("delegateEnded", handle, { by })

/** What is entered, in the word of the key. */
const worded = (given: Omit<DelegatePlace, "commitment">, by = "mother at city", network = NETWORK) => {
  const entry = { ...given, commitment }
  return { ...entry, possession: signDelegate(network, entry, seedOf(by)) }
}
const annWorded = worded(place)
const childWorded = worded(child)

const enter = (more: Partial<Row> & Pick<Row, "comment">): Row => ({
  action: "enter",
  input: annWorded,
  by: [ann],
  ...more,
})
const annsNext = patientKey("ann's next", "city")
/** Another key waits since then. */
const waiting = (since: number) =>
  put(handles, ["city", handleOf("ann")], handleRow(ann, undefined, { key: annsNext, since }))
const contested: Row[] = [
  enter({
    comment: "by whoever has the old key, while the desk puts another one in its place",
    given: [waiting(NOW - 1)],
    rejection: "rekey_pending",
  }),
  enter({
    comment: "by the old key once another is in its place",
    given: [waiting(NOW - REKEY_MS)],
    rejection: "patient_must_sign",
  }),
]
const end = (more: Partial<Row> & Pick<Row, "comment">): Row => ({
  action: "end",
  input: place,
  by: [ann],
  given: [entered("city", "ann"), count("ann", 1)],
  ...more,
})

const endAll = (more: Partial<Row> & Pick<Row, "comment">): Row => ({
  action: "endAll",
  input: { custodian: "city", handle: handleOf("ann") },
  by: [ann],
  given: [entered("city", "ann"), count("ann", 1)],
  ...more,
})

const rows: Row[] = [
  enter({
    comment: "the person gives a carer's key",
    writes: [
      put(delegates, ["city", handleOf("ann"), mother], { commitment, enteredAt: NOW, endedAt: null }),
      count("ann", 1),
    ],
    events: event("delegateEntered", "ann"),
    chargedTo: "city",
    byPatient: handleOf("ann"),
  }),
  enter({
    comment: "a child without a key gets a parent at the desk",
    input: childWorded,
    by: ["city"],
    writes: [
      put(delegates, ["city", handleOf("bob"), mother], { commitment, enteredAt: NOW, endedAt: null }),
      count("bob", 1),
    ],
    events: event("delegateEntered", "bob"),
    chargedTo: "city",
  }),
  enter({
    comment: "no such handle",
    input: worded({ ...place, custodian: "county" }),
    rejection: "handle_not_enrolled",
  }),
  enter({
    comment: "the delegate did not sign",
    input: worded(place, "father"),
    rejection: "delegate_must_sign",
  }),
  enter({
    comment: "signed for another handle",
    input: { ...annWorded, possession: childWorded.possession },
    rejection: "delegate_must_sign",
  }),
  enter({
    comment: "signed for another network",
    input: worded(place, "mother at city", "other"),
    rejection: "delegate_must_sign",
  }),
  enter({
    comment: "signed for another scope",
    input: { ...annWorded, commitment: hashOf("all") },
    rejection: "delegate_must_sign",
  }),
  enter({ comment: "the delegate alone", by: [mother], rejection: "patient_must_sign" }),
  enter({
    comment: "the custodian for one who has a key",
    by: ["city"],
    rejection: "patient_must_sign",
  }),
  enter({
    comment: "another patient",
    by: [patientKey("cat", "county")],
    rejection: "patient_must_sign",
  }),
  enter({ comment: "two signers", by: [ann, "city"], rejection: "too_many_signers" }),
  enter({
    comment: "another custodian for a child",
    input: childWorded,
    by: ["county"],
    rejection: "not_permitted",
  }),
  enter({
    comment: "a suspended custodian",
    input: childWorded,
    by: ["shut"],
    rejection: "member_suspended",
  }),
  enter({
    comment: "nobody's key for a child",
    input: childWorded,
    by: ["nobody"],
    rejection: "unknown_key",
  }),
  enter({
    comment: "a key that has ended",
    input: childWorded,
    by: ["city old"],
    rejection: "key_not_valid",
  }),
  enter({
    comment: "a delegate for the second time",
    given: [entered("city", "ann", 5)],
    rejection: "key_exists",
  }),
  enter({
    comment: "a member's key as delegate",
    input: worded({ ...place, key: keyOf("payer") }, "payer"),
    rejection: "key_of_a_member",
  }),
  enter({
    comment: "the person as a delegate",
    input: ((entry) => ({ ...entry, possession: signDelegate(NETWORK, entry, patientSeed("ann", "city")) }))({
      ...{ ...place, commitment, key: ann },
    }),
    rejection: "key_exists",
  }),
  enter({ comment: "one too many", given: [count("ann", MAX_DELEGATES)], rejection: "too_many_delegates" }),
  enter({
    comment: "in the block in which all were ended",
    given: [count("ann", 0, NOW)],
    rejection: "already_ended",
  }),
  enter({ comment: "no word of the key", input: { ...place, commitment }, rejection: "bad_input" }),

  end({
    comment: "the person",
    writes: [entered("city", "ann", NOW), count("ann", 0)],
    events: ended("ann", "person"),
    chargedTo: "city",
    byPatient: handleOf("ann"),
  }),
  end({
    comment: "the delegate",
    by: [mother],
    writes: [entered("city", "ann", NOW), count("ann", 0)],
    events: ended("ann", "delegate"),
    chargedTo: "city",
    byPatient: handleOf("ann"),
  }),
  end({
    comment: "the custodian, as when a child comes of age",
    input: child,
    by: ["city"],
    given: [
      entered("city", "bob"),
      count("bob", 2),
      put(handles, ["city", handleOf("bob")], handleRow(keyOf("bob's own key"))),
    ],
    writes: [entered("city", "bob", NOW), count("bob", 1)],
    events: ended("bob", "custodian"),
    chargedTo: "city",
  }),
  end({
    comment: "no such handle",
    input: { ...place, custodian: "county" },
    rejection: "handle_not_enrolled",
  }),
  end({ comment: "two signers", by: [ann, mother], rejection: "too_many_signers" }),
  end({ comment: "another custodian", by: ["county"], rejection: "not_permitted" }),
  end({ comment: "a suspended custodian", by: ["shut"], rejection: "member_suspended" }),
  end({ comment: "another patient", by: [patientKey("cat", "county")], rejection: "unknown_key" }),
  end({ comment: "a key that has ended", by: ["city old"], rejection: "key_not_valid" }),
  end({ comment: "no such delegate", given: [], rejection: "unknown_delegate" }),
  end({ comment: "one that has ended", given: [entered("city", "ann", 5)], rejection: "already_ended" }),
  end({
    comment: "one that was ended with all others",
    given: [entered("city", "ann"), count("ann", 0, 5)],
    rejection: "already_ended",
  }),
  end({
    comment: "one that entered after all others were ended",
    given: [
      put(delegates, ["city", handleOf("ann"), mother], { commitment, enteredAt: 6, endedAt: null }),
      count("ann", 1, 5),
    ],
    writes: [
      put(delegates, ["city", handleOf("ann"), mother], { commitment, enteredAt: 6, endedAt: NOW }),
      count("ann", 0, 5),
    ],
    events: ended("ann", "person"),
    chargedTo: "city",
    byPatient: handleOf("ann"),
  }),
  end({
    comment: "a key that is no delegate's, by itself",
    input: { ...place, key: keyOf("somebody") },
    by: [keyOf("somebody")],
    rejection: "unknown_delegate",
  }),
  endAll({
    comment: "the person, whoever there is",
    writes: [count("ann", 0, NOW)],
    events: [{ name: "allDelegatesEnded", data: { custodian: "city", handle: handleOf("ann") } }],
    chargedTo: "city",
    byPatient: handleOf("ann"),
  }),
  endAll({
    comment: "the desk of a child",
    input: { custodian: "city", handle: handleOf("bob") },
    by: ["city"],
    writes: [count("bob", 0, NOW)],
    events: [{ name: "allDelegatesEnded", data: { custodian: "city", handle: handleOf("bob") } }],
    chargedTo: "city",
  }),
  endAll({
    comment: "no such handle",
    input: { custodian: "county", handle: handleOf("ann") },
    rejection: "handle_not_enrolled",
  }),
  endAll({ comment: "two signers", by: [ann, "city"], rejection: "too_many_signers" }),
  endAll({ comment: "the desk of one who has a key", by: ["city"], rejection: "patient_must_sign" }),
  endAll({ comment: "a delegate", by: [mother], rejection: "patient_must_sign" }),
  endAll({
    comment: "another desk",
    input: { custodian: "city", handle: handleOf("bob") },
    by: ["county"],
    rejection: "not_permitted",
  }),
  endAll({
    comment: "a suspended desk",
    input: { custodian: "city", handle: handleOf("bob") },
    by: ["shut"],
    rejection: "member_suspended",
  }),
  endAll({
    comment: "nobody",
    input: { custodian: "city", handle: handleOf("bob") },
    by: ["nobody"],
    rejection: "unknown_key",
  }),
  endAll({
    comment: "a desk's key that has ended",
    input: { custodian: "city", handle: handleOf("bob") },
    by: ["city old"],
    rejection: "key_not_valid",
  }),
  endAll({ comment: "no handle", input: { custodian: "city" }, rejection: "bad_input" }),

  end({ comment: "half a key", input: { ...place, key: mother.slice(1) }, rejection: "bad_input" }),
]

table(delegatesContract, [...contested, ...rows])
