import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { encode } from "uqr"
import { readCode as read } from "../testing/qr.ts"
import { qrOf } from "./qr.ts"

describe("a text as a code", () => {
  it("one path draws exactly the dark modules, with four light ones around", () => {
    const text = JSON.stringify({ card: "x".repeat(700) })
    const { data } = encode(text, { ecc: "L", border: 0 })
    const code = qrOf(text)
    assert.equal(code?.size, data.length + 8)
    const drawn = data.map((row) => row.map(() => false))
    for (const [, x, y, width] of code?.path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g) ?? [])
      for (let i = 0; i < Number(width); i++) drawn[Number(y) - 4][Number(x) - 4 + i] = true
    assert.deepEqual(drawn, data)
  })

  it("bytes are what a reader gets, as they are", () => {
    const bytes = Uint8Array.from({ length: 900 }, (_, i) => (i * 37) % 256)
    const { size = 0, path = "" } = qrOf(bytes) ?? {}
    const points = new Uint8ClampedArray(size * size * 16 * 4).fill(255)
    for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g))
      for (let dy = 0; dy < 4; dy++)
        for (let dx = 0; dx < Number(width) * 4; dx++) {
          const at = ((Number(y) * 4 + dy) * size * 4 + Number(x) * 4 + dx) * 4
          points.fill(0, at, at + 3)
        }
    assert.deepEqual(Uint8Array.from(read(points, size * 4, size * 4)?.binaryData ?? []), bytes)
  })

  const sizes = [
    { bytes: 2953, fits: true },
    { bytes: 2954, fits: false },
  ]
  for (const { bytes, fits } of sizes)
    it(`${bytes} bytes ${fits ? "fit" : "do not"}`, () =>
      assert.equal(qrOf("a{".repeat(bytes).slice(0, bytes)) !== undefined, fits))
})
