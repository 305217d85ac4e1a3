import { type Bytes, concat, randomBytes } from "@aceso/core"

/** Before each ciphertext (NIST SP 800-38D, section 8.2.2). */
export const NONCE_BYTES = 12
export const TAG_BYTES = 16
/** Before what is padded. */
export const LENGTH_BYTES = 4

const algorithm = (nonce: Bytes, bound: Bytes) => ({
  name: "AES-GCM",
  iv: nonce as BufferSource,
  additionalData: bound as BufferSource,
})
const imported = (key: Bytes, use: "encrypt" | "decrypt"): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", key as BufferSource, "AES-GCM", false, [use])

/** AES-256-GCM under a fresh nonce, which stands before the ciphertext. @param bound what it belongs to */
export async function sealWith(key: Bytes, bound: Bytes, plain: Bytes): Promise<Bytes> {
  const nonce = randomBytes(NONCE_BYTES)
  const sealing = await imported(key, "encrypt")
  const cipher = await crypto.subtle.encrypt(algorithm(nonce, bound), sealing, plain as BufferSource)
  return concat(nonce, new Uint8Array(cipher))
}

/** @returns undefined: not sealed by this key, bound to something else, or changed since */
export async function openWith(key: Bytes, bound: Bytes, sealed: Bytes): Promise<Bytes | undefined> {
  const nonce = sealed.slice(0, NONCE_BYTES)
  const cipher = sealed.slice(NONCE_BYTES) as BufferSource
  const opening = await imported(key, "decrypt")
  return crypto.subtle.decrypt(algorithm(nonce, bound), opening, cipher).then(
    (plain) => new Uint8Array(plain),
    () => undefined,
  )
}

/** Its length, itself, and nothing behind it: what is sealed says by its size nothing but this one. */
export function padded(plain: Bytes, size: number): Bytes {
  const out = new Uint8Array(size)
  new DataView(out.buffer).setUint32(0, plain.length)
  out.set(plain, LENGTH_BYTES)
  return out
}

/** @returns undefined: it was not padded by `padded` */
export function unpadded(all: Bytes): Bytes | undefined {
  if (all.length < LENGTH_BYTES) return undefined
  const length = new DataView(all.buffer, all.byteOffset).getUint32(0)
  return LENGTH_BYTES + length > all.length ? undefined : all.slice(LENGTH_BYTES, LENGTH_BYTES + length)
}
