import { type DecodeOptions, decode, type EncodeOptions, encode } from "cborg"
import type { Bytes } from "./bytes.ts"
import { equalBytes } from "./bytes.ts"
import { messageOf, PlatformError } from "./errors.ts"

/** Deterministic CBOR (RFC 8949 section 4.2), without floats, tags, undefined and indefinite lengths. */
export type Cbor =
  | null
  | boolean
  | number
  | string
  | Bytes
  | readonly Cbor[]
  | { readonly [key: string]: Cbor | undefined }

export const MAX_DEPTH = 16

const decodeOptions: DecodeOptions = {
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: false,
  rejectDuplicateMapKeys: true,
  strict: true,
}

const encodeOptions: EncodeOptions = {
  ignoreUndefinedProperties: true,
  typeEncoders: {
    number(value) {
      if (!Number.isSafeInteger(value))
        throw new PlatformError("bad_cbor", `${value} cannot be encoded: integers up to 2^53 only, no floats`)
      return null
    },
  },
}

/** @throws PlatformError `bad_cbor` for numbers that are no safe integers */
export function encodeCbor(value: Cbor): Bytes {
  return encode(value, encodeOptions)
}

/**
 * Strict decoding of bytes from outside: anything but the one deterministic encoding is refused.
 * @throws PlatformError `bad_cbor` with the reason; `too_deep` beyond 16 levels
 */
export function decodeCbor(bytes: Bytes): Cbor {
  checkDepth(bytes)
  const value = decodeTrusted(bytes)
  // cborg sorts and shortens as it encodes: comparing shows wrong key order, long lengths and floats.
  if (!equalBytes(encodeCbor(value), bytes))
    throw new PlatformError("bad_cbor", "the CBOR is not in deterministic form (RFC 8949 section 4.2)")
  return value
}

/** Decoding of bytes that this node wrote itself, or that a hash vouches for. */
export function decodeTrusted(bytes: Bytes): Cbor {
  try {
    return decode(bytes, decodeOptions) as Cbor
  } catch (cause) {
    throw new PlatformError("bad_cbor", `the bytes are not valid CBOR: ${messageOf(cause)}`, { cause })
  }
}

/** Refuses floats, and nesting beyond MAX_DEPTH before the recursive decoder sees it. */
function checkDepth(bytes: Bytes): void {
  const open: number[] = []
  let at = 0
  while (at < bytes.length) {
    const head = bytes[at++]
    const major = head >> 5
    const info = head & 31
    let length = info
    if (info >= 24) {
      const size = info <= 27 ? 1 << (info - 24) : 0
      if (major === 7 && size > 1) throw new PlatformError("bad_cbor", "floats are not allowed")
      if (size === 0 || at + size > bytes.length) return // malformed: the decoder says how
      length = 0
      for (let i = 0; i < size; i++) length = length * 256 + bytes[at + i]
      at += size
    }
    if (major === 2 || major === 3) at += length
    if (major === 4 || major === 5) {
      if (length > bytes.length) throw new PlatformError("bad_cbor", "a length reaches beyond the end")
      if (open.length >= MAX_DEPTH)
        throw new PlatformError("too_deep", `nested deeper than ${MAX_DEPTH} levels`)
      if (length > 0) {
        open.push(major === 5 ? 2 * length : length)
        continue
      }
    }
    while (open.length > 0) {
      const left = open[open.length - 1] - 1
      if (left > 0) {
        open[open.length - 1] = left
        break
      }
      open.pop()
    }
  }
}
