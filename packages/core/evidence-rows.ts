import type { Bytes } from "./bytes.ts"
import { decodeTrusted } from "./cbor.ts"
import { PlatformError } from "./errors.ts"

/** The member of a `memberKeys` row: [version, member, from, to, compromisedAt]. A test holds it to the table. */
export function memberKeyRow(row: Bytes): string {
  const value = decodeTrusted(row)
  if (!Array.isArray(value) || typeof value[1] !== "string")
    throw new PlatformError("bad_evidence", "the row of the member's key cannot be read")
  return value[1]
}
