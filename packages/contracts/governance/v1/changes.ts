import {
  abilitiesOf,
  type MemberId,
  nameOf,
  nodeUrlFault,
  put,
  type StateReader,
  validatorAddress,
  type Write,
} from "@aceso/core"
import { refusalOfValidators } from "./leaving.ts"
import { abilitiesAfter, admission, isBadAbilities, refusalOfAbilities, refusalOfLicence } from "./members.ts"
import {
  newKey,
  newValidator,
  refusalOfNewKey,
  refusalOfNewValidator,
  refusalOfValidatorKey,
} from "./replacements.ts"
import {
  activated,
  activations,
  appReleases,
  type Change,
  disabledActions,
  electorate,
  finished,
  memberCases,
  memberKeys,
  members,
  networkFacts,
  validatorAddresses,
  validatorSet,
  validators,
} from "./tables.ts"

/** A version that waits cannot be taken back: it must not wait for ever. */
export const MAX_HEIGHTS_AHEAD = 10_000_000

/** What a change is about; two changes of one proposal must not be about the same. */
function subjectsOf(change: Change): readonly string[] {
  const member = `member ${change.member}`
  const validator = `validator ${change.member}`
  const key = change.key ? [`key ${nameOf(change.key)}`] : []
  switch (change.do) {
    case "admit":
    case "reinstate":
      return [member, ...key]
    case "suspend":
    case "setAbilities":
      return [member, validator]
    case "grantLicence":
    case "endLicence":
      return [`licence ${change.licence} ${change.member}`]
    case "addValidator":
    case "removeValidator":
    case "replaceValidator":
      return [validator, ...key]
    case "replaceKey":
      return [`keys ${change.member}`, ...key]
    case "closeCase":
      return [`case ${change.case ? nameOf(change.case) : ""}`]
    case "activate":
      return [`contract ${change.contract}`]
    case "disableAction":
    case "enableAction":
      return [`action ${change.contract}.${change.action}`]
    case "releaseApp":
    case "withdrawApp":
      return [`app ${change.build ? nameOf(change.build) : ""}`]
    case "finish":
      return ["network"]
  }
}

export type ChangeRefusal =
  | "member_incomplete"
  | "change_incomplete"
  | "bad_url"
  | "member_exists"
  | "key_exists"
  | "unknown_member"
  | "bad_abilities"
  | "still_validates"
  | "licence_exists"
  | "unknown_licence"
  | "too_many_licences"
  | "bad_time"
  | "changed_twice"
  | "no_voter_left"
  | "no_validator_left"
  | "no_validators_here"
  | "too_many_validators"
  | "validator_exists"
  | "unknown_validator"
  | "may_not_validate"
  | "bad_proof"
  | "unknown_case"
  | "unknown_contract"
  | "version_not_newer"
  | "height_passed"
  | "height_too_far"
  | "not_disableable"
  | "already_disabled"
  | "not_disabled"
  | "app_exists"
  | "unknown_app"

/** The block at hand; `time` in ms. */
export interface Now {
  readonly height: number
  readonly time: number
}

/** The first reason why these changes cannot be made in the state as it is. */
export function refusalOfAll(
  state: StateReader,
  changes: readonly Change[],
  now: Now,
): ChangeRefusal | undefined {
  const seen = new Set<string>()
  for (const change of changes) {
    for (const subject of subjectsOf(change)) {
      if (seen.has(subject)) return "changed_twice"
      seen.add(subject)
    }
    const wrong = refusalOf(state, change, changes, now)
    if (wrong) return wrong
  }
  if (votersAfter(state, changes).length === 0) return "no_voter_left"
  return refusalOfValidators(state, changes)
}

