import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { encode } from "uqr"
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

  const sizes = [
    { bytes: 2953, fits: true },
    { bytes: 2954, fits: false },
  ]
  for (const { bytes, fits } of sizes)
    it(`${bytes} bytes ${fits ? "fit" : "do not"}`, () =>
      assert.equal(qrOf("a{".repeat(bytes).slice(0, bytes)) !== undefined, fits))
})
