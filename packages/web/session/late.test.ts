import assert from "node:assert/strict"
import { it } from "node:test"
import { callNamed, once } from "./late.ts"

it("a call of the session is there at once, and the rest is loaded when one of it is asked for", async () => {
  let loads = 0
  const calls = {
    early: () => "early",
    rest: async () => {
      loads++
      return { late: () => "late" }
    },
  }
  assert.equal((await callNamed(calls, "early"))(), "early")
  assert.equal(loads, 0)
  assert.equal((await callNamed(calls, "late"))(), "late")
  for (const name of ["rest", "none", "toString", "constructor"])
    await assert.rejects(callNamed(calls, name), /there is no call/)
  await assert.rejects(callNamed({}, "late"), /there is no call/)
})

it("is loaded once; what could not be loaded is tried again", async () => {
  let tries = 0
  const load = once(async () => {
    if (++tries === 1) throw new Error("no network")
    return { late: () => tries }
  })
  const calls = { rest: load }
  await assert.rejects(callNamed(calls, "late"), /no network/)
  assert.equal((await callNamed(calls, "late"))(), 2)
  assert.equal((await callNamed(calls, "late"))(), 2)
})
