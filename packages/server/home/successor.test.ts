import assert from "node:assert/strict"
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { makeEnvelope, readGenesis, signedGenesis, signGenesis } from "@aceso/core"
import { EmbeddedEngine } from "@aceso/ledger"
import { rules } from "../node/rules.ts"
import { continueNetwork } from "./continue.ts"
import { cosignInvitation } from "./cosign.ts"
import { layout, writeJsonFile } from "./layout.ts"
import { makeHome } from "./make.ts"
import { createNetwork, joinNetwork, readApplication, readInvitation } from "./network.ts"
import { setReach } from "./reach.ts"
import { readGenesisFile, readHome } from "./read.ts"
import { makeSuccessor } from "./successor.ts"

const folder = mkdtempSync(join(tmpdir(), "aceso-successor-"))
const at = (...names: string[]) => join(folder, ...names)
const reach = (port: number) => ({
  p2p: `127.0.0.1:${port}`,
  cometbft: {
    rpcPort: port + 1,
    p2pHost: "127.0.0.1",
    p2pPort: port,
    externalAddress: `127.0.0.1:${port}`,
    peers: [],
  },
})
const applicationOf = (name: string) => readApplication(layout(at(name)).application)

async function make(
  name: string,
  kind: "authority" | "custodian",
  engine: "embedded" | "cometbft" = "embedded",
) {
  const { p2p, cometbft } = reach(20_000)
  const wish = { member: name, name, kind, url: "http://127.0.0.1:9", host: "127.0.0.1", port: 9, engine }
  await makeHome(at(name), engine === "cometbft" ? { ...wish, cometbft, p2p } : wish)
}

function copy(from: string, to: string) {
  cpSync(at(from), at(to), { recursive: true })
  chmodSync(layout(at(to)).secrets, 0o700)
}

/** Runs the founder's ledger for a moment. */
async function transact(home: string, ...changes: readonly object[]) {
  const { network, secrets } = readHome(at(home), "edit")
  assert.ok(network)
  const engine = await EmbeddedEngine.open({
    folder: layout(at(home)).engine,
    genesis: network.document,
    rules: rules(),
    engineSeed: secrets.engine,
  })
  for (const change of changes) {
    const call = { contract: "governance", action: "setUrl", input: change as never }
    const expiry = Date.now() + 60_000
    const { bytes } = makeEnvelope({ network: engine.network, expiry, ...call }, [secrets.member])
    assert.deepEqual((await engine.submit(bytes)).result, { ok: true })
  }
  await engine.close()
}
const url = (n: number) => ({ url: `https://authority-${n}.example` })
const recover = (home: string, out: string) => makeSuccessor(at(home), [], at(out), "lost")
const take = (home: string, out: string) =>
  continueNetwork(at(home), at(out, "invitation.json"), at(out, "snapshot"))

before(async () => {
  await make("authority", "authority")
  await make("clinic", "custodian")
  createNetwork(at("authority"), "north", [])
  joinNetwork(at("clinic"), layout(at("authority")).invitation)
  setReach(at("authority"), reach(21_000))
  await transact("authority", url(1))
  copy("authority", "older")
  copy("authority", "forked")
  await transact("authority", url(2))
  await transact("forked", url(3))
})
after(() => rmSync(folder, { recursive: true }))

describe("a home goes on from a snapshot only where its own ledger leads to it", () => {
  it("refuses to lose a block that was accepted, and another history", async () => {
    await recover("older", "from-older")
    await recover("forked", "from-forked")
    const before = readdirSync(at("authority"), { recursive: true }).length
    await assert.rejects(take("authority", "from-older"), { code: "newer_blocks" })
    await assert.rejects(take("authority", "from-forked"), { code: "other_history" })
    assert.equal(readdirSync(at("authority"), { recursive: true }).length, before)
  })

  it("takes it where it is behind, and in a home that had no network or lost its ledger", async () => {
    const { height } = await recover("authority", "from-newest")
    const joined = await take("older", "from-newest")
    assert.equal(joined.height, height)
    await make("authority-2", "custodian", "cometbft")
    assert.deepEqual((await take("authority-2", "from-newest")).kept, [])
    await assert.rejects(take("older", "from-newest"), { code: "folder_exists" })
    rmSync(layout(at("older")).engine, { recursive: true })
    await take("older", "from-newest")
    assert.equal(existsSync(layout(at("older")).engine), true)
    const { network, config } = readHome(at("older"), "run")
    assert.equal(network?.document.engine, "cometbft")
    assert.equal(config.engine, "cometbft")
  })

  it("says where validators reach a home that was made for embedded, or asks", async () => {
    await assert.rejects(take("clinic", "from-newest"), { code: "bad_config" })
    assert.throws(() => joinNetwork(at("clinic"), at("from-newest", "invitation.json")), {
      code: "snapshot_missing",
    })
    await continueNetwork(
      at("clinic"),
      at("from-newest", "invitation.json"),
      at("from-newest", "snapshot"),
      reach(22_000),
    )
    assert.equal(applicationOf("clinic").p2p, "127.0.0.1:22000")
    assert.equal(readHome(at("clinic"), "run").config.cometbft?.p2pPort, 22_000)
  })

  it("replaces the founder's invitation, and keeps the old one", async () => {
    await take("authority", "from-newest")
    const { document } = readInvitation(layout(at("authority")).invitation)
    const height = document.from?.height ?? 0
    assert.equal(readInvitation(layout(at("authority")).until(height).invitation).document.from, undefined)
    assert.equal(readGenesisFile(layout(at("authority")).until(height).genesis).document.network, "north")
  })

  it("refuses another network's", async () => {
    await make("other", "authority")
    createNetwork(at("other"), "south", [])
    await assert.rejects(take("other", "from-newest"), { code: "other_network" })
    await assert.rejects(cosignInvitation(at("other"), at("from-newest", "invitation.json")), {
      code: "other_network",
    })
  })
})

describe("a successor is made", () => {
  it("by the release alone that the network executes", async () => {
    await make("foreign", "authority")
    setReach(at("foreign"), reach(23_000))
    createNetwork(at("foreign"), "foreign", [])
    const { network, secrets } = readHome(at("foreign"), "edit")
    assert.ok(network)
    const contracts = network.document.contracts.map((one) =>
      one.name === "records" ? { ...one, sources: new Uint8Array(32) } : one,
    )
    const genesis = signGenesis({ ...network.document, contracts }, secrets.member)
    writeJsonFile(layout(at("foreign")).genesis, signedGenesis.toJson(genesis))
    // As the release that has those sources would.
    const { sourcesOf: _, ...others } = rules()
    const engine = await EmbeddedEngine.open({
      folder: layout(at("foreign")).engine,
      genesis: readGenesis(genesis),
      rules: others,
      engineSeed: secrets.engine,
    })
    await engine.close()
    await assert.rejects(recover("foreign", "from-foreign"), { code: "contract_missing" })
    assert.equal(existsSync(at("from-foreign")), false)
  })

  it("with the key that the network knows, and of a home that belongs to one", async () => {
    copy("forked", "thief")
    writeFileSync(layout(at("thief")).secret("member"), "11".repeat(32))
    await assert.rejects(recover("thief", "from-thief"), { code: "not_permitted" })
    await make("lonely", "authority")
    await assert.rejects(recover("lonely", "from-lonely"), { code: "no_network" })
  })
})
