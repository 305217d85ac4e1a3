import { type Bytes, PlatformError } from "@aceso/core"
import { Inflate } from "pako"

/** Unpacked at once: a byte unpacks to a thousand at most. */
const AT_ONCE = 4096
/** zlib's word for gzip alone, with the largest window. */
const GZIP = 31

/**
 * A gzip (RFC 1952) unpacked, one piece after the other: all its members, as `cat a.gz b.gz` and bgzip make them, and
 * without the zeros that may follow. Browsers' own DecompressionStream takes one member and nothing behind it.
 * @throws PlatformError `bad_gzip`
 */
export async function* gunzipped(packed: AsyncIterable<Bytes>): AsyncGenerator<Bytes> {
  let member: Member | undefined = new Member()
  let hasZeros = false
  for await (const chunk of packed)
    for (let at = 0; at < chunk.length; ) {
      if (!member) {
        if (chunk[at] === 0) {
          hasZeros = true
          at++
          continue
        }
        if (hasZeros) throw bad("there is something else behind it")
        member = new Member()
      }
      const given = chunk.subarray(at, at + AT_ONCE)
      at += given.length
      const left = member.take(given)
      yield* member.taken()
      if (left === undefined) continue
      member = undefined
      at -= left
    }
  if (member) throw bad("its end is missing")
}

class Member {
  private readonly inflate = new Inflate({ windowBits: GZIP })
  private pieces: Bytes[] = []

  constructor() {
    this.inflate.onData = (piece) => this.pieces.push(piece as Bytes)
    this.inflate.onEnd = () => {}
  }

  /** @returns how many bytes of it are behind the end; undefined: it has not ended. @throws PlatformError `bad_gzip` */
  take(given: Bytes): number | undefined {
    const { inflate } = this
    inflate.push(given, false)
    if (inflate.err) throw bad(inflate.msg || "it is damaged")
    return inflate.ended ? (inflate as unknown as Ended).strm.avail_in : undefined
  }

  taken(): readonly Bytes[] {
    const { pieces } = this
    this.pieces = []
    return pieces
  }
}

interface Ended {
  readonly strm: { readonly avail_in: number }
}

const bad = (why: string) => new PlatformError("bad_gzip", why)
