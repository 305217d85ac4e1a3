import { rmSync } from "node:fs"
import { engineSuite } from "../../testing/engine-suite.ts"
import { makeGenesis, rules, seedOf, temporaryFolder } from "../../testing/network.ts"
import { sourceOf } from "../../testing/remote-sources.ts"
import { EmbeddedEngine } from "../embedded/embedded.ts"
import { RemoteEngine } from "./remote.ts"

/** Authorities hold all rows: what they ask for is all that the suite asks for. */
const authority = { member: { member: "authority", kind: "authority", abilities: [], licences: [] } } as const

engineSuite("remote", async () => {
  const folder = temporaryFolder()
  const { genesis } = makeGenesis({})
  let embedded: EmbeddedEngine | undefined
  const engine = () => embedded as EmbeddedEngine
  return {
    genesis,
    open: async () => {
      embedded = await EmbeddedEngine.open({ folder, genesis, rules, engineSeed: seedOf("engine") })
      const sources = ["city", "county"].map((member) => sourceOf(member, engine, () => authority))
      return new RemoteEngine({ genesis, sources, patienceMs: 500 })
    },
    stop: async (remote) => {
      await remote.close()
      await engine().close()
    },
    end: async () => rmSync(folder, { recursive: true, force: true }),
  }
})
