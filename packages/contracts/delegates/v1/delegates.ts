import {
  type Authorised,
  accept,
  action,
  type Context,
  type Contract,
  type ContractState,
  type DelegateRow,
  equalBytes,
  eventType,
  eventTypes,
  type Handle,
  handle,
  hash32,
  keyAt,
  type MemberId,
  type MemberRejection,
  memberId,
  memberOf,
  nullable,
  object,
  occurs,
  oneOf,
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
  togetherEnded,
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

/** How many delegates of a handle act now, and until when (ms) those had entered who were ended together. */
export const delegateCounts = table({
  name: "delegateCounts",
  key: [memberId, handle],
  row: object({ active: uint(), allEndedAt: nullable(uint()) }),
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
export const delegateEnded = eventType({
  name: "delegateEnded",
  data: object({
    custodian: memberId,
    handle,
    key: publicKeySchema,
    by: oneOf("person", "custodian", "delegate"),
  }),
  readers: "parties",
  parties: ({ custodian, key }): Parties => ({ members: [custodian], keys: [key] }),
})
export const allDelegatesEnded = eventType({
  name: "allDelegatesEnded",
  data: object({ custodian: memberId, handle }),
  readers: "parties",
  parties: ({ custodian }): Parties => ({ members: [custodian], keys: [] }),
})

/** A delegate as it stands: also one that was ended together with all others. */
function standing(
  state: Pick<ContractState, "get">,
  [custodian, handle, key]: readonly [MemberId, Handle, PublicKey],
): DelegateRow | undefined {
  const row = state.get(delegates, [custodian, handle, key])
  return row && togetherEnded(row, state.get(delegateCounts, [custodian, handle])?.allEndedAt ?? null)
}

interface Place {
  readonly custodian: MemberId
  readonly handle: Handle
  readonly key: PublicKey
}
type PlaceRejection = MemberRejection | "handle_not_enrolled" | "not_permitted" | "too_many_signers"

const NOBODY = { active: 0, allEndedAt: null }

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
function personOrDesk(
  state: ContractState,
  { custodian, handle }: Omit<Place, "key">,
  { signers, time }: Pick<Context, "signers" | "time">,
): Authorised<null> | Rejected<PlaceRejection | "patient_must_sign"> {
  const row = state.see(enrolment, [custodian, handle])
  if (!row) return reject("handle_not_enrolled")
  if (signers.length !== 1) return reject("too_many_signers")
  const { key } = keyAt(row, time)
  if (!key) return custodianOf(signers[0], custodian)
  if (!isKey(signers[0].key, key)) return reject("patient_must_sign")
  return { caller: null, chargedTo: custodian, byPatient: handle }
}

type Ender = "person" | "custodian" | "delegate"

/** The person, the custodian, or a delegate who acts now: whoever is none of them costs nobody anything. */
function ending(
  state: ContractState,
  { custodian, handle, key }: Place,
  { signers, time }: Context,
): Authorised<Ender> | Rejected<PlaceRejection | "unknown_delegate" | "already_ended"> {
  const enrolled = state.see(enrolment, [custodian, handle])
  if (!enrolled) return reject("handle_not_enrolled")
  if (signers.length !== 1) return reject("too_many_signers")
  const row = standing(state, [custodian, handle, key])
  if (!row) return reject("unknown_delegate")
  if (row.endedAt !== null) return reject("already_ended")
  const [signer] = signers
  if (isKey(signer.key, keyAt(enrolled, time).key))
    return { caller: "person", chargedTo: custodian, byPatient: handle }
  if (equalBytes(signer.key, key)) return { caller: "delegate", chargedTo: custodian, byPatient: handle }
  const found = custodianOf(signer, custodian)
  return "rejection" in found ? found : { ...found, caller: "custodian" }
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
  calledBy: personOrDesk,
  apply(state, { custodian, handle, key, commitment, possession }, { time, network }) {
    if (!verifyDelegate(network, { custodian, handle, key, commitment }, possession))
      return reject("delegate_must_sign")
    if (state.get(delegates, [custodian, handle, key])) return reject("key_exists")
    if (state.see(keyOwner, [key])) return reject("key_of_a_member")
    const enrolled = state.see(enrolment, [custodian, handle])
    const person = enrolled && keyAt(enrolled, time)
    if (person && isKey(key, person.key)) return reject("key_exists")
    if (person?.isPending) return reject("rekey_pending")
    const { active, allEndedAt } = state.get(delegateCounts, [custodian, handle]) ?? NOBODY
    if (active >= MAX_DELEGATES) return reject("too_many_delegates")
    // In the block in which all were ended nobody enters.
    if (allEndedAt !== null && time <= allEndedAt) return reject("already_ended")
    return accept(
      [
        put(delegates, [custodian, handle, key], { commitment, enteredAt: time, endedAt: null }),
        put(delegateCounts, [custodian, handle], { active: active + 1, allEndedAt }),
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
  apply(state, { custodian, handle, key }, { caller, time }) {
    const row = state.get(delegates, [custodian, handle, key])
    if (!row) return reject("unknown_delegate")
    const { active, allEndedAt } = state.get(delegateCounts, [custodian, handle]) ?? NOBODY
    return accept(
      [
        put(delegates, [custodian, handle, key], { ...row, endedAt: time }),
        put(delegateCounts, [custodian, handle], { active: active - 1, allEndedAt }),
      ],
      [occurs(delegateEnded, { custodian, handle, key, by: caller })],
    )
  },
})

/** Also those whom the person does not know of: a custodian that hides somebody takes nothing away by it. */
const endAll = action({
  input: object({ custodian: memberId, handle }),
  callers: "the person, or for a person without a key the custodian",
  urgent: true,
  calledBy: personOrDesk,
  apply(_state, { custodian, handle }, { time }) {
    return accept(
      [put(delegateCounts, [custodian, handle], { active: 0, allEndedAt: time })],
      [occurs(allDelegatesEnded, { custodian, handle })],
    )
  },
})

export const delegatesContract: Contract = {
  name: "delegates",
  version: 1,
  tables: tables(delegates, delegateCounts),
  events: eventTypes(delegateEntered, delegateEnded, allDelegatesEnded),
  reads: views(enrolment, keyOwner),
  shows: [shows(delegation, standing)],
  actions: { enter, end, endAll },
}
