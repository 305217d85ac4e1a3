// needs: cometbft
import assert from "node:assert/strict"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { handles, recordLogs } from "@aceso/contracts"
import {
  type Bytes,
  cosignGenesis,
  type GenesisDocument,
  genesisHash,
  publicKey,
  type Receipt,
  readGenesis,
  type SignedGenesis,
  signGenesis,
  verifyReceipt,
} from "@aceso/core"
import { CometEngine } from "../engines/cometbft/cometbft.ts"
import { freePorts } from "../engines/cometbft/free-ports.ts"
import { nodeIdOf } from "../engines/cometbft/home.ts"
import { EmbeddedEngine } from "../engines/embedded/embedded.ts"
import {
  admit,
  enrol,
  envelopeOf,
  handleOf,
  makeGenesis,
  rules,
  seedOf,
  send,
  temporaryFolder,
} from "../testing/network.ts"
import { adoptSnapshot, exportSnapshot } from "./adopt.ts"

const NAMES = ["authority", "city", "county", "clinic"]
const call = (contract: string, action: string, input: unknown) => ({
  contract,
  action,
  input: input as never,
})
const commit = (base: number) =>
  call("records", "commit", {
    logs: [{ handle: handleOf("ann at city"), base, entries: handleOf(`entry ${base}`) }],
  })

describe("a network that began on embedded goes on upon CometBFT", () => {
  const folder = temporaryFolder()
  const data = (name: string) => join(folder, name)
  const snapshot = join(folder, "snapshot")
  const old = makeGenesis()
  let oldReceipt: Receipt
  let replayed: Bytes
  let engines: CometEngine[] = []
  let open: (i: number) => Promise<CometEngine>
  let next: SignedGenesis
  let document: GenesisDocument

  before(async () => {
    const engine = await EmbeddedEngine.open({
      folder: data("old"),
      genesis: old.genesis,
      rules,
      engineSeed: seedOf("engine"),
    })
    await admit(engine, ["city", "custodian"])
    await enrol(engine, "city", "ann")
    replayed = envelopeOf(engine.network, { ...commit(0), expiry: Date.now() + 500_000 }, seedOf("city"))
    const done = await engine.submit(replayed)
    assert.deepEqual(done.result, { ok: true })
    oldReceipt = await engine.receipt(done.payloadId)
    const proposed = await send(
      engine,
      call("governance", "propose", { changes: [{ do: "finish" }] }),
      seedOf("authority"),
    )
    const id = proposed.events[0].data.proposal
    const voted = await send(engine, call("governance", "vote", { proposal: id, yes: true }), seedOf("city"))
    assert.equal(voted.events[0].name, "proposalPassed")
    const late = await send(engine, commit(1), seedOf("city"))
    assert.deepEqual(late.result, { ok: false, rejection: "action_disabled" })
    await engine.close()
    const { checkpoint, hash } = await exportSnapshot(data("old"), old.signed, rules, snapshot)
    document = {
      ...old.genesis,
      time: Date.now(),
      engine: "cometbft",
      engineKey: null,
      validators: NAMES.map((member) => ({ member, key: publicKey(seedOf(`${member} validator`)) })),
      from: {
        genesis: genesisHash(old.signed),
        height: checkpoint.height,
        stateRoot: checkpoint.stateRoot,
        historyHash: checkpoint.historyHash,
        snapshot: hash,
      },
    }
    next = signGenesis(document, seedOf("authority"))
    const ports = await freePorts(8)
    const peers = NAMES.map((name, i) => `${nodeIdOf(seedOf(`${name} p2p`))}@127.0.0.1:${ports[2 * i + 1]}`)
    for (const name of NAMES) await adoptSnapshot(data(name), next, rules, snapshot)
    open = (i) =>
      CometEngine.open({
        folder: data(NAMES[i]),
        genesis: next,
        rules,
        executable: process.env.ACESO_COMETBFT ?? "cometbft",
        moniker: NAMES[i],
        validatorSeed: seedOf(`${NAMES[i]} validator`),
        nodeKeySeed: seedOf(`${NAMES[i]} p2p`),
        rpcPort: ports[2 * i],
        p2pPort: ports[2 * i + 1],
        peers: peers.filter((_, k) => k !== i),
        threads: 1,
      })
    engines = await Promise.all(NAMES.map((_, i) => open(i)))
  })
  after(async () => {
    await Promise.all(engines.map((engine) => engine.close()))
    rmSync(folder, { recursive: true })
  })

  it("with its rows, at the next height, attested by the validators", async () => {
    const [engine] = engines
    assert.equal((await engine.read(recordLogs, ["city", handleOf("ann at city")]))?.size, 1)
    assert.ok(await engine.read(handles, ["city", handleOf("ann at city")]))
    const done = await send(engine, commit(1), seedOf("city"))
    assert.deepEqual(done.result, { ok: true })
    assert.ok(done.height > (document.from?.height ?? 0))
    const answer = verifyReceipt(await engine.receipt(done.payloadId), readGenesis(next))
    assert.match(answer.restsOn, /of 4 validators/)
  })

  it("and what was included before is still seen", async () => {
    await assert.rejects(engines[0].submit(replayed), { code: "duplicate" })
  })

  it("while old receipts verify by the old genesis, and by no other", () => {
    assert.equal(verifyReceipt(oldReceipt, old.genesis).restsOn, "attested by the operator alone")
    assert.throws(() => verifyReceipt(oldReceipt, readGenesis(next)), { code: "bad_receipt" })
  })

  it("and a node that was restarted goes on", async () => {
    await engines[0].close()
    engines[0] = await open(0)
    const done = await send(engines[0], commit(2), seedOf("city"))
    assert.deepEqual(done.result, { ok: true })
  })

  it("refuses another snapshot, a damaged one, and a founder who is none", async () => {
    const other = signGenesis(
      {
        ...document,
        from: { ...(document.from as NonNullable<typeof document.from>), snapshot: handleOf("x") },
      },
      seedOf("authority"),
    )
    await assert.rejects(adoptSnapshot(data("a"), other, rules, snapshot), { code: "bad_snapshot" })
    const stranger = signGenesis(
      { ...document, founder: { ...document.founder, member: "city", key: publicKey(seedOf("city")) } },
      seedOf("city"),
    )
    await assert.rejects(adoptSnapshot(data("b"), stranger, rules, snapshot), { code: "not_successor" })
    const chunk = join(snapshot, "0")
    const bytes = readFileSync(chunk)
    bytes[40] ^= 1
    writeFileSync(chunk, bytes)
    await assert.rejects(adoptSnapshot(data("c"), next, rules, snapshot), { code: "bad_snapshot" })
    bytes[40] ^= 1
    writeFileSync(chunk, bytes)
    await adoptSnapshot(data("c"), next, rules, snapshot)
  })
})

