import type { Bytes, Handle, MoveState, PolicyDocument } from "@aceso/core"
import type { VaultLookUp } from "./look-up.ts"
import type { Log } from "./record-log.ts"
import type { NewRecord, StoredRecord } from "./stored-record.ts"
import type { NewPatient, Patient, VaultPeople } from "./vault-people.ts"
import type { VaultRecovery } from "./vault-recovery.ts"
import type { VaultVisitors } from "./vault-visitors.ts"

export type { NewRecord, StoredRecord } from "./stored-record.ts"

/**
 * The vault port: originals, encrypted, and what a custodian keeps about its patients. testing/vault-suite.ts
 * runs against every implementation.
 */
export interface Vault extends VaultLookUp, VaultPeople, VaultRecovery, VaultVisitors {
  /** Runs f as one durable transaction: all of it or nothing. */
  atomically<T>(f: () => Promise<T>): Promise<T>

  addPatient(patient: NewPatient): Promise<Patient>
  patient(by: { handle: Handle } | { fhirId: string } | { alias: string }): Promise<Patient | undefined>
  /** All of them, for tests and for what runs beside no node. */
  patients(): Promise<readonly Patient[]>
  patientCount(): Promise<number>
  /** Any one, each as likely as another; undefined: there is none. */
  anyPatient(): Promise<Patient | undefined>
  setAlias(handle: Handle, alias: string): Promise<void>
  setHasKey(handle: Handle): Promise<void>
  /** Handles that are not known to be on the ledger, without those named. */
  unenrolled(limit: number, except?: readonly Handle[]): Promise<readonly Handle[]>
  markEnrolled(handles: readonly Handle[]): Promise<void>

  /** Newest version of a resource; 0: there is none. */
  newestVersion(type: string, fhirId: string): Promise<number>
  /** The newest version of a resource in each log that ever had it. */
  newestPlaces(type: string, fhirId: string): Promise<readonly StoredRecord[]>
  /** Appends records to their logs, not yet committed on the ledger. */
  append(records: readonly NewRecord[]): Promise<void>
  logSize(log: Log): Promise<number>
  /** All records of a log from an index on in order, without content; what a recovery lost is missing among them. */
  log(log: Log, from?: number, limit?: number): Promise<readonly StoredRecord[]>
  /** Those with indexes from `from` on that are on the ledger. */
  committedFrom(log: Log, from: number, limit: number): Promise<readonly StoredRecord[]>
  /** How many of a log are on the ledger. */
  committedSize(log: Log): Promise<number>
  /**
   * Records whose entries are not on the ledger yet, in order of log and index; without those of the logs named,
   * and of handles that are not on the ledger themselves.
   */
  uncommitted(limit: number, except?: readonly Log[]): Promise<readonly StoredRecord[]>
  markCommitted(log: Log, upToIndex: number, height: number): Promise<void>
  /** @throws PlatformError `record_damaged`, `key_erased`, `vault_mismatch` */
  content(record: StoredRecord): Promise<{ readonly salt: Bytes; readonly content: Bytes }>
  /**
   * A large object that a record version refers to; undefined: it does not refer to such a one.
   * @throws PlatformError `record_damaged`, `key_erased`
   */
  objectOf(record: StoredRecord, root: Bytes): Promise<StoredObject | undefined>
  recordCount(): Promise<{ readonly records: number; readonly committed: number }>
  waiting(): Promise<Waiting>

  /**
   * Keeps a bundle as received, under a key of its own; false: it is kept already.
   * @param name what it is known by: a hash of its source and its bytes
   * @param packed see packing.ts
   * @param bytes SHA-256 of its unpacked bytes, by which another source's is found
   */
  keepBundle(name: Bytes, packed: Bytes, receivedAt: number, bytes?: Bytes): Promise<boolean>

  policy(handle: Handle): Promise<StoredPolicy | undefined>
  setPolicy(handle: Handle, policy: StoredPolicy): Promise<void>
  /** When the changes of a policy that wait are to be sent, ms; null: not by themselves. */
  setPolicyDue(handle: Handle, dueAt: number | null): Promise<void>
  /** Those to be sent by now, the longest due first. */
  duePolicies(now: number, limit: number): Promise<readonly Handle[]>
  /** The first moment of all; without waiting. */
  nextPolicyDue(): number | undefined
  /** Of what waits all that is not to be sent by itself is due at once. */
  wakePolicies(): Promise<void>
  /** Handles whose policies have changes that are not on the ledger yet, in order. @param after the last one of the page before */
  pendingPolicies(after: Handle | undefined, limit: number): Promise<readonly Handle[]>

  /** @returns false: another one has its id */
  addRequest(request: StoredRequest): Promise<boolean>
  /** Deletes those of a patient that expired before. */
  forgetRequests(handle: Handle, now: number): Promise<void>
  /** Those that expire after this moment, oldest first. */
  requests(handle: Handle, expiresAfter: number): Promise<readonly StoredRequest[]>
  setRequestState(id: Bytes, state: StoredRequest["state"]): Promise<void>

