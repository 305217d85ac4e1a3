import type { Bytes } from "./bytes.ts"
import { decodeTrusted } from "./cbor.ts"
import { PlatformError } from "./errors.ts"
import { EMPTY_LOG, type LostRange, type RecordLog, type Recovery } from "./recovery.ts"

export interface MemberKeyRow {
  readonly member: string
  readonly from: number
  readonly to: number | null
  readonly compromisedAt: number | null
}

/** A `memberKeys` row: [version, member, from, to, compromisedAt]. A test holds it to the table. */
export function memberKeyRow(row: Bytes): MemberKeyRow {
  const value = decodeTrusted(row)
  if (!Array.isArray(value) || value.length !== 5 || typeof value[1] !== "string")
    throw new PlatformError("bad_evidence", "the row of the member's key cannot be read")
  const [, member, from, to, compromisedAt] = value as [number, string, number, number | null, number | null]
  return { member, from, to, compromisedAt }
}

/** A `recordLogs` row: [version, size, peaks, steps, lost, recovered]; null: there is no log. */
export function recordLogRow(row: Bytes | null): RecordLog {
  if (!row) return EMPTY_LOG
  const value = decodeTrusted(row)
  if (!Array.isArray(value) || value.length !== 6 || !Array.isArray(value[2]) || !Array.isArray(value[3]))
    throw new PlatformError("bad_evidence", "the row of the record log cannot be read")
  const [, size, peaks, steps, lost, recovered] = value as unknown as [
    number,
    number,
    Bytes[],
    number[],
    LostRange[],
    number,
  ]
  return { size, peaks, steps, lost, recovered }
}

/** A `recoveries` row: [version, all, permittedAt]; null: the custodian never recovered. */
export function recoveriesRow(row: Bytes | null): readonly Recovery[] {
  if (!row) return []
  const value = decodeTrusted(row)
  if (!Array.isArray(value) || value.length !== 3 || !Array.isArray(value[1]))
    throw new PlatformError("bad_evidence", "the row of the recoveries cannot be read")
  return value[1] as unknown as Recovery[]
}
