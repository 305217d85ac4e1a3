import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { EMPTY_ROOT } from "@aceso/core"
import type { Block } from "./block.ts"
import { OpenedBlock, OpenedBlocks } from "./opened-blocks.ts"

const blockAt = (height: number): Block => ({
  ...{ height, time: 0, envelopes: [], misbehaviour: [], validators: [], results: [], events: [] },
  ...{ historyHash: EMPTY_ROOT, stateRoot: EMPTY_ROOT, txRoot: EMPTY_ROOT, signature: null },
})

describe("blocks that were asked for", () => {
  const made: number[] = []
  /** Each as large as its height. */
  const blocks = new OpenedBlocks((height) => {
    made.push(height)
    return new OpenedBlock(blockAt(height), height, () => undefined)
  }, 10)

  it("are opened once, however often they are asked for", () => {
    for (let i = 0; i < 50; i++) assert.equal(blocks.open(3).block.height, 3)
    assert.deepEqual(made, [3])
  })

  it("make room for others by their bytes, the one first that was asked for longest ago", () => {
    made.length = 0
    for (const height of [4, 3, 5]) blocks.open(height)
    assert.deepEqual(made, [4, 5])
    blocks.open(3)
    assert.deepEqual(made, [4, 5])
    blocks.open(4)
    assert.deepEqual(made, [4, 5, 4])
  })

  it("are kept alone where one is larger than all may be", () => {
    made.length = 0
    blocks.open(100)
    blocks.open(100)
    blocks.open(1)
    assert.deepEqual(made, [100, 1])
    blocks.open(1)
    assert.deepEqual(made, [100, 1])
  })
})
