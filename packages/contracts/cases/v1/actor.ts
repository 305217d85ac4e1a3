import {
  type Authorised,
  type Bytes,
  type Context,
  type ContractState,
  equalBytes,
  type Member,
  type MemberRejection,
  memberOf,
  type Process,
  type PublicKey,
  type Rejected,
  reject,
  type Signer,
} from "@aceso/core"
import type { Known } from "./open.ts"
import { leftIn, payFrom } from "./purse.ts"
import { type Case, cases, partiesOf } from "./tables.ts"

/** Who acts: a member, or whoever has a key of the case. */
export interface Actor {
  readonly definition: Process
  readonly row: Case
  readonly member?: Member
  readonly key?: PublicKey
  readonly signer: Signer
}

export type ActorRejection = "unknown_case" | "not_a_party" | "too_many_signers" | "purse_empty"

/** Who acts, and the member that pays; with one of the case's keys alone nobody does. */
function actorOf(
  row: Case,
  signers: Context["signers"],
):
  | { readonly signer: Signer; readonly member?: Member; readonly key?: PublicKey; readonly payer?: Member }
  | Rejected<MemberRejection | ActorRejection> {
  if (signers.length > 2) return reject("too_many_signers")
  const { keys } = partiesOf(row.parties, row.capabilities)
  const own = signers.find((signer) => keys.some((key) => equalBytes(key, signer.key)))
  const others = signers.filter((signer) => signer !== own)
  if (!own) {
    if (others.length > 1) return reject("too_many_signers")
    const member = memberOf(others[0])
    if ("rejection" in member) return others[0].of === undefined ? reject("not_a_party") : member
    return { signer: others[0], member, payer: member }
  }
  if (others.length === 0) return { signer: own, key: own.key }
  const payer = memberOf(others[0])
  return "rejection" in payer ? payer : { signer: own, key: own.key, payer }
}

/** Whoever acts in a case, and who pays: a member for itself, or for a key; else the purse. */
export function actingIn(
  state: ContractState,
  known: Known,
  id: Bytes,
  { signers }: Context,
): Authorised<Actor> | Rejected<MemberRejection | ActorRejection> {
  const row = state.get(cases, [id])
  const definition = row && known(row.process, row.version)
  if (!row || !definition) return reject("unknown_case")
  const actor = actorOf(row, signers)
  if ("rejection" in actor) return actor
  const caller = { definition, row, ...actor }
  if (actor.payer) return { caller, chargedTo: actor.payer.member }
  const left = leftIn(state, id)
  return left === 0 ? reject("purse_empty") : { caller, ...payFrom(id, left) }
}
