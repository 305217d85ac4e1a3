import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { EMPTY_LOG, grow, lostOf, type RecordLog } from "@aceso/core"
import { committedBy, lossOf } from "./own-history.ts"
import { hasReleased } from "./recheck.ts"

describe("the block by which an entry was on the ledger", () => {
  const steps = [5, 2, 9, 3, 30, 10]
  for (const [comment, of, index, block] of [
    ["the first of a step", steps, 0, 5],
    ["the last of a step", steps, 1, 5],
    ["one alone", steps, 2, 9],
    ["of several in a later step", steps, 9, 30],
    ["behind the log's end there is none", steps, 10, undefined],
    ["without steps nothing is told", [], 0, undefined],
    ["half a step is none", [5], 0, undefined],
  ] as const)
    it(comment, () => assert.equal(committedBy({ steps: of }, index), block))
})

describe("who was given a version of a record", () => {
  it("is nobody by a line that brought no answer", () =>
    assert.equal(hasReleased({ body: null }, { recordId: new Uint8Array(32), version: 1 }, new Map()), false))
})

describe("what a recovery lost of a log", () => {
  /** Of as many windows, one entry each, at heights 1, 2, ... */
  const logOf = (windows: number): RecordLog => {
    let log = EMPTY_LOG
    for (let n = 1; n <= windows; n++) log = grow(log, [new Uint8Array(32).fill(n)], n, [])
    return log
  }
  for (const [windows, kept] of [
    [5, 3],
    [40, 37],
    [40, 20],
    [200, 101],
    [200, 1],
  ] as const)
    it(`is the end of it, also where its steps were thinned out: ${windows} windows, back to block ${kept}`, () => {
      const ranges = lostOf(logOf(windows), [{ from: kept, height: windows + 1 }])
      const told = { lost: windows - kept, shown: kept, size: windows }
      assert.deepEqual(lossOf(ranges, told), { isTold: true, ranges: [{ from: kept, to: windows }] })
    })

  const ranges = lostOf(logOf(40), [{ from: 20, height: 41 }])
  for (const [comment, told] of [
    ["nothing is said to be lost", { lost: 0, shown: 20, size: 40 }],
    ["something else is left out as well", { lost: 20, shown: 19, size: 40 }],
    ["more than any recovery can have lost", { lost: 40, shown: 0, size: 40 }],
  ] as const)
    it(`is not told where ${comment}`, () => assert.equal(lossOf(ranges, told).isTold, false))
})
