import {
  type Authorised,
  type Context,
  type MemberId,
  type PublicKey,
  type Rejected,
  reject,
  type StateReader,
} from "@aceso/core"
import { type MemberKind, memberKeys, members } from "./tables.ts"

export interface MemberCaller {
  readonly member: MemberId
  readonly kind: MemberKind
}
export type MemberRejection = "unknown_key" | "key_not_valid" | "member_suspended" | "not_permitted"

/** The member that a key speaks for at this block's time. */
export function memberOf(
  state: StateReader,
  key: PublicKey,
  time: number,
): MemberCaller | Rejected<MemberRejection> {
  const row = state.get(memberKeys, [key])
  if (!row) return reject("unknown_key")
  if (time < row.from || (row.to !== null && time >= row.to)) return reject("key_not_valid")
  const member = state.get(members, [row.member])
  if (member?.status !== "active") return reject("member_suspended")
  return { member: row.member, kind: member.kind }
}

/** One signature, by a key of an active member of one of these kinds (none named: of any). */
export const byMember =
  (...kinds: readonly MemberKind[]) =>
  (
    state: StateReader,
    _input: unknown,
    { signers, time }: Context,
  ): Authorised<MemberCaller> | Rejected<MemberRejection | "too_many_signers"> => {
    if (signers.length !== 1) return reject("too_many_signers")
    const found = memberOf(state, signers[0], time)
    if ("rejection" in found) return found
    if (kinds.length > 0 && !kinds.includes(found.kind)) return reject("not_permitted")
    return { caller: found, chargedTo: found.member }
  }
