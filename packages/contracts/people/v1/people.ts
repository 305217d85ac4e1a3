import {
  type Authorised,
  accept,
  action,
  byMember,
  type Contract,
  entitled,
  equalBytes,
  eventType,
  eventTypes,
  handle,
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
  row: object({ key: nullable(publicKeySchema), keyNumber: uint(), enrolledAt: uint() }),
  version: 1,
  readers: "parties",
  parties: ({ key }, [custodian]): Parties => ({ members: [custodian], keys: key ? [key] : [] }),
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

const enrol = action({
  input: object({ custodian: memberId, handle, key: optional(publicKeySchema) }),
  callers: "a custodian, for itself; with a key also that key",
  calledBy: (_state, { key }, { signers }) => byCustodianAndPatient(key, signers),
  apply(state, { custodian, handle, key }, { caller, time }) {
    if (custodian !== caller.member) return reject("not_permitted")
    if (state.get(handles, [custodian, handle])) return reject("handle_exists")
    return accept(
      [put(handles, [custodian, handle], { key: key ?? null, keyNumber: key ? 1 : 0, enrolledAt: time })],
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
      writes.push(put(handles, [caller.member, handle], { key: null, keyNumber: 0, enrolledAt: time }))
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

export const people: Contract = {
  name: "people",
  version: 1,
  tables: tables(handles),
  events: eventTypes(enrolled, keyEnrolled),
  reads: [],
  shows: [shows(enrolment, (state, key) => state.get(handles, key))],
  actions: { enrol, enrolWithoutKey, enrolKey },
}
