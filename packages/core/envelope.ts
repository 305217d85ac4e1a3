import { type Bytes, compareBytes } from "./bytes.ts"
import { type Cbor, decodeCbor, decodeViews, encodeCbor } from "./cbor.ts"
import { type SignatureClaim, verifyCofactored } from "./cofactored.ts"
import { publicKey, randomBytes, sha256, sign } from "./crypto.ts"
import { PlatformError } from "./errors.ts"
import { domainBytes, domainHash } from "./hash.ts"
import { networkId, type PayloadId, type PublicKey, publicKeySchema, signature64 } from "./ids.ts"
import { bytes, list, text, uint } from "./schema.ts"

/** Transactions (LEDGER.md, Envelope): `[payload, signatures]` in deterministic CBOR. */
export const MAX_ENVELOPE_BYTES = 262_144
export const MAX_SIGNERS = 8
export const NONCE_BYTES = 16
/** An envelope lives at most this long: block.time < expiry <= block.time + MAX_LIFETIME_MS. */
export const MAX_LIFETIME_MS = 600_000

export interface Payload {
  readonly network: string
  readonly contract: string
  readonly action: string
  readonly input: Cbor
  /** Milliseconds of block time. */
  readonly expiry: number
  readonly nonce: Bytes
  /** Sorted, unique. */
  readonly signers: readonly PublicKey[]
}

export interface Envelope {
  readonly payload: Payload
  readonly payloadBytes: Bytes
  readonly payloadId: PayloadId
  readonly signatures: readonly Bytes[]
}

export type EnvelopeRejection =
  | "too_large"
  | "malformed"
  | "wrong_network"
  | "signers_not_sorted"
  | "signature_count"
  | "bad_signature"

const name = text(32, /^[a-z][A-Za-z0-9]*$/)
const signersSchema = list(publicKeySchema, MAX_SIGNERS, 1)
const signaturesSchema = list(signature64, MAX_SIGNERS, 0)
const nonceSchema = bytes(NONCE_BYTES)
const time = uint()

/** What each signer signs: a domain and the payload's bytes, so that the signature fits nothing else. */
export const signedBytes = (payloadBytes: Bytes): Bytes => domainBytes("envelope", payloadBytes)
export const payloadIdOf = (payloadBytes: Bytes): PayloadId => domainHash("payload", payloadBytes)
/** The leaf of the block's Merkle tree: a hash of plain bytes. */
export const envelopeHash = (envelope: Bytes): Bytes => sha256(envelope)

export function encodePayload(payload: Payload): Bytes {
  const { network, contract, action, input, expiry, nonce, signers } = payload
  return encodeCbor([network, contract, action, input, expiry, nonce, [...signers]])
}

function payloadFrom(value: Cbor): Payload {
  if (!Array.isArray(value) || value.length !== 7)
    throw new PlatformError(
      "bad_input",
      "payload: expected [network, contract, action, input, expiry, nonce, signers]",
    )
  return {
    network: networkId.parse(value[0], "network"),
    contract: name.parse(value[1], "contract"),
    action: name.parse(value[2], "action"),
    input: value[3],
    expiry: time.parse(value[4], "expiry"),
    nonce: nonceSchema.parse(value[5], "nonce"),
    signers: signersSchema.parse(value[6], "signers"),
  }
}

export interface NewPayload {
  readonly network: string
  readonly contract: string
  readonly action: string
  readonly input: Cbor
  readonly expiry: number
  readonly nonce?: Bytes
}

/** Makes and signs an envelope; `seeds` are the Ed25519 seeds of all required signers, in any order. */
export function makeEnvelope(
  payload: NewPayload,
  seeds: readonly Bytes[],
): { bytes: Bytes; payloadId: PayloadId } {
  const pairs = seeds.map((seed) => ({ seed, key: publicKey(seed) }))
  pairs.sort((a, b) => compareBytes(a.key, b.key))
  const payloadBytes = encodePayload({
    ...payload,
    nonce: payload.nonce ?? randomBytes(NONCE_BYTES),
    signers: pairs.map((pair) => pair.key),
  })
  const message = signedBytes(payloadBytes)
  const signatures = pairs.map((pair) => sign(message, pair.seed))
  return { bytes: encodeCbor([payloadBytes, signatures]), payloadId: payloadIdOf(payloadBytes) }
}

