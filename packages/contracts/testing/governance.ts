import {
  type Ability,
  type Bytes,
  type Cbor,
  domainHash,
  type EventOut,
  type Infer,
  type Licence,
  type MemberId,
  type MemberKind,
  type PublicKey,
  put,
  sign,
  validatorAddress,
  validatorPossessionBytes,
  type Write,
} from "@aceso/core"
import {
  activated,
  activations,
  type Change,
  electorate,
  governance,
  licences,
  memberCases,
  memberKeys,
  members,
  type proposals,
  VALIDATOR_POWER,
  validatorAddresses,
  validatorSet,
  validators,
} from "../governance/v1/governance.ts"
import type { MemoryState } from "./state.ts"
import { runRow } from "./table.ts"
import { hashOf, keyList, keyOf, keyRow, memberRow, NOW, seedOf } from "./world.ts"

/** Changes, proposals and validators in the small consortium of world.ts. */
export const VOTERS = ["authority", "city", "county"]

export const admit = (
  member: MemberId,
  kind: MemberKind = "custodian",
  key: PublicKey = keyOf(member),
): Change => ({
  do: "admit",
  member,
  name: `Member ${member}`,
  kind,
  url: `https://${member}.example`,
  key,
})
export const suspend = (member: MemberId): Change => ({ do: "suspend", member })
export const reinstate = (member: MemberId): Change => ({ do: "reinstate", member })

const proofs = new Map<string, Bytes>()
/** @param keyName of the validator's key, which also signs that it is the member's */
export function addValidator(member: MemberId, keyName = `${member} validator`): Change {
  const key = keyOf(keyName)
  const place = `${member} ${keyName}`
  const proof = proofs.get(place) ?? sign(validatorPossessionBytes(member, key), seedOf(keyName))
  proofs.set(place, proof)
  return { do: "addValidator", member, key, proof }
}
/** The same with a key in place of the one that the validator has. */
export const replaceValidator = (member: MemberId, keyName = `${member} validator two`): Change => ({
  ...addValidator(member, keyName),
  do: "replaceValidator",
})
export const replaceKey = (member: MemberId, keyName = `${member} two`, compromisedAt?: number): Change => ({
  do: "replaceKey",
  member,
  key: keyOf(keyName),
  ...(compromisedAt !== undefined && { compromisedAt }),
})
export const removeValidator = (member: MemberId): Change => ({ do: "removeValidator", member })
export const closeCase = (id: Bytes): Change => ({ do: "closeCase", case: id })
export const activate = (contract: string, version: number, height: number): Change => ({
  do: "activate",
  contract,
  version,
  sources: hashOf(`${contract} ${version}`),
  height,
})
export const setAbilities = (member: MemberId, ...abilities: Ability[]): Change => ({
  do: "setAbilities",
  member,
  abilities,
})
export const grantLicence = (member: MemberId, licence: Licence, until?: number): Change => ({
  do: "grantLicence",
  member,
  licence,
  ...(until !== undefined && { until }),
})
export const endLicence = (member: MemberId, licence: Licence): Change => ({
  do: "endLicence",
  member,
  licence,
})
export const disableAction = (contract: string, action: string): Change => ({
  do: "disableAction",
  contract,
  action,
})
export const enableAction = (contract: string, action: string): Change => ({
  do: "enableAction",
  contract,
  action,
})
export const releaseApp = (build: Bytes): Change => ({ do: "releaseApp", build })
export const withdrawApp = (build: Bytes): Change => ({ do: "withdrawApp", build })

export const idOf = (proposer: MemberId, changes: readonly Change[], height = 1): Bytes =>
  domainHash("proposal", proposer, height, changes as unknown as Cbor)

export type Proposal = Infer<typeof proposals.row>
/** As the authority opens it. */
export const proposal = (changes: readonly Change[], more: Partial<Proposal> = {}): Proposal => ({
  proposer: "authority",
  changes,
  voters: VOTERS,
  yes: ["authority"],
  no: [],
  openedAt: NOW,
  status: "open",
  ...more,
})

