import sodium from "libsodium-wrappers-sumo"

/** RFC 9106, section 4, the second recommended choice, with one lane: libsodium has no more. */
const PASSES = 3
const MEMORY_BYTES = 64 * 2 ** 20

/** Argon2id of a passphrase. @param salt 16 bytes */
export async function stretched(passphrase: string, salt: Uint8Array): Promise<Uint8Array> {
  await sodium.ready
  return sodium.crypto_pwhash(
    32,
    passphrase.normalize("NFKC"),
    salt,
    PASSES,
    MEMORY_BYTES,
    sodium.crypto_pwhash_ALG_ARGON2ID13,
  )
}
