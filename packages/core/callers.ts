import { type Authorised, type Context, type ContractState, type Rejected, reject } from "./contract.ts"
import type { Ability, Licence, Member, MemberKind, Signer } from "./member.ts"

export type MemberRejection = "unknown_key" | "key_not_valid" | "member_suspended" | "not_permitted"

/** What a member has to be or have to call an action. */
export interface Entitled {
  readonly kind?: MemberKind
  readonly ability?: Ability
  readonly licence?: Licence
}

/** The member that a key speaks for at this block's time. */
export function memberOf(signer: Signer): Member | Rejected<MemberRejection> {
  if (signer.member) return signer.member
  return reject(signer.refusal ?? "unknown_key")
}

/** The member for which a key signs, where it is entitled. */
export function entitled(
  signer: Signer,
  { kind, ability, licence }: Entitled,
): Member | Rejected<MemberRejection> {
  const found = memberOf(signer)
  if ("rejection" in found) return found
  const isEntitled =
    (kind === undefined || found.kind === kind) &&
    (ability === undefined || found.abilities.includes(ability)) &&
    (licence === undefined || found.licences.includes(licence))
  return isEntitled ? found : reject("not_permitted")
}

/** One signature, by a key of an active member that is entitled (nothing named: any). */
export const byMember =
  (wanted: Entitled = {}) =>
  (
    _state: ContractState,
    _input: unknown,
    { signers }: Context,
  ): Authorised<Member> | Rejected<MemberRejection | "too_many_signers"> => {
    if (signers.length !== 1) return reject("too_many_signers")
    const found = entitled(signers[0], wanted)
    return "rejection" in found ? found : { caller: found, chargedTo: found.member }
  }
