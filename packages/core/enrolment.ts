import { type Bytes, compareBytes } from "./bytes.ts"
import { publicKey, randomBytes } from "./crypto.ts"
import { encodePayload, NONCE_BYTES, type Payload, signPayload, withSignatures } from "./envelope.ts"
import type { Handle, MemberId, PublicKey } from "./ids.ts"
import { type Infer, oneOf } from "./schema.ts"

/** Of a new device's one-time pairing key, once the digits were typed. */
export const PAIRING_TAG = "aceso/pairing/v1"

/**
 * `enrol`: the ledger has no row of the handle yet; `enrolKey`: it has one without a key; `rekey`: the device with its key
 * is lost, and another one takes its place after 72 hours.
 */
export const enrolAction = oneOf("enrol", "enrolKey", "rekey")
export type EnrolAction = Infer<typeof enrolAction>

/** A handle's first key, or the one after a lost one, as device and custodian both sign it. */
export interface FirstKey {
  readonly network: string
  readonly custodian: MemberId
  readonly handle: Handle
  readonly action: EnrolAction
  /** The device's, for this handle. */
  readonly key: PublicKey
  /** By which the custodian signs. */
  readonly memberKey: PublicKey
}

/** The only payload that says this and nothing else. @param expiry ms */
export const firstKeyPayload = (
  { network, custodian, handle, action, key, memberKey }: FirstKey,
  { expiry, nonce }: Pick<Payload, "expiry" | "nonce">,
): Bytes =>
  encodePayload({
    ...{ network, contract: "people", action, input: { custodian, handle, key }, expiry, nonce },
    signers: [key, memberKey].sort(compareBytes),
  })

/** The envelope with the device's signature alone; the custodian adds its own. */
export function signFirstKey(first: Omit<FirstKey, "key">, seed: Bytes, expiry: number): Bytes {
  const key = publicKey(seed)
  const payload = firstKeyPayload({ ...first, key }, { expiry, nonce: randomBytes(NONCE_BYTES) })
  return withSignatures(payload, [{ key, signature: signPayload(payload, seed) }])
}
