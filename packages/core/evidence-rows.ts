import type { Bytes } from "./bytes.ts"
import { decodeTrusted } from "./cbor.ts"
import { PlatformError } from "./errors.ts"

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
