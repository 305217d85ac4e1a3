import type { Bytes } from "./bytes.ts"
import { PlatformError } from "./errors.ts"

/**
 * Deterministic CBOR (RFC 8949 section 4.2), without floats, tags, undefined and indefinite lengths; map keys are
 * texts. Every byte of the ledger passes here several times, so it is by hand; cbor.test.ts holds it to cborg.
 */
export type Cbor =
  | null
  | boolean
  | number
  | string
  | Bytes
  | readonly Cbor[]
  | { readonly [key: string]: Cbor | undefined }

export const MAX_DEPTH = 16
/** Of what this node wrote itself: only so that no stack overflows. */
const MAX_TRUSTED_DEPTH = 1000

const UINT = 0x00
const NEGATIVE = 0x20
const BYTES = 0x40
const TEXT = 0x60
const ARRAY = 0x80
const MAP = 0xa0
const FALSE = 0xf4
const TRUE = 0xf5
const NULL = 0xf6

const FIRST_BYTES = 4096
const KEEP_BYTES = 2 ** 20
/** Below this a loop is faster than a call into the engine. */
const SHORT = 64

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const bad = (detail: string, cause?: unknown) => new PlatformError("bad_cbor", detail, { cause })

/** @throws PlatformError `bad_cbor` for numbers that are no safe integers */
export function encodeCbor(value: Cbor): Bytes {
  return writer.whole(value)
}

class Writer {
  private bytes = new Uint8Array(FIRST_BYTES)
  private at = 0

  whole(value: Cbor): Bytes {
    this.at = 0
    this.value(value)
    const bytes = copyOf(this.bytes, 0, this.at)
    if (this.bytes.length > KEEP_BYTES) this.bytes = new Uint8Array(FIRST_BYTES)
    return bytes
  }

  private value(value: Cbor): void {
    if (typeof value === "number") this.number(value)
    else if (typeof value === "string") this.text(value)
    else if (value instanceof Uint8Array) {
      this.head(BYTES, value.length)
      this.put(value)
    } else if (value === null) this.head(NULL, 0)
    else if (typeof value === "boolean") this.head(value ? TRUE : FALSE, 0)
    else if (Array.isArray(value)) {
      this.head(ARRAY, value.length)
      for (let i = 0; i < value.length; i++) this.value(value[i])
    } else if (typeof value === "object") this.map(value as { readonly [key: string]: Cbor | undefined })
    else throw bad(`a value of type ${typeof value} cannot be encoded`)
  }

  private reserve(size: number): void {
    if (this.at + size <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(2 * this.bytes.length, this.at + size))
    larger.set(this.bytes.subarray(0, this.at))
    this.bytes = larger
  }

  /** The major type (or a simple value) with its argument in the fewest bytes. */
  private head(major: number, argument: number): void {
    this.reserve(9)
    if (argument < 24) this.bytes[this.at++] = major | argument
    else if (argument < 0x100) this.uint(major | 24, 1, argument)
    else if (argument < 0x10000) this.uint(major | 25, 2, argument)
    else if (argument < 0x1_0000_0000) this.uint(major | 26, 4, argument)
    else this.uint(major | 27, 8, argument)
  }

  private uint(head: number, size: number, value: number): void {
    this.bytes[this.at] = head
    let rest = value
    for (let i = size; i > 0; i--) {
      this.bytes[this.at + i] = rest % 256
      rest = Math.floor(rest / 256)
    }
    this.at += size + 1
  }

  private number(value: number): void {
    if (!Number.isSafeInteger(value))
      throw bad(`${value} cannot be encoded: integers up to 2^53 only, no floats`)
    if (value >= 0) this.head(UINT, value)
    else this.head(NEGATIVE, -1 - value)
  }

  private put(value: Bytes): void {
    const { length } = value
    this.reserve(length)
    const { bytes, at } = this
    if (length <= SHORT) for (let i = 0; i < length; i++) bytes[at + i] = value[i]
    else bytes.set(value, at)
    this.at = at + length
  }

