import type { Bytes } from "./bytes.ts"
import { hkdf } from "./crypto.ts"
import { domainBytes } from "./hash.ts"
import type { Handle, MemberId } from "./ids.ts"

/**
 * Seeds of keys that are made for one handle at one custodian (PRIVACY.md, Patient's keys): HKDF-SHA-256 (RFC 5869)
 * without salt, 32 bytes. The seed that they follow from never leaves the device.
 */
const derived =
  (what: string) =>
  (seed: Bytes, custodian: MemberId, handle: Handle, number: number): Bytes =>
    hkdf(seed, new Uint8Array(0), domainBytes(what, custodian, handle, number), 32)

/** Of the handle's own key; `number` counts those that were lost. */
export const handleSeed = derived("handle")

/** Of the person's case key with this number (CAPABILITIES.md, Cases). */
export const caseSeed = derived("case")

/** Of the key by which a delegate acts for the handle; `number` counts those that were lost. */
export const delegateSeed = derived("delegate")
