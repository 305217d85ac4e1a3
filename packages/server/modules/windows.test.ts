import assert from "node:assert/strict"
import { it } from "node:test"
import { setTimeout as delay } from "node:timers/promises"
import { Windows } from "./windows.ts"

const NEVER_MS = 3_600_000
/** What was waiting for a promise has gone on. */
const settled = async () => {
  for (let n = 0; n < 10; n++) await Promise.resolve()
}

it("a window has one round at a time, and goes on after one that failed", async () => {
  const faults: unknown[] = []
  const rounds: PromiseWithResolvers<void>[] = []
  const window = {
    name: "test",
    everyMs: 1,
    run() {
      const round = Promise.withResolvers<void>()
      rounds.push(round)
      return round.promise
    },
  }
  const windows = new Windows([window], (fault) => faults.push(fault))
  windows.begin()
  while (rounds.length < 1) await delay(1)
  await delay(20)
  assert.equal(rounds.length, 1)
  rounds[0].reject("broken")
  while (rounds.length < 2) await delay(1)
  assert.deepEqual(faults, ["broken"])
  windows.stop()
  rounds[1].resolve()
  await delay(20)
  assert.equal(rounds.length, 2)
})

it("what is also done at the ends is done at once, and a last time, of which nobody waits too long", async () => {
  const faults: unknown[] = []
  const done: string[] = []
  const named = (name: string, work: Promise<void>, isAlsoAtEnds?: true) => ({
    ...{ name, everyMs: NEVER_MS, ...(isAlsoAtEnds && { isAlsoAtEnds }) },
    run() {
      done.push(name)
      return work
    },
  })
  const all = [
    named("at ends", Promise.resolve(), true),
    named("in between", Promise.resolve()),
    named("hangs", new Promise(() => {}), true),
  ]
  const windows = new Windows(all, (fault) => faults.push(fault))
  windows.begin()
  assert.deepEqual(done, ["at ends", "hangs"])
  windows.stop()
  await windows.last(5)
  assert.deepEqual(done, ["at ends", "hangs", "at ends", "hangs"])
  const failing = new Windows([named("fails", Promise.reject("broken"), true)], (fault) => faults.push(fault))
  await failing.last(NEVER_MS)
  assert.deepEqual(faults, ["broken"])
})

it("a window that lasts another time by now does so from now on, and the others go on as they were", async () => {
  let everyMs = NEVER_MS
  let quick = 0
  let still = 0
  const windows = new Windows(
    [
      { name: "changes", everyMs: () => everyMs, run: async () => void quick++ },
      { name: "stays", everyMs: NEVER_MS, run: async () => void still++ },
    ],
    () => {},
  )
  windows.retime()
  windows.begin()
  windows.retime()
  await delay(5)
  assert.equal(quick, 0)
  everyMs = 1
  windows.retime()
  while (quick < 2) await delay(1)
  windows.stop()
  everyMs = 2
  windows.retime()
  const ended = quick
  await delay(10)
  assert.deepEqual([quick, still], [ended, 0])
})

it("a window that is made longer never puts off what was due, however often it is made so", async (test) => {
  test.mock.timers.enable({ apis: ["setInterval", "setTimeout", "Date"] })
  let everyMs = 10_000
  let rounds = 0
  const window = { name: "promises", everyMs: () => everyMs, run: async () => void rounds++ }
  const windows = new Windows([window], () => {}, Date.now)
  windows.begin()
  for (let n = 1; n <= 9; n++) {
    test.mock.timers.tick(1000)
    everyMs = 60_000 + n
    windows.retime()
  }
  test.mock.timers.tick(999)
  assert.equal(rounds, 0)
  test.mock.timers.tick(1)
  assert.equal(rounds, 1, "when the old one was due")
  await settled()
  test.mock.timers.tick(60_008)
  assert.equal(rounds, 1)
  test.mock.timers.tick(1)
  assert.equal(rounds, 2, "then by the new one")
  await settled()
  test.mock.timers.tick(30_000)
  everyMs = 1000
  windows.retime()
  test.mock.timers.tick(1000)
  assert.equal(rounds, 3, "a shorter one counts from now on")
  await settled()
  everyMs = 600_000
  windows.retime()
  test.mock.timers.tick(1000)
  assert.equal(rounds, 4, "what was due by the shorter one")
  windows.stop()
  test.mock.timers.tick(3_600_000)
  assert.equal(rounds, 4)
})

it("a round that fell due while another one was at work follows it, and does not wait for a whole window", async (test) => {
  test.mock.timers.enable({ apis: ["setInterval", "setTimeout", "Date"] })
  let everyMs = 1000
  const rounds: PromiseWithResolvers<void>[] = []
  const run = () => {
    const round = Promise.withResolvers<void>()
    rounds.push(round)
    return round.promise
  }
  const windows = new Windows([{ name: "slow", everyMs: () => everyMs, run }], () => {}, Date.now)
  windows.begin()
  test.mock.timers.tick(1000)
  assert.equal(rounds.length, 1)
  everyMs = 600_000
  windows.retime()
  test.mock.timers.tick(1000)
  assert.equal(rounds.length, 1)
  rounds[0].resolve()
  await settled()
  assert.equal(rounds.length, 2)
  test.mock.timers.tick(600_000)
  windows.stop()
  rounds[1].resolve()
  await settled()
  assert.equal(rounds.length, 2, "after a stop none begins")
})
