import {
  type Authorised,
  accept,
  action,
  byMember,
  type Context,
  type Contract,
  type ContractState,
  entitled,
  equalBytes,
  eventType,
  eventTypes,
  type Handle,
  handle,
  keyAt,
  list,
  type Member,
  type MemberId,
  type MemberRejection,
  memberId,
  nameOf,
  nullable,
  object,
  occurs,
  optional,
  type Parties,
  type PublicKey,
  publicKeySchema,
  put,
  type Rejected,
  reject,
  type Signer,
  shows,
  table,
  tables,
  uint,
} from "@aceso/core"
import { enrolment } from "../../views.ts"

/** A patient at one custodian (PRIVACY.md, Handle): random, unlinkable to the others. */
export const handles = table({
  name: "handles",
  key: [memberId, handle],
  row: object({
    key: nullable(publicKeySchema),
    keyNumber: uint(),
    enrolledAt: uint(),
    /** Takes the key's place 72 hours after `since` (core/handle-key.ts), unless the person objects. */
    next: nullable(object({ key: publicKeySchema, since: uint() })),
  }),
  version: 1,
  readers: "parties",
  parties: ({ key, next }, [custodian]): Parties => ({
    members: [custodian],
    keys: [...(key ? [key] : []), ...(next ? [next.key] : [])],
  }),
})

type EnrolRejection = MemberRejection | "patient_must_sign" | "key_of_a_member"

/** The custodian signs, and so does the patient's key where there is one. */
function byCustodianAndPatient(
  key: PublicKey | undefined,
  signers: readonly Signer[],
): Authorised<Member> | Rejected<EnrolRejection> {
  const isPatients = (signer: Signer) => key !== undefined && equalBytes(signer.key, key)
  const others = signers.filter((signer) => !isPatients(signer))
  if (others.length !== 1 || signers.length !== (key ? 2 : 1)) return reject("patient_must_sign")
  if (signers.some((signer) => isPatients(signer) && signer.of !== undefined))
    return reject("key_of_a_member")
  const found = entitled(others[0], { ability: "keepsRecords" })
  return "rejection" in found ? found : { caller: found, chargedTo: found.member }
}

/** Whoever is told of it is that custodian, beside those that hold all rows. */
const toCustodian = {
  readers: "parties",
  parties: ({ custodian }: { readonly custodian: MemberId }): Parties => ({ members: [custodian], keys: [] }),
} as const
const ofHandle = <const N extends string>(name: N) =>
  eventType({ name, data: object({ custodian: memberId, handle }), ...toCustodian })
export const enrolled = ofHandle("enrolled")
export const keyEnrolled = ofHandle("keyEnrolled")
/** Another key waits to take the place of a lost one. */
export const rekeyBegun = ofHandle("rekeyBegun")
export const rekeyCancelled = ofHandle("rekeyCancelled")

const newRow = (key: PublicKey | null, time: number) => ({
  ...{ key, keyNumber: key ? 1 : 0, enrolledAt: time },
  next: null,
})

const enrol = action({
  input: object({ custodian: memberId, handle, key: optional(publicKeySchema) }),
  callers: "a custodian, for itself; with a key also that key",
  calledBy: (_state, { key }, { signers }) => byCustodianAndPatient(key, signers),
  apply(state, { custodian, handle, key }, { caller, time }) {
    if (custodian !== caller.member) return reject("not_permitted")
    if (state.get(handles, [custodian, handle])) return reject("handle_exists")
    return accept(
      [put(handles, [custodian, handle], newRow(key ?? null, time))],
      [occurs(enrolled, { custodian, handle })],
    )
  },
})

/** Patients without a device, as an import finds them. */
const enrolWithoutKey = action({
  input: object({ handles: list(handle, 1000, 1) }),
  callers: "a custodian, for itself",
  calledBy: byMember({ ability: "keepsRecords" }),
  apply(state, input, { caller, time }) {
    const writes = []
    const seen = new Set<string>()
    for (const handle of input.handles) {
      const name = nameOf(handle)
      if (seen.has(name) || state.get(handles, [caller.member, handle])) return reject("handle_exists")
      seen.add(name)
      writes.push(put(handles, [caller.member, handle], newRow(null, time)))
    }
    return accept(writes)
  },
})

