import {
  equalBytes,
  type MemberId,
  put,
  type StateReader,
  validatorAddress,
  validatorPossessionBytes,
  verify,
  type Write,
} from "@aceso/core"
import { keyListOf } from "./keys.ts"
import {
  type Change,
  memberKeyLists,
  memberKeys,
  members,
  nextValidators,
  validatorAddresses,
  validatorSet,
  validators,
} from "./tables.ts"

/** A member whose keys are lost or in others' hands gets a new one by ballot. */
export function refusalOfNewKey(state: StateReader, { member, key }: Change) {
  if (member === undefined || key === undefined) return "change_incomplete"
  if (!state.get(members, [member])) return "unknown_member"
  return state.get(memberKeys, [key]) ? "key_exists" : undefined
}

/**
 * All keys that the member has end with the ballot, and count as in others' hands from `compromisedAt` on: from when
 * each was registered at the earliest, from the ballot at the latest.
 */
export function newKey(state: StateReader, change: Change, time: number): Write[] {
  const { member, key } = change as Required<Change>
  const { valid, registeredAt } = keyListOf(state, member)
  const since = Math.min(change.compromisedAt ?? time, time)
  const ended = valid.flatMap((old) => {
    const row = state.get(memberKeys, [old])
    if (!row) return []
    return [put(memberKeys, [old], { ...row, to: time, compromisedAt: Math.max(row.from, since) })]
  })
  return [
    ...ended,
    put(memberKeys, [key], { member, from: time, to: null, compromisedAt: null }),
    put(memberKeyLists, [member], { valid: [key], registeredAt }),
  ]
}

/** A validator changes its key: the old one leaves, and the new one has to report that it is ready. */
export function refusalOfNewValidator(state: StateReader, { member, key, proof }: Change) {
  if (member === undefined || key === undefined || proof === undefined) return "change_incomplete"
  if (!state.get(validatorSet, [])) return "no_validators_here"
  const row = state.get(validators, [member])
  if (!row || row.status === "removed" || row.status === "leaving") return "unknown_validator"
  return refusalOfValidatorKey(state, { member, key, proof })
}

/** A validator's key is used once, and its holder has it. */
export function refusalOfValidatorKey(
  state: StateReader,
  { member, key, proof }: Required<Pick<Change, "member" | "key" | "proof">>,
) {
  if (state.get(validatorAddresses, [validatorAddress(key)])) return "key_exists"
  return verify(proof, validatorPossessionBytes(member, key), key) ? undefined : "bad_proof"
}

/** Written beside the old one's leaving; one that has no power yet makes room at once. */
export function newValidator(state: StateReader, change: Change): Write[] {
  const { member, key } = change as Required<Change>
  return [
    put(validatorAddresses, [validatorAddress(key)], { member, key }),
    ...(hasPower(state, member)
      ? [put(nextValidators, [member], { key })]
      : [put(validators, [member], { key, status: "approved" as const })]),
  ]
}

export function hasPower(state: StateReader, member: MemberId): boolean {
  const row = state.get(validators, [member])
  const set = state.get(validatorSet, [])
  return row !== undefined && (set?.validators.some(({ key }) => equalBytes(key, row.key)) ?? false)
}
