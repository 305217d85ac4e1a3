import type { Bytes } from "@aceso/core"
import { type InputFile, joined } from "./input-file.ts"
import { MAX_IMPORT_BYTES } from "./limits.ts"

/** As much of a file as is sent at once. */
export interface InputPart {
  /** From 0 within its file. */
  readonly number: number
  readonly input: Bytes
  /** Of lines: the number of the first one. */
  readonly firstLine?: number
}

/** Why a document or a line is not sent. */
export interface PartRefused {
  readonly number: number
  readonly reason: string
  readonly detail: string
}

/** Lines are sent in pieces of this size, so that a file may be of any. */
const PART_BYTES = 2 ** 20
const LIMIT = `${MAX_IMPORT_BYTES / 2 ** 20} MiB`

/** The second pass: the parts of a file one after the other, in memory one at a time. */
export async function* partsOf(file: InputFile): AsyncGenerator<InputPart | PartRefused> {
  if (file.kind === "lines") yield* lineParts(file)
  else if (file.from.sizeBytes > MAX_IMPORT_BYTES)
    yield {
      number: 0,
      reason: "too_large",
      detail: `a document has at most ${LIMIT}; export it as NDJSON (.ndjson, a resource a line), or split it`,
    }
  else yield { number: 0, input: await file.from.whole() }
}

const LINE_FEED = 10

async function* lineParts({ from, isPacked }: InputFile): AsyncGenerator<InputPart | PartRefused> {
  let [number, firstLine, lines] = [0, 1, 0]
  let whole: Bytes[] = []
  let wholeBytes = 0
  let begun: Bytes[] = []
  let begunBytes = 0
  let isTooLong = false
  const part = (): InputPart => ({ number: number++, input: joined(whole), firstLine })
  const next = () => {
    firstLine += lines
    lines = 0
    whole = []
    wholeBytes = 0
  }
  /** What is told of a line that ended, and the part before it. */
  function* ended(): Generator<InputPart | PartRefused> {
    if (isTooLong) {
      if (lines > 0) yield part()
      next()
      const detail = `line ${firstLine}: a line has at most ${LIMIT}`
      yield { number: number++, reason: "too_large", detail }
      firstLine++
    } else {
      for (const piece of begun) whole.push(piece)
      wholeBytes += begunBytes
      lines++
      if (wholeBytes >= PART_BYTES) {
        yield part()
        next()
      }
    }
    begun = []
    begunBytes = 0
    isTooLong = false
  }
  for await (const chunk of from.pieces(isPacked))
    for (let start = 0; start < chunk.length; ) {
      const at = chunk.indexOf(LINE_FEED, start)
      const end = at < 0 ? chunk.length : at + 1
      const piece = chunk.subarray(start, end)
      start = end
      begunBytes += piece.length
      isTooLong ||= begunBytes > MAX_IMPORT_BYTES
      if (isTooLong) begun = []
      else begun.push(piece)
      // A line that would make the part too large begins the next one.
      if (lines > 0 && wholeBytes + begunBytes > MAX_IMPORT_BYTES) {
        yield part()
        next()
      }
      if (at >= 0) yield* ended()
    }
  if (begunBytes > 0) yield* ended()
  if (lines > 0) yield part()
}
