import assert from "node:assert/strict"
import { beforeEach, describe, it } from "node:test"
import type { StateReader } from "@aceso/core"
import { Allowance, type Charge } from "../../fair-use.ts"
import { parameters, patientUse, quotas } from "../../system-tables.ts"
import { Mempool, type Waiting } from "./mempool.ts"

const WINDOW_MS = 60_000
const limits = { windowMs: WINDOW_MS, bytes: 1000, transactions: 3, urgentTransactions: 1 }
const START = 100 * WINDOW_MS

let next = 0
function one(wish: Partial<Charge> & { readonly expiry?: number } = {}): Waiting {
  const { expiry = START + WINDOW_MS * 5, ...charge } = wish
  return {
    id: `transaction ${next++}`,
    expiry,
    charge: { member: "city", isUrgent: false, sizeBytes: 100, ...charge },
  }
}

describe("what members hold in the mempool", () => {
  /** What the state says that the member used in the newest block's window. */
  let used: number
  let time: number
  let mempool: Mempool
  const state = {
    get: (table: unknown) => {
      if (table === parameters) return limits
      if (table === patientUse) return undefined
      assert.equal(table, quotas)
      return { window: Math.floor(time / WINDOW_MS), bytes: 100 * used, transactions: used, urgent: 0 }
    },
  } as StateReader
  beforeEach(() => {
    used = 0
    time = START
    mempool = new Mempool(
      () => new Allowance(state, time, () => 0),
      () => time,
    )
  })
  const take = (count: number): Waiting[] => {
    const all = Array.from({ length: count }, () => one())
    for (const waiting of all) assert.ok(mempool.take(waiting))
    return all
  }
  const assertFull = () => assert.equal(mempool.take(one()), false)
  function block(...included: readonly Waiting[]): void {
    used += included.length
    mempool.committed(included)
  }

  it("is bounded by the quota, and takes what it has once more", () => {
    const [first] = take(3)
    assertFull()
    assert.ok(mempool.take(first))
    assert.ok(mempool.take(one({ patient: new Uint8Array(32) })))
    assert.ok(mempool.take(one({ member: "county" })))
  })

  it("counts what a block left", () => {
    take(3)
    block()
    assertFull()
  })

  it("counts what a block took once, in the state", () => {
    const [first] = take(2)
    block(first)
    take(1)
    assertFull()
  })

  it("counts what another node's block took of this member", () => {
    take(1)
    block(one(), one())
    assertFull()
  })

  it("forgets what expired", () => {
    mempool.take(one({ expiry: START + 1 }))
    take(2)
    time = START + 1
    block()
    take(1)
    assertFull()
  })

  it("counts in a new window what waits, not what is used up", () => {
    const [first] = take(3)
    block(first)
    time += WINDOW_MS
    used = 0
    mempool.committed([])
    take(1)
    assertFull()
  })

  it("is what CometBFT asks about again, once after a block", () => {
    const [first] = take(3)
    block()
    mempool.recheck()
    assert.ok(mempool.take(first))
    mempool.recheck()
    take(2)
    assertFull()
    block()
    mempool.recheck()
    take(3)
  })

  it("is empty after CometBFT's start", () => {
    take(3)
    mempool.clear()
    take(3)
    assertFull()
  })
})
