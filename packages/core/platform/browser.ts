import { hkdf } from "@noble/hashes/hkdf.js"
import { sha256 } from "@noble/hashes/sha2.js"
import sodium from "libsodium-wrappers"
import type { Platform } from "./platform.ts"

/** Browsers: libsodium in WebAssembly, so that the verdict on a signature is the node's own. */
export const platform: Platform = {
  ready: sodium.ready,
  sha256: (bytes) => sha256(bytes),
  verify: (signature, message, publicKey) =>
    signature.length === 64 &&
    publicKey.length === 32 &&
    sodium.crypto_sign_verify_detached(signature, message, publicKey),
  sign: (message, seed) =>
    sodium.crypto_sign_detached(message, sodium.crypto_sign_seed_keypair(seed).privateKey),
  publicKey: (seed) => sodium.crypto_sign_seed_keypair(seed).publicKey,
  hkdf: (secret, salt, info, size) => hkdf(sha256, secret, salt, info, size),
  randomBytes: (size) => crypto.getRandomValues(new Uint8Array(size)),
}
