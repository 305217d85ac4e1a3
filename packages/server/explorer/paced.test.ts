import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { Paced } from "./paced.ts"

describe("work for strangers", () => {
  let time = 0
  const rests: { readonly ms: number; readonly then: () => void }[] = []
  const paced = new Paced({ now: () => time, rest: (ms, then) => rests.push({ ms, then }) })
  const done: string[] = []
  const work = (name: string, ms: number, fails = false) =>
    paced.run(async () => {
      time += ms
      done.push(name)
      if (fails) throw new Error(name)
      return name
    })

  it("rests three times as long as it took, and the next waits for that, also behind one that failed", async () => {
    const all = [work("a", 100), work("b", 7, true), work("c", 0)]
    assert.equal(await all[0], "a")
    assert.deepEqual([done, rests.map(({ ms }) => ms)], [["a"], [300]])
    rests.shift()?.then()
    await assert.rejects(all[1], /^Error: b$/)
    assert.deepEqual([done, rests.map(({ ms }) => ms)], [["a", "b"], [21]])
    rests.shift()?.then()
    assert.equal(await all[2], "c")
    assert.deepEqual([done, rests.map(({ ms }) => ms)], [["a", "b", "c"], [0]])
  })
})
