/** The one function that we call of it; it ships no types. */
declare module "libsodium-wrappers-sumo" {
  const sodium: {
    readonly ready: Promise<void>
    readonly crypto_pwhash_ALG_ARGON2ID13: number
    crypto_pwhash(
      keyLength: number,
      password: string,
      salt: Uint8Array,
      opsLimit: number,
      memLimit: number,
      algorithm: number,
    ): Uint8Array
  }
  export default sodium
}