function refusalOf(
  state: StateReader,
  change: Change,
  all: readonly Change[],
  { height, time }: Now,
): ChangeRefusal | undefined {
  switch (change.do) {
    case "admit":
      return refusalOfAdmission(state, change)
    case "suspend":
    case "reinstate":
      if (change.member === undefined) return "change_incomplete"
      return state.get(members, [change.member]) ? undefined : "unknown_member"
    case "setAbilities":
      return refusalOfAbilities(state, change)
    case "grantLicence":
    case "endLicence":
      return refusalOfLicence(state, change, time)
    case "addValidator":
      return refusalOfValidator(state, change, all)
    case "removeValidator": {
      if (change.member === undefined) return "change_incomplete"
      const row = state.get(validators, [change.member])
      return !row || row.status === "removed" || row.status === "leaving" ? "unknown_validator" : undefined
    }
    case "replaceValidator":
      return refusalOfNewValidator(state, change)
    case "replaceKey":
      return refusalOfNewKey(state, change)
    case "closeCase":
      if (change.case === undefined) return "change_incomplete"
      return state.get(memberCases, [change.case])?.status === "open" ? undefined : "unknown_case"
    case "activate":
      return refusalOfActivation(state, change, all, height)
    case "disableAction":
    case "enableAction":
      return refusalOfSwitch(state, change)
    case "releaseApp":
    case "withdrawApp": {
      if (change.build === undefined) return "change_incomplete"
      const isValid = state.get(appReleases, [change.build])?.to === null
      if (change.do === "releaseApp") return isValid ? "app_exists" : undefined
      return isValid ? undefined : "unknown_app"
    }
    case "finish":
      return undefined
  }
}

function refusalOfAdmission(state: StateReader, change: Change): ChangeRefusal | undefined {
  const { member, name, kind, url, key, abilities = kind && abilitiesOf(kind) } = change
  if (
    member === undefined ||
    name === undefined ||
    kind === undefined ||
    url === undefined ||
    key === undefined ||
    abilities === undefined
  )
    return "member_incomplete"
  if (isBadAbilities(kind, abilities)) return "bad_abilities"
  if (isBadUrl(state, url)) return "bad_url"
  if (state.get(members, [member])) return "member_exists"
  // The genesis may name validators of members that are admitted later.
  if (state.get(validators, [member]) && !abilities.includes("validates")) return "may_not_validate"
  return state.get(memberKeys, [key]) ? "key_exists" : undefined
}

/** By the rule for all nodes' URLs (core/node-url.ts); on loopback only where the genesis says so. */
export function isBadUrl(state: StateReader, url: string): boolean {
  const mayBeLoopback = state.get(networkFacts, [])?.isLoopback ?? false
  return nodeUrlFault(url, { mayBeLoopback }) !== undefined
}

function refusalOfValidator(
  state: StateReader,
  change: Change,
  all: readonly Change[],
): ChangeRefusal | undefined {
  const { member, key, proof } = change
  if (member === undefined || key === undefined || proof === undefined) return "change_incomplete"
  if (!state.get(validatorSet, [])) return "no_validators_here"
  const row = state.get(members, [member])
  const abilities = abilitiesAfter(state, member, all)
  if (abilities === undefined) return "unknown_member"
  const isBack = all.some((other) => other.do === "reinstate" && other.member === member)
  if (!abilities.includes("validates") || (row?.status === "suspended" && !isBack)) return "may_not_validate"
  const there = state.get(validators, [member])
  if (there && there.status !== "removed") return "validator_exists"
  return refusalOfValidatorKey(state, { member, key, proof })
}

function refusalOfActivation(
  state: StateReader,
  change: Change,
  all: readonly Change[],
  height: number,
): ChangeRefusal | undefined {
  const { contract, version, sources, height: from } = change
  if (contract === undefined || version === undefined || sources === undefined || from === undefined)
    return "change_incomplete"
  // A contract, or a process of `cases`, may come to a network that runs.
  const last = state.get(activations, [contract])?.versions.at(-1) ?? { version: 0, height: 0 }
  if (version <= last.version) return "version_not_newer"
  if (from > height + MAX_HEIGHTS_AHEAD) return "height_too_far"
  if (from <= height || from <= last.height) return "height_passed"
  const [of, part] = contract.split(".")
  // Of a contract that does not execute by then: every node would stop.
  return part !== undefined && !isActiveBy(state, of, from, all) ? "unknown_contract" : undefined
}

const isActiveBy = (state: StateReader, contract: string, height: number, all: readonly Change[]) =>
  (state.get(activations, [contract])?.versions ?? []).some((one) => one.height <= height) ||
  all.some((one) => one.do === "activate" && one.contract === contract && (one.height ?? 0) <= height)

