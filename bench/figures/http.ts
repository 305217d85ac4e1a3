import { Agent, createServer, request } from "node:http"
import type { AddressInfo } from "node:net"
import { MAX_ENVELOPE_BYTES, randomBytes } from "@aceso/core"
import { withBody } from "@aceso/server/http/body.ts"
import { makeEdge, strangersBody } from "@aceso/server/http/edge.ts"
import { cbor } from "@aceso/server/http/signed.ts"
import { getRequestListener } from "@hono/node-server"
import { Hono } from "hono"
import { commitEnvelope, setup } from "../ledger-setup.ts"
import { report, seconds } from "../report.ts"

/** The transactions of embedded.signed through the node's HTTP route, server and load in one process. */
const network = setup(1000, 30_000)
const engine = await network.open()
const app = new Hono()
const edge = makeEdge()
app.post("/ledger/submit", (context) =>
  withBody(context, strangersBody(edge, context, MAX_ENVELOPE_BYTES), async (body) => {
    const { payloadId, height } = await engine.submit(body)
    return cbor({ payloadId, height })
  }),
)
const server = createServer(getRequestListener(app.fetch))
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()))
const { port } = server.address() as AddressInfo
const agent = new Agent({ keepAlive: true, maxSockets: 128 })
const post = (body: Uint8Array) =>
  new Promise<number>((resolve, reject) => {
    const call = request(
      {
        port,
        path: "/ledger/submit",
        method: "POST",
        agent,
        headers: { "content-type": "application/cbor" },
      },
      (answer) => {
        answer.resume()
        answer.on("end", () => resolve(answer.statusCode ?? 0))
      },
    )
    call.on("error", reject)
    call.end(body)
  })
const envelopes = Array.from({ length: 30_000 }, (_, i) =>
  commitEnvelope(network, i % 1000, [{ handle: i, base: 0, entries: randomBytes(32) }]),
)
async function drive(list: readonly Uint8Array[]): Promise<number> {
  const start = performance.now()
  let next = 0
  await Promise.all(
    Array.from({ length: 128 }, async () => {
      while (next < list.length) if ((await post(list[next++])) !== 200) throw new Error("refused")
    }),
  )
  return list.length / seconds(start)
}
await drive(envelopes.slice(0, 8000))
report("embedded.signed.http", await drive(envelopes.slice(8000)), "tx/s over HTTP, 128 connections")
agent.destroy()
server.close()
await engine.close()
network.remove()
