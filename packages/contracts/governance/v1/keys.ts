import {
  type Authorised,
  accept,
  action,
  byMember,
  equalBytes,
  type Member,
  type MemberId,
  type MemberRejection,
  memberOf,
  object,
  occurs,
  optional,
  publicKeySchema,
  put,
  type Rejected,
  reject,
  type StateReader,
  uint,
} from "@aceso/core"
import { keyRegistered, keyRetired } from "./events.ts"
import {
  MAX_REGISTRATIONS,
  MAX_VALID_KEYS,
  memberKeyLists,
  memberKeys,
  REGISTRATION_WINDOW_MS,
} from "./tables.ts"

/** A member's keys without an end; every member has a list from its admission on. */
export const keyListOf = (state: StateReader, member: MemberId) =>
  state.get(memberKeyLists, [member]) ?? { valid: [], registeredAt: [] }

export const registerKey = action({
  input: object({ key: publicKeySchema }),
  callers: "a member with a valid key, and the new key itself",
  calledBy(
    _state,
    { key },
    { signers },
  ): Authorised<Member> | Rejected<MemberRejection | "new_key_must_sign"> {
    const others = signers.filter((signer) => !equalBytes(signer.key, key))
    if (others.length !== 1 || signers.length !== 2) return reject("new_key_must_sign")
    const found = memberOf(others[0])
    return "rejection" in found ? found : { caller: found, chargedTo: found.member }
  },
  apply(state, { key }, { caller, time }) {
    if (state.get(memberKeys, [key])) return reject("key_exists")
    const { member } = caller
    const { valid, registeredAt } = keyListOf(state, member)
    if (valid.length >= MAX_VALID_KEYS) return reject("too_many_keys")
    const recent = registeredAt.filter((at) => at > time - REGISTRATION_WINDOW_MS)
    if (recent.length >= MAX_REGISTRATIONS) return reject("too_many_registrations")
    const row = { member, from: time, to: null, compromisedAt: null }
    const list = { valid: [...valid, key], registeredAt: [...recent, time] }
    return accept(
      [put(memberKeys, [key], row), put(memberKeyLists, [member], list)],
      [occurs(keyRegistered, { member, key })],
    )
  },
})

export const retireKey = action({
  input: object({ key: publicKeySchema, compromisedAt: optional(uint()) }),
  callers: "the member whose key it is, with another valid key",
  calledBy: byMember(),
  apply(state, { key, compromisedAt }, { caller, time, signers }) {
    const row = state.get(memberKeys, [key])
    if (!row || row.member !== caller.member) return reject("unknown_key")
    if (equalBytes(signers[0].key, key)) return reject("sign_with_another_key")
    if (row.to !== null) return reject("already_retired")
    if (compromisedAt !== undefined && (compromisedAt < row.from || compromisedAt > time))
      return reject("bad_time")
    const retired = { ...row, to: time, compromisedAt: compromisedAt ?? null }
    const { valid, registeredAt } = keyListOf(state, row.member)
    const list = { valid: valid.filter((one) => !equalBytes(one, key)), registeredAt }
    return accept(
      [put(memberKeys, [key], retired), put(memberKeyLists, [row.member], list)],
      [occurs(keyRetired, { member: caller.member, key })],
    )
  },
})
