import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { bandsOf, scale, ticksOf } from "./axis.ts"

describe("marks of an axis", () => {
  for (const [least, most, ticks] of [
    [0, 10, [0, 5, 10]],
    [6.4, 9.1, [6, 7, 8, 9, 10]],
    [0.001, 0.004, [0.001, 0.002, 0.003, 0.004]],
    [-3, 3, [-4, -2, 0, 2, 4]],
    [5, 5, [2, 4, 6, 8]],
    [0, 0, [-1, -0.5, 0, 0.5, 1]],
    [119_000, 121_000, [119_000, 119_500, 120_000, 120_500, 121_000]],
  ] as const)
    it(`from ${least} to ${most}`, () => {
      const found = ticksOf(least, most)
      assert.deepEqual(found, ticks)
      assert.ok(found[0] <= least && (found.at(-1) ?? 0) >= most)
    })
})

describe("a place on an axis", () => {
  it("lies between its ends, and in the middle where there is one value alone", () => {
    assert.equal(scale([0, 10], [100, 0])(2.5), 75)
    assert.equal(scale([3, 3], [0, 100])(3), 50)
  })
})

describe("reference ranges", () => {
  it("hold halfway to their neighbours, and are one band while they are the same", () => {
    const points = [{ at: 0, low: 4, high: 6 }, { at: 10, low: 4, high: 6 }, { at: 20 }, { at: 30, high: 5 }]
    assert.deepEqual(bandsOf(points), [
      { from: 0, to: 15, low: 4, high: 6 },
      { from: 25, to: 30, high: 5 },
    ])
  })
  it("where none was sent there is no band", () => assert.deepEqual(bandsOf([{ at: 1 }, { at: 2 }]), []))
})
