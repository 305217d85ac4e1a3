import {
  type Authorised,
  accept,
  action,
  bytes,
  type Contract,
  equalBytes,
  type GenesisDocument,
  type Infer,
  object,
  optional,
  publicKeySchema,
  put,
  type Rejected,
  reject,
  type StateReader,
  tables,
  text,
  uint,
  validatorAddress,
  type Write,
} from "@aceso/core"
import { byMember, type MemberCaller, type MemberRejection, memberOf } from "./callers.ts"
import { admission } from "./changes.ts"
import { propose, vote } from "./proposals.ts"
import { openRecovery, permitRecovery } from "./recovery.ts"
import {
  activations,
  cases,
  directories,
  disabledActions,
  electorate,
  finished,
  memberKeys,
  members,
  proposals,
  recoveries,
  validatorAddresses,
  validatorSet,
  validators,
} from "./tables.ts"
import { endBlock, reportReady, VALIDATOR_POWER } from "./validators.ts"

export * from "./callers.ts"
export { PROPOSAL_LIFETIME_MS } from "./proposals.ts"
export { refusalOfSuccessor, successorRows } from "./successor.ts"
export {
  activations,
  type Change,
  cases,
  directories,
  disabledActions,
  electorate,
  finished,
  type MemberKind,
  memberKeys,
  memberKind,
  members,
  proposals,
  recoveries,
  recoveryReason,
  validatorAddresses,
  validatorSet,
  validators,
} from "./tables.ts"
export { VALIDATOR_POWER } from "./validators.ts"

const registerKey = action({
  input: object({ key: publicKeySchema }),
  callers: "a member with a valid key, and the new key itself",
  calledBy(
    state,
    { key },
    { signers, time },
  ): Authorised<MemberCaller> | Rejected<MemberRejection | "new_key_must_sign"> {
    const others = signers.filter((signer) => !equalBytes(signer, key))
    if (others.length !== 1 || signers.length !== 2) return reject("new_key_must_sign")
    const found = memberOf(state, others[0], time)
    return "rejection" in found ? found : { caller: found, chargedTo: found.member }
  },
  apply(state, { key }, { caller, time }) {
    if (state.get(memberKeys, [key])) return reject("key_exists")
    const row = { member: caller.member, from: time, to: null, compromisedAt: null }
    return accept(
      [put(memberKeys, [key], row)],
      [{ name: "keyRegistered", data: { member: caller.member, key } }],
    )
  },
})

const retireKey = action({
  input: object({ key: publicKeySchema, compromisedAt: optional(uint()) }),
  callers: "the member whose key it is, with another valid key",
  calledBy: byMember(),
  apply(state, { key, compromisedAt }, { caller, time, signers }) {
    const row = state.get(memberKeys, [key])
    if (!row || row.member !== caller.member) return reject("unknown_key")
    if (equalBytes(signers[0], key)) return reject("sign_with_another_key")
    if (row.to !== null) return reject("already_retired")
    if (compromisedAt !== undefined && (compromisedAt < row.from || compromisedAt > time))
      return reject("bad_time")
    const retired = { ...row, to: time, compromisedAt: compromisedAt ?? null }
    return accept(
      [put(memberKeys, [key], retired)],
      [{ name: "keyRetired", data: { member: caller.member, key } }],
    )
  },
})

const setDirectory = action({
  input: object({ base: uint(), root: bytes(32) }),
  callers: "the member itself",
  calledBy: byMember(),
  apply(state, { base, root }, { caller }) {
    const version = state.get(directories, [caller.member])?.version ?? 0
    if (version !== base) return reject("directory_changed_meanwhile")
    return accept([put(directories, [caller.member], { version: base + 1, root })])
  },
})

const setUrl = action({
  input: object({ url: text(200) }),
  callers: "the member itself",
  calledBy: byMember(),
  apply(state, { url }, { caller }) {
    // Whoever calls is an active member: the row is there.
    const row = state.get(members, [caller.member]) as Infer<typeof members.row>
    return accept([put(members, [caller.member], { ...row, url })])
  },
})

export const governance: Contract = {
  name: "governance",
  version: 1,
  tables: tables(
    members,
    memberKeys,
    electorate,
    proposals,
    directories,
    validators,
    validatorAddresses,
    validatorSet,
    cases,
    recoveries,
    activations,
    disabledActions,
    finished,
  ),
  reads: [],
  actions: {
    propose,
    vote,
    registerKey,
    retireKey,
    setDirectory,
    setUrl,
    reportReady,
    openRecovery,
    permitRecovery,
  },
  endBlock,
}

export function genesisRows(genesis: GenesisDocument): readonly Write[] {
  const { member, name, key, url } = genesis.founder
  const set = genesis.validators.map(({ member, key }) => ({ member, key, power: VALIDATOR_POWER }))
  return [
    ...admission(member, { name, kind: "authority", url, key }, genesis.time),
    put(electorate, [], { voters: [member] }),
    ...genesis.contracts.map(({ name, version, sources }) =>
      put(activations, [name], { versions: [{ version, sources, height: 1 }] }),
    ),
    ...(set.length > 0 ? [put(validatorSet, [], { validators: set, waiting: [] })] : []),
    ...set.flatMap(({ member, key }) => [
      put(validators, [member], { key, status: "active" }),
      put(validatorAddresses, [validatorAddress(key)], { member, key }),
    ]),
  ]
}

/** The versions that execute at a height. */
export function activeVersion(state: StateReader, contract: string, height: number) {
  return state.get(activations, [contract])?.versions.findLast((one) => one.height <= height)
}

/** By a ballot, one action or, once the network is finished, all. */
export const isDisabled = (state: StateReader, contract: string, action: string): boolean =>
  state.get(disabledActions, [contract, action]) !== undefined || state.get(finished, []) !== undefined
