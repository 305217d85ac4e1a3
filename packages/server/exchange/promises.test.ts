import assert from "node:assert/strict"
import { after, before, beforeEach, describe, it } from "node:test"
import { brokenPromises } from "@aceso/contracts"
import { type DisclosurePromise, makePromise, PlatformError, randomBytes } from "@aceso/core"
import type { Engine } from "@aceso/ledger"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { LedgerClient } from "../node/ledger-client.ts"
import { startLedger, TestCustodian, type TestLedger } from "../testing/custodian.ts"
import type { Vault } from "../vault/vault.ts"
import { delayAfter, MAX_TRIES, Promises } from "./promises.ts"

let ledger: TestLedger
let city: TestCustodian
let vault: Vault

before(async () => {
  ledger = await startLedger("city", "county")
})
after(() => ledger.end())
beforeEach(async () => {
  await city?.vault.close()
  city = new TestCustodian(ledger, "city", { vaultFolder: `${ledger.folder}/${randomBytes(4).join("")}` })
  vault = city.vault
})
after(() => city.vault.close())

/** A promise by county that was broken long ago, unless another time is named. */
const promiseOf = (includeBy = Date.now() - 50_000): DisclosurePromise =>
  makePromise(
    {
      custodian: "county",
      tag: randomBytes(16),
      event: randomBytes(32),
      includeBy,
      key: publicKeyOfCounty(),
    },
    ledger.engine.network,
    seedOf("county"),
  )
const publicKeyOfCounty = () => new LedgerClient(ledger.engine, "county", seedOf("county")).key

/** An engine whose submit fails as long as `fails` says so. */
function failing(fails: () => unknown): { engine: Engine; readonly submitted: number } {
  const counter = { submitted: 0, engine: undefined as unknown as Engine }
  counter.engine = new Proxy(ledger.engine, {
    get(target, name) {
      if (name === "submit")
        return async (envelope: Uint8Array) => {
          counter.submitted++
          const error = fails()
          if (error) throw error
          return target.submit(envelope)
        }
      const value = Reflect.get(target, name, target)
      return typeof value === "function" ? value.bind(target) : value
    },
  }) as Engine
  return counter
}
const down = new PlatformError("busy", "the ledger takes nothing now")
const over = (engine: Engine, most?: number) =>
  new Promises(vault, new LedgerClient(engine, "city", seedOf("city")), most)
const isOnLedger = async ({ custodian, tag, event }: DisclosurePromise) =>
  (await ledger.engine.read(brokenPromises, [custodian, tag, event])) !== undefined

describe("a report of a broken promise", () => {
  it("that fails is kept with all the others, and made later", async () => {
    let isDown = true
    const { engine } = failing(() => (isDown ? down : undefined))
    const promises = over(engine)
    const all = [promiseOf(), promiseOf(), promiseOf()]
    for (const one of all) assert.equal(await promises.watch(one), true)
    await assert.rejects(promises.check(), {
      code: "report_failed",
      message: /takes nothing now.*tried again/,
    })
    assert.deepEqual(await vault.promiseCounts(), { open: 3, gaveUp: 0 })
    isDown = false
    // The first one waits its delay, the others were not tried.
    assert.equal(await promises.check(), 2)
    assert.equal(await promises.check(Date.now() + delayAfter(1) - 5_000), 0)
    assert.equal(await promises.check(Date.now() + delayAfter(1) + 1), 1)
    for (const one of all) assert.ok(await isOnLedger(one))
    assert.deepEqual(await vault.promiseCounts(), { open: 0, gaveUp: 0 })
  })

  it("survives a restart between two tries", async () => {
    let isDown = true
    const { engine } = failing(() => (isDown ? down : undefined))
    const one = promiseOf()
    await over(engine).watch(one)
    await assert.rejects(over(engine).check())
    isDown = false
    const again = over(engine)
    await again.start()
    assert.equal(await again.check(Date.now() + delayAfter(1) + 1), 1)
    assert.ok(await isOnLedger(one))
  })

  it("is tried a bounded number of times with growing delays, then waits for a person", async () => {
    const counter = failing(() => down)
    const promises = over(counter.engine)
    await promises.watch(promiseOf())
    let now = Date.now()
    const waits: number[] = []
    while ((await vault.promiseCounts()).open > 0) {
      await assert.rejects(promises.check(now), { code: "report_failed" })
      waits.push(delayAfter(counter.submitted))
      now += delayAfter(counter.submitted) + 1
      assert.ok(counter.submitted <= MAX_TRIES)
    }
    assert.equal(counter.submitted, MAX_TRIES)
    assert.deepEqual(
      waits,
      waits.toSorted((a, b) => a - b),
    )
    assert.deepEqual(await vault.promiseCounts(), { open: 0, gaveUp: 1 })
    // Nothing happens by itself any more; a start is the person's word.
    assert.equal(await promises.check(now + 30 * 24 * 3600_000), 0)
    await promises.start(now)
    await assert.rejects(promises.check(now), { code: "report_failed" })
  })

  it("says with the last try that it waits for a person", async () => {
    const promises = over(failing(() => down).engine)
    await promises.watch(promiseOf())
    let message = ""
    for (let now = Date.now(), i = 0; i < MAX_TRIES; i++, now += 25 * 3600_000)
      await promises.check(now).catch((error: Error) => {
        message = error.message
      })
    assert.match(message, /1 gave up after 12 tries and wait for a person: .*start the node again/)
  })

  it("is not made twice at the same time", async () => {
    const counter = failing(() => undefined)
    const promises = over(counter.engine)
    await promises.watch(promiseOf())
    const counts = await Promise.all([promises.check(), promises.check(), promises.check()])
    assert.deepEqual([counts, counter.submitted], [[1, 1, 1], 1])
  })

  it("is not made before the ledger's own time has passed, and costs no try until then", async () => {
    const counter = failing(() => undefined)
    const promises = over(counter.engine)
    await promises.watch(promiseOf(Date.now() + 3_600_000))
    assert.equal(await promises.check(), 0)
    assert.equal(counter.submitted, 0)
    assert.equal(await promises.check(Date.now() + 3_600_002), 0)
    assert.equal(counter.submitted, 1)
    assert.deepEqual(await vault.promiseCounts(), { open: 1, gaveUp: 0 })
  })

  it("is not made for a promise that was kept", async () => {
    const county = new LedgerClient(ledger.engine, "county", seedOf("county"))
    const kept = promiseOf(Date.now() + 600_000)
    await county.call("disclosure", "commit", { base: 0, leaves: [{ tag: kept.tag, event: kept.event }] })
    const counter = failing(() => undefined)
    const promises = over(counter.engine)
    await promises.watch(kept)
    assert.equal(await promises.check(Date.now() + 600_001), 0)
    assert.deepEqual([counter.submitted, await vault.promiseCounts()], [0, { open: 0, gaveUp: 0 }])
  })
})

describe("when as many promises are watched as may be", () => {
  it("the next one is not taken and said so, and none of the old ones is lost", async () => {
    const promises = over(ledger.engine, 3)
    const all = Array.from({ length: 3 }, () => promiseOf())
    for (const one of all) assert.equal(await promises.watch(one), true)
    assert.equal(await promises.watch(promiseOf()), false)
    assert.equal(await promises.watch(all[0]), true)
    assert.equal(await promises.check(), 3)
    for (const one of all) assert.ok(await isOnLedger(one))
    assert.equal(await promises.watch(promiseOf()), true)
  })
})
