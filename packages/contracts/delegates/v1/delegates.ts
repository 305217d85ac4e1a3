import {
  type Authorised,
  accept,
  action,
  type Context,
  type Contract,
  type ContractState,
  equalBytes,
  eventType,
  eventTypes,
  type Handle,
  handle,
  hash32,
  type MemberId,
  type MemberRejection,
  memberId,
  memberOf,
  nullable,
  object,
  occurs,
  type Parties,
  type PublicKey,
  publicKeySchema,
  put,
  type Rejected,
  reject,
  shows,
  signature64,
  table,
  tables,
  uint,
  verifyDelegate,
  views,
} from "@aceso/core"
import { delegation, enrolment, keyOwner } from "../../views.ts"

/** A handle has so many delegates at once. */
export const MAX_DELEGATES = 16

/**
 * Who may act for a person at a custodian (CAPABILITIES.md, Delegates): a key made for this one handle, and a salted
 * commitment of scope and end. The custodian holds the opening and enforces both.
 */
export const delegates = table({
  name: "delegates",
  key: [memberId, handle, publicKeySchema],
  row: object({ commitment: hash32, enteredAt: uint(), endedAt: nullable(uint()) }),
  version: 1,
  readers: "parties",
  parties: (_row, [custodian, _handle, key]): Parties => ({ members: [custodian], keys: [key] }),
})

/** How many delegates of a handle act now. */
export const delegateCounts = table({
  name: "delegateCounts",
  key: [memberId, handle],
  row: object({ active: uint() }),
  version: 1,
  readers: "parties",
  parties: (_row, [custodian]): Parties => ({ members: [custodian], keys: [] }),
})

const ofDelegate = <const N extends string>(name: N) =>
  eventType({
    name,
    data: object({ custodian: memberId, handle, key: publicKeySchema }),
    readers: "parties",
    parties: ({ custodian, key }): Parties => ({ members: [custodian], keys: [key] }),
  })
export const delegateEntered = ofDelegate("delegateEntered")
export const delegateEnded = ofDelegate("delegateEnded")

interface Place {
  readonly custodian: MemberId
  readonly handle: Handle
  readonly key: PublicKey
}
type PlaceRejection = MemberRejection | "handle_not_enrolled" | "not_permitted" | "too_many_signers"

const isKey = (a: Uint8Array, b: Uint8Array | null) => b !== null && equalBytes(a, b)

/** The custodian with a key of its own, for its own handle. */
function custodianOf(
  signer: Context["signers"][number],
  custodian: MemberId,
): Authorised<null> | Rejected<PlaceRejection> {
  const member = memberOf(signer)
  if ("rejection" in member) return member
  return member.member === custodian ? { caller: null, chargedTo: custodian } : reject("not_permitted")
}

/** The person, or for one who has no key the custodian at its desk. */
function entering(
  state: ContractState,
  { custodian, handle }: Place,
  { signers }: Context,
): Authorised<null> | Rejected<PlaceRejection | "patient_must_sign"> {
  const row = state.see(enrolment, [custodian, handle])
  if (!row) return reject("handle_not_enrolled")
  if (signers.length !== 1) return reject("too_many_signers")
  if (!row.key) return custodianOf(signers[0], custodian)
  if (!isKey(signers[0].key, row.key)) return reject("patient_must_sign")
  return { caller: null, chargedTo: custodian, byPatient: handle }
}

/** The person, the custodian, or the delegate. */
function ending(
  state: ContractState,
  { custodian, handle, key }: Place,
  { signers }: Context,
): Authorised<null> | Rejected<PlaceRejection> {
  const row = state.see(enrolment, [custodian, handle])
  if (!row) return reject("handle_not_enrolled")
  if (signers.length !== 1) return reject("too_many_signers")
  const [signer] = signers
  if (isKey(signer.key, row.key) || equalBytes(signer.key, key))
    return { caller: null, chargedTo: custodian, byPatient: handle }
  return custodianOf(signer, custodian)
}

const enter = action({
  input: object({
    custodian: memberId,
    handle,
    key: publicKeySchema,
    commitment: hash32,
    /** The delegate's signature (core/delegates.ts): days may pass between it and this transaction. */
    possession: signature64,
  }),
  callers: "the person, or for a person without a key the custodian",
  calledBy: entering,
  apply(state, { custodian, handle, key, commitment, possession }, { time, network }) {
    if (!verifyDelegate(network, { custodian, handle, key, commitment }, possession))
      return reject("delegate_must_sign")
    if (state.get(delegates, [custodian, handle, key])) return reject("key_exists")
    if (state.see(keyOwner, [key])) return reject("key_of_a_member")
    if (isKey(key, state.see(enrolment, [custodian, handle])?.key ?? null)) return reject("key_exists")
    const active = state.get(delegateCounts, [custodian, handle])?.active ?? 0
    if (active >= MAX_DELEGATES) return reject("too_many_delegates")
    return accept(
      [
        put(delegates, [custodian, handle, key], { commitment, enteredAt: time, endedAt: null }),
        put(delegateCounts, [custodian, handle], { active: active + 1 }),
      ],
      [occurs(delegateEntered, { custodian, handle, key })],
    )
  },
})

const end = action({
  input: object({ custodian: memberId, handle, key: publicKeySchema }),
  callers: "the person, the custodian or the delegate",
  urgent: true,
  calledBy: ending,
  apply(state, { custodian, handle, key }, { time }) {
    const row = state.get(delegates, [custodian, handle, key])
    if (!row) return reject("unknown_delegate")
    if (row.endedAt !== null) return reject("already_ended")
    const active = state.get(delegateCounts, [custodian, handle])?.active ?? 1
    return accept(
      [
        put(delegates, [custodian, handle, key], { ...row, endedAt: time }),
        put(delegateCounts, [custodian, handle], { active: active - 1 }),
      ],
      [occurs(delegateEnded, { custodian, handle, key })],
    )
  },
})

export const delegatesContract: Contract = {
  name: "delegates",
  version: 1,
  tables: tables(delegates, delegateCounts),
  events: eventTypes(delegateEntered, delegateEnded),
  reads: views(enrolment, keyOwner),
  shows: [shows(delegation, (state, key) => state.get(delegates, key))],
  actions: { enter, end },
}
