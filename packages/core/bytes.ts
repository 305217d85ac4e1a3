import { PlatformError } from "./errors.ts"

export type Bytes = Uint8Array

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"))

export function toHex(bytes: Bytes): string {
  let out = ""
  for (const byte of bytes) out += HEX[byte]
  return out
}

/** @throws PlatformError `bad_hex` unless text is an even number of lower- or upper-case hex digits. */
export function fromHex(text: string): Bytes {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text))
    throw new PlatformError("bad_hex", "expected an even number of hexadecimal digits")
  const out = new Uint8Array(text.length / 2)
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return out
}

/** base64url without padding (RFC 4648 section 5). */
export function toBase64Url(bytes: Bytes): string {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")
}

/** @throws PlatformError `bad_base64url` for any text that is not the canonical unpadded form. */
export function fromBase64Url(text: string): Bytes {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1)
    throw new PlatformError("bad_base64url", "expected base64url without padding (RFC 4648 section 5)")
  const bytes = decodeBase64(text.replaceAll("-", "+").replaceAll("_", "/"))
  if (toBase64Url(bytes) !== text)
    throw new PlatformError("bad_base64url", "base64url has stray bits at its end; send the canonical form")
  return bytes
}

/** Padded base64 (RFC 4648 section 4), as structured fields want it. */
export function toBase64(bytes: Bytes): string {
  let binary = ""
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192))
  return btoa(binary)
}

/** Of padded base64; what is none throws as `atob` does. */
export function decodeBase64(text: string): Bytes {
  const binary = atob(text)
  const out = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) out[i] = binary.charCodeAt(i)
  return out
}

export function concat(...parts: readonly Bytes[]): Bytes {
  let size = 0
  for (const part of parts) size += part.length
  const out = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

export function equalBytes(a: Bytes, b: Bytes): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** The bytes as text, one character each: their name in maps and sets. */
export function nameOf(bytes: Bytes): string {
  return String.fromCharCode.apply(null, bytes as unknown as number[])
}

/** Lexicographic order, as memcmp: negative, zero or positive. */
export function compareBytes(a: Bytes, b: Bytes): number {
  const n = Math.min(a.length, b.length)
  for (let i = 0; i < n; i++) if (a[i] !== b[i]) return a[i] - b[i]
  return a.length - b.length
}

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

export const utf8 = (text: string): Bytes => encoder.encode(text)

/** @throws PlatformError `bad_utf8` for bytes that are not well-formed UTF-8. */
export function fromUtf8(bytes: Bytes): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new PlatformError("bad_utf8", "the bytes are not well-formed UTF-8", { cause })
  }
}

export function uint64(value: number): Bytes {
  const out = new Uint8Array(8)
  new DataView(out.buffer).setBigUint64(0, BigInt(value))
  return out
}
