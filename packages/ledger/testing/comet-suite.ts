import { rm } from "node:fs/promises"
import { join } from "node:path"
import { publicKey } from "@aceso/core"
import { CometEngine } from "../engines/cometbft/cometbft.ts"
import { freePorts } from "../engines/cometbft/free-ports.ts"
import { nodeIdOf } from "../engines/cometbft/home.ts"
import { engineSuite } from "./engine-suite.ts"
import { makeGenesis, rules, seedOf, temporaryFolder } from "./network.ts"

const names = ["authority", "city", "county", "clinic"]

/** The suite of all engines, on four validators that run this program. */
export const cometSuite = (name: string, executable: string): void =>
  engineSuite(name, async () => {
    const folder = temporaryFolder()
    const validators = names.map((member) => ({ member, key: publicKey(seedOf(`${member} validator`)) }))
    const { genesis, signed } = makeGenesis({ engine: "cometbft", validators })
    const ports = await freePorts(8)
    const nodes = names.map((name, i) => ({
      name,
      rpcPort: ports[2 * i],
      p2pPort: ports[2 * i + 1],
      nodeKeySeed: seedOf(`${name} p2p`),
    }))
    const open = (i: number) =>
      CometEngine.open({
        ...nodes[i],
        folder: join(folder, names[i]),
        genesis: signed,
        rules,
        executable,
        moniker: names[i],
        validatorSeed: seedOf(`${names[i]} validator`),
        peers: nodes
          .filter((_, k) => k !== i)
          .map(({ nodeKeySeed, p2pPort }) => `${nodeIdOf(nodeKeySeed)}@127.0.0.1:${p2pPort}`),
        threads: 1,
      })
    const others = await Promise.all([1, 2, 3].map(open))
    return {
      genesis,
      open: () => open(0),
      stop: (engine) => engine.close(),
      end: async () => {
        await Promise.all(others.map((engine) => engine.close()))
        await rm(folder, { recursive: true })
      },
    }
  })
