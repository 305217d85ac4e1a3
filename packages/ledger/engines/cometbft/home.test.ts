import assert from "node:assert/strict"
import { readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { after, describe, it } from "node:test"
import { seedOf, temporaryFolder } from "../../testing/network.ts"
import { type CometHome, writeHome } from "./home.ts"

describe("CometBFT's configuration", () => {
  const folder = temporaryFolder()
  after(() => rmSync(folder, { recursive: true }))
  const tomlWith = (more: Partial<CometHome>) => {
    writeHome({
      folder,
      moniker: "city",
      chainId: "north",
      time: 0,
      appState: {},
      validatorSeed: seedOf("validator"),
      nodeKeySeed: seedOf("node"),
      validators: [],
      proxyApp: "unix://abci.sock",
      rpcPort: 26_657,
      p2pPort: 26_656,
      peers: [],
      ...more,
    })
    return readFileSync(join(folder, "config", "config.toml"), "utf8")
  }

  it("shows no metrics by itself", () => assert.doesNotMatch(tomlWith({}), /instrumentation|prometheus/))

  it("shows metrics on loopback where a port is given", () => {
    const trusted = { rpcServers: ["http://127.0.0.1:1"], height: 1, hash: "AB" }
    const toml = tomlWith({ metricsPort: 26_660, stateSync: trusted })
    assert.match(
      toml,
      /^\[instrumentation\]\nprometheus = true\nprometheus_listen_addr = "127\.0\.0\.1:26660"\n\n\[statesync\]\n/m,
    )
  })
})