  auditKey(handle: Handle): Bytes
  /** The next number of the patient's disclosures at this custodian, from 1. */
  nextDisclosure(handle: Handle): Promise<number>
  addDisclosure(disclosure: StoredDisclosure): Promise<void>
  /** Those with numbers from `fromN` on, in order, as many as the page holds; one at least. */
  disclosures(handle: Handle, page: DisclosurePage): Promise<readonly StoredDisclosure[]>
  disclosure(tag: Bytes): Promise<StoredDisclosure | undefined>
  /** Oldest deadlines first, without those of the tags named. */
  uncommittedDisclosures(except?: readonly Bytes[]): Promise<readonly StoredDisclosure[]>
  markDisclosed(tags: readonly Bytes[], height: number): Promise<void>

  /**
   * Watches a custodian's promise; once more is no change.
   * @param most false: so many are watched already
   */
  watchPromise(promise: WatchedPromise, most: number): Promise<boolean>
  /** Those to be looked at by now, the longest due first. */
  duePromises(now: number, limit: number): Promise<readonly WatchedPromise[]>
  /** @param lookAt null: it waits for a person */
  lookAtPromise(id: Bytes, lookAt: number | null, tries: number): Promise<void>
  forgetPromise(id: Bytes): Promise<void>
  /** Those that wait for a person are due again, as if never tried. */
  tryPromisesAgain(now: number): Promise<void>
  promiseCounts(): Promise<PromiseCounts>

  addJoin(join: StoredJoin): Promise<void>
  endJoin(join: StoredJoin): Promise<void>
  /** Every join, also ended ones, that names the handle; oldest first. */
  joins(handle: Handle): Promise<readonly StoredJoin[]>

  /** All versions of a record in one log, oldest first. */
  versionsOf(log: Log, recordId: Bytes): Promise<readonly StoredRecord[]>
  addMisfiling(misfiling: StoredMisfiling): Promise<void>
  /** State, target, end, due time and content as given. */
  setMisfiling(misfiling: StoredMisfiling): Promise<void>
  misfiling(id: Bytes): Promise<StoredMisfiling | undefined>
  /** Those whose id begins so, in hexadecimal; two at most. */
  misfilingsNamed(beginning: string): Promise<readonly StoredMisfiling[]>
  /** Newest first; `before`: of the page before, its last `n`. */
  misfilings(page: MisfilingPage): Promise<readonly (StoredMisfiling & { readonly n: number })[]>
  /** Those that name the handle as log or target, newest first. */
  misfilingsAbout(handle: Handle, limit: number): Promise<readonly StoredMisfiling[]>
  /** Those of one record, oldest first. */
  misfilingsOf(log: Log, recordId: Bytes): Promise<readonly StoredMisfiling[]>
  /** Why records of a log are withheld now, by the names (nameOf) of their record ids. */
  withheldIn(log: Log): Promise<ReadonlyMap<string, StoredMisfiling>>
  isWithheld(log: Log, recordId: Bytes): Promise<boolean>
  /** Whether any record is being moved, or was; without waiting, for imports. */
  hasMoves(): boolean
  /** The logs from which a resource is being moved, or was; without waiting, for imports. */
  movedFrom(type: string, fhirId: string): readonly Log[]
  dueMisfilings(now: number, limit: number): Promise<readonly StoredMisfiling[]>

  /** The patient's disclosures with a manifest, oldest first; `after`: the last `n` of the page before. */
  releases(handle: Handle, after: number, limit: number): Promise<readonly StoredDisclosure[]>

  addNotice(notice: SentNotice): Promise<void>
  setNotice(notice: SentNotice): Promise<void>
  dueNotices(now: number, limit: number): Promise<readonly SentNotice[]>
  sentNotices(page: NoticePage): Promise<readonly (SentNotice & { readonly n: number })[]>
  /** @returns false: it is here already */
  keepNotice(notice: ReceivedNotice): Promise<boolean>
  /** How many of a custodian's wait for the staff; counting ends at `limit`. */
  openNotices(custodian: string, limit: number): Promise<number>
  receivedNotices(page: NoticePage): Promise<readonly (ReceivedNotice & { readonly n: number })[]>
  noticesAbout(custodian: string, handle: Handle, limit: number): Promise<readonly ReceivedNotice[]>
  /** @returns false: there is no such notice */
  endNotice(custodian: string, id: Bytes, at: number): Promise<boolean>

  /** Remembers a nonce of a key until it expires. */
  useNonce(key: Bytes, nonce: Bytes, expiry: number, now: number): Promise<NonceUse>

  /** Small durable values by name, such as a reactor's cursor. */
  setting(name: string): Promise<string | undefined>
  setSetting(name: string, value: string): Promise<void>
  deleteSetting(name: string): Promise<void>

  close(): Promise<void>
}

