/** What differs between Node and a browser; one test suite runs against both (platform.test.ts). */
export interface Platform {
  /** Resolves when the primitives may be used (WebAssembly has to load in browsers). */
  readonly ready: Promise<void>
  sha256(bytes: Uint8Array): Uint8Array
  /** Ed25519 by libsodium's rule: rejects small-order keys and points, and non-canonical encodings. */
  verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean
  /** @param seed the 32-byte Ed25519 private key of RFC 8032 */
  sign(message: Uint8Array, seed: Uint8Array): Uint8Array
  publicKey(seed: Uint8Array): Uint8Array
  /** HKDF-SHA-256 (RFC 5869). */
  hkdf(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, size: number): Uint8Array
  randomBytes(size: number): Uint8Array
}