describe("a network whose validators are gone", () => {
  it("goes on from a snapshot only when more than half of its voters signed the new genesis", async () => {
    const folder = temporaryFolder()
    const { genesis, signed } = makeGenesis()
    const engine = await EmbeddedEngine.open({
      folder: join(folder, "old"),
      genesis,
      rules,
      engineSeed: seedOf("engine"),
    })
    await admit(engine, ["city", "custodian"], ["county", "custodian"])
    await engine.close()
    const snapshot = join(folder, "snapshot")
    const { checkpoint, hash } = await exportSnapshot(join(folder, "old"), signed, rules, snapshot)
    const { height, stateRoot, historyHash } = checkpoint
    const from = { genesis: genesisHash(signed), height, stateRoot, historyHash, snapshot: hash }
    const next = signGenesis({ ...genesis, time: Date.now(), from }, seedOf("authority"))
    const adopt = (name: string, one: SignedGenesis) =>
      adoptSnapshot(join(folder, name), one, rules, snapshot)
    await assert.rejects(adopt("a", next), { code: "not_successor" })
    await assert.rejects(adopt("b", cosignGenesis(next, seedOf("nobody"))), { code: "not_successor" })
    const forged = { ...next, cosignatures: [{ key: publicKey(seedOf("city")), signature: next.signature }] }
    await assert.rejects(adopt("c", forged), { code: "bad_genesis" })
    await adopt("d", cosignGenesis(next, seedOf("city")))
    rmSync(folder, { recursive: true })
  })
})
