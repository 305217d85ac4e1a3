import assert from "node:assert/strict"
import { rm } from "node:fs/promises"
import { describe, it } from "node:test"
import { engineSuite } from "../../testing/engine-suite.ts"
import { admit, makeGenesis, rules, seedOf, temporaryFolder } from "../../testing/network.ts"
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
