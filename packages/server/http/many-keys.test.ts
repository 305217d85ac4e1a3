import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { errorBody } from "@aceso/client"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { DEMO_PATIENTS, populate } from "@aceso/consortium/people.ts"
import {
  type Bytes,
  decodeCbor,
  EXCHANGE_TAG,
  encodeCbor,
  fromHex,
  HANDLE_FIELD,
  handleField,
  handleSeed,
  PATIENT_TAG,
  publicKey,
  randomBytes,
  signRequest,
} from "@aceso/core"
import { Listener } from "../home/listener.ts"
import { handlerOf, makeApp } from "./app.ts"
import { type Edge, makeEdge } from "./edge.ts"
import { Shares } from "./shares.ts"

/** Whoever has many keys has no more of a node than who has one. */
const folder = mkdtempSync(join(tmpdir(), "aceso-keys-"))
const [CITY, COUNTY] = ["city-hospital", "county-hospital"]
let network: DemoNetwork
let edge: Edge
let listener: Listener
const open: Socket[] = []

before(async () => {
  network = await DemoNetwork.open({ folder, port: 0 })
  await populate(network)
  const small = () => {
    const one = new Shares(3000, 1000)
    return { large: one, small: one }
  }
  edge = { ...makeEdge(), bodies: { ...makeEdge().bodies, visitors: small(), members: small() } }
  const app = makeApp(network.node(CITY), { edge })
  listener = await Listener.open("127.0.0.1", 0, undefined, handlerOf(app))
})
after(async () => {
  for (const socket of open) socket.destroy()
  await listener.close()
  await network.close()
  rmSync(folder, { recursive: true })
})

function signed(path: string, tag: string, seed: Bytes, place?: { custodian: string; handle: Bytes }) {
  const url = network.node(CITY).services.config.url + path
  const request = { method: "POST", url, contentType: "application/cbor", body: randomBytes(8) }
  const headers: Record<string, string> = { ...signRequest(request, seed, tag, Date.now()) }
  if (place) headers[HANDLE_FIELD] = handleField(place)
  return headers
}

/** Sends so much of a body that says that it is one byte longer. @returns the status; undefined: the bytes are held */
async function hold(path: string, headers: Record<string, string>, bytes: number, shares: Shares) {
  const before = shares.held
  const socket = connect(listener.port, "127.0.0.1")
  open.push(socket)
  const lines = Object.entries({ host: "x", ...headers, "content-length": String(bytes + 1) })
  socket.write(
    `POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`,
  )
  const refused = new Promise<number>((resolve) =>
    socket.once("data", (data) => resolve(Number(data.toString("latin1").split(" ")[1]))),
  )
  let status: number | undefined
  void refused.then((code) => {
    status = code
  })
  const held = async () => {
    while (shares.held < before + bytes && status === undefined)
      await new Promise((resolve) => setImmediate(resolve))
  }
  socket.write(new Uint8Array(bytes))
  await held()
  return status
}

interface Person {
  readonly seedFile: string
  readonly places: readonly { custodian: string; handle: string; keyNumber: number }[]
}
const personOf = (name: string): Person =>
  JSON.parse(readFileSync(join(folder, "people", `${name}.json`), "utf8"))
const placeOf = (name: string, custodian: string) =>
  personOf(name).places.find((one) => one.custodian === custodian)
const patientsOf = (custodian: string) =>
  Array.from({ length: DEMO_PATIENTS }, (_, i) => `patient-${i + 1}`).filter((name) =>
    placeOf(name, custodian),
  )

function handleAt(name: string, custodian: string) {
  const place = placeOf(name, custodian)
  assert.ok(place)
  const { seedFile } = personOf(name)
  const handle = fromHex(place.handle)
  const seed = fromHex(readFileSync(seedFile, "utf8").trim())
  return { custodian, handle, seed: handleSeed(seed, custodian, handle, place.keyNumber) }
}

describe("bodies are counted by who sends them, not by key", () => {
  it("an organisation with another key holds its own share, and leaves the others theirs", async () => {
    const county = network.node(COUNTY).services.ledger
    const second = randomBytes(32)
    await county.call("governance", "registerKey", { key: publicKey(second) }, [second])
    const { members } = edge.bodies
    const send = (seed: Bytes) =>
      hold("/exchange/fetch", signed("/exchange/fetch", EXCHANGE_TAG, seed), 800, members.small)
    assert.equal(await send(county.seed), undefined)
    assert.equal(await send(second), 503)
    assert.equal(await send(network.node("insurer").services.ledger.seed), undefined)
  })

  it("all of one custodian's patients hold one share where they bring copies, and crowd out nobody", async () => {
    const { visitors } = edge.bodies
    const send = (name: string, custodian: string) => {
      const place = handleAt(name, custodian)
      return hold("/consents", signed("/consents", PATIENT_TAG, place.seed, place), 800, visitors.small)
    }
    const [first, second] = patientsOf(COUNTY)
    assert.equal(await send(first, COUNTY), undefined)
    assert.equal(await send(second, COUNTY), 503)
    assert.equal(await send(patientsOf(CITY)[0], CITY), undefined)
  })

  it("a patient of another custodian sends no body at all where patients ask their own", async () => {
    const place = handleAt(patientsOf(COUNTY)[0], COUNTY)
    const { patients } = edge.bodies
    const headers = signed("/patient/change", PATIENT_TAG, place.seed, place)
    assert.equal(await hold("/patient/change", headers, 800, patients.small), 400)
    assert.equal(patients.small.peak + patients.large.peak, 0)
    const answer = await fetch(`http://127.0.0.1:${listener.port}/patient/change`, {
      method: "POST",
      headers,
      body: encodeCbor({}) as BodyInit,
    })
    const { code, message } = errorBody.parse(decodeCbor(await answer.bytes()), "answer")
    assert.equal(code, "wrong_recipient")
    assert.match(message, /a patient of county-hospital asks that one's/)
  })
})