const enrolKey = action({
  input: object({ custodian: memberId, handle, key: publicKeySchema }),
  callers: "the handle's custodian and the new key",
  calledBy: (_state, { key }, { signers }) => byCustodianAndPatient(key, signers),
  apply(state, { custodian, handle, key }, { caller }) {
    if (custodian !== caller.member) return reject("not_permitted")
    const row = state.get(handles, [custodian, handle])
    if (!row) return reject("handle_not_enrolled")
    if (row.key) return reject("key_exists")
    return accept(
      [put(handles, [custodian, handle], { ...row, key, keyNumber: row.keyNumber + 1 })],
      [occurs(keyEnrolled, { custodian, handle })],
    )
  },
})

/**
 * The desk puts another key in place of a lost one, with the person there (PRIVACY.md, Patient's keys). It counts after 72
 * hours, in which whoever has the old key can object, and only takes back.
 */
const rekey = action({
  input: object({ custodian: memberId, handle, key: publicKeySchema }),
  callers: "the handle's custodian and the new key",
  calledBy: (_state, { key }, { signers }) => byCustodianAndPatient(key, signers),
  apply(state, { custodian, handle, key }, { caller, time }) {
    if (custodian !== caller.member) return reject("not_permitted")
    const row = state.get(handles, [custodian, handle])
    if (!row) return reject("handle_not_enrolled")
    const standing = keyAt(row, time)
    if (!standing.key) return reject("patient_has_no_key")
    if (standing.isPending) return reject("rekey_pending")
    if (equalBytes(standing.key, key)) return reject("key_exists")
    const { key: now, keyNumber } = standing
    return accept(
      [put(handles, [custodian, handle], { ...row, key: now, keyNumber, next: { key, since: time } })],
      [occurs(rekeyBegun, { custodian, handle })],
    )
  },
})

type CancelRejection = MemberRejection | "handle_not_enrolled" | "no_rekey" | "too_many_signers"

/** Whoever has the key that still counts, or the desk. */
function byOldKeyOrDesk(
  state: ContractState,
  { custodian, handle }: { readonly custodian: MemberId; readonly handle: Handle },
  { signers, time }: Context,
): Authorised<null> | Rejected<CancelRejection> {
  const row = state.get(handles, [custodian, handle])
  if (!row) return reject("handle_not_enrolled")
  if (signers.length !== 1) return reject("too_many_signers")
  const { key, isPending } = keyAt(row, time)
  if (!isPending) return reject("no_rekey")
  if (key && equalBytes(signers[0].key, key)) return { caller: null, chargedTo: custodian, byPatient: handle }
  const found = entitled(signers[0], { ability: "keepsRecords" })
  if ("rejection" in found) return found
  return found.member === custodian ? { caller: null, chargedTo: custodian } : reject("not_permitted")
}

const cancelRekey = action({
  input: object({ custodian: memberId, handle }),
  callers: "the handle's key that still counts, or its custodian",
  urgent: true,
  calledBy: byOldKeyOrDesk,
  apply(state, { custodian, handle }) {
    const row = state.get(handles, [custodian, handle])
    if (!row) return reject("handle_not_enrolled")
    return accept(
      [put(handles, [custodian, handle], { ...row, next: null })],
      [occurs(rekeyCancelled, { custodian, handle })],
    )
  },
})

export const people: Contract = {
  name: "people",
  version: 1,
  tables: tables(handles),
  events: eventTypes(enrolled, keyEnrolled, rekeyBegun, rekeyCancelled),
  reads: [],
  shows: [shows(enrolment, (state, key) => state.get(handles, key))],
  actions: { enrol, enrolWithoutKey, enrolKey, rekey, cancelRekey },
}
