import type { Bytes } from "./bytes.ts"
import { type Cbor, encodeCbor } from "./cbor.ts"
import { sha256 } from "./crypto.ts"

export type Hash = Bytes

/**
 * SHA-256 over the deterministic CBOR array ["aceso/<what>/v1", ...parts] (LEDGER.md): two hashes of
 * different meaning never have the same preimage.
 */
export function domainHash(what: string, ...parts: readonly Cbor[]): Hash {
  return sha256(domainBytes(what, ...parts))
}

export function domainBytes(what: string, ...parts: readonly Cbor[]): Bytes {
  return encodeCbor([`aceso/${what}/v1`, ...parts])
}
