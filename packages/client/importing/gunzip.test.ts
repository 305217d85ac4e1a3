import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { describe, it } from "node:test"
import { constants, gunzipSync, gzipSync } from "node:zlib"
import type { PlatformError } from "@aceso/core"
import { gunzipped } from "./gunzip.ts"

async function* inPieces(packed: Uint8Array, size: number) {
  for (let at = 0; at < packed.length; at += size) yield new Uint8Array(packed.subarray(at, at + size))
}
async function unpacked(packed: Uint8Array, size = 65_536): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of gunzipped(inPieces(packed, size))) pieces.push(piece)
  return Buffer.concat(pieces)
}
const isBad = (error: PlatformError) => error.code === "bad_gzip"

const isSound = (packed: Buffer): boolean => {
  try {
    gunzipSync(packed)
    return true
  } catch {
    return false
  }
}

const line = '{"resourceType":"Observation","status":"final","code":{"text":"Größe 身高"}}\n'
const contents: readonly (readonly [string, Buffer])[] = [
  ["nothing", Buffer.alloc(0)],
  ["one byte", Buffer.from("{")],
  ["lines", Buffer.from(line.repeat(9_000))],
  ["one byte over and over", Buffer.alloc(1_000_000, "a")],
  ["what cannot be packed", randomBytes(400_000)],
  ["some of each", Buffer.concat([Buffer.from(line.repeat(500)), randomBytes(90_000), Buffer.alloc(90_000)])],
]

describe("a gzip is unpacked", () => {
  for (const [name, content] of contents)
    for (const [how, options] of Object.entries({
      stored: { level: 0 },
      fast: { level: 1 },
      best: { level: 9 },
      fixed: { strategy: constants.Z_FIXED },
      "of Huffman codes alone": { strategy: constants.Z_HUFFMAN_ONLY },
    }))
      it(`${name}, ${how}`, async () => {
        const packed = gzipSync(content, options)
        for (const size of [997, 2 ** 24])
          assert.ok((await unpacked(packed, size)).equals(content), `${size}`)
      })

  it("of several members, as cat and bgzip make them, however they are cut", async () => {
    const block = gzipSync(line)
    const extra = Buffer.concat([block.subarray(0, 3), Buffer.of(4 | 8 | 16), block.subarray(4, 10)])
    const named = Buffer.concat([extra, Buffer.from("\u0002\u0000BCname\0words\0"), block.subarray(10)])
    const all = Buffer.concat([block, gzipSync(""), named, gzipSync(line, { level: 0 }), block])
    for (const size of [1, 2, 3, 50, 65_536])
      assert.equal((await unpacked(all, size)).toString(), line.repeat(4), `${size}`)
  })

  it("with zeros behind it, and with nothing else", async () => {
    const packed = gzipSync(line)
    for (const count of [1, 10, 200_000]) {
      const padded = Buffer.concat([packed, Buffer.alloc(count)])
      assert.equal((await unpacked(padded, 512)).toString(), line)
    }
    for (const after of ["x", "\0\0x", "\x1f\x8b", "\x1f\x8b\x08\xe0rest"])
      await assert.rejects(unpacked(Buffer.concat([packed, Buffer.from(after, "latin1")])), isBad, after)
  })

  it("wherever it is cut it is not sound, and nowhere does it hang", async () => {
    const packed = gzipSync(Buffer.concat([Buffer.from(line.repeat(30)), randomBytes(300)]))
    for (let end = 1; end < packed.length; end++)
      await assert.rejects(unpacked(packed.subarray(0, end)), isBad)
  })

  it("with one wrong bit anywhere it is sound where zlib says so, and nowhere else", async () => {
    const packed = gzipSync(Buffer.from(line.repeat(30)))
    for (let bit = 80; bit < packed.length * 8; bit++) {
      const wrong = Buffer.from(packed)
      wrong[bit >> 3] ^= 1 << (bit & 7)
      if (isSound(wrong)) assert.equal((await unpacked(wrong)).toString(), line.repeat(30))
      else await assert.rejects(unpacked(wrong), isBad, `${bit}`)
    }
  })

  it("lets go of what it reads from, where its reader stops", async () => {
    let isClosed = false
    async function* endless() {
      try {
        const packed = gzipSync(randomBytes(500_000))
        for (;;) yield new Uint8Array(packed)
      } finally {
        isClosed = true
      }
    }
    for await (const piece of gunzipped(endless())) if (piece.length > 0) break
    assert.ok(isClosed)
  })
})
