import type { Bytes, ConsentCopy, Handle, MemberId, Operation, PolicyDocument } from "@aceso/core"
import type { VaultPeople } from "./vault-people.ts"

/**
 * The vault port: originals, encrypted, and what a custodian keeps about its patients. testing/vault-suite.ts
 * runs against every implementation.
 */
export interface Vault extends VaultPeople {
  /** Runs f as one durable transaction: all of it or nothing. */
  atomically<T>(f: () => Promise<T>): Promise<T>

  addPatient(patient: NewPatient): Promise<Patient>
  patient(by: { handle: Handle } | { fhirId: string } | { alias: string }): Promise<Patient | undefined>
  patients(): Promise<readonly Patient[]>
  setAlias(handle: Handle, alias: string): Promise<void>
  setHasKey(handle: Handle): Promise<void>

  /** Newest version of a resource; 0: there is none. */
  newestVersion(type: string, fhirId: string): Promise<number>
  /** The newest version of a resource in each log that ever had it. */
  newestPlaces(type: string, fhirId: string): Promise<readonly StoredRecord[]>
  /** Appends records to their logs, not yet committed on the ledger. */
  append(records: readonly NewRecord[]): Promise<void>
  logSize(log: Log): Promise<number>
  /** All records of a log in order, without content. */
  log(log: Log): Promise<readonly StoredRecord[]>
  /** Records whose entries are not on the ledger yet, in order of log and index. */
  uncommitted(limit: number): Promise<readonly StoredRecord[]>
  markCommitted(log: Log, upToIndex: number, height: number): Promise<void>
  /** @throws PlatformError `record_damaged`, `key_erased`, `vault_mismatch` */
  content(record: StoredRecord): Promise<{ readonly salt: Bytes; readonly content: Bytes }>
  recordCount(): Promise<{ readonly records: number; readonly committed: number }>
  waiting(): Promise<Waiting>

  /**
   * Keeps a bundle as received, under a key of its own; false: it is kept already.
   * @param name what it is known by: the SHA-256 of its unpacked bytes
   * @param packed see packing.ts
   */
  keepBundle(name: Bytes, packed: Bytes, receivedAt: number): Promise<boolean>

  policy(handle: Handle): Promise<StoredPolicy | undefined>
  setPolicy(handle: Handle, policy: StoredPolicy): Promise<void>

  addRequest(request: StoredRequest): Promise<void>
  requests(handle: Handle): Promise<readonly StoredRequest[]>
  setRequestState(id: Bytes, state: StoredRequest["state"]): Promise<void>

  /**
   * Makes the places one visitor's: of the visitors that have any of them the oldest, into which the others fold, or
   * else a new one. `folded`: the aliases that name that visitor from now on.
   */
  joinPlaces(
    places: readonly VisitorPlace[],
    how: NewVisitor,
  ): Promise<{ readonly visitor: Visitor; readonly folded: readonly string[] }>
  /** By an alias that was folded into another as well. */
  visitor(by: { place: VisitorPlace } | { alias: string }): Promise<Visitor | undefined>
  /** Visitors in the order of their ids. @param after an id; 0: from the first */
  visitors(after: number, limit: number): Promise<readonly Visitor[]>
  /** How many visitors became known since then by copies of consents at this custodian alone. */
  visitorsByCopySince(custodian: MemberId, since: number): Promise<number>
  /** Sets the copies of consents for a place; those that were there before are gone. */
  setCopies(place: VisitorPlace, copies: readonly ConsentCopy[]): Promise<void>
  copies(place: VisitorPlace): Promise<readonly ConsentCopy[]>
  /** Deletes at most so many visitors whose time is over, with places and copies. @returns how many */
  forgetVisitors(now: number, limit: number): Promise<number>

  auditKey(handle: Handle): Bytes
  /** The next number of the patient's disclosures at this custodian, from 1. */
  nextDisclosure(handle: Handle): Promise<number>
  addDisclosure(disclosure: StoredDisclosure): Promise<void>
  disclosures(handle: Handle): Promise<readonly StoredDisclosure[]>
  uncommittedDisclosures(): Promise<readonly StoredDisclosure[]>
  markDisclosed(tags: readonly Bytes[], height: number): Promise<void>

  /** Remembers a nonce until it expires; false: it was there. */
  useNonce(nonce: Bytes, expiry: number, now: number): Promise<boolean>

  /** Small durable values by name, such as a reactor's cursor. */
  setting(name: string): Promise<string | undefined>
  setSetting(name: string, value: string): Promise<void>
  deleteSetting(name: string): Promise<void>

  close(): Promise<void>
}

/** A handle's record log, or the custodian's own (empty bytes). */
export type Log = Bytes
export const OWN_LOG: Log = new Uint8Array(0)

export interface Identifier {
  readonly system: string
  readonly value: string
}

/** A resource at its place in a kept bundle. */
export interface BundlePlace {
  /** Place in the bundle; -1 for a lone resource. */
  readonly place: number
  readonly type: string
  readonly fhirId: string
  /** The version that the bundle made or found equal; 0: it named what was there and set nothing. */
  readonly version: number
}

export interface NewPatient {
  readonly handle: Handle
  readonly fhirId: string
  readonly hasKey: boolean
  readonly alias?: string
}

export interface Patient extends NewPatient {
  readonly alias: string
}

export interface NewRecord {
  readonly log: Log
  readonly index: number
  readonly recordId: Bytes
  readonly version: number
  readonly operation: Operation
  readonly type: string
  readonly fhirId: string
  readonly salt: Bytes
  readonly key: Bytes
  readonly commitment: Bytes
  readonly content: Bytes
}

export interface StoredRecord extends Omit<NewRecord, "salt" | "key" | "content"> {
  /** Height of the block that holds the entry; null: not yet. */
  readonly height: number | null
}

export interface StoredPolicy {
  readonly version: number
  readonly root: Bytes
  readonly documents: readonly PolicyDocument[]
  /** The signed changes that are not on the ledger yet, oldest first. */
  readonly pending: readonly Bytes[]
}

export interface StoredRequest {
  readonly id: Bytes
  readonly handle: Handle
  readonly requester: string
  /** Canonical JSON of what is asked for. */
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

/** What is in the vault and not known to be on the ledger. */
export interface Waiting {
  readonly records: number
  readonly disclosures: number
  /** When the first of the disclosures has to be there, ms. */
  readonly includeBy: number | undefined
}

/** Where somebody's records lie: a handle at a custodian, mostly another one. */
export interface VisitorPlace {
  readonly custodian: MemberId
  readonly handle: Handle
}

/** A person whose records lie elsewhere. */
export interface Visitor {
  readonly id: number
  readonly alias: string
  /** ms */
  readonly since: number
  readonly places: readonly VisitorPlace[]
  /** Aliases of visitors that turned out to be this one. */
  readonly also: readonly string[]
}

export interface NewVisitor {
  readonly now: number
  /** Not forgotten before, ms. */
  readonly keptUntil: number
  /** A visitor that is new is known by copies of consents at this custodian alone; null: by a card. */
  readonly byCopyFrom: MemberId | null
}
