import assert from "node:assert/strict"
import { it } from "node:test"
import { setTimeout as delay } from "node:timers/promises"
import { Windows } from "./windows.ts"

const NEVER_MS = 3_600_000

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
