import type { Bytes } from "./bytes.ts"
import type { Hash } from "./hash.ts"
import { hash32 } from "./ids.ts"
import { merkleRoot } from "./merkle.ts"
import { auditEventHash } from "./promise.ts"
import { bytes, type Infer, list, object } from "./schema.ts"

/**
 * One look of an organisation's own staff at its own patient's records (PRIVACY.md, Reading inside a hospital): an
 * AuditEvent, with the salt of its leaf.
 */
export const reading = object({ salt: hash32, auditEvent: bytes(2, 8192) })
export type Reading = Infer<typeof reading>

/** Of one leaf of the disclosure log: a day with more has another one. */
export const MAX_READINGS = 500
export const readings = list(reading, MAX_READINGS)

/** The Merkle root (RFC 6962 section 2.1) over a day's readings, each as SHA-256(salt, AuditEvent). */
export const readingsRoot = (day: readonly { readonly salt: Bytes; readonly auditEvent: Bytes }[]): Hash =>
  merkleRoot(day.map(({ salt, auditEvent }) => auditEventHash(salt, auditEvent)))
