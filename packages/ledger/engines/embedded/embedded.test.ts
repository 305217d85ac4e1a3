import { rm } from "node:fs/promises"
import { engineSuite } from "../../testing/engine-suite.ts"
import { makeGenesis, rules, seedOf, temporaryFolder } from "../../testing/network.ts"
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
