import assert from "node:assert/strict"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { object, put, table, uint } from "@aceso/core"
import { BlockState } from "./block-state.ts"
import { StateStore } from "./state/store.ts"
import { temporaryFolder } from "./testing/network.ts"

const counters = table({
  name: "counters",
  key: [uint()],
  row: object({ n: uint() }),
  version: 1,
  readers: "members",
})

describe("a block that is being computed", () => {
  const folder = temporaryFolder()
  let store: StateStore
  before(() => {
    store = StateStore.open({ folder: join(folder, "state") })
    const block = new BlockState(store)
    block.write([put(counters, [0], { n: 1 })])
    store.apply(0, block.writes())
  })
  after(async () => {
    await store.close()
    rmSync(folder, { recursive: true })
  })

  it("sees what it wrote, however many rows it reads in between; others do not", () => {
    const block = new BlockState(store)
    block.write([put(counters, [0], { n: 2 })])
    // More than both generations of the cache keep.
    for (let i = 1; i <= 50_000; i++) assert.equal(block.get(counters, [i]), undefined)
    assert.deepEqual(block.get(counters, [0]), { n: 2 })
    assert.deepEqual(new BlockState(store).get(counters, [0]), { n: 1 })
    assert.equal(block.writes().length, 1)
  })

  it("writes each row once, with what was written last, in the order of the first writes", () => {
    const block = new BlockState(store)
    block.write([put(counters, [2], { n: 1 }), put(counters, [1], { n: 1 }), put(counters, [2], undefined)])
    assert.equal(block.get(counters, [2]), undefined)
    assert.deepEqual(
      block.writes().map(({ decoded }) => decoded),
      [undefined, { n: 1 }],
    )
  })

  it("leaves nothing behind when another was computed and not applied", () => {
    new BlockState(store).write([put(counters, [0], { n: 9 })])
    const block = new BlockState(store)
    assert.deepEqual(block.get(counters, [0]), { n: 1 })
    block.write([put(counters, [0], { n: 3 })])
    store.apply(1, block.writes())
    assert.deepEqual(store.get(counters, [0]), { n: 3 })
  })
})