export const event = (name: string, proposal: Bytes): EventOut[] => [{ name, data: { proposal } }]
export const founderAlone = put(electorate, [], { voters: ["authority"] })

/** What an admission writes. */
export const admission = (member: MemberId, kind: MemberKind = "custodian", time = NOW): Write[] => [
  put(members, [member], { ...memberRow(member, kind), admittedAt: time }),
  put(memberKeys, [keyOf(member)], keyRow(member, time)),
  keyList(member, [member]),
]

export type ValidatorStatus = Infer<typeof validators.row>["status"]
export const validatorKey = (member: MemberId): PublicKey => keyOf(`${member} validator`)
export const validatorRow = (member: MemberId, status: ValidatorStatus): Write =>
  put(validators, [member], { key: validatorKey(member), status })
export const addressRow = (member: MemberId, key: PublicKey = validatorKey(member)): Write =>
  put(validatorAddresses, [validatorAddress(key)], { member, key })
export const setRow = (
  inSet: readonly MemberId[],
  waiting: readonly MemberId[] = [],
  keyOfMember: (member: MemberId) => PublicKey = validatorKey,
): Write =>
  put(validatorSet, [], {
    validators: inSet.map((member) => ({ member, key: keyOfMember(member), power: VALIDATOR_POWER })),
    waiting,
  })

/** The rows of a network whose validators are in these states; those that wait do so in this order. */
export function validatorRows(statuses: Readonly<Record<MemberId, ValidatorStatus>>): Write[] {
  const of = (...wanted: ValidatorStatus[]) =>
    Object.keys(statuses).filter((member) => wanted.includes(statuses[member]))
  return [
    ...Object.entries(statuses).flatMap(([member, status]) => [
      validatorRow(member, status),
      addressRow(member),
    ]),
    setRow(of("active", "leaving"), of("ready", "leaving")),
  ]
}

/** A large set, of members that do nothing else, and those that wait to join it. */
export const crowd = (inSet: number, waiting: readonly MemberId[] = []): Write[] => [
  ...crowdNames(inSet).map((member) =>
    put(validators, [member], { key: crowdKey(member), status: "active" }),
  ),
  ...waiting.flatMap((member) => [validatorRow(member, "ready"), addressRow(member)]),
  setRow(crowdNames(inSet), waiting, crowdKey),
]
export const crowdNames = (n: number): MemberId[] => Array.from({ length: n }, (_, i) => `v${i}`)
export const crowdKey = (member: MemberId): PublicKey => hashOf(`key of ${member}`)

/** The contract's versions with their heights. */
export const activationRow = (contract: string, ...versions: readonly [version: number, height: number][]) =>
  put(activations, [contract], {
    versions: versions.map(([version, height]) => ({
      version,
      sources: hashOf(`${contract} ${version}`),
      height,
    })),
  })

/** The list of all that was ever activated. */
export const activatedRow = (...names: string[]) => put(activated, [], { names })

/** Licences of a member with their times, ms. */
export const licenceRow = (
  member: MemberId,
  ...all: readonly (readonly [what: Licence, from: number, to: number | null])[]
) => put(licences, [member], { all: all.map(([what, from, to]) => ({ what, from, to })) })

export const caseRow = (id: Bytes, status: "open" | "closed", member: MemberId = "city"): Write =>
  put(memberCases, [id], { member, kind: "duplicate_vote", height: 7, time: NOW, status })

/** One transaction: its rejection, its first event, or `accepted`. */
export function act(state: MemoryState, action: string, by: MemberId, input: unknown, height = 1): string {
  const called = runRow(governance, { action, by: [by], input, comment: "", height }, state)
  return "rejection" in called ? called.rejection : (called.events[0]?.name ?? "accepted")
}

/** A proposal of the first voter for which all others vote yes. */
export function decide(state: MemoryState, changes: readonly Change[], height = 1): string {
  const [first, ...others] = state.get(electorate, [])?.voters ?? []
  let outcome = act(state, "propose", first, { changes }, height)
  const vote = { proposal: idOf(first, changes, height), yes: true }
  for (const voter of others)
    if (outcome === "proposalOpen") outcome = act(state, "vote", voter, vote, height)
  return outcome
}
