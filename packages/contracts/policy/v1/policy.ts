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
  type Infer,
  keyAt,
  type MemberId,
  memberId,
  object,
  occurs,
  oneOf,
  type Parties,
  put,
  type Rejected,
  reject,
  table,
  tables,
  uint,
  views,
} from "@aceso/core"
import { delegation, enrolment } from "../../views.ts"

/** The patient's policy at a custodian (PRIVACY.md, Policy): a version and the root over its documents. */
export const policies = table({
  name: "policies",
  key: [memberId, handle],
  row: object({ version: uint(), root: hash32, changedAt: uint() }),
  version: 1,
  readers: "parties",
  parties: (_row, [custodian]): Parties => ({ members: [custodian], keys: [] }),
})

export const policyChanged = eventType({
  name: "policyChanged",
  data: object({
    custodian: memberId,
    handle,
    version: uint(),
    claim: oneOf("grant", "restrict", "revoke"),
  }),
  readers: "parties",
  parties: ({ custodian }): Parties => ({ members: [custodian], keys: [] }),
})

const input = object({ custodian: memberId, handle, base: uint(), root: hash32 })
type Place = { readonly custodian: MemberId; readonly handle: Handle }
type CallerRejection = "handle_not_enrolled" | "patient_has_no_key" | "not_the_patient"

/**
 * A delegate's signature counts with the custodian's, which knows the scope (CAPABILITIES.md, Delegates) and signs what
 * is within it.
 */
function isDelegate(state: ContractState, { custodian, handle }: Place, { signers }: Context): boolean {
  const delegate = signers.find(({ of }) => of === undefined)
  const witness = signers.find(({ member }) => member?.member === custodian)
  if (signers.length !== 2 || !delegate || !witness) return false
  const row = state.see(delegation, [custodian, handle, delegate.key])
  return row !== undefined && row.endedAt === null
}

function byHandleKey(
  state: ContractState,
  { custodian, handle }: Place,
  context: Context,
): Authorised<null> | Rejected<CallerRejection> {
  const row = state.see(enrolment, [custodian, handle])
  if (!row) return reject("handle_not_enrolled")
  if (isDelegate(state, { custodian, handle }, context))
    return { caller: null, chargedTo: custodian, byPatient: handle }
  const { signers, time } = context
  const { key } = keyAt(row, time)
  if (!key) return reject("patient_has_no_key")
  if (signers.length !== 1 || !equalBytes(signers[0].key, key)) return reject("not_the_patient")
  return { caller: null, chargedTo: custodian, byPatient: handle }
}

type Claim = "grant" | "restrict" | "revoke"

/** Three actions with one effect: the name is the key's claim, which the custodian holds it to. */
function next(
  state: ContractState,
  { custodian, handle, base, root }: Infer<typeof input>,
  time: number,
  claim: Claim,
) {
  const version = state.get(policies, [custodian, handle])?.version ?? 0
  if (version !== base) return reject("policy_changed_meanwhile")
  return accept(
    [put(policies, [custodian, handle], { version: base + 1, root, changedAt: time })],
    [occurs(policyChanged, { custodian, handle, version: base + 1, claim })],
  )
}

const CALLERS = "the handle's key, or a delegate's together with the custodian's"

/** Whoever found a lost device opens nothing while the desk puts another key in its place. */
const opening = (claim: "grant" | "restrict") =>
  action({
    input,
    callers: CALLERS,
    ...(claim === "restrict" && { urgent: true as const }),
    calledBy: byHandleKey,
    apply(state, given, { time }) {
      const enrolled = state.see(enrolment, [given.custodian, given.handle])
      if (enrolled && keyAt(enrolled, time).isPending) return reject("rekey_pending")
      return next(state, given, time, claim)
    },
  })

const revoke = action({
  input,
  callers: CALLERS,
  urgent: true,
  calledBy: byHandleKey,
  apply: (state, given, { time }) => next(state, given, time, "revoke"),
})

export const policy: Contract = {
  name: "policy",
  version: 1,
  tables: tables(policies),
  events: eventTypes(policyChanged),
  reads: views(enrolment, delegation),
  actions: { grant: opening("grant"), restrict: opening("restrict"), revoke },
}