function refusalOfSwitch(state: StateReader, change: Change): ChangeRefusal | undefined {
  const { contract, action } = change
  if (contract === undefined || action === undefined) return "change_incomplete"
  if (!state.get(activations, [contract])) return "unknown_contract"
  // Governance must never lock itself out.
  if (contract === "governance") return "not_disableable"
  const isDisabled = state.get(disabledActions, [contract, action]) !== undefined
  if (change.do === "disableAction") return isDisabled ? "already_disabled" : undefined
  return isDisabled ? undefined : "not_disabled"
}

const CHANGES_VOTERS: ReadonlySet<string> = new Set(["admit", "suspend", "reinstate", "setAbilities"])
const isSuspendedNow = (state: StateReader, member: MemberId) =>
  state.get(members, [member])?.status === "suspended"

export function votersAfter(state: StateReader, changes: readonly Change[]): readonly MemberId[] {
  let voters = state.get(electorate, [])?.voters ?? []
  for (const change of changes) {
    const { do: what, member } = change
    if (member === undefined || !CHANGES_VOTERS.has(what)) continue
    const wasVoter = voters.includes(member)
    const isSuspended = what === "suspend" || (what === "setAbilities" && isSuspendedNow(state, member))
    const votes = !isSuspended && abilitiesAfter(state, member, changes)?.includes("votes") === true
    if (what === "setAbilities" && wasVoter === votes) continue
    voters = voters.filter((voter) => voter !== member)
    if (votes) voters = [...voters, member]
  }
  return voters
}

/** What a change writes, once nothing refuses it. */
export function effect(state: StateReader, change: Change, time: number): Write[] {
  switch (change.do) {
    case "admit": {
      const { member, name, kind, url, key } = change as Required<Change>
      return admission(member, { name, kind, url, key, abilities: change.abilities }, time)
    }
    case "suspend":
    case "reinstate": {
      const { member } = change as Required<Change>
      const row = state.get(members, [member])
      const status = change.do === "suspend" ? ("suspended" as const) : ("active" as const)
      return row ? [put(members, [member], { ...row, status })] : []
    }
    case "setAbilities": {
      const { member, abilities } = change as Required<Change>
      const row = state.get(members, [member])
      return row ? [put(members, [member], { ...row, abilities })] : []
    }
    // Several licences of one member share a row (licensed).
    case "grantLicence":
    case "endLicence":
      return []
    case "addValidator": {
      const { member, key } = change as Required<Change>
      return [
        put(validators, [member], { key, status: "approved" as const }),
        put(validatorAddresses, [validatorAddress(key)], { member, key }),
      ]
    }
    // The validators that leave are written together: they share a row (validatorsLeaving).
    case "removeValidator":
      return []
    case "replaceValidator":
      return newValidator(state, change)
    case "replaceKey":
      return newKey(state, change, time)
    case "closeCase": {
      const id = (change as Required<Change>).case
      const row = state.get(memberCases, [id])
      return row ? [put(memberCases, [id], { ...row, status: "closed" as const })] : []
    }
    case "activate": {
      const { contract, version, sources, height } = change as Required<Change>
      const { versions } = state.get(activations, [contract]) ?? { versions: [] }
      return [put(activations, [contract], { versions: [...versions, { version, sources, height }] })]
    }
    case "disableAction":
    case "enableAction": {
      const { contract, action } = change as Required<Change>
      return [
        put(disabledActions, [contract, action], change.do === "disableAction" ? { since: time } : undefined),
      ]
    }
    case "releaseApp":
    case "withdrawApp": {
      const { build } = change as Required<Change>
      const from = state.get(appReleases, [build])?.from ?? time
      return [
        put(appReleases, [build], change.do === "releaseApp" ? { from: time, to: null } : { from, to: time }),
      ]
    }
    case "finish":
      return [put(finished, [], { time })]
  }
}

/** The list of all that was activated, where it becomes longer. */
export function newlyActivated(state: StateReader, changes: readonly Change[]): Write[] {
  const { names } = state.get(activated, []) ?? { names: [] }
  const added = changes.flatMap(({ do: what, contract }) =>
    what === "activate" && contract !== undefined && !names.includes(contract) ? [contract] : [],
  )
  return added.length > 0 ? [put(activated, [], { names: [...names, ...added] })] : []
}
