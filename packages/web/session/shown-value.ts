import { type Cbor, toHex } from "@aceso/core"
import { visibleAll } from "@aceso/core/display/visible.ts"

/** Stands before bytes while the rest is written; a text never has it, it is made visible before. */
const BYTES = "\u0000"

/**
 * A value of the ledger as people read it: JSON, what draws nothing or reorders made visible, and bytes as in CBOR's
 * diagnostic notation (RFC 8949, 8), so that they are no text: h'0a1b'.
 */
export const valueShown = (value: Cbor): string =>
  JSON.stringify(
    visibleAll(value),
    (_name, one: unknown) => (one instanceof Uint8Array ? `${BYTES}${toHex(one)}` : one),
    1,
  ).replace(/"\\u0000([0-9a-f]*)"/g, "h'$1'")
