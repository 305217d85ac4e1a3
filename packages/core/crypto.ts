import { platform } from "#platform"

/** Ed25519, SHA-256, HKDF and randomness of the platform at hand; see platform/platform.ts. */
export const { sha256, verify, sign, publicKey, hkdf, randomBytes } = platform
export const cryptoReady = platform.ready

/** A random number from 0 up to, not including, 1. */
export const randomUnit = (): number => new DataView(randomBytes(4).buffer).getUint32(0) / 2 ** 32
