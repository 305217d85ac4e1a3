import assert from "node:assert/strict"
import { describe, it } from "node:test"
import fc from "fast-check"
import { addressGroup } from "./address.ts"
import { Shares } from "./shares.ts"

describe("shares", () => {
  it("never hold more than all may, nor more of one caller than one may, and forget who holds nothing", () => {
    const step = fc.record({
      caller: fc.constantFrom("a", "b", "c"),
      amount: fc.nat(12),
      isGiven: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const shares = new Shares(30, 12)
        const held = new Map<string, number[]>()
        const sumOf = (caller: string) => (held.get(caller) ?? []).reduce((sum, one) => sum + one, 0)
        const sum = () => [...held.keys()].reduce((all, caller) => all + sumOf(caller), 0)
        for (const { caller, amount, isGiven } of steps) {
          const own = held.get(caller) ?? []
          held.set(caller, own)
          if (isGiven) {
            const back = own.pop()
            if (back !== undefined) shares.give(caller, back)
          } else {
            const fits = sumOf(caller) + amount <= 12 && sum() + amount <= 30
            assert.equal(shares.take(caller, amount), fits)
            if (fits) own.push(amount)
          }
          assert.equal(shares.held, sum())
        }
        for (const [caller, own] of held) for (const amount of own) shares.give(caller, amount)
        assert.equal(shares.held, 0)
        assert.equal((shares as unknown as { byCaller: Map<string, number> }).byCaller.size, 0)
      }),
    )
  })

  it("a call that fails gives back what it took", async () => {
    const shares = new Shares(1, 1)
    await assert.rejects(
      shares.call("a", "full", () => Promise.reject(new Error("no"))),
      /no/,
    )
    assert.equal(await shares.call("a", "full", async () => 1), 1)
    const running = shares.call("a", "full", async () => 1)
    await assert.rejects(
      shares.call("b", "too many", async () => 1),
      { code: "busy", message: /^too many/ },
    )
    await running
  })
})

describe("whom an address is taken for", () => {
  const cases: [address: string | undefined, group: string][] = [
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:db8:1:2::9", "2001:db8:1:2"],
    ["2001:db8::9", "2001:db8:0:0"],
    ["::1", "0:0:0:0"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    [undefined, "unknown"],
  ]
  for (const [address, group] of cases)
    it(`${address} is ${group}`, () => assert.equal(addressGroup(address), group))
})
