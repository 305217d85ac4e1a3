import type { Bytes } from "./bytes.ts"
import { cardStatement } from "./card.ts"
import { type Cbor, encodeCbor } from "./cbor.ts"
import { sign, verify } from "./crypto.ts"
import { domainBytes, domainHash, type Hash } from "./hash.ts"
import { handle, hash32, memberId, networkId, signature64 } from "./ids.ts"
import { practitionerProof } from "./keys.ts"
import { BINARY, MAX_OBJECT_BYTES, objectRef } from "./large-object.ts"
import { drugFields, MAX_DRUGS, MAX_PENDING_CHANGES } from "./manifest.ts"
import { MAX_DOCUMENTS, policyDocument } from "./policy-tree.ts"
import { purpose } from "./purpose.ts"
import { readings } from "./readings.ts"
import { entryPreimage, logPoint } from "./record.ts"
import { className, recordFilter } from "./record-filter.ts"
import { bool, bytes, type Infer, list, nullable, object, oneOf, optional, text, uint } from "./schema.ts"

/** Messages between organisations, and between a patient and a custodian. All are CBOR. */
export const EXCHANGE_TAG = "aceso/exchange/v1"
export const PATIENT_TAG = "aceso/patient/v1"
export const STAFF_TAG = "aceso/staff/v1"
/** Of whoever has a key of a case. */
export const CASE_TAG = "aceso/case/v1"
export const CBOR_TYPE = "application/cbor"

export const fhirDate = text(35, /^\d{4}(-\d\d(-\d\d(T[0-9:.]+(Z|[+-]\d\d:\d\d))?)?)?$/)

/** The practitioner's own word, inside of the organisation's request. */
export const practitionerWord = object({ proof: practitionerProof, signature: signature64 })
export type PractitionerWord = Infer<typeof practitionerWord>

/** What a requester has seen of a record log. */
export const seen = object({
  /** As far as the answer went. */
  log: logPoint,
  /** The answer's own word for what it was decided by (ManifestBody). */
  view: hash32,
  policyVersion: uint(),
})
export type SeenLog = Infer<typeof seen>

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
  /** Which records are asked for; absent: all. */
  filter: optional(recordFilter),
  /** What an earlier answer left the requester with; absent: nothing. */
  since: optional(seen),
  /** A large object of the record with this index is asked for, and nothing else. */
  object: optional(object({ index: uint(), root: hash32 })),
  /** A Binary to which the record with this index refers by url is asked for, and nothing else. */
  file: optional(object({ index: uint(), reference: text(200, BINARY) })),
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
/** `requestId`: of the request that waits, which may be an earlier one with the same statement. */
export const accessRequestAnswer = object({ outcome: oneOf("permitted", "pending"), requestId: bytes(16) })

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
  /** Of the policy root, fresh for each change. */
  salt: hash32,
  documents: list(policyDocument, MAX_DOCUMENTS),
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
  /** By which the requester calls the practitioner; absent: it tells none. */
  name: optional(text(64)),
  createdAt: uint(),
  state: oneOf("open", "approved", "declined"),
})
export type PendingRequest = Infer<typeof pendingRequest>

/** `pending`: the signed changes that are not on the ledger yet, oldest first; the last one leads to `version`. */
export const policyState = object({
  version: uint(),
  /** Of `version`, also where a recovery lost its documents. Null with version 0: there is no policy yet. */
  root: nullable(hash32),
  /** Of the documents. */
  salt: nullable(hash32),
  documents: list(policyDocument, MAX_DOCUMENTS),
  pending: list(bytes(1, 262_144), MAX_PENDING_CHANGES),
  /** False after a recovery that may have lost a change: nothing is released until device or desk have confirmed it. */
  isConfirmed: bool(),
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
  /** By when the custodian promised to have it on the ledger, ms. */
  includeBy: uint(),
  /** Where it stands for a day's looks of the custodian's own staff: these. */
  readings: optional(readings),
})
export type AccountEntry = Infer<typeof accountEntry>
/** An entry whose details a recovery lost. */
export const lostAccountEntry = object({ n: uint(), tag: bytes(16), event: hash32 })
export type LostAccountEntry = Infer<typeof lostAccountEntry>
/** Entries and records come in pages of so many at most, and of so many bytes unless one alone has more. */
export const MAX_PAGE = 500
export const PAGE_BYTES = 4 * 2 ** 20
export const accountQuestion = object({ handle, fromN: uint(), limit: uint(MAX_PAGE) })
/** A page of the patient's account: entries from `fromN` on in order; `highest`: the newest number given. */
export const account = object({
  /** Null for a delegate: by it entries are found on the ledger, whoever shows them. */
  auditKey: nullable(hash32),
  highest: uint(),
  entries: list(accountEntry, MAX_PAGE),
  /** Those among them whose details a recovery lost. */
  lost: list(lostAccountEntry, MAX_PAGE),
})
export type Account = Infer<typeof account>

/**
 * What a custodian holds about its patient, for the patient. `content` empty: a dummy entry; null, salt too:
 * withdrawn, because it is somebody else's.
 */
export const ownRecord = object({
  entry: entryPreimage,
  salt: nullable(hash32),
  content: nullable(bytes(0, 16 * 2 ** 20)),
})
export type OwnRecord = Infer<typeof ownRecord>
export const ownAttachmentQuestion = object({ handle, index: uint(), object: objectRef })
export const ownAttachment = object({ content: bytes(0, MAX_OBJECT_BYTES) })
export const ownRecordsQuestion = object({ handle, from: uint(), limit: uint(MAX_PAGE) })
/** Of records by their indexes in the record log: which drugs they mean by reference. */
export const ownDrugsQuestion = object({ handle, indexes: list(uint(), MAX_PAGE, 1) })
/** As the custodian names them: Medications stand in no patient's log. */
export const ownDrugs = object({
  drugs: list(object(drugFields), MAX_DRUGS),
})
/**
 * A page of them, from index `from` of the record log on; `size`: how many are on the ledger; `next`: the index with
 * which the next page begins.
 */
export const ownRecords = object({
  size: uint(),
  next: uint(),
  records: list(ownRecord, MAX_PAGE),
  /** How many of the whole log a recovery lost. */
  lost: uint(),
})

/** The grantee's copy of a consent: which document at which custodian, and that it is in the policy there. */
export const consentCopy = object({
  custodian: memberId,
  handle,
  document: policyDocument,
  version: uint(),
  /** Its place among the 256 leaves of the policy tree. */
  index: uint(255),
  path: list(hash32, 8, 8),
  /** The policy's salt, given where this document is the whole policy and opens every record. */
  whole: optional(hash32),
})
export type ConsentCopy = Infer<typeof consentCopy>
/** All of one handle, whose key signs the call. */
export const consentCopies = object({ copies: list(consentCopy, 32, 1) })
