import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { setTimeout as delay } from "node:timers/promises"
import { errorBody, StaffClient } from "@aceso/client"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import {
  type Bytes,
  decodeCbor,
  EXCHANGE_TAG,
  encodeCbor,
  fromHex,
  HANDLE_FIELD,
  newPairingCode,
  PATIENT_TAG,
  randomBytes,
  STAFF_TAG,
  signRequest,
} from "@aceso/core"
import { Listener } from "../home/listener.ts"
import { handlerOf, makeApp } from "./app.ts"
import { type Edge, makeEdge, processEdge, SMALL_BODY } from "./edge.ts"
import { Shares } from "./shares.ts"

/** Attacks of strangers on a node, on loopback. */
const folder = mkdtempSync(join(tmpdir(), "aceso-edge-"))
let network: DemoNetwork
let url: string
let staff: StaffClient

before(async () => {
  network = await DemoNetwork.open({ folder, port: 0 })
  url = network.node("city-hospital").services.config.url
  const { seed } = JSON.parse(readFileSync(join(folder, "people", "city-admin.json"), "utf8"))
  staff = new StaffClient(url, fromHex(seed))
})
after(async () => {
  await network.close()
  rmSync(folder, { recursive: true })
})

const MIB = 2 ** 20
const place = `city-hospital/${"00".repeat(32)}`

/** Headers as somebody sends them whose key nobody knows; the signature is none. */
function strangersHeaders(path: string, tag: string, seed = randomBytes(32)): Record<string, string> {
  const request = { method: "POST", url: url + path, contentType: "application/cbor", body: encodeCbor({}) }
  return { ...signRequest(request, seed, tag, Date.now()), [HANDLE_FIELD]: place }
}

interface Sender {
  readonly socket: Socket
  /** The head of the answer, as it came. */
  readonly answer: Promise<string>
  readonly closed: Promise<void>
}

/** Sends a head, and then a body of so many bytes as fast as it is taken, or nothing more. */
function send(path: string, headers: Record<string, string>, bodyBytes: number, chunked = false): Sender {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const length = chunked ? { "transfer-encoding": "chunked" } : { "content-length": String(bodyBytes) }
  const lines = Object.entries({ host: `${hostname}:${port}`, ...headers, ...length })
  socket.write(
    `POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`,
  )
  const answer = Promise.withResolvers<string>()
  const closed = Promise.withResolvers<void>()
  let text = ""
  socket.on("data", (data) => {
    text += data.toString("latin1")
    if (text.includes("\r\n\r\n")) answer.resolve(text)
  })
  socket.on("error", () => {})
  socket.on("close", () => {
    closed.resolve()
    answer.resolve(text)
  })
  const part = new Uint8Array(64 * 1024)
  let left = bodyBytes
  const more = () => {
    while (left > 0 && !socket.destroyed) {
      const now = Math.min(left, part.length)
      left -= now
      if (chunked) socket.write(`${now.toString(16)}\r\n`)
      const isTaken = socket.write(part.subarray(0, now))
      if (chunked) socket.write("\r\n")
      if (!isTaken) return void socket.once("drain", more)
    }
  }
  more()
  return { socket, answer: answer.promise, closed: closed.promise }
}

const statusOf = (head: string) => Number(head.split(" ")[1])
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await delay(5)
}

