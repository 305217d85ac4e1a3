import { constants, zstdCompressSync } from "node:zlib"
import type { Bytes } from "@aceso/core"

/** gzip (RFC 1952) and Zstandard (RFC 8878) by their first bytes. */
const isPacked = (bytes: Bytes) =>
  (bytes[0] === 0x1f && bytes[1] === 0x8b) || (bytes[0] === 0x28 && bytes[1] === 0xb5)
const fast = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/**
 * Input as it is kept: compressed as it came, or with Zstandard. Not on the thread pool: there it would stand
 * in the way of the log's syncs.
 */
export const pack = (received: Bytes): Bytes =>
  isPacked(received) ? received : new Uint8Array(zstdCompressSync(received, fast))
