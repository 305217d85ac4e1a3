import assert from "node:assert/strict"
import { rm } from "node:fs/promises"
import { describe, it } from "node:test"
import { engineSuite } from "../../testing/engine-suite.ts"
import {
  admit,
  envelopeOf,
  handleOf,
  makeGenesis,
  rules,
  seedOf,
  temporaryFolder,
} from "../../testing/network.ts"
import { EmbeddedEngine } from "./embedded.ts"

engineSuite("embedded", async () => {
  const folder = temporaryFolder()
  const { genesis } = makeGenesis()
  return {
    genesis,
    open: () => EmbeddedEngine.open({ folder, genesis, rules, engineSeed: seedOf("engine") }),
    stop: (engine) => engine.close(),
    end: () => rm(folder, { recursive: true }),
  }
})

describe("while the state is flushed", () => {
  it("a transaction is still found, which the index has only when the flush is done", async () => {
    const folder = temporaryFolder()
    const { genesis } = makeGenesis()
    const engine = await EmbeddedEngine.open({ folder, genesis, rules, engineSeed: seedOf("engine") })
    const { payloadId, height } = await admit(engine, ["city", "custodian"])
    const flushed = engine.chain.store.flush()
    assert.equal(engine.chain.find(payloadId)?.height, height)
    await flushed
    assert.equal(engine.chain.find(payloadId)?.height, height)
    await engine.close()
    await rm(folder, { recursive: true })
  })
})

describe("a quota", () => {
  it("what is beyond it is in no block, and the very same is taken in the next window", async () => {
    const folder = temporaryFolder()
    const windowMs = 300_000
    const began = Math.floor(Date.now() / windowMs) * windowMs
    let now = began
    const clock = { now: () => now, monotonic: () => now - began }
    const quota = { windowMs, bytes: 2 ** 20, transactions: 2, urgentTransactions: 2 }
    const { genesis } = makeGenesis({ quota, time: began - 1 })
    const engine = await EmbeddedEngine.open({ folder, genesis, rules, engineSeed: seedOf("engine"), clock })
    await admit(engine, ["city", "custodian"])
    const [one, two, three] = ["ann", "bob", "cat"].map((name) => {
      const input = { handles: [handleOf(name)] }
      const call = { contract: "people", action: "enrolWithoutKey", input, expiry: began + 500_000 }
      return envelopeOf(engine.network, call, seedOf("city"))
    })
    const outcomes = await Promise.allSettled([one, two, three].map((each) => engine.submit(each)))
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["fulfilled", "fulfilled", "rejected"],
    )
    await assert.rejects(engine.submit(three), { code: "quota_exceeded" })
    now += windowMs
    const { result, isDuplicate } = await engine.submit(three)
    assert.deepEqual([result, isDuplicate], [{ ok: true }, false])
    await engine.close()
    await rm(folder, { recursive: true })
  })
})