/** A resource at its place in a kept bundle. */
export interface BundlePlace {
  /** Place in the bundle; -1 for a lone resource. */
  readonly place: number
  readonly type: string
  readonly fhirId: string
  /** The version that the bundle made or found equal; 0: it named what was there and set nothing. */
  readonly version: number
  /** The urn that its source calls it by. */
  readonly urn?: string
}

/** Where one import is when it takes an input. */
export interface ImportRun {
  /** All its files in their order, with their contents: equal for an import of the very same. */
  readonly name: string
  /** Of the input among all of it: what comes later has a greater one. */
  readonly position: number
  /** The same, but for an input that comes once more: after all that came meanwhile. */
  readonly takenAt: number
}

/** Which import took a bundle. */
export interface TakenBy {
  readonly source: string
  readonly run?: ImportRun
}

/** `too_many`: as many nonces of this key wait for their expiry as may. */
export type NonceUse = "fresh" | "used" | "too_many"

/** SHA-256 of each chunk, and the chunks. */
export interface StoredObject {
  readonly hashes: readonly Bytes[]
  readonly chunks: readonly Bytes[]
}

export interface StoredPolicy {
  readonly version: number
  readonly root: Bytes
  /** Of the root. */
  readonly salt: Bytes
  readonly documents: readonly PolicyDocument[]
  /** The signed changes that are not on the ledger yet, oldest first. */
  readonly pending: readonly Bytes[]
}

export interface StoredRequest {
  readonly id: Bytes
  readonly handle: Handle
  readonly requester: string
  /** The nonce of the card's statement that allowed it. */
  readonly statement: Bytes
  /** The CBOR of what is asked for. */
  readonly content: Bytes
  readonly createdAt: number
  readonly expiresAt: number
  readonly state: "open" | "approved" | "declined"
}

export interface StoredDisclosure {
  /** Empty: about nobody that is known here. */
  readonly handle: Handle
  readonly n: number
  readonly tag: Bytes
  readonly salt: Bytes
  readonly auditEvent: Bytes
  /** The manifest's body; null for a denial. */
  readonly body: Bytes | null
  readonly event: Bytes
  readonly includeBy: number
  readonly height: number | null
}

export interface WatchedPromise {
  readonly id: Bytes
  /** The promise in CBOR. */
  readonly content: Bytes
  /** ms */
  readonly lookAt: number
  /** Reports of it that failed. */
  readonly tries: number
}

export interface PromiseCounts {
  readonly open: number
  /** Reports that wait for a person. */
  readonly gaveUp: number
}

export interface DisclosurePage {
  readonly fromN: number
  readonly limit: number
  readonly maxBytes: number
}

/** Two handles that staff took for one person. `a` sorts before `b`. */
export interface StoredJoin {
  readonly a: Handle
  readonly b: Handle
  /** ms */
  readonly since: number
  /** ms; equal to `since`: they were decided to be two people without having been joined. */
  readonly ended: number | null
  /** Who and why, CBOR. */
  readonly content: Bytes
}

/** A record that stands at the wrong patient. */
export interface StoredMisfiling {
  readonly id: Bytes
  readonly log: Handle
  readonly recordId: Bytes
  readonly type: string
  readonly fhirId: string
  readonly state: MoveState
  /** Whose it is said to be. */
  readonly target: Handle | null
  /** ms; withheld from then on */
  readonly since: number
  /** ms; until then */
  readonly ended: number | null
  /** When the next step is to be done, ms; null: a person has to act first, or nobody. */
  readonly dueAt: number | null
  /** Who, why, and who agreed, CBOR. */
  readonly content: Bytes
}

export interface MisfilingPage {
  readonly before: number | null
  readonly limit: number
  /** Without those that have ended or were moved. */
  readonly isOpen: boolean
}

/** A notice to somebody to whom something was released. */
export interface SentNotice {
  readonly id: Bytes
  readonly recipient: string
  readonly content: Bytes
  readonly createdAt: number
  readonly tries: number
  /** ms; null: delivered, or it waits for a person. */
  readonly dueAt: number | null
  readonly deliveredAt: number | null
}

export interface ReceivedNotice {
  readonly custodian: string
  readonly id: Bytes
  readonly handle: Handle
  readonly content: Bytes
  readonly receivedAt: number
  /** ms; somebody dealt with it. */
  readonly doneAt: number | null
}

export interface NoticePage {
  readonly before: number | null
  readonly limit: number
  /** Only those that nobody dealt with, or that were not delivered. */
  readonly isOpen: boolean
}

/** What is in the vault and not known to be on the ledger. */
export interface Waiting {
  readonly handles: number
  readonly records: number
  readonly disclosures: number
  /** When the first of the disclosures has to be there, ms. */
  readonly includeBy: number | undefined
}

/** Codes of faults of one record: what cannot be read, is not what was committed, or whose key is gone. */
export const VAULT_FAULTS: ReadonlySet<string> = new Set(["record_damaged", "vault_mismatch", "key_erased"])
