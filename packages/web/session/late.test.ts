import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { late } from "./late.ts"

const calls = { double: (n: number) => n * 2, name: async (text: string) => `my ${text}` }

describe("calls whose code is loaded late", () => {
  it("are loaded when the first is asked for, and once", async () => {
    let loads = 0
    const all = late<typeof calls>({ double: true, name: true }, async () => {
      loads++
      return calls
    })
    assert.equal(loads, 0)
    assert.deepEqual(await Promise.all([all.double(2), all.name("key"), all.double(3)]), [4, "my key", 6])
    assert.equal(loads, 1)
    assert.deepEqual(Object.keys(all), ["double", "name"])
  })

  it("that could not be loaded are tried again when somebody asks again", async () => {
    let isOffline = true
    const all = late<typeof calls>({ double: true, name: true }, async () => {
      if (isOffline) throw new TypeError("nothing came")
      return calls
    })
    await assert.rejects(all.double(1), TypeError)
    isOffline = false
    assert.equal(await all.double(1), 2)
  })
})
