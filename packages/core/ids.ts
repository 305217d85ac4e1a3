import { type Bytes, equalBytes } from "./bytes.ts"
import { bytes, text } from "./schema.ts"

/**
 * Typed identifiers. The brand is optional, so fresh bytes can be used as any of them, while one kind never
 * passes for another.
 */
export type Handle = Bytes & { readonly kind?: "Handle" }
export type PublicKey = Bytes & { readonly kind?: "PublicKey" }
export type PayloadId = Bytes & { readonly kind?: "PayloadId" }
export type RecordId = Bytes & { readonly kind?: "RecordId" }
/** A member's short name, such as `city-hospital`. Organisations are not persons: it may be public. */
export type MemberId = string

export const handle = bytes<Handle>(32)
export const publicKeySchema = bytes<PublicKey>(32)
export const hash32 = bytes(32)
export const signature64 = bytes(64)
export const payloadId = bytes<PayloadId>(32)
export const memberId = text(32, /^[a-z][a-z0-9-]*$/)
export const networkId = text(48, /^[a-z][a-z0-9-]*$/)
export const role = text(24, /^[a-z][a-z-]*$/)

/** Where a patient's records lie: one handle at its custodian. */
export interface Place {
  readonly custodian: MemberId
  readonly handle: Handle
}

export const isSamePlace = (a: Place, b: Place): boolean =>
  a.custodian === b.custodian && equalBytes(a.handle, b.handle)
