import type { Bytes, Handle } from "@aceso/core"
import type { Log } from "./record-log.ts"

/** The part of the vault port about what a restored backup lacks (PRIVACY.md, Recovery), and what others have of it. */
export interface VaultRecovery {
  /** Entries that a recovery lost; their places in the log are taken. */
  addLostEntries(all: readonly LostEntry[]): Promise<void>
  lostEntries(log: Log): Promise<readonly LostEntry[]>
  lostCount(log: Log): Promise<number>
  /** How long every log is here that is not empty, and up to where it is known to be on the ledger. */
  logSizes(): Promise<readonly { readonly log: Log; readonly size: number; readonly committed: number }[]>
  /** Numbers of aliases go on far behind those that were given out and are forgotten; at least so many to patients. */
  skipNumbers(patients: number): Promise<void>
  /** Numbers of this vault are compared within one life alone; undefined: no recovery was ever declared for it. */
  life(): Promise<number | undefined>
  /** A recovery is declared: what was counted before is not this vault's any more. */
  beginLife(): Promise<void>
  /** How often something was disclosed; of what a recovery lost nothing is counted. */
  disclosureTotal(): Promise<number>
  policyVersions(): Promise<readonly { readonly handle: Handle; readonly version: number }[]>
  /** How many leaves of the ledger's disclosure log are known here to be there. */
  disclosuresOnLedger(): Promise<number>
  /** Tags of leaves that are not known to be on the ledger; also of a vault that is only read. */
  tagsOnTheirWay(): Promise<readonly Bytes[]>
  hasDisclosure(tag: Bytes): Promise<boolean>
  /** The newest number of this patient's disclosures that was given; 0: none. */
  disclosureCount(handle: Handle): Promise<number>
  /** Numbers go on behind the highest of them. */
  addLostDisclosures(handle: Handle, all: readonly LostDisclosure[]): Promise<void>
  /** In order of their numbers. */
  lostDisclosures(handle: Handle, fromN: number, limit: number): Promise<readonly LostDisclosure[]>
  lostDisclosure(tag: Bytes): Promise<(LostDisclosure & { readonly handle: Handle }) | undefined>
  /** Tags in order, from behind one on. */
  lostDisclosureTags(after: Bytes, limit: number): Promise<readonly Bytes[]>
  lostDisclosureCount(): Promise<number>
  forgetLostDisclosure(tag: Bytes): Promise<void>
  /** A policy that may lack a change since a recovery (PRIVACY.md, Policy): nothing is released by it. */
  setUnconfirmed(handle: Handle, since: number): Promise<void>
  isUnconfirmed(handle: Handle): Promise<boolean>
  unconfirmedCount(): Promise<number>
  setConfirmed(handle: Handle): Promise<void>
  /** The next number of a decision about whose records this patient's are, from 1. */
  nextDecision(handle: Handle): Promise<number>
  decisionCount(handle: Handle): Promise<number>
  /** Decisions about this patient up to that number are lost (docs/decisions/0027): nothing is released before a review. */
  setUnreviewed(handle: Handle, since: number, highest: number): Promise<void>
  isUnreviewed(handle: Handle): Promise<boolean>
  unreviewedCount(): Promise<number>
  /** In the order of handles. */
  unreviewed(
    after: Handle | undefined,
    limit: number,
  ): Promise<readonly { readonly alias: string; readonly handle: Handle }[]>
  setReviewed(handle: Handle): Promise<void>
  /** Under which tag a policy change stands in the disclosure log. */
  setPolicyReceipt(handle: Handle, payloadId: Bytes, tag: Bytes): Promise<void>
  policyReceipt(handle: Handle, payloadId: Bytes): Promise<Bytes | undefined>
  /** What opens another custodian's disclosure, should it lose it. */
  keepReceived(answer: ReceivedAnswer): Promise<void>
  received(custodian: string, tag: Bytes): Promise<ReceivedAnswer | undefined>
  forgetReceived(before: number): Promise<void>
}

export interface LostEntry {
  readonly log: Log
  readonly index: number
  /** Its hash, as the ledger's log has it. */
  readonly entry: Bytes
}

export interface LostDisclosure {
  readonly tag: Bytes
  readonly n: number
  readonly event: Bytes
}

/** The openings of a disclosure that an answer brought; `body` null: it was a denial. */
export interface ReceivedAnswer {
  readonly tag: Bytes
  readonly custodian: string
  readonly receivedAt: number
  readonly auditEvent: Bytes
  readonly auditSalt: Bytes
  readonly body: Bytes | null
}
