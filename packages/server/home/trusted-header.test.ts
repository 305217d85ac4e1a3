import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { afterEach, describe, it } from "node:test"
import { attestedAnswer } from "@aceso/client"
import {
  type Checkpoint,
  type CometAttestation,
  type Countersigned,
  checkpoint,
  checkpointsAnswer,
  countersign,
  headerHash,
  publicKey,
  toHex,
} from "@aceso/core"
import { makeGenesis, seedOf } from "@aceso/ledger/testing/network.ts"
import { attest } from "../testing/comet-chain.ts"
import { findHeader } from "./trusted-header.ts"

const NOW = 1_800_000_000_000
const DAY_MS = 86_400_000
const seeds = ["authority", "city", "county", "clinic"].map((name) => seedOf(`${name} validator`))
const { genesis } = makeGenesis({
  isLoopback: true,
  engine: "cometbft",
  validators: ["authority", "city", "county", "clinic"].map((member, i) => ({
    member,
    key: publicKey(seeds[i]),
  })),
  time: 1,
})
const hash = (n: number) => new Uint8Array(32).fill(n)
const at = (height: number, change: Partial<Checkpoint> = {}): Checkpoint => ({
  network: genesis.network,
  height,
  time: NOW - DAY_MS + height,
  txRoot: hash(1),
  historyHash: hash(2),
  stateRoot: hash(3),
  ...change,
})
const by = (c: Checkpoint, member: string, seed = seedOf(member)): Countersigned => ({
  checkpoint: c,
  operator: null,
  signatures: [countersign(c, member, seed)],
})

/** A member's node that tells what it is given. */
interface Told {
  readonly signed: readonly Countersigned[]
  readonly comet: CometAttestation
  readonly tip?: number
}
const servers: Server[] = []

async function nodeOf(member: string, { signed, comet, tip = 20 }: Told) {
  const status = {
    member,
    network: genesis.network,
    engine: "cometbft",
    checkpoint: checkpoint.toJson(at(tip)),
    statement: null,
    ...{ flushedHeight: 0, policyDelayMs: 0, time: NOW },
    isDemo: false,
    isStarted: true,
  }
  const server = createServer(({ url = "" }, response) => {
    const from = Number(/from=(\d+)/.exec(url)?.[1])
    const answers: Record<string, () => unknown> = {
      "/status": () => status,
      "/checkpoints": () =>
        checkpointsAnswer.toJson({ checkpoints: signed.filter((one) => one.checkpoint.height >= from) }),
      "/attested": () => attestedAnswer.toJson({ checkpoint: signed[0].checkpoint, comet }),
    }
    response.end(JSON.stringify(answers[url.split("?")[0]]?.()))
  }).listen(0, "127.0.0.1")
  servers.push(server)
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  return { member, url: `http://127.0.0.1:${port}`, key: publicKey(seedOf(member)) }
}
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

const seven = at(7)
const comet = attest(seven, { seeds })
const honest: Told = { signed: [by(seven, "authority")], comet }
const find = async (authority: Told, others: Record<string, Told> = {}) => {
  const all = [await nodeOf("authority", authority)]
  for (const [member, told] of Object.entries(others)) all.push(await nodeOf(member, told))
  return { all, found: await findHeader(genesis, all, NOW) }
}

