import { type Bytes, concat, type TimeInterval } from "@aceso/core"

/** A list of the index in which a record stands, and the row that is its entry there. */
export interface Posted {
  readonly list: Bytes
  readonly label: Bytes
}

/** What a record version keeps of its own entries, under its own key. */
export interface RecordTerms {
  readonly time: TimeInterval | undefined
  /** Tells it from others of the same moment. */
  readonly tie: Bytes
  readonly posted: readonly Posted[]
}

const HEAD_BYTES = 26
const EACH_BYTES = 32
/** Up to so many look alike: two codes with their systems. */
const LEAST = 4

/** Of fixed width and filled up, so that its length does not tell how many codes there are. */
export function writeTerms({ time, tie, posted }: RecordTerms): Bytes {
  let room = LEAST
  while (room < posted.length) room *= 2
  const bytes = new Uint8Array(HEAD_BYTES + EACH_BYTES * room)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, posted.length)
  view.setFloat64(2, time?.fromMs ?? Number.NaN)
  view.setFloat64(10, time?.toMs ?? Number.NaN)
  bytes.set(tie, 18)
  posted.forEach(({ list, label }, i) => {
    bytes.set(concat(list, label), HEAD_BYTES + EACH_BYTES * i)
  })
  return bytes
}

export function readTerms(bytes: Bytes): RecordTerms {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const fromMs = view.getFloat64(2)
  const posted = Array.from({ length: view.getUint16(0) }, (_, i) => {
    const at = HEAD_BYTES + EACH_BYTES * i
    return { list: bytes.slice(at, at + 16), label: bytes.slice(at + 16, at + 32) }
  })
  return {
    time: Number.isNaN(fromMs) ? undefined : { fromMs, toMs: view.getFloat64(10) },
    tie: bytes.slice(18, 26),
    posted,
  }
}
