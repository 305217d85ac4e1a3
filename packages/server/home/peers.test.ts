import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, it } from "node:test"
import type { MayConnect } from "@aceso/ledger/engines/cometbft/peer-filter.ts"
import type { CometConfig } from "../node/config.ts"
import type { Application } from "./application.ts"
import { makeHome } from "./make.ts"
import { createNetwork, joinNetwork } from "./network.ts"
import { addApplicant, addPeer, doorOf, listPeers, peerFrom, peersToDial, removePeer } from "./peers.ts"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aceso-peers-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

const at = (...names: string[]) => join(folder, ...names)
let port = 20_000
function make(member: string, engine: "embedded" | "cometbft" = "cometbft"): Promise<Application> {
  const p2p = `127.0.0.1:${++port}`
  const kind = member === "authority" ? "authority" : "custodian"
  const cometbft = { rpcPort: 1, p2pHost: "127.0.0.1", p2pPort: port, peers: [] }
  const url = "http://127.0.0.1:1"
  return makeHome(at(member), {
    ...{ member, name: member, kind, url, host: "127.0.0.1", port: 1, engine },
    ...(engine === "cometbft" && { cometbft, p2p }),
  })
}
const file = (member: string) => at(member, "node.json")
const configOf = (member: string): CometConfig => JSON.parse(readFileSync(file(member), "utf8")).cometbft
const id = "ab".repeat(20)

/** A ledger that shows these organisations. */
const state = (status: Readonly<Record<string, "active" | "suspended">> = {}) =>
  ({ get: (_: unknown, [member]: [string]) => status[member] && { status: status[member] } }) as never

describe("who may connect to a node", () => {
  let late: Application
  let city: Application
  let notices: string[]
  let door: MayConnect
  beforeEach(async () => {
    await make("authority")
    city = await make("city")
    late = await make("late")
    createNetwork(at("authority"), "north", [city])
    notices = []
    door = doorOf(at("authority"), configOf("authority"), (sentence) => notices.push(sentence))
  })

  it("founding members know each other, and nobody else", () => {
    const joined = joinNetwork(at("city"), at("authority", "invitation.json"))
    assert.equal(joined.peers.length, 2)
    const [authority] = configOf("city").peers.map((peer) => peer.slice(0, 40))
    const other = doorOf(at("city"), configOf("city"), () => {})
    assert.deepEqual([door(city.nodeId, state()), other(authority, state())], [true, true])
    for (const stranger of [late.nodeId, id, ""])
      assert.deepEqual([door(stranger, state()), other(stranger, state())], [false, false])
  })

  it("an applicant from the ballot on, until it is suspended, without a restart", () => {
    assert.equal(addApplicant(at("authority"), late)?.nodeId, late.nodeId)
    assert.equal(door(late.nodeId, state()), false)
    assert.equal(door(late.nodeId, state({ late: "active" })), true)
    assert.equal(door(late.nodeId, state({ late: "suspended" })), false)
    assert.equal(door(late.nodeId, state({ city: "active" })), false)
    removePeer(at("authority"), late.nodeId)
    assert.equal(door(late.nodeId, state({ late: "active" })), false)
  })

  it("an id that the operator names, always; a founder no more once it is removed", () => {
    addPeer(at("authority"), { nodeId: id })
    assert.equal(door(id, state()), true)
    removePeer(at("authority"), city.nodeId)
    assert.equal(door(city.nodeId, state({ city: "active" })), false)
    assert.deepEqual(configOf("authority").peers, [])
  })

  const unreadable: Readonly<Record<string, string>> = {
    "cut off": '{"cometbft": {"peers": [',
    empty: "",
    "no object": "null",
    "without the settings": "{}",
    "with a wrong id": JSON.stringify({ cometbft: { allowed: [{ nodeId: "x" }] } }),
  }
  for (const [how, text] of Object.entries(unreadable))
    it(`the last good list while node.json is ${how}, which is told once`, () => {
      addPeer(at("authority"), { nodeId: id })
      assert.equal(door(id, state()), true)
      const whole = readFileSync(file("authority"), "utf8")
      writeFileSync(file("authority"), text)
      assert.deepEqual([door(id, state()), door(late.nodeId, state())], [true, false])
      assert.equal(notices.length, 1)
      assert.match(notices[0], /^who may connect is as it was before node\.json was changed/)
      writeFileSync(file("authority"), whole)
      removePeer(at("authority"), id)
      assert.equal(door(id, state()), false)
    })
})

describe("the list in node.json", () => {
  beforeEach(async () => {
    await make("authority")
  })
  const refuses = (code: string, act: () => unknown) => assert.throws(act, { code })

  it("dials once each node whose address is known", async () => {
    const city = await make("city")
    const late = await make("late")
    createNetwork(at("authority"), "north", [city])
    addPeer(at("authority"), peerFrom(late))
    addPeer(at("authority"), { nodeId: id })
    addPeer(at("authority"), { nodeId: city.nodeId, address: "127.0.0.1:9" })
    assert.deepEqual(peersToDial(configOf("authority")), [
      `${late.nodeId}@${late.p2p}`,
      `${city.nodeId}@127.0.0.1:9`,
    ])
    const twice = { ...configOf("authority"), peers: [`${late.nodeId}@127.0.0.1:1`] }
    assert.equal(peersToDial(twice)[0], `${late.nodeId}@127.0.0.1:1`)
    assert.equal(peersToDial(twice).length, 2)
  })

  it("an application takes no other node's id", async () => {
    const city = await make("city")
    createNetwork(at("authority"), "north", [city])
    const before = readFileSync(file("authority"), "utf8")
    const thief = { ...(await make("thief")), nodeId: city.nodeId }
    refuses("peer_exists", () => addApplicant(at("authority"), thief))
    assert.equal(readFileSync(file("authority"), "utf8"), before)
    const late = await make("late")
    addApplicant(at("authority"), late)
    refuses("peer_exists", () => addApplicant(at("authority"), { ...thief, nodeId: late.nodeId }))
    assert.equal(addApplicant(at("authority"), late)?.member, "late", "a second time")
    assert.equal(listPeers(at("authority")).length, 2)
  })

  it("takes neither the node's own id nor one that is none, and removes what is there alone", () => {
    const own = JSON.parse(readFileSync(at("authority", "application.json"), "utf8")).nodeId
    refuses("bad_input", () => addPeer(at("authority"), { nodeId: own }))
    refuses("bad_config", () => addPeer(at("authority"), { nodeId: "x" }))
    refuses("bad_config", () => addPeer(at("authority"), { nodeId: id, address: 'a"\nb:1' }))
    refuses("unknown_peer", () => removePeer(at("authority"), id))
    assert.deepEqual(listPeers(at("authority")), [])
  })

  it("is bounded", () => {
    const many = Array.from({ length: 1000 }, (_, i) => ({ nodeId: i.toString(16).padStart(40, "0") }))
    const whole = JSON.parse(readFileSync(file("authority"), "utf8"))
    whole.cometbft.allowed = many
    writeFileSync(file("authority"), JSON.stringify(whole))
    refuses("bad_config", () => addPeer(at("authority"), { nodeId: id }))
  })

  it("is for cometbft: on embedded there is nobody to let in", async () => {
    await make("small", "embedded")
    refuses("wrong_engine", () => listPeers(at("small")))
    assert.equal(addApplicant(at("small"), await make("late")), undefined)
  })
})
