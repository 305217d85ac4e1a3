import {
  type Bytes,
  type EnrolAction,
  type Envelope,
  enrolAction,
  equalBytes,
  firstKeyPayload,
  type Handle,
  handle as handleSchema,
  memberId,
  object,
  type PayloadId,
  PlatformError,
  type PublicKey,
  publicKeySchema,
  readEnvelope,
  signedBytes,
  signPayload,
  verify,
  withSignatures,
} from "@aceso/core"
import type { LedgerClient } from "../node/ledger-client.ts"

const input = object({ custodian: memberId, handle: handleSchema, key: publicKeySchema })

/** The enrolment of one key, signed by it and by its custodian. */
export interface SignedFirstKey {
  readonly envelope: Bytes
  readonly payloadId: PayloadId
  readonly key: PublicKey
  /** ms */
  readonly expiry: number
}

/**
 * What a device signed, with this custodian's signature beside its own. Whatever is not, byte by byte, the enrolment of
 * one key for this handle, first or in place of a lost one as the desk said, is refused.
 * @param envelope with the device's signature alone
 * @throws PlatformError `bad_enrolment`
 */
export function coSigned(
  { engine, member, key: memberKey, seed }: LedgerClient,
  { handle, lostBy }: { readonly handle: Handle; readonly lostBy: PublicKey | null },
  envelope: Bytes,
): SignedFirstKey {
  const { payload, payloadBytes, payloadId, signatures } = read(envelope)
  const { network } = engine
  let action: EnrolAction
  let key: PublicKey
  try {
    action = enrolAction.parse(payload.action, "action")
    key = input.parse(payload.input, "input").key
  } catch (cause) {
    throw bad("it is no enrolment of a key", cause)
  }
  if ((action === "rekey") !== (lostBy !== null))
    throw bad("the desk did not say that a lost device's key is replaced, or said that it is")
  if (equalBytes(key, memberKey)) throw bad("the key is this organisation's own")
  const first = { network, custodian: member, handle, action, key, memberKey: memberKey as PublicKey }
  if (!equalBytes(firstKeyPayload(first, payload), payloadBytes))
    throw bad(
      "it is not for this network, this organisation, this patient, and signed by these two keys alone",
    )
  const [signature, ...more] = signatures
  if (!signature || more.length > 0 || !verify(signature, signedBytes(payloadBytes), key))
    throw bad("the new key has not signed it")
  const both = [
    { key, signature },
    { key: memberKey, signature: signPayload(payloadBytes, seed) },
  ]
  return { envelope: withSignatures(payloadBytes, both), payloadId, key, expiry: payload.expiry }
}

/** What a device signs is for now, ms. */
const MAX_AHEAD_MS = 5 * 60_000

/** @param now ms @throws PlatformError `bad_enrolment` */
export function mustBeForNow({ expiry }: SignedFirstKey, now: number): void {
  if (expiry <= now || expiry > now + MAX_AHEAD_MS)
    throw bad("it has expired, or lives for more than five minutes; set the clock right")
}

function read(envelope: Bytes): Envelope {
  try {
    return readEnvelope(envelope)
  } catch (cause) {
    if (!(cause instanceof PlatformError)) throw cause
    throw bad("it cannot be read", cause)
  }
}

const bad = (why: string, cause?: unknown) =>
  new PlatformError("bad_enrolment", `what the device signed is not taken: ${why}`, { cause })
