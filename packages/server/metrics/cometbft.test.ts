// needs: cometbft
import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { layout, writeJsonFile } from "../home/layout.ts"
import { makeHome } from "../home/make.ts"
import { createNetwork, joinNetwork, readApplication } from "../home/network.ts"
import { RunningHomes } from "../home/open.ts"
import { parseExposition } from "../testing/exposition.ts"

describe("metrics of a node on cometbft", () => {
  const folder = mkdtempSync(join(tmpdir(), "aceso-metrics-"))
  const at = (name: string) => join(folder, name)
  const faults: unknown[] = []
  const running: RunningHomes[] = []
  let ownPort: number
  let metricsPort: number

  const ask = async (port: number) => {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(600_000) })
    assert.equal(answer.status, 200)
    return answer.text()
  }

  async function make(
    member: string,
    kind: "authority" | "custodian",
    ports: readonly number[],
    more: object,
  ) {
    const [port, rpcPort, p2pPort] = ports
    const executable = process.env.ACESO_COMETBFT
    await makeHome(at(member), {
      member,
      name: member,
      kind,
      url: `http://127.0.0.1:${port}`,
      host: "127.0.0.1",
      port,
      engine: "cometbft",
      p2p: `127.0.0.1:${p2pPort}`,
      cometbft: { executable, rpcPort, p2pHost: "127.0.0.1", p2pPort, peers: [], ...more },
    })
  }

  before(async () => {
    const ports = await freePorts(8)
    ;[ownPort, metricsPort] = ports.slice(6)
    await make("authority", "authority", ports.slice(0, 3), { metricsPort })
    await make("clinic", "custodian", ports.slice(3, 6), {})
    createNetwork(at("authority"), "north", [readApplication(layout(at("clinic")).application)])
    joinNetwork(at("clinic"), layout(at("authority")).invitation)
    const { config } = layout(at("authority"))
    writeJsonFile(config, { ...JSON.parse(readFileSync(config, "utf8")), metrics: { port: ownPort } })
    const onFault = (_member: string, error: unknown) => faults.push(error)
    for (const name of ["authority", "clinic"])
      running.push(await RunningHomes.open(at(name), [], { onFault }))
    await Promise.all(running.flatMap(({ organisations }) => organisations.map((one) => one.start())))
  })
  after(async () => {
    await Promise.all(running.map((one) => one.close()))
    rmSync(folder, { recursive: true })
    assert.deepEqual(faults, [])
  })

  it("has what CometBFT says of the network", async () => {
    const all = parseExposition(await ask(ownPort))
    const value = (name: string, labels = "") => all.get(name)?.series.get(name + labels)
    assert.equal(value("aceso_engine_up"), 1)
    assert.equal(value("aceso_peers"), 1)
    assert.equal(value("aceso_catching_up"), 0)
    assert.equal(value("aceso_validators"), 2)
    assert.equal(value("aceso_validator_power"), 10)
    assert.equal(value("aceso_cometbft_restarts_total"), 0)
    assert.equal(value("aceso_chain_stalled"), 0)
    assert.ok((value("aceso_disk_used_bytes", '{part="engine"}') ?? 0) > 0)
  })

  it("has CometBFT's own on another port, under the names that docs/operations.md has", async () => {
    const { engine } = running[0]
    const low = engine.metrics().height
    const text = await ask(metricsPort)
    const value = (name: string) => {
      const found = new RegExp(`^${name}\\{[^}]*\\} (\\d+)$`, "m").exec(text)
      return found ? Number(found[1]) : assert.fail(`there is no ${name}`)
    }
    const height = value("cometbft_consensus_height")
    assert.ok(height >= low && height <= engine.metrics().height + 1, `${height}`)
    assert.equal(value("cometbft_p2p_peers"), 1)
    assert.equal(value("cometbft_consensus_validators"), 2)
    for (const name of ["consensus_rounds", "consensus_missing_validators", "mempool_size"])
      assert.ok(value(`cometbft_${name}`) >= 0)
  })
})