describe("bodies of strangers", () => {
  it("all bodies together are 320 MiB at most, and no caller can have the part of its kind alone", () => {
    const all = Object.values(processEdge.bodies).flatMap(({ large, small }) => [large, small])
    assert.equal(
      all.reduce((sum, { total }) => sum + total, 0),
      320 * MIB,
    )
    for (const { total, perCaller } of all) assert.ok(perCaller <= (2 / 3) * total)
  })

  it("30 connections of 128 MiB: nothing of them is kept, memory stays, others are served", async () => {
    const tags = {
      "/staff/import": STAFF_TAG,
      "/patient/records": PATIENT_TAG,
      "/exchange/fetch": EXCHANGE_TAG,
    }
    const paths = [...Object.keys(tags), "/ledger/submit", "/ledger/prove", "/comet"]
    const before = process.memoryUsage().rss
    let most = 0
    const senders = Array.from({ length: 30 }, (_, i) => {
      const path = paths[i % paths.length]
      const tag = tags[path as keyof typeof tags]
      const headers = tag && i < 24 ? strangersHeaders(path, tag) : {}
      return send(path, headers, 128 * MIB, i % 2 === 1)
    })
    // Others are served while all of that is being sent.
    for (let i = 0; i < 10; i++) {
      assert.ok((await staff.proposals(true)).length >= 0)
      most = Math.max(most, process.memoryUsage().rss - before)
    }
    for (const { answer } of senders) {
      const status = statusOf(await answer)
      assert.ok([400, 401, 403, 404, 413, 503].includes(status), `status ${status}`)
      most = Math.max(most, process.memoryUsage().rss - before)
    }
    for (const { socket } of senders) socket.destroy()
    assert.ok(most < 600 * MIB, `${Math.round(most / MIB)} MiB more`)
    const { patients, members, strangers } = processEdge.bodies
    for (const { large, small } of [patients, members]) assert.equal(large.peak + small.peak, 0)
    assert.ok(strangers.large.peak <= strangers.large.perCaller)
  })

  it("three who hold all room for large bodies leave small ones theirs: a revocation comes in", () => {
    const { patients } = makeEdge().bodies
    for (const name of ["a", "b", "c"]) assert.ok(patients.large.take(name, 16 * MIB))
    assert.equal(patients.large.take("d", 1), false)
    for (let i = 0; i < 100; i++) assert.ok(patients.small.take(`p${i}`, SMALL_BODY))
  })

  it("bodies that never end are counted as they come, and one address cannot hold more than its part", async () => {
    const strangers = processEdge.bodies.strangers.large
    const senders = Array.from({ length: 60 }, () => send("/ledger/submit", {}, 192 * 1024, true))
    const statuses: number[] = []
    for (const { answer } of senders) void answer.then((head) => statuses.push(statusOf(head)))
    // 8 MiB are 42 of them; the others hear that it is enough.
    await until(() => statuses.length >= 60 - Math.ceil(strangers.perCaller / (192 * 1024)))
    assert.ok(
      statuses.every((status) => status === 503),
      statuses.join(),
    )
    assert.ok(strangers.peak <= strangers.perCaller)
    assert.ok((await staff.proposals(true)).length >= 0)
    for (const { socket } of senders) socket.destroy()
    await until(() => strangers.held === 0)
  })

  it("a body that does not come on is given up", async () => {
    const edge: Edge = { ...makeEdge(), bodyGraceMs: 20 }
    const app = makeApp(network.node("city-hospital"), { edge })
    const listener = await Listener.open("127.0.0.1", 0, undefined, handlerOf(app))
    const socket = connect(listener.port, "127.0.0.1")
    socket.write("POST /ledger/submit HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc")
    const head = await new Promise<Buffer>((resolve) => socket.once("data", resolve))
    assert.equal(statusOf(head.toString()), 408)
    assert.equal(edge.bodies.strangers.large.held + edge.bodies.strangers.small.held, 0)
    socket.destroy()
    await listener.close()
  })
})

describe("a refusal that comes before the body", () => {
  it("reaches a client that sends a large body, and the next call has a connection of its own", async () => {
    const body = new Uint8Array(40 * MIB)
    for (let i = 0; i < 3; i++) {
      const answer = await fetch(`${url}/staff/proof`, { method: "POST", body: body as BodyInit })
      assert.equal(answer.status, 401)
      assert.equal(answer.headers.get("connection"), "close")
      await answer.bytes()
      assert.equal((await fetch(`${url}/status`)).status, 200)
    }
  })
})