/** The bytes of a payload whose signers do not meet: each of them signs by itself (signPayload). */
export const payloadOf = (payload: NewPayload, signers: readonly PublicKey[]): Bytes =>
  encodePayload({
    ...payload,
    nonce: payload.nonce ?? randomBytes(NONCE_BYTES),
    signers: [...signers].sort(compareBytes),
  })

export const readPayload = (payloadBytes: Bytes): Payload => payloadFrom(decodeCbor(payloadBytes))

export const signPayload = (payloadBytes: Bytes, seed: Bytes): Bytes => sign(signedBytes(payloadBytes), seed)

/** The envelope of a payload with the signatures of its signers, in any order. */
export function withSignatures(
  payloadBytes: Bytes,
  signatures: readonly { readonly key: PublicKey; readonly signature: Bytes }[],
): Bytes {
  const sorted = [...signatures].sort((a, b) => compareBytes(a.key, b.key))
  return encodeCbor([payloadBytes, sorted.map(({ signature }) => signature)])
}

export type Verdict =
  | { readonly ok: true; readonly envelope: Envelope }
  | { readonly ok: false; readonly rejection: EnvelopeRejection; readonly detail: string }

const no = (rejection: EnvelopeRejection, detail: string): Verdict => ({ ok: false, rejection, detail })

/** The verdict on an envelope: a pure function of its bytes and the network's name. */
export function judgeEnvelope(envelope: Bytes, network: string): Verdict {
  const verdict = judgeForm(envelope, network)
  if (!verdict.ok) return verdict
  const wrong = claimsOf(verdict.envelope).findIndex((claim) => !verifyCofactored(claim))
  return wrong < 0 ? verdict : wrongSignature(wrong)
}

/** What an envelope claims about its signatures. */
export function claimsOf({ payload, payloadBytes, signatures }: Envelope): SignatureClaim[] {
  const message = signedBytes(payloadBytes)
  return signatures.map((signature, i) => ({ signature, message, key: payload.signers[i] }))
}

/** @param index which of the envelope's signatures */
export const wrongSignature = (index: number): Verdict =>
  no("bad_signature", `signature ${index} does not fit its signer (Ed25519 with the cofactor)`)

/** The verdict but for the signatures, which whoever asks checks himself. */
export function judgeForm(envelope: Bytes, network: string): Verdict {
  if (envelope.length > MAX_ENVELOPE_BYTES)
    return no("too_large", `an envelope has at most ${MAX_ENVELOPE_BYTES} bytes; split the transaction`)
  let parsed: Envelope
  try {
    parsed = parse(decodeCbor(envelope), decodeCbor)
  } catch (error) {
    if (error instanceof PlatformError) return no("malformed", error.message)
    throw error
  }
  const { payload, signatures } = parsed
  if (payload.network !== network)
    return no("wrong_network", `this is network ${network}, the transaction is for ${payload.network}`)
  for (let i = 1; i < payload.signers.length; i++)
    if (compareBytes(payload.signers[i - 1], payload.signers[i]) >= 0)
      return no("signers_not_sorted", "signers must be sorted and unique")
  if (signatures.length !== payload.signers.length)
    return no("signature_count", `${payload.signers.length} signers, ${signatures.length} signatures`)
  return { ok: true, envelope: parsed }
}

/**
 * Reads an envelope whose verdict is known to be good; what is long in it is a view on these bytes. `id` spares
 * hashing when it is at hand.
 */
export function readEnvelope(envelope: Bytes, id?: PayloadId): Envelope {
  return parse(decodeViews(envelope), decodeViews, id)
}

function parse(value: Cbor, decodePayload: (bytes: Bytes) => Cbor, id?: PayloadId): Envelope {
  if (!Array.isArray(value) || value.length !== 2 || !(value[0] instanceof Uint8Array))
    throw new PlatformError("bad_input", "envelope: expected [payload, signatures]")
  const payloadBytes = value[0]
  return {
    payload: payloadFrom(decodePayload(payloadBytes)),
    payloadBytes,
    payloadId: id ?? payloadIdOf(payloadBytes),
    signatures: signaturesSchema.parse(value[1], "signatures"),
  }
}
