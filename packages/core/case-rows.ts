import type { Bytes } from "./bytes.ts"
import { decodeTrusted } from "./cbor.ts"
import { PlatformError } from "./errors.ts"
import type { MemberId, PublicKey } from "./ids.ts"

/** A row of `cases`, as those read it who have no contracts at hand. A test holds it to the table. */
export interface CaseRow {
  readonly process: string
  readonly version: number
  readonly state: string
  readonly openedAt: number
  readonly since: number
  readonly endsAt: number
  readonly size: number
  readonly parties: readonly {
    readonly party: string
    readonly member: MemberId | null
    readonly key: PublicKey | null
  }[]
  readonly counters: readonly { readonly name: string; readonly count: number }[]
  readonly documents: readonly { readonly name: string; readonly at: number }[]
  readonly tags: readonly Bytes[]
  readonly capabilities: readonly {
    readonly key: PublicKey
    readonly party: string
    readonly step: string
    readonly isUsed: boolean
  }[]
  readonly demands: readonly {
    readonly party: string
    readonly n: number
    readonly name: string
    readonly at: number
  }[]
}

/** A row of `caseSteps`. */
export interface CaseStepRow {
  readonly step: string
  readonly party: string
  readonly documents: readonly { readonly name: string; readonly commitment: Bytes }[]
  readonly isAssisted: boolean
  readonly at: number
}

const CASE = [
  ...["process", "version", "state", "openedAt", "since", "endsAt", "size", "parties", "counters"],
  ...["documents", "tags", "capabilities", "demands"],
]
const STEP = ["step", "party", "documents", "isAssisted", "at"]

/** A row as a whole, where its table has these fields in version 1. @throws PlatformError `bad_answer` */
export function fieldsOf<T>(row: Bytes, names: readonly string[]): T {
  const value = decodeTrusted(row)
  if (!Array.isArray(value) || value.length !== names.length + 1 || value[0] !== 1)
    throw new PlatformError(
      "bad_answer",
      "a row of the ledger is of another version than is known here; update",
    )
  return Object.fromEntries(names.map((name, i) => [name, value[i + 1]])) as T
}

export const caseRow = (row: Bytes): CaseRow => fieldsOf(row, CASE)
export const caseStepRow = (row: Bytes): CaseStepRow => fieldsOf(row, STEP)
/** Of `caseKeys`: the case of a key. */
export const caseKeyRow = (row: Bytes): Bytes => fieldsOf<{ case: Bytes }>(row, ["case"]).case
