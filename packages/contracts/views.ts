import {
  type Ability,
  type Bytes,
  type Handle,
  type HandleKey,
  type MemberId,
  type MemberKind,
  type PublicKey,
  type Recovery,
  view,
} from "@aceso/core"

/**
 * What contracts show each other (core/contract.ts, View). A shape here stays for ever: every version of the contract that
 * shows it goes on to do so, and what has to change is a view of another name.
 */

/** Of a key: whose it is, from when to when it speaks for that member, and since when others may have had it; ms. */
export interface KeyOwner {
  readonly member: MemberId
  readonly from: number
  readonly to: number | null
  readonly compromisedAt: number | null
}

export const keyOwner = view<[PublicKey], KeyOwner>("governance", "keyOwner")

export const memberStanding = view<
  [MemberId],
  {
    readonly kind: MemberKind
    readonly abilities: readonly Ability[]
    readonly status: "active" | "suspended"
  }
>("governance", "memberStanding")

/** The version of a contract, or of a part of one, that executes at a height. */
export const activeAt = view<[string, number], { readonly version: number; readonly sources: Bytes }>(
  "governance",
  "activeAt",
)

/** What a custodian declared to have lost, oldest first. */
export const recoveriesOf = view<[MemberId], readonly Recovery[]>("governance", "recoveriesOf")

/** Of a key that a person gave for a handle: when it began to act for that person, and when that ended; ms. */
export const delegation = view<
  [MemberId, Handle, PublicKey],
  { readonly enteredAt: number; readonly endedAt: number | null }
>("delegates", "delegation")

/** A patient at a custodian; whose key counts, `keyAt` says (core/handle-key.ts). */
export const enrolment = view<[MemberId, Handle], HandleKey & { readonly enrolledAt: number }>(
  "people",
  "enrolment",
)
