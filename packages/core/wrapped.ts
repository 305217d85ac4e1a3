import type { Bytes } from "./bytes.ts"
import { hkdf, publicKey, sign, verify } from "./crypto.ts"
import { domainBytes, domainHash, type Hash } from "./hash.ts"
import { hash32, type PublicKey, publicKeySchema, signature64 } from "./ids.ts"
import { bytes, type Infer, nullable, object, uint } from "./schema.ts"

/**
 * What a patient's device keeps with the app's operator (PRIVACY.md, The patient's app): the seed, encrypted under what
 * only the patient has, and where the patient is known, encrypted under the seed. All of it has one size and lies under
 * names that nobody can guess or link; the operator learns that somebody uses the app, and nothing else.
 */

/** Content of each, sealed and padded. */
export const WRAPPED_BYTES = 20_480

export const wrappedRecord = object({
  /** 1 for the first, then one more each time. */
  version: uint(),
  content: bytes(WRAPPED_BYTES, WRAPPED_BYTES),
})
export type WrappedRecord = Infer<typeof wrappedRecord>

export const putWrapped = object({
  id: hash32,
  record: wrappedRecord,
  /** Whoever wrote the first version: made for this id alone. */
  owner: publicKeySchema,
  signature: signature64,
})
export type PutWrapped = Infer<typeof putWrapped>
export const getWrapped = object({ id: hash32 })
export const gotWrapped = object({ record: nullable(wrappedRecord) })

/** The key by which a device owns what lies under an id. */
const ownerSeed = (seed: Bytes, id: Bytes): Bytes =>
  hkdf(seed, new Uint8Array(0), domainBytes("wrapped-owner", id), 32)

const putBytes = (origin: string, id: Bytes, { version, content }: WrappedRecord): Bytes =>
  domainBytes("wrapped", origin, id, version, content)

/** @param origin of the app, the first that the genesis names, so that what one operator has cannot be put at another */
export function signWrapped(origin: string, seed: Bytes, id: Hash, record: WrappedRecord): PutWrapped {
  const own = ownerSeed(seed, id)
  return { id, record, owner: publicKey(own), signature: sign(putBytes(origin, id, record), own) }
}

export const isOwnersWord = (origin: string, { id, record, owner, signature }: PutWrapped): boolean =>
  verify(signature, putBytes(origin, id, record), owner as PublicKey)

/** Under which name something lies: by a passkey's credential id, a recovery code, or the seed itself. */
export const wrappedId = (what: "passkey" | "recovery" | "random" | "places", secret: Bytes): Hash =>
  domainHash("wrapped-id", what, secret)