describe("a header to begin with", () => {
  it("is the one behind the founder's checkpoint; those that show the same serve the next ones", async () => {
    const { all, found } = await find(honest, { city: { signed: [by(seven, "city")], comet } })
    const expected = toHex(headerHash(comet.next)).toUpperCase()
    assert.deepEqual(found, {
      header: { servers: all.map(({ url }) => `${url}/comet`), height: 8, hash: expected },
      signedBy: ["authority", "city"],
    })
  })

  it("is an old one of the last two snapshots' time, of the last six days", async () => {
    const old = at(20_001, { time: NOW - 7 * DAY_MS })
    const checkpoints = [at(5), old, at(20_010), at(39_000)].map((one) => by(one, "authority"))
    const later = attest(at(20_010), { seeds })
    const { found } = await find({ signed: checkpoints, comet: later, tip: 40_000 })
    assert.equal(found.header.height, 20_011)
    await assert.rejects(find({ signed: [by(old, "authority")], comet, tip: 40_000 }), {
      code: "no_checkpoint",
      message: /no block of the last 6 days/,
    })
  })

  const forged = at(7, { stateRoot: hash(9) })
  const city = by(seven, "city").signatures[0]
  const lies: [lie: string, told: Told, says: RegExp][] = [
    [
      "a checkpoint whose root was changed",
      { ...honest, signed: [{ ...by(seven, "authority"), checkpoint: forged }] },
      /the signature of authority over block 7 is wrong.*set cometbft.stateSync/,
    ],
    [
      "a checkpoint signed with another key in the founder's name",
      { ...honest, signed: [by(seven, "authority", seedOf("somebody"))] },
      /knows no key .* with which authority signed/,
    ],
    [
      "a checkpoint that another member signed",
      { ...honest, signed: [{ ...by(seven, "authority"), signatures: [city] }] },
      /knows no key .* with which city signed/,
    ],
    [
      "a checkpoint of another network",
      { ...honest, signed: [by(at(7, { network: "other" }), "authority")] },
      /of network other/,
    ],
    [
      "a header with another application hash",
      { ...honest, comet: attest(forged, { seeds }) },
      /the application hash is not the next header's/,
    ],
    ["a header of another height", { ...honest, comet: attest(at(8), { seeds }) }, /another height/],
    [
      "a header that does not follow",
      { ...honest, comet: { ...comet, header: { ...comet.header, dataHash: hash(9) } } },
      /do not follow each other/,
    ],
    [
      "a commit by two of four",
      { ...honest, comet: attest(seven, { seeds, voters: seeds.slice(0, 2) }) },
      /only 2 of 4 validators signed/,
    ],
    [
      "validators that the genesis does not name",
      { ...honest, comet: attest(seven, { seeds: ["a", "b", "c", "d"].map(seedOf) }) },
      /not those that the anchor names/,
    ],
    [
      "a commit for another header",
      { ...honest, comet: { ...comet, commit: attest(forged, { seeds }).commit } },
      /the commit is for another header/,
    ],
  ]
  for (const [lie, told, says] of lies)
    it(`is refused: ${lie}`, () => assert.rejects(find(told), { code: "bad_checkpoint", message: says }))

  it("is taken where three of four signed, and without a member that lies or is away", async () => {
    const three = attest(seven, { seeds, voters: seeds.slice(1) })
    const wrong = { signed: [by(seven, "city")], comet: attest(forged, { seeds }) }
    const { all, found } = await find({ ...honest, comet: three }, { city: wrong })
    assert.deepEqual([found.header.servers, found.signedBy], [[`${all[0].url}/comet`], ["authority"]])
    const [founder, away] = all
    servers[1].closeAllConnections()
    await new Promise((resolve) => servers[1].close(resolve))
    servers.splice(1)
    const { signedBy } = await findHeader(genesis, [founder, away], NOW)
    assert.deepEqual(signedBy, ["authority"])
  })

  it("is refused where a member signed another block of that height", () =>
    assert.rejects(find(honest, { city: { signed: [by(forged, "city")], comet } }), {
      code: "history_forked",
      message: /city signed another block 7 than the founder/,
    }))

  it("is refused where the validators signed two headers of that height", () =>
    assert.rejects(
      find(honest, {
        city: { signed: [by(seven, "city")], comet: attest(seven, { seeds, next: { dataHash: hash(9) } }) },
      }),
      { code: "history_forked", message: /two headers of height 8/ },
    ))

  it("needs the founder's node", async () => {
    const city = await nodeOf("city", honest)
    const away = { member: "authority", url: "http://127.0.0.1:1", key: genesis.founder.key }
    await assert.rejects(findHeader(genesis, [away, city], NOW), { code: "node_unreachable" })
  })
})
