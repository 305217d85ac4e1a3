import { type Bytes, equalBytes } from "./bytes.ts"
import { grouped, plainSymbols, randomSymbols } from "./crockford.ts"
import { sign, verify } from "./crypto.ts"
import { domainBytes, domainHash, type Hash } from "./hash.ts"
import {
  hash32,
  type MemberId,
  memberId,
  networkId,
  type PublicKey,
  publicKeySchema,
  signature64,
} from "./ids.ts"
import { bool, type Infer, object, oneOf, text, uint } from "./schema.ts"
import { sixDigitsOf } from "./six-digits.ts"

/**
 * A new device at a desk (PRIVACY.md, People at a desk): it commits to its key, gets a nonce, then shows the key; both
 * screens show six digits over all three, and whoever invited types what the other screen shows. So whoever has seen the
 * code first does not become the person, and no device can choose a key whose digits fit.
 */

/** Unused codes die after so long, ms. */
export const PAIRING_MS = 10 * 60_000

/** 80 bits, which are guessed within ten minutes by nobody. */
const CODE_SYMBOLS = 16
const CODE = /^[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3}$/
export const pairingCode = text(19, CODE)

export const newPairingCode = (): string => grouped(randomSymbols(CODE_SYMBOLS))

/** As people type it: small letters, other gaps, and the letters that look like digits. undefined: it is no code */
export function readPairingCode(typed: string): string | undefined {
  const symbols = plainSymbols(typed)
  const code = grouped(symbols)
  return symbols.length === CODE_SYMBOLS && CODE.test(code) ? code : undefined
}

/** What the device sends first, of the key that it made for this pairing. */
export const pairingCommitment = (key: PublicKey): Hash => domainHash("pairing-key", key)

/** What both sides show. @param invitation its id @param nonce the node's, drawn after the commitment came */
export const pairingDigits = (invitation: Bytes, key: PublicKey, nonce: Bytes): string =>
  sixDigitsOf(domainHash("pairing-digits", invitation, key, nonce))
export const sixDigits = text(6, /^\d{6}$/)

/** Where a device introduces itself. */
export interface PairingPlace {
  readonly network: string
  readonly member: MemberId
  readonly invitation: Bytes
  readonly nonce: Bytes
}
const possessionBytes = ({ network, member, invitation, nonce }: PairingPlace): Bytes =>
  domainBytes("pairing", network, member, invitation, nonce)

/** That the device has the key that it shows. */
export const signPairing = (place: PairingPlace, seed: Bytes): Bytes => sign(possessionBytes(place), seed)

/** The key is the one that was committed to, and signs. */
export const isPaired = (place: PairingPlace, commitment: Hash, key: PublicKey, possession: Bytes): boolean =>
  equalBytes(pairingCommitment(key), commitment) && verify(possession, possessionBytes(place), key)

/** What somebody is invited to: to work here, or to be a patient here with a device. */
export const pairingKind = oneOf("staff", "patient")
export type PairingKind = Infer<typeof pairingKind>

export const beginPairing = object({ code: pairingCode, commitment: hash32 })
export const pairingBegun = object({
  network: networkId,
  member: memberId,
  kind: pairingKind,
  invitation: hash32,
  nonce: hash32,
  /** ms */
  expiresAt: uint(),
})
export type PairingBegun = Infer<typeof pairingBegun>
export const showPairingKey = object({ code: pairingCode, key: publicKeySchema, possession: signature64 })

/** `waiting`: nobody has typed the digits yet. */
export const pairingState = object({ isConfirmed: bool() })
