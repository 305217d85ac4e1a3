import { ed25519 } from "@noble/curves/ed25519.js"
import { verify } from "./crypto.ts"

/** A signature that somebody claims; the signature has 64 bytes, the key 32. */
export interface SignatureClaim {
  readonly signature: Uint8Array
  readonly message: Uint8Array
  readonly key: Uint8Array
}

/**
 * Ed25519 as RFC 8032 section 5.1.7 has it with the cofactor, canonical encodings only, no keys of small order
 * (algorithm 2 of "Taming the many EdDSAs"): the one rule by which a signature alone and many at once get the same
 * verdict, so nodes may check either way. What libsodium accepts fits it as well, and libsodium is fast; what it refuses
 * is asked again.
 */
export const verifyCofactored = ({ signature, message, key }: SignatureClaim): boolean =>
  verify(signature, message, key) || ed25519.verify(signature, message, key, { zip215: false })
