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

/** What stands before the id and the number of a record's version, by its name: it is encoded once. */
const heads = new Map<string, Bytes>()
const MAX_HEADS = 100

/** `domainBytes("vault", belongsTo)`; thousands of record versions differ in the last 33 bytes alone. */
function authenticated(belongsTo: Cbor): Bytes {
  if (!isOfVersion(belongsTo)) return domainBytes("vault", belongsTo)
  const [name, id, version] = belongsTo
  let head = heads.get(name)
  if (!head) {
    head = domainBytes("vault", [name, id, version]).slice(0, -33)
    if (heads.size < MAX_HEADS) heads.set(name, head)
  }
  const bytes = new Uint8Array(head.length + 33)
  bytes.set(head)
  bytes.set(id, head.length)
  // CBOR has an integer below 24 in one byte (RFC 8949 section 3).
  bytes[head.length + 32] = version
  return bytes
}

const isOfVersion = (value: Cbor): value is [string, Bytes, number] =>
  Array.isArray(value) &&
  value.length === 3 &&
  typeof value[0] === "string" &&
  value[1] instanceof Uint8Array &&
  value[1].length === 32 &&
  Number.isInteger(value[2]) &&
  (value[2] as number) >= 0 &&
  (value[2] as number) < 24

/** AES-256-GCM (NIST SP 800-38D): nonce (12) | ciphertext | tag (16); what it belongs to is authenticated. */
export function encrypt(key: Bytes | KeyObject, belongsTo: Cbor, plain: Bytes): Bytes {
  const nonce = randomBytes(12)
  const cipher = createCipheriv("aes-256-gcm", keyObject(key), nonce)
  cipher.setAAD(authenticated(belongsTo))
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** @throws PlatformError `record_damaged` when the ciphertext is not what was written there */
export function decrypt(key: Bytes | KeyObject, belongsTo: Cbor, sealed: Bytes): Bytes {
  try {
    if (sealed.length < 28) throw new Error("too short")
    const decipher = createDecipheriv("aes-256-gcm", keyObject(key), sealed.subarray(0, 12))
    decipher.setAAD(authenticated(belongsTo))
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
