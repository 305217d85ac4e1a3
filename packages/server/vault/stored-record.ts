import type { Bytes, LargeObject, LookUpTerms, Operation } from "@aceso/core"
import type { Log } from "./record-log.ts"

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
  /** All large objects to which the content refers; absent: they are in the vault, as of a record that is moved. */
  readonly objects?: readonly LargeObject[]
  /** What its content is looked up by, where somebody has read it already. */
  readonly says?: LookUpTerms
}

export interface StoredRecord extends Omit<NewRecord, "salt" | "key" | "content" | "objects" | "says"> {
  /** Height of the block that holds the entry; null: not yet. */
  readonly height: number | null
}
