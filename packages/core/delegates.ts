import type { Bytes } from "./bytes.ts"
import { type Cbor, decodeTrusted, encodeCbor } from "./cbor.ts"
import { sign, verify } from "./crypto.ts"
import { domainBytes, domainHash, type Hash } from "./hash.ts"
import {
  type Handle,
  handle,
  hash32,
  type MemberId,
  memberId,
  networkId,
  type PublicKey,
  publicKeySchema,
  signature64,
} from "./ids.ts"
import { type Infer, list, nullable, object, oneOf, text, uint } from "./schema.ts"

/**
 * Delegates (CAPABILITIES.md): who acts for a person at a custodian. On the ledger stand a key and a salted commitment of
 * what the key may do; the custodian holds the opening and enforces it.
 */

/** `read`: records and audit; `decide`: requests and policy; `write`: cases, such as messages. */
export const delegateAbility = oneOf("read", "decide", "write")
export type DelegateAbility = Infer<typeof delegateAbility>

/** HL7 v3 RoleCode PRN, GUARD, FAMMEMB; RoleClass CAREGIVER. */
export const relation = oneOf("parent", "guardian", "carer", "relative")
export type Relation = Infer<typeof relation>

/** As every audit calls the delegate: one line, without what a terminal would take for something else. */
export const delegateName = text(
  64,
  /^\p{L}[\p{L}\p{M}\p{N}\u200c-\u200d \u00a0\u3000.,'‘’()\u002f·‧・゠＝་׳״‐‑-]*$/u,
)

export const delegateScope = object({
  name: delegateName,
  relation,
  may: list(delegateAbility, 3, 1),
  /** ms; null: until a minor is of the network's age. */
  until: nullable(uint()),
})
export type DelegateScope = Infer<typeof delegateScope>

export const delegateOpening = object({ salt: hash32, scope: delegateScope })
export type DelegateOpening = Infer<typeof delegateOpening>

export const delegateCommitment = ({ salt, scope }: DelegateOpening): Hash =>
  domainHash("delegate", salt, encodeCbor(scope as unknown as Cbor))

/** What a delegate's key is entered for. */
export interface DelegatePlace {
  readonly custodian: MemberId
  readonly handle: Handle
  readonly key: PublicKey
  readonly commitment: Hash
}

/** What a delegate's key signs, so that nobody enters another's key: proof of possession, and a yes to the scope. */
const possessionBytes = (network: string, { custodian, handle, key, commitment }: DelegatePlace): Bytes =>
  domainBytes("delegate-possession", network, custodian, handle, key, commitment)

export const signDelegate = (network: string, place: DelegatePlace, seed: Bytes): Bytes =>
  sign(possessionBytes(network, place), seed)

export const verifyDelegate = (network: string, place: DelegatePlace, possession: Bytes): boolean =>
  verify(possession, possessionBytes(network, place), place.key)

/** Who somebody is, in words: one line, without characters that nobody can see. */
const personWords = text(120, /^[^\p{C}]+$/u)

/** What a person, or a desk, hands to somebody who is to act for that person. */
export const delegateInvitation = object({
  format: oneOf("aceso/delegate-invitation/v1"),
  network: networkId,
  custodian: memberId,
  handle,
  /** The custodian's node. */
  url: text(200),
  /** For whom, in words of whoever invites: on screens alone, so that nobody takes one child for another. */
  person: personWords,
  opening: delegateOpening,
})
export type DelegateInvitation = Infer<typeof delegateInvitation>

/** What comes back: the key that was made for this one handle. */
export const delegateAcceptance = object({
  format: oneOf("aceso/delegate-acceptance/v1"),
  network: networkId,
  custodian: memberId,
  handle,
  key: publicKeySchema,
  opening: delegateOpening,
  possession: signature64,
})
export type DelegateAcceptance = Infer<typeof delegateAcceptance>

/** What stands on the ledger for a delegate's key. */
export interface DelegateRow {
  readonly commitment: Hash
  readonly enteredAt: number
  readonly endedAt: number | null
}

/** As it stands: whoever had entered by the time at which all of the handle were ended has ended then. */
export const togetherEnded = <T extends Pick<DelegateRow, "enteredAt" | "endedAt">>(
  row: T,
  allEndedAt: number | null,
): T =>
  row.endedAt === null && allEndedAt !== null && row.enteredAt <= allEndedAt
    ? { ...row, endedAt: allEndedAt }
    : row

/** A row of `delegates`: [version, commitment, enteredAt, endedAt]. A test holds it to the table. */
export function delegateRow(row: Bytes): DelegateRow {
  const [, commitment, enteredAt, endedAt] = decodeTrusted(row) as [number, Hash, number, number | null]
  return { commitment, enteredAt, endedAt }
}

/** A row of `delegateCounts`: [version, active, allEndedAt]. A test holds it to the table. */
export function delegateCountRow(row: Bytes): {
  readonly active: number
  readonly allEndedAt: number | null
} {
  const [, active, allEndedAt] = decodeTrusted(row) as [number, number, number | null]
  return { active, allEndedAt }
}

export const MAX_DELEGATES_SHOWN = 500
export const delegatesQuestion = object({ handle })
/** Newest first, and behind them those whose openings the custodian has not. */
export const shownDelegates = list(
  object({
    key: publicKeySchema,
    /** Null: the custodian was never told, or lost it; this delegate does nothing there. */
    opening: nullable(delegateOpening),
    /** When the custodian takes it for ended, ms: the end of the scope, or the day on which a minor is of age. */
    endsAt: nullable(uint()),
    /** As the ledger has it, ms; null: it acts. */
    endedAt: nullable(uint()),
  }),
  MAX_DELEGATES_SHOWN,
)
export const delegatesAnswer = object({ delegates: shownDelegates })
export type DelegatesAnswer = Infer<typeof delegatesAnswer>
/** At a desk, with whose they are: name and birth date as recorded, and the alias. */
export const deskDelegates = object({ person: personWords, delegates: shownDelegates })
export type DeskDelegates = Infer<typeof deskDelegates>

/** Years, where the genesis names none. */
export const AGE_OF_MAJORITY = 18

/**
 * When somebody is of age: the first moment that may be the day, UTC, so that nobody acts for a grown person because of
 * a date that is half known.
 * @param birthDate a FHIR date: a day, a month or a year
 * @returns ms; undefined: it is none
 */
export function ofAgeAt(birthDate: string, years: number): number | undefined {
  const [, year, month, day] = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/.exec(birthDate) ?? []
  if (year === undefined) return undefined
  const born = new Date(`${year}-${month ?? "01"}-${day ?? "01"}T00:00:00Z`)
  if (Number.isNaN(born.getTime()) || (day !== undefined && born.getUTCDate() !== Number(day)))
    return undefined
  const at = new Date(born)
  at.setUTCFullYear(born.getUTCFullYear() + years)
  // Born on 29 February: where there is none it is the 28th, the earlier of the days that laws know.
  if (at.getUTCMonth() !== born.getUTCMonth()) at.setUTCDate(0)
  // The day begins up to 14 hours earlier in the east.
  return at.getTime() - 14 * 3600_000
}