describe("who calls is known before a body is read", () => {
  /** A head with a content-length, and nothing after it: an answer shows that no body was waited for. */
  const cases: [comment: string, path: string, headers: () => Record<string, string>, status: number][] = [
    ["no signature", "/staff/import", () => ({}), 401],
    ["a key of nobody", "/staff/import", () => strangersHeaders("/staff/import", STAFF_TAG), 403],
    ["a handle of nobody", "/patient/policy", () => strangersHeaders("/patient/policy", PATIENT_TAG), 404],
    [
      "no handle at all",
      "/patient/policy",
      () => ({ ...strangersHeaders("/patient/policy", PATIENT_TAG), [HANDLE_FIELD]: "x" }),
      401,
    ],
    ["no member's key", "/exchange/fetch", () => strangersHeaders("/exchange/fetch", EXCHANGE_TAG), 401],
    ["another tag", "/exchange/fetch", () => strangersHeaders("/exchange/fetch", STAFF_TAG), 401],
    [
      "a known key, and a signature for another path",
      "/staff/proof",
      () => strangersHeaders("/staff/import", STAFF_TAG, seedOf("city-admin")),
      401,
    ],
    [
      "a known key, and a body beyond the route's limit",
      "/staff/proof",
      () => strangersHeaders("/staff/proof", STAFF_TAG, seedOf("city-admin")),
      413,
    ],
  ]
  for (const [comment, path, headers, status] of cases)
    it(`${comment}: ${status}`, async () => {
      const waiting = announce(path, headers(), status === 413 ? 9 * MIB : MIB / 8)
      assert.equal(statusOf(await waiting.answer), status)
      waiting.socket.destroy()
    })

  it("a key of nobody costs no verification: its signature is not looked at", async () => {
    const headers = strangersHeaders("/staff/proof", STAFF_TAG)
    const answer = await fetch(`${url}/staff/proof`, {
      method: "POST",
      headers: { ...headers, signature: `sig1=:${Buffer.alloc(64).toString("base64")}:` },
      body: encodeCbor({}) as BodyInit,
    })
    assert.equal(errorBody.parse(decodeCbor(await answer.bytes()), "answer").code, "not_permitted")
  })

  it("nonces are kept of known keys alone", async () => {
    const node = network.node("city-hospital")
    const kept = () =>
      (node.services.vault as unknown as { prepare(sql: string): { get(): { n: number } } })
        .prepare("SELECT count(*) AS n FROM nonces")
        .get().n
    const before = kept()
    for (const [path, tag] of [
      ["/staff/proof", STAFF_TAG],
      ["/patient/policy", PATIENT_TAG],
      ["/exchange/fetch", EXCHANGE_TAG],
    ] as const)
      for (let i = 0; i < 20; i++) {
        const answer = await fetch(url + path, {
          method: "POST",
          headers: strangersHeaders(path, tag),
          body: encodeCbor({}) as BodyInit,
        })
        await answer.bytes()
        assert.ok(answer.status >= 400)
      }
    // A known key's, but a signature that does not hold.
    const wrong = strangersHeaders("/staff/import", STAFF_TAG, seedOf("city-admin"))
    await fetch(`${url}/staff/proof`, { method: "POST", headers: wrong, body: encodeCbor({}) as BodyInit })
    assert.equal(kept(), before)
    await staff.proposals(false)
    assert.equal(kept(), before + 1)
  })
})

const seedOf = (name: string): Bytes =>
  fromHex(JSON.parse(readFileSync(join(folder, "people", `${name}.json`), "utf8")).seed)

function announce(path: string, headers: Record<string, string>, bytes: number): Sender {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const lines = Object.entries({ host: `${hostname}:${port}`, ...headers, "content-length": String(bytes) })
  socket.write(
    `POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`,
  )
  const answer = new Promise<string>((resolve) =>
    socket.once("data", (data) => resolve(data.toString("latin1"))),
  )
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()))
  return { socket, answer, closed }
}

describe("codes of new devices", () => {
  it("a wrong one is answered after a second, and counted until then: four at one time, then busy", async () => {
    const edge = makeEdge()
    const app = makeApp(network.node("city-hospital"), { edge })
    const guess = async () => {
      const start = performance.now()
      const question = { code: newPairingCode(), commitment: randomBytes(32) }
      const body = encodeCbor(question) as BodyInit
      const answer = await app.request("/pairing/begin", { method: "POST", body })
      const { code } = errorBody.parse(decodeCbor(new Uint8Array(await answer.arrayBuffer())), "answer")
      return { code, ms: performance.now() - start }
    }
    const all = await Promise.all([1, 2, 3, 4, 5].map(guess))
    assert.deepEqual(all.map(({ code }) => code).sort(), ["busy", ...Array(4).fill("unknown_code")])
    // A timer may be a moment early.
    for (const { code, ms } of all) if (code === "unknown_code") assert.ok(ms > 990, `${ms}`)
    assert.equal(edge.calls.pairing.held, 0)
    assert.equal((await guess()).code, "unknown_code")
  })
})

describe("proofs and transactions", () => {
  for (const [path, kind] of [
    ["/ledger/prove", "prove"],
    ["/ledger/submit", "submit"],
  ] as const)
    it(`${path}: so many at one time, then busy, and after that again`, async () => {
      const edge: Edge = { ...makeEdge(), calls: { ...makeEdge().calls, [kind]: new Shares(3, 2) } }
      const app = makeApp(network.node("city-hospital"), { edge })
      const key = [encodeCbor("city-hospital")]
      const body = encodeCbor({ table: "members", keys: [key], height: 0 }) as BodyInit
      const all = await Promise.all([1, 2, 3, 4, 5].map(() => app.request(path, { method: "POST", body })))
      const answered = kind === "prove" ? 200 : 400
      assert.deepEqual(all.map(({ status }) => status).sort(), [answered, answered, 503, 503, 503].sort())
      assert.equal((await app.request(path, { method: "POST", body })).status, answered)
    })
})
