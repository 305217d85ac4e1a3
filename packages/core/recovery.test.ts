import assert from "node:assert/strict"
import { describe, it } from "node:test"
import fc from "fast-check"
import { append, type Bytes, EMPTY_FRONTIER, isSameFrontier } from "./index.ts"
import { EMPTY_LOG, grow, isLost, lostOf, sizeAt } from "./recovery.ts"

const leaf = (n: number): Bytes => new Uint8Array(32).fill(n % 256)

/** Commits at growing heights, with recoveries in between. */
const histories = fc.array(
  fc.record({
    gap: fc.integer({ min: 1, max: 5 }),
    entries: fc.integer({ min: 1, max: 4 }),
    /** How many blocks before the newest a recovery goes back to, if there is one. */
    back: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined, freq: 6 }),
  }),
  { minLength: 1, maxLength: 60 },
)

function run(history: readonly { gap: number; entries: number; back?: number | undefined }[]) {
  let log = EMPTY_LOG
  let height = 0
  /** Height of each entry, as the blocks have it. */
  const heights: number[] = []
  const recoveries: { from: number; height: number }[] = []
  const expectLost = new Set<number>()
  for (const { gap, entries, back } of history) {
    height += gap
    for (let i = 0; i < entries; i++) heights.push(height)
    log = grow(
      log,
      heights.slice(-entries).map((_, i) => leaf(i)),
      height,
      recoveries,
    )
    if (back === undefined) continue
    height++
    const from = Math.max(0, height - 1 - back)
    recoveries.push({ from, height })
    heights.forEach((at, index) => {
      if (at > from) expectLost.add(index)
    })
  }
  return { log, heights, recoveries, expectLost }
}

describe("what a recovery loses of a log", () => {
  it("is everything that was committed after its block, and nothing before the step at or before it", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { log, heights, recoveries, expectLost } = run(history)
        const ranges = lostOf(log, recoveries)
        for (const index of expectLost) assert.ok(isLost(ranges, index), `${index} was committed after it`)
        assert.equal(log.size, heights.length)
        for (let i = 1; i < ranges.length; i++) assert.ok(ranges[i].from > ranges[i - 1].to)
        // As long as no step was thinned out, exactly that.
        if (history.length <= 16)
          heights.forEach((_, index) => {
            assert.equal(isLost(ranges, index), expectLost.has(index), `${index}`)
          })
      }),
      { numRuns: 500 },
    )
  })

  it("does not depend on when the log grows again", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { log, recoveries } = run(history)
        const grown = grow(log, [leaf(1)], 10_000, recoveries)
        assert.deepEqual(lostOf(grown, recoveries), lostOf(log, recoveries))
        assert.equal(isLost(lostOf(grown, recoveries), log.size), false)
      }),
    )
  })

  it("steps keep the first one, are bounded, and never tell more than the log had", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { log, heights } = run(history)
        assert.ok(log.steps.length <= 32)
        assert.deepEqual(log.steps.slice(0, 2), [heights[0], heights.filter((h) => h === heights[0]).length])
        for (let height = 0; height <= (heights.at(-1) as number) + 1; height++)
          assert.ok(sizeAt(log.steps, height) <= heights.filter((at) => at <= height).length)
        assert.equal(sizeAt(log.steps, heights.at(-1) as number), heights.length)
      }),
    )
  })

  it("keeps the frontier as appending does", () => {
    const entries = Array.from({ length: 20 }, (_, i) => leaf(i))
    let log = EMPTY_LOG
    for (const [i, entry] of entries.entries()) log = grow(log, [entry], i + 1, [])
    assert.ok(isSameFrontier(log, append(EMPTY_FRONTIER, entries)))
  })
})
