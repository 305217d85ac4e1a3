import { gunzipSync } from "node:zlib"
import { otherKind } from "@aceso/client/importing/other-kind.ts"
import { MAX_IMPORT_BYTES } from "@aceso/client/schemas.ts"
import { type Bytes, messageOf, PlatformError } from "@aceso/core"

/**
 * The JSON text of an input, unpacked, without the one byte order mark that may stand before it (RFC 8259 section 8.1).
 * @throws PlatformError `too_large`, `bad_gzip`, `not_utf8`, `zip_archive`
 */
export function textOf(received: Bytes): Bytes {
  const bytes = unpacked(received)
  const other = otherKind(bytes)
  if (other) throw new PlatformError(other.reason, other.detail)
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
}

/** @throws PlatformError `too_large`, `bad_gzip` */
function unpacked(input: Bytes): Bytes {
  const tooLarge = () =>
    new PlatformError("too_large", `an input has at most ${MAX_IMPORT_BYTES / 2 ** 20} MiB; split the bundle`)
  if (input.length > MAX_IMPORT_BYTES) throw tooLarge()
  if (input[0] !== 0x1f || input[1] !== 0x8b) return input
  try {
    return gunzipSync(input, { maxOutputLength: MAX_IMPORT_BYTES })
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge()
    throw new PlatformError("bad_gzip", `the file is no sound gzip: ${messageOf(cause)}`, { cause })
  }
}
