import {
  accept,
  action,
  byMember,
  bytes,
  type Contract,
  eventTypes,
  type GenesisDocument,
  hash32,
  type Infer,
  list,
  nameOf,
  object,
  put,
  reject,
  type StateReader,
  shows,
  tables,
  text,
  uint,
  validatorAddress,
  type Write,
} from "@aceso/core"
import { activeAt, keyOwner, memberStanding, recoveriesOf } from "../../views.ts"
import { isBadUrl } from "./changes.ts"
import * as events from "./events.ts"
import { registerKey, retireKey } from "./keys.ts"
import { admission, signerOf } from "./members.ts"
import { propose, vote } from "./proposals.ts"
import { openRecovery, permitRecovery } from "./recovery.ts"
import { factsOf } from "./successor.ts"
import {
  activated,
  activations,
  appReleases,
  directories,
  directoryVersions,
  disabledActions,
  electorate,
  finished,
  licences,
  memberCases,
  memberKeyLists,
  memberKeys,
  members,
  networkFacts,
  nextValidators,
  openProposals,
  proposals,
  recoveries,
  staffEnds,
  validatorAddresses,
  validatorSet,
  validators,
} from "./tables.ts"
import { endBlock, reportReady, VALIDATOR_POWER } from "./validators.ts"

export { signerOf } from "./members.ts"
export { PROPOSAL_LIFETIME_MS } from "./proposals.ts"
export { refusalOfRecovery } from "./recovery.ts"
export { refusalOfSuccessor, successorRows } from "./successor.ts"
export {
  activated,
  activations,
  appReleases,
  type Change,
  directories,
  directoryVersions,
  disabledActions,
  electorate,
  finished,
  licences,
  MAX_LICENCES,
  MAX_OPEN_PROPOSALS,
  MAX_REGISTRATIONS,
  MAX_VALID_KEYS,
  memberCases,
  memberKeyLists,
  memberKeys,
  members,
  networkFacts,
  nextValidators,
  openProposals,
  proposals,
  REGISTRATION_WINDOW_MS,
  recoveries,
  recoveryReason,
  staffEnds,
  validatorAddresses,
  validatorSet,
  validators,
} from "./tables.ts"
export { VALIDATOR_POWER } from "./validators.ts"

const setDirectory = action({
  input: object({ base: uint(), root: bytes(32) }),
  callers: "the member itself",
  calledBy: byMember(),
  apply(state, { base, root }, { caller: { member }, time }) {
    const version = state.get(directories, [member])?.version ?? 0
    if (version !== base) return reject("directory_changed_meanwhile")
    return accept([
      put(directories, [member], { version: base + 1, root }),
      put(directoryVersions, [member, base + 1], { root, from: time }),
    ])
  },
})

/** At once: the people of an organisation may be many. */
export const MAX_STAFF_ENDS = 100

const endStaff = action({
  input: object({ ends: list(object({ person: hash32, asOf: uint() }), MAX_STAFF_ENDS, 1) }),
  callers: "the member itself",
  calledBy: byMember(),
  apply(state, { ends }, { caller: { member } }) {
    if (new Set(ends.map(({ person }) => nameOf(person))).size < ends.length) return reject("named_twice")
    return accept(
      ends.map(({ person, asOf }) => {
        const before = state.get(staffEnds, [member, person])?.asOf ?? asOf
        return put(staffEnds, [member, person], { asOf: Math.min(before, asOf) })
      }),
    )
  },
})

const setUrl = action({
  input: object({ url: text(200) }),
  callers: "the member itself",
  calledBy: byMember(),
  apply(state, { url }, { caller }) {
    if (isBadUrl(state, url)) return reject("bad_url")
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
    licences,
    memberKeys,
    memberKeyLists,
    networkFacts,
    electorate,
    proposals,
    openProposals,
    directories,
    directoryVersions,
    staffEnds,
    validators,
    validatorAddresses,
    validatorSet,
    nextValidators,
    memberCases,
    recoveries,
    activations,
    activated,
    disabledActions,
    appReleases,
    finished,
  ),
  events: eventTypes(...Object.values(events)),
  reads: [],
  shows: [
    shows(keyOwner, (state, [key]) => state.get(memberKeys, [key])),
    shows(memberStanding, (state, [member]) => state.get(members, [member])),
    shows(recoveriesOf, (state, [member]) => state.get(recoveries, [member])?.all),
    shows(activeAt, (state, [name, height]) => activeVersions(state, name, height).at(-1)),
  ],
  signer: signerOf,
  actions: {
    propose,
    vote,
    registerKey,
    retireKey,
    setDirectory,
    endStaff,
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
    put(networkFacts, [], factsOf(genesis)),
    put(electorate, [], { voters: [member] }),
    put(activated, [], { names: genesis.contracts.map(({ name }) => name) }),
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

/** The names of all that was ever activated. */
export const activatedNames = (state: StateReader): readonly string[] => state.get(activated, [])?.names ?? []

/** The versions that were activated up to a height, oldest first: the last one executes. */
export const activeVersions = (state: StateReader, contract: string, height: number) =>
  (state.get(activations, [contract])?.versions ?? []).filter((one) => one.height <= height)

/** By a ballot, one action or, once the network is finished, all. */
export const isDisabled = (state: StateReader, contract: string, action: string): boolean =>
  state.get(disabledActions, [contract, action]) !== undefined || state.get(finished, []) !== undefined