  private text(value: string): void {
    const { length } = value
    if (length > SHORT || !isAscii(value)) {
      const encoded = encoder.encode(value)
      this.head(TEXT, encoded.length)
      this.put(encoded)
      return
    }
    this.head(TEXT, length)
    this.reserve(length)
    const { bytes, at } = this
    for (let i = 0; i < length; i++) bytes[at + i] = value.charCodeAt(i)
    this.at = at + length
  }

  private map(value: { readonly [key: string]: Cbor | undefined }): void {
    const keys = Object.keys(value)
    let count = 0
    for (const key of keys) if (value[key] !== undefined) keys[count++] = key
    keys.length = count
    for (let i = 1; i < count; i++)
      if (compareKeys(keys[i - 1], keys[i]) > 0) {
        keys.sort(compareKeys)
        break
      }
    this.head(MAP, count)
    for (const key of keys) {
      this.text(key)
      this.value(value[key] as Cbor)
    }
  }
}

/** Encoding calls nobody else, so one writer serves all. */
const writer = new Writer()

function isAscii(value: string): boolean {
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) > 127) return false
  return true
}

/** Order of the encoded keys: the shorter first, then by their bytes. */
function compareKeys(a: string, b: string): number {
  if (isAscii(a) && isAscii(b)) return a.length - b.length || (a < b ? -1 : 1)
  const [left, right] = [encoder.encode(a), encoder.encode(b)]
  if (left.length !== right.length) return left.length - right.length
  const i = left.findIndex((byte, i) => byte !== right[i])
  return i < 0 ? 0 : left[i] - right[i]
}

/**
 * Strict decoding of bytes from outside: anything but the one deterministic encoding is refused.
 * @throws PlatformError `bad_cbor` with the reason; `too_deep` beyond 16 levels
 */
export function decodeCbor(bytes: Bytes): Cbor {
  return new Reader(bytes, MAX_DEPTH, false, false).whole()
}

/** Decoding of bytes that this node wrote itself, or that a hash vouches for; as deep as they are. */
export function decodeTrusted(bytes: Bytes): Cbor {
  return new Reader(bytes, MAX_TRUSTED_DEPTH, true, false).whole()
}

/** The same; long byte strings are views on the bytes, which nobody may change afterwards. */
export function decodeViews(bytes: Bytes): Cbor {
  return new Reader(bytes, MAX_TRUSTED_DEPTH, true, true).whole()
}

class Reader {
  private readonly bytes: Bytes
  private readonly maxDepth: number
  private readonly takesMarks: boolean
  private readonly givesViews: boolean
  private at = 0
  private depth = 0

  constructor(bytes: Bytes, maxDepth: number, takesMarks: boolean, givesViews: boolean) {
    this.bytes = bytes
    this.maxDepth = maxDepth
    this.takesMarks = takesMarks
    this.givesViews = givesViews
  }

  whole(): Cbor {
    const value = this.value()
    if (this.at !== this.bytes.length) throw bad("there are bytes after the value")
    return value
  }

  private value(): Cbor {
    const { bytes } = this
    if (this.at >= bytes.length) throw cut()
    const head = bytes[this.at++]
    const major = head & 0xe0
    if (major === 0xe0) {
      if (head === NULL) return null
      if (head === TRUE || head === FALSE) return head === TRUE
      throw bad("floats, undefined and other simple values are not allowed")
    }
    const argument = this.argument(head & 0x1f)
    if (major === UINT) return argument
    if (major === NEGATIVE) {
      if (argument >= Number.MAX_SAFE_INTEGER) throw bad("integers beyond 2^53 are not allowed")
      return -1 - argument
    }
    if (major === BYTES || major === TEXT) {
      const start = this.skip(argument)
      return major === BYTES ? this.byteString(start, this.at) : this.text(start, this.at)
    }
    if (major !== ARRAY && major !== MAP) throw bad("tags are not allowed")
    if (argument > bytes.length - this.at) throw cut()
    if (++this.depth > this.maxDepth)
      throw new PlatformError("too_deep", `nested deeper than ${this.maxDepth} levels`)
    const inner = major === ARRAY ? this.array(argument) : this.map(argument)
    this.depth--
    return inner
  }

