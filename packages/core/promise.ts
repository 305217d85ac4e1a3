import { type Bytes, concat } from "./bytes.ts"
import { sha256, sign, verify } from "./crypto.ts"
import { domainBytes, domainHash, type Hash } from "./hash.ts"
import { hash32, memberId, publicKeySchema, signature64 } from "./ids.ts"
import { bytes, type Infer, object, uint } from "./schema.ts"

/**
 * A custodian's word that an AuditEvent will stand in its disclosure log, as a Certificate Transparency SCT
 * (RFC 6962 section 3.2; PRIVACY.md, Disclosure).
 */
export const promise = object({
  custodian: memberId,
  tag: bytes(16),
  /** SHA-256(salt, AuditEvent) */
  event: hash32,
  /** Block time in ms by which the entry is there. */
  includeBy: uint(),
  key: publicKeySchema,
  signature: signature64,
})
export type DisclosurePromise = Infer<typeof promise>

const promiseBytes = (p: Omit<DisclosurePromise, "signature">, network: string): Bytes =>
  domainBytes("promise", network, p.custodian, p.tag, p.event, p.includeBy, p.key)

export function makePromise(
  p: Omit<DisclosurePromise, "signature">,
  network: string,
  seed: Bytes,
): DisclosurePromise {
  return { ...p, signature: sign(promiseBytes(p, network), seed) }
}

export const verifyPromise = (p: DisclosurePromise, network: string): boolean =>
  verify(p.signature, promiseBytes(p, network), p.key)

/** Commitment to an AuditEvent: its salt makes it meaningless to anybody who was not told. */
export const auditEventHash = (salt: Bytes, event: Bytes): Hash => domainHash("audit-event", salt, event)

/** First 16 bytes of HMAC-SHA-256(auditKey, n): the patient's n-th entry at this custodian. */
export function disclosureTag(auditKey: Bytes, n: number): Bytes {
  return hmacSha256(auditKey, domainBytes("disclosure-tag", n)).subarray(0, 16)
}

/**
 * First 16 bytes of HMAC-SHA-256(auditKey, n) as well, in a row of numbers of their own: the custodian's n-th decision
 * about whose records this patient's are. Nobody but the patient and the custodian can tell it from other entries.
 */
export function decisionTag(auditKey: Bytes, n: number): Bytes {
  return hmacSha256(auditKey, domainBytes("decision-tag", n)).subarray(0, 16)
}

/** HMAC-SHA-256 (RFC 2104). */
export function hmacSha256(key: Bytes, message: Bytes): Bytes {
  const block = new Uint8Array(64)
  block.set(key.length > 64 ? sha256(key) : key)
  const inner = block.map((byte) => byte ^ 0x36)
  const outer = block.map((byte) => byte ^ 0x5c)
  return sha256(concat(outer, sha256(concat(inner, message))))
}
