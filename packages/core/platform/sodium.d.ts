/** The few functions of these packages that we call; neither ships types. */
declare module "sodium-native" {
  const sodium: {
    crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean
    crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void
    crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void
  }
  export default sodium
}
declare module "libsodium-wrappers" {
  const sodium: {
    readonly ready: Promise<void>
    crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean
    crypto_sign_detached(message: Uint8Array, secretKey: Uint8Array): Uint8Array
    crypto_sign_seed_keypair(seed: Uint8Array): { publicKey: Uint8Array; privateKey: Uint8Array }
  }
  export default sodium
}