  private byteString(from: number, to: number): Bytes {
    const { bytes } = this
    return this.givesViews && to - from > SHORT
      ? new Uint8Array(bytes.buffer, bytes.byteOffset + from, to - from)
      : copyOf(bytes, from, to)
  }

  private array(length: number): Cbor[] {
    const items: Cbor[] = []
    for (let i = 0; i < length; i++) items.push(this.value())
    return items
  }

  private map(size: number): { readonly [key: string]: Cbor } {
    const { bytes } = this
    const members: Record<string, Cbor> = {}
    let before = -1
    let beforeEnd = -1
    for (let i = 0; i < size; i++) {
      const start = this.at
      if (start >= bytes.length) throw cut()
      if ((bytes[start] & 0xe0) !== TEXT) throw bad("a map's keys must be texts")
      this.at++
      const text = this.skip(this.argument(bytes[start] & 0x1f))
      if (before >= 0 && compareRanges(bytes, before, beforeEnd, start, this.at) >= 0)
        throw bad("a map's keys are not in order, or one is there twice (RFC 8949 section 4.2.1)")
      before = start
      beforeEnd = this.at
      const key = this.text(text, this.at)
      const value = this.value()
      if (key === "__proto__")
        Object.defineProperty(members, key, { value, enumerable: true, writable: true, configurable: true })
      else members[key] = value
    }
    return members
  }

  /** What follows the head's lower five bits, in the fewest bytes. */
  private argument(info: number): number {
    if (info < 24) return info
    const { bytes } = this
    const start = this.at
    if (info > 27) throw bad("indefinite lengths and reserved heads are not allowed")
    this.skip(1 << (info - 24))
    let value = 0
    for (let i = start; i < this.at; i++) value = value * 256 + bytes[i]
    if (value > Number.MAX_SAFE_INTEGER) throw bad("integers beyond 2^53 are not allowed")
    if (value < (info === 24 ? 24 : info === 25 ? 0x100 : info === 26 ? 0x10000 : 0x1_0000_0000))
      throw bad("an integer or a length is not in its shortest form (RFC 8949 section 4.2.1)")
    return value
  }

  /** @returns where the bytes begin */
  private skip(length: number): number {
    const start = this.at
    if (length > this.bytes.length - start) throw cut()
    this.at = start + length
    return start
  }

  private text(from: number, to: number): string {
    const { bytes } = this
    let slot = to - from
    if (slot > SHORT) return this.long(from, to)
    for (let i = from; i < to; i++) {
      if (bytes[i] > 127) return this.long(from, to)
      slot = (slot * 31 + bytes[i]) & (KNOWN - 1)
    }
    // Names recur all the time: the same text again costs neither memory nor its hash.
    const known = texts[slot]
    if (known.length === to - from) {
      let i = 0
      while (i < known.length && known.charCodeAt(i) === bytes[from + i]) i++
      if (i === known.length) return known
    }
    const text = decoder.decode(bytes.subarray(from, to))
    texts[slot] = text
    return text
  }

  private long(from: number, to: number): string {
    const { bytes } = this
    if (!this.takesMarks && to - from >= 3 && bytes[from] === 0xef && bytes[from + 1] === 0xbb)
      if (bytes[from + 2] === 0xbf) throw bad("a text begins with a byte order mark")
    try {
      return decoder.decode(bytes.subarray(from, to))
    } catch (cause) {
      throw bad("a text is not UTF-8", cause)
    }
  }
}

const cut = () => bad("the bytes end before the value does")
const KNOWN = 1024
const texts: string[] = new Array(KNOWN).fill("")

function compareRanges(bytes: Bytes, a: number, aEnd: number, b: number, bEnd: number): number {
  const length = Math.min(aEnd - a, bEnd - b)
  for (let i = 0; i < length; i++) if (bytes[a + i] !== bytes[b + i]) return bytes[a + i] - bytes[b + i]
  return aEnd - a - (bEnd - b)
}

function copyOf(bytes: Bytes, from: number, to: number): Bytes {
  const length = to - from
  const copy = new Uint8Array(length)
  if (length <= SHORT) for (let i = 0; i < length; i++) copy[i] = bytes[from + i]
  else copy.set(bytes.subarray(from, to))
  return copy
}
