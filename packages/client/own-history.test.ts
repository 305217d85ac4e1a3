import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { committedBy } from "./own-history.ts"
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
