import { type Handle, PlatformError, type TimeInterval, type WantedCode } from "@aceso/core"
import type { StoredRecord } from "./stored-record.ts"

/** A page is at most this long. */
export const MAX_FOUND = 200

/** Which records of patients are looked for: the newest versions that are not deleted and not withheld. */
export interface LookUp {
  /** Of these logs alone, such as the handles of one person; absent: of all patients, and then a code has to be named. */
  readonly handles?: readonly Handle[]
  /** FHIR resource type. */
  readonly type: string
  /** One of the record's main codes; without a system: of any. */
  readonly code?: WantedCode
  /** ms; what can have been so at this moment or later. A record without a time is found only without bounds. */
  readonly from?: number
  /** ms; what can have been so before. */
  readonly to?: number
  readonly limit: number
  /** The `next` of the page before. */
  readonly after?: string
}

export interface FoundRecord {
  readonly record: StoredRecord
  /** When what it says was so; undefined: it does not say, or it cannot be read. */
  readonly time: TimeInterval | undefined
  /** As `after` it goes on behind this record. */
  readonly order: string
}

/** Newest first, by the beginning of their times; those without a time come last. */
export interface FoundRecords {
  readonly records: readonly FoundRecord[]
  /** Where to go on; absent: there are no more. */
  readonly next?: string
  /** Entries passed over whose records' keys were erased: what they were about nobody knows any more. */
  readonly erased: number
}

/** How far the making of an index for a vault from before it is. */
export interface LookUpProgress {
  /** Record versions looked at since it began or went on. */
  readonly done: number
}

export interface VaultLookUp {
  /**
   * Costs what it finds, or, of handles, what they have of the type.
   * @throws PlatformError `bad_input`; `look_up_damaged`: an entry of the index is not what was written there;
   * `look_up_incomplete`: the index is still being made
   */
  lookUp(question: LookUp): Promise<FoundRecords>
  /** Makes the index of what was stored before there was one; goes on where it was broken off. */
  completeLookUp(onProgress?: (progress: LookUpProgress) => void): Promise<void>
}

export const lookUpDamaged = (what: string, cause?: unknown): PlatformError =>
  new PlatformError(
    "look_up_damaged",
    `${what}; aceso verify tells what is wrong, aceso rebuild-look-up makes the index anew`,
    { cause },
  )
