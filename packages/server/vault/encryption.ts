import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject } from "node:crypto"
import {
  type Bytes,
  type Cbor,
  concat,
  domainBytes,
  encodeCbor,
  equalBytes,
  messageOf,
  PlatformError,
  randomBytes,
  utf8,
} from "@aceso/core"

/** Node finds out three times more slowly what raw bytes are than what a key object is (measured). */
const keyObject = (key: Bytes | KeyObject): KeyObject =>
  key instanceof Uint8Array ? createSecretKey(key) : key

/** AES-256-GCM (NIST SP 800-38D): nonce (12) | ciphertext | tag (16); what it belongs to is authenticated. */
export function encrypt(key: Bytes | KeyObject, belongsTo: Cbor, plain: Bytes): Bytes {
  const nonce = randomBytes(12)
  const cipher = createCipheriv("aes-256-gcm", keyObject(key), nonce)
  cipher.setAAD(domainBytes("vault", belongsTo))
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** @throws PlatformError `record_damaged` when the ciphertext is not what was written there */
export function decrypt(key: Bytes | KeyObject, belongsTo: Cbor, sealed: Bytes): Bytes {
  try {
    if (sealed.length < 28) throw new Error("too short")
    const decipher = createDecipheriv("aes-256-gcm", keyObject(key), sealed.subarray(0, 12))
    decipher.setAAD(domainBytes("vault", belongsTo))
    decipher.setAuthTag(sealed.subarray(sealed.length - 16))
    const plain = Buffer.concat([decipher.update(sealed.subarray(12, sealed.length - 16)), decipher.final()])
    return new Uint8Array(plain.buffer, plain.byteOffset, plain.length)
  } catch (cause) {
    throw new PlatformError(
      "record_damaged",
      `what the vault holds cannot be decrypted: ${messageOf(cause)}`,
      { cause },
    )
  }
}

/** The blind index: a truncated keyed HMAC. */
export function blindTag(key: KeyObject, ...parts: readonly string[]): Bytes {
  return new Uint8Array(
    createHmac("sha256", key)
      .update(encodeCbor([...parts]))
      .digest()
      .subarray(0, 16),
  )
}

/** The two keys under which names are sealed: one for their tags, one for their text. */
export interface NameKeys {
  readonly tag: KeyObject
  readonly text: KeyObject
}

/**
 * A name that can be looked up without being readable: its blind tag, which is the IV of AES-256-CTR over its
 * text as well (a synthetic IV, after RFC 5297). Equal names of one kind are sealed alike, and that is all
 * that shows, besides their length.
 */
export function sealName(keys: NameKeys, kind: string, name: string): Bytes {
  const tag = blindTag(keys.tag, kind, name)
  return concat(tag, createCipheriv("aes-256-ctr", keys.text, tag).update(utf8(name)))
}

/** @throws PlatformError `record_damaged` when it is not what `sealName` made of a name of this kind */
export function openName(keys: NameKeys, kind: string, sealed: Bytes): string {
  const tag = sealed.subarray(0, 16)
  if (tag.length === 16) {
    const name = createDecipheriv("aes-256-ctr", keys.text, tag).update(sealed.subarray(16)).toString()
    if (equalBytes(blindTag(keys.tag, kind, name), tag)) return name
  }
  throw new PlatformError("record_damaged", "an id or alias in the vault is not what was written there")
}

export const freshKey = (): Bytes => randomBytes(32)
