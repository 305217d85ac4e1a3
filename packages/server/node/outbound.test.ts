import assert from "node:assert/strict"
import type { LookupAddress } from "node:dns"
import { once } from "node:events"
import { createServer, type RequestListener, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { after, describe, it } from "node:test"
import { getJson, PublicClient, postRaw } from "@aceso/client"
import { randomBytes } from "@aceso/core"
import { Outbound } from "./outbound.ts"

const servers: Server[] = []
after(() => {
  for (const server of servers) {
    server.close()
    server.closeAllConnections()
  }
})

/** A server on loopback that counts who reaches it. */
async function listen(handle: RequestListener) {
  let reached = 0
  const server = createServer((request, response) => {
    reached++
    handle(request, response)
  })
  server.on("connection", () => reached++)
  servers.push(server)
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return { port: (server.address() as AddressInfo).port, reached: () => reached }
}

const resolving =
  (...answers: (readonly string[])[]) =>
  (_host: string, _options: unknown, done: (error: null, addresses: LookupAddress[]) => void) => {
    const addresses = answers.length > 1 ? answers.shift() : answers[0]
    done(
      null,
      (addresses ?? []).map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    )
  }
const call = (outbound: Outbound, url: string) =>
  outbound.fetch(url, { method: "GET", signal: new AbortController().signal })

// The attack: a member names a host of its own, which leads the others' nodes back to themselves.
describe("a member's host that leads to the asking machine, on a real network", () => {
  for (const addresses of [
    ["127.0.0.1"],
    ["127.9.9.9"],
    ["::1"],
    ["::ffff:127.0.0.1"],
    ["::ffff:7f00:1"],
    ["0.0.0.0"],
    ["::"],
    ["169.254.169.254"],
    ["::ffff:169.254.169.254"],
    ["fe80::1%eth0"],
    ["64:ff9b::7f00:1"],
    ["198.51.100.7", "127.0.0.1"],
    [],
  ])
    it(`${addresses.join(" and ") || "nowhere"}: is not connected to`, async () => {
      const { port, reached } = await listen((_request, response) => response.end("{}"))
      const outbound = new Outbound({}, resolving(addresses))
      await assert.rejects(call(outbound, `https://node.evil.example:${port}/status`), {
        code: "bad_url",
        message: /node\.evil\.example is not asked/,
      })
      assert.equal(reached(), 0)
    })

  it("is refused at each connection, also when it led elsewhere before (DNS rebinding)", async () => {
    const { port, reached } = await listen((_request, response) => response.end("{}"))
    // A public address of the documentation's block: nobody answers there, the call is given up.
    const outbound = new Outbound({}, resolving(["192.0.2.1"], ["127.0.0.1"]))
    const url = `https://node.evil.example:${port}/status`
    const first = new AbortController()
    const asked = outbound.fetch(url, { method: "GET", signal: first.signal })
    first.abort()
    await assert.rejects(asked, { name: "AbortError" })
    await assert.rejects(call(outbound, url), { code: "bad_url" })
    assert.equal(reached(), 0)
  })

  for (const url of [
    "http://127.0.0.1",
    "https://127.0.0.1",
    "https://2130706433",
    "https://0x7f.1",
    "https://0177.0.0.1",
    "https://[::1]",
    "https://[::ffff:127.0.0.1]",
    "https://0.0.0.0",
    "https://localhost",
    "https://169.254.169.254",
    "https://user:secret@node.example",
    "http://node.example",
  ])
    it(`${url} itself is not asked`, async () => {
      const outbound = new Outbound({}, resolving(["127.0.0.1"]))
      await assert.rejects(call(outbound, `${url}/status`), { code: "bad_url" })
    })
})

describe("on a network that was founded on loopback", () => {
  const outbound = new Outbound({ isLoopback: true })

  it("nodes on loopback are asked, with body and headers both ways", async () => {
    const { port } = await listen((request, response) => {
      response.writeHead(201, { "x-seen": String(request.headers["x-sent"]) })
      request.pipe(response)
    })
    const body = randomBytes(300_000)
    const answer = await outbound.fetch(`http://127.0.0.1:${port}/echo`, {
      method: "POST",
      headers: { "x-sent": "so" },
      body,
      signal: new AbortController().signal,
    })
    assert.deepEqual([answer.status, answer.headers.get("x-seen")], [201, "so"])
    assert.deepEqual(new Uint8Array(await answer.arrayBuffer()), Uint8Array.from(body))
  })

  it("link-local and unspecified addresses are not", async () => {
    for (const address of ["169.254.169.254", "0.0.0.0", "fe80::1"]) {
      const bad = new Outbound({ isLoopback: true }, resolving([address]))
      await assert.rejects(call(bad, "https://node.example"), { code: "bad_url" })
    }
  })

  it("an answer that ends too early, and a call that is given up, are failures of the call alone", async () => {
    const cut = await listen((_request, response) => {
      response.writeHead(200, { "content-length": "100" })
      response.write("{", () => response.destroy())
    })
    const options = { fetch: outbound.fetch }
    await assert.rejects(getJson(`http://127.0.0.1:${cut.port}/status`, {} as never, options), {
      code: "node_unreachable",
    })
    const giveUp = new AbortController()
    const slow = await listen(() => giveUp.abort())
    await assert.rejects(
      getJson(`http://127.0.0.1:${slow.port}/status`, {} as never, { ...options, signal: giveUp.signal }),
      { code: "node_unreachable" },
    )
  })
})

describe("a redirect", () => {
  for (const status of [301, 302, 303, 307, 308])
    it(`${status} is never followed, by nodes or by people's commands`, async () => {
      const goal = await listen((_request, response) => response.end("{}"))
      const { port } = await listen((_request, response) => {
        response.writeHead(status, { location: `http://127.0.0.1:${goal.port}/status` }).end()
      })
      const url = `http://127.0.0.1:${port}`
      const outbound = new Outbound({ isLoopback: true })
      const refused = { code: "bad_answer", message: /redirect, which is never followed/ }
      await assert.rejects(new PublicClient(url, outbound.fetch).checkpoints(1), refused)
      await assert.rejects(new PublicClient(url).status(), refused)
      const caller = { seed: randomBytes(32), tag: "none" }
      const post = (fetch?: Outbound["fetch"]) =>
        postRaw(`${url}/exchange/fetch`, randomBytes(8), caller, { ...(fetch && { fetch }) })
      await assert.rejects(post(outbound.fetch), refused)
      await assert.rejects(post(), refused)
      assert.equal(goal.reached(), 0)
    })
})
