import { type Bytes, equalBytes, fromBase64Url, toBase64Url } from "./bytes.ts"
import { type Cbor, decodeCbor, encodeCbor } from "./cbor.ts"
import { sign, verify } from "./crypto.ts"
import { messageOf, PlatformError } from "./errors.ts"
import { domainBytes, domainHash, type Hash } from "./hash.ts"
import { hash32, type PublicKey, publicKeySchema, signature64 } from "./ids.ts"
import { isLoopbackUrl, nodeUrlFault } from "./node-url.ts"
import { bytes, type Infer, nullable, object, oneOf, uint } from "./schema.ts"
import { sixDigitsOf } from "./six-digits.ts"

/**
 * A second device of the same person (docs/decisions/0050): the first one shows a QR, and both talk through a box at the
 * app's operator, in the order of pairing.ts: the new device commits to its key, gets a nonce, then shows the key. What
 * lies in the box is sealed under the secret of the QR; the box is named by a key of the first device that signs what it
 * puts there, so that nobody else gives the new device a seed.
 */

const parts = { genesis: hash32, box: publicKeySchema, secret: hash32 }

/** What the QR says: of which network, by which box, and under what its letters are sealed. */
export const deviceOffer = object(parts)
export type DeviceOffer = Infer<typeof deviceOffer>

const inLink = object({ v: uint(1, 1), ...parts })
const MARK = "/#device="
const MAX_LINK = 512

/** The link that the QR holds. What is secret stands behind `#`. @param origin of the app @throws PlatformError `bad_link` */
export function deviceLink(origin: string, offer: DeviceOffer): string {
  mustFit(origin)
  const content = inLink.parse({ v: 1, ...offer }, "link")
  return `${origin}${MARK}${toBase64Url(encodeCbor(content as unknown as Cbor))}`
}

/** Reads nothing but what `deviceLink` writes. @throws PlatformError `bad_link` */
export function readDeviceLink(link: string): { readonly origin: string; readonly offer: DeviceOffer } {
  const at = link.indexOf(MARK)
  if (link.length > MAX_LINK || at < 0) throw bad("it is none, or not whole; scan it again")
  const origin = link.slice(0, at)
  mustFit(origin)
  try {
    const { v: _, ...offer } = inLink.parse(decodeCbor(fromBase64Url(link.slice(at + MARK.length))), "link")
    return { origin, offer }
  } catch (cause) {
    if (!(cause instanceof PlatformError)) throw cause
    throw bad(`it cannot be read (${messageOf(cause)}); scan it again`, cause)
  }
}

function mustFit(origin: string): void {
  const wrong = nodeUrlFault(origin, { mayBeLoopback: isLoopbackUrl(origin) })
  if (wrong !== undefined) throw bad(`the app at ${origin}: ${wrong}`)
}
const bad = (why: string, cause?: unknown) =>
  new PlatformError("bad_link", `this is no code of another device: ${why}`, { cause })

/** What the new device sends first, of the key to which it wants to have things sealed. */
export const deviceCommitment = (key: Bytes): Hash => domainHash("device-key", key)

/** What both show. @param nonce of the first device, drawn after the commitment came */
export const deviceDigits = (box: PublicKey, key: Bytes, nonce: Bytes): string =>
  sixDigitsOf(domainHash("device-digits", box, key, nonce))
export const isCommitted = (commitment: Hash, key: Bytes): boolean =>
  equalBytes(deviceCommitment(key), commitment)

/** In this order, each once. `commit`, `key`, `done`: of the new device; `nonce`, `gift`: of the first one. */
export const newDeviceSlot = oneOf("commit", "key", "done")
export const oldDeviceSlot = oneOf("nonce", "gift")
const SLOTS = ["commit", "nonce", "key", "gift", "done"] as const
export const deviceSlot = oneOf(...SLOTS)
export type DeviceSlot = Infer<typeof deviceSlot>
export const DEVICE_SLOTS: readonly DeviceSlot[] = SLOTS

/** The longest letter: a seed with 64 places, sealed. */
export const MAX_DEVICE_LETTER_BYTES = 32_768

const content = bytes(1, MAX_DEVICE_LETTER_BYTES)
const box = publicKeySchema
export const openBox = object({ box, signature: signature64 })
export const boxOpened = object({ expiresAt: uint() })
export const closeBox = openBox
export const leaveLetter = object({ box, slot: oldDeviceSlot, content, signature: signature64 })
export type LeaveLetter = Infer<typeof leaveLetter>
/** `token`: the first that sends anything, and nobody else, goes on. */
export const sendLetter = object({ box, slot: newDeviceSlot, content, token: hash32 })
export type SendLetter = Infer<typeof sendLetter>
/** `token`: of the new device, for what is taken once. */
export const readLetter = object({ box, slot: deviceSlot, token: nullable(hash32) })
export type ReadLetter = Infer<typeof readLetter>
/** Null: it is not there yet. */
export const letterRead = object({ content: nullable(content), signature: nullable(signature64) })
export type LetterRead = Infer<typeof letterRead>

type Word = "open" | "close" | "nonce" | "gift"
/** By the key that names the box, at one app's operator. */
const wordBytes = (origin: string, word: Word, box: PublicKey, letter: Bytes): Bytes =>
  domainBytes("device-box", origin, word, box, letter)
const NOTHING: Bytes = new Uint8Array(0)
/** @param origin of the app, the first that the genesis names @param seed of the box's key */
export const signBox = (origin: string, word: Word, box: PublicKey, seed: Bytes, letter = NOTHING): Bytes =>
  sign(wordBytes(origin, word, box, letter), seed)
export const isBoxWord = (
  origin: string,
  word: Word,
  box: PublicKey,
  signature: Bytes,
  letter = NOTHING,
): boolean => verify(signature, wordBytes(origin, word, box, letter), box)

/** Whoever holds the key of the box keeps the token of the first device that came. */
export const tokenHash = (token: Bytes): Hash => domainHash("device-token", token)
