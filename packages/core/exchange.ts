import type { Bytes } from "./bytes.ts"
import { cardStatement } from "./card.ts"
import { type Cbor, encodeCbor } from "./cbor.ts"
import { policyDocument } from "./consent.ts"
import { sign, verify } from "./crypto.ts"
import { domainBytes, domainHash, type Hash } from "./hash.ts"
import { handle, hash32, memberId, networkId, signature64 } from "./ids.ts"
import { practitionerProof } from "./keys.ts"
import { MAX_PENDING_CHANGES } from "./manifest.ts"
import { entryPreimage } from "./record.ts"
import { bytes, type Infer, list, nullable, object, oneOf, optional, text, uint } from "./schema.ts"

/** Messages between organisations, and between a patient and a custodian. All are CBOR. */
export const EXCHANGE_TAG = "aceso/exchange/v1"
export const PATIENT_TAG = "aceso/patient/v1"
export const STAFF_TAG = "aceso/staff/v1"
export const CBOR_TYPE = "application/cbor"

export const purpose = oneOf("TREAT", "HPAYMT", "HOPERAT", "HRESCH", "ETREAT")
export const fhirDate = text(35, /^\d{4}(-\d\d(-\d\d(T[0-9:.]+(Z|[+-]\d\d:\d\d))?)?)?$/)
export const className = text(64, /^[A-Z][A-Za-z]+$/)

/** The practitioner's own word, inside of the organisation's request. */
export const practitionerWord = object({ proof: practitionerProof, signature: signature64 })
export type PractitionerWord = Infer<typeof practitionerWord>

export const fetchRequest = object({
  network: networkId,
  custodian: memberId,
  handle,
  purpose,
  /** ms */
  time: uint(),
  nonce: bytes(16),
  practitioner: practitionerWord,
  suite: uint(0xffff),
  oneTimeKey: bytes(32, 4096),
})
export type FetchRequest = Infer<typeof fetchRequest>

const wish = {
  purpose,
  /** FHIR resource types; empty: all. */
  classes: list(className, 50),
  from: optional(fhirDate),
  to: optional(fhirDate),
  /** Until when the consent is wished, ms. */
  until: uint(),
  reason: text(500),
}
/** What a requester wishes to read, and how long. */
export const accessWish = object(wish)
export type AccessWish = Infer<typeof accessWish>

export const accessRequest = object({
  network: networkId,
  /** Fresh for each custodian. */
  requestId: bytes(16),
  statement: cardStatement,
  ...wish,
  time: uint(),
  practitioner: practitionerWord,
})
export type AccessRequest = Infer<typeof accessRequest>

const wordBytes = (custodian: string, purpose: string, handle: Bytes, nonce: Bytes, time: number): Bytes =>
  domainBytes("practitioner-word", custodian, purpose, handle, nonce, time)

export const signWord = (
  custodian: string,
  purpose: string,
  handle: Bytes,
  nonce: Bytes,
  time: number,
  seed: Bytes,
): Bytes => sign(wordBytes(custodian, purpose, handle, nonce, time), seed)

export const verifyWord = (
  word: PractitionerWord,
  custodian: string,
  purpose: string,
  handle: Bytes,
  nonce: Bytes,
  time: number,
): boolean =>
  verify(word.signature, wordBytes(custodian, purpose, handle, nonce, time), word.proof.practitioner.key)

export const requestHash = (request: FetchRequest): Hash =>
  domainHash("fetch-request", encodeCbor(request as unknown as Cbor))

/** What the sealing of an answer is bound to. */
export const sealingInfo = (request: FetchRequest, recipient: string): Cbor => [
  requestHash(request),
  request.custodian,
  recipient,
  request.handle,
  request.purpose,
]

/** A patient's question to a custodian about one handle; the HTTP signature is by the handle's key. */
export const patientQuestion = object({ handle })

/** A changed policy: the signed transaction and all documents that are in force after it. */
export const policyChange = object({
  handle,
  envelope: bytes(1, 262_144),
  documents: list(policyDocument, 200),
  /** The request that this answers. */
  requestId: nullable(bytes(16)),
})
export type PolicyChange = Infer<typeof policyChange>

/** A request as the patient sees it. */
export const pendingRequest = object({
  requestId: bytes(16),
  requester: memberId,
  purpose,
  classes: list(className, 50),
  from: optional(fhirDate),
  to: optional(fhirDate),
  until: uint(),
  reason: text(500),
  role: text(24),
  practitioner: bytes(32),
  createdAt: uint(),
  state: oneOf("open", "approved", "declined"),
})
export type PendingRequest = Infer<typeof pendingRequest>

/** `pending`: the signed changes that are not on the ledger yet, oldest first; the last one leads to `version`. */
export const policyState = object({
  version: uint(),
  documents: list(policyDocument, 200),
  pending: list(bytes(1, 262_144), MAX_PENDING_CHANGES),
})
export type PolicyState = Infer<typeof policyState>

/** One entry of the patient's account; `auditEvent` and `body` as the custodian committed to them. */
export const accountEntry = object({
  n: uint(),
  tag: bytes(16),
  salt: hash32,
  event: hash32,
  auditEvent: bytes(2, 65_536),
  body: nullable(bytes(1, 32 * 2 ** 20)),
})
export type AccountEntry = Infer<typeof accountEntry>
export const account = object({ auditKey: hash32, entries: list(accountEntry, 100_000) })
export type Account = Infer<typeof account>

/**
 * Everything that a custodian holds about its patient, for the patient. `content` empty: a dummy entry; null, salt
 * too: withdrawn, because it is somebody else's.
 */
export const ownRecord = object({
  entry: entryPreimage,
  salt: nullable(hash32),
  content: nullable(bytes(0, 16 * 2 ** 20)),
})
export const ownRecords = object({ records: list(ownRecord, 100_000) })

/** The grantee's copy of a consent: which document at which custodian, and that it is in the policy there. */
export const consentCopy = object({
  custodian: memberId,
  handle,
  document: policyDocument,
  version: uint(),
  index: uint(),
  size: uint(),
  path: list(hash32, 20),
})
export type ConsentCopy = Infer<typeof consentCopy>
/** All of one handle, whose key signs the call. */
export const consentCopies = object({ copies: list(consentCopy, 32, 1) })
