import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { attestedAnswer, errorBody } from "@aceso/client"
import { decodeCbor } from "@aceso/core"
import type { LightAnswer, LightCall } from "@aceso/ledger/engines/cometbft/light.ts"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { makeApp } from "../http/app.ts"
import { makeEdge } from "../http/edge.ts"
import { RequestCounts } from "../metrics/requests.ts"
import { setUp } from "../modules/module.ts"
import { attest } from "../testing/comet-chain.ts"
import { cometModule } from "./comet.module.ts"

const hash = new Uint8Array(32)
const checkpoint = {
  network: "test-net",
  height: 7,
  time: 1_000,
  txRoot: hash,
  historyHash: hash,
  stateRoot: hash,
}
const comet = attest(checkpoint, { seeds: [seedOf("city")] })

function routesOf(light?: (call: LightCall) => Promise<LightAnswer>) {
  const calls: LightCall[] = []
  const engine = light && {
    light: (call: LightCall) => {
      calls.push(call)
      return light(call)
    },
    attested: async (height: number) => ({
      checkpoint: { ...checkpoint, height },
      operator: null,
      comet,
    }),
  }
  const onFault = (fault: unknown) => {
    throw fault
  }
  const services = { engine: engine ?? {}, config: {}, requests: new RequestCounts(), onFault } as never
  const app = makeApp({ services, modules: setUp([cometModule], services) }, { edge: makeEdge() })
  const post = (body: string) => app.request("/comet", { method: "POST", body })
  const ask = (method: unknown, params?: unknown, id: unknown = 0) =>
    post(JSON.stringify({ jsonrpc: "2.0", id, method, params }))
  return { app, calls, post, ask }
}

async function refused(response: Response, status: number, code: string): Promise<void> {
  const error = errorBody.parse(decodeCbor(new Uint8Array(await response.arrayBuffer())), "answer")
  assert.deepEqual([response.status, error.code], [status, code], error.message)
}

const answering = async () => ({ result: { height: "5" } })

describe("POST /comet", () => {
  it("passes on what the light client asks, with CometBFT's answer", async () => {
    const { ask, calls } = routesOf(answering)
    const answer = await ask("commit", { height: "5" }, 41)
    assert.equal(answer.status, 200)
    assert.deepEqual(await answer.json(), { jsonrpc: "2.0", id: 41, result: { height: "5" } })
    await ask("commit")
    await ask("validators", { height: "5", page: "1", per_page: "100" })
    await ask("consensus_params", { height: "5" })
    assert.deepEqual(calls, [
      { method: "commit", params: { height: "5" } },
      { method: "commit", params: {} },
      { method: "validators", params: { height: "5", page: "1", per_page: "100" } },
      { method: "consensus_params", params: { height: "5" } },
    ])
  })

  it("passes on CometBFT's refusals, which tell a light client what to do", async () => {
    const error = { code: -32603, message: "Internal error", data: "height 9 is not available" }
    const answer = await routesOf(async () => ({ error })).ask("commit", { height: "9" })
    assert.deepEqual(await answer.json(), { jsonrpc: "2.0", id: 0, error })
  })

  it("refuses every other method before CometBFT hears of it", async () => {
    const { ask, calls } = routesOf(answering)
    for (const method of [
      ...["block", "block_results", "abci_query", "status", "net_info", "dump_consensus_state", "genesis"],
      ...["broadcast_tx_sync", "broadcast_evidence", "check_tx", "unsafe_flush_mempool", "dial_peers"],
      ...["subscribe", "constructor", "__proto__", "Commit", "", null, 1, ["commit"]],
    ])
      await refused(await ask(method, {}), 400, "bad_input")
    assert.deepEqual(calls, [])
  })

  it("refuses parameters that are not exactly those", async () => {
    const { ask, post, calls } = routesOf(answering)
    for (const params of [
      ...[{ height: 5 }, { height: "0" }, { height: "-1" }, { height: "1e3" }, { height: "5 " }],
      ...[{ height: "1".repeat(16) }, { height: null }, { height: "5", prove: true }, { page: "1" }, ["5"]],
      ...["5", { __proto__: null, tx: "AA==" }],
    ])
      await refused(await ask("commit", params), 400, "bad_input")
    await refused(await ask("validators", { per_page: "1000" }), 400, "bad_input")
    for (const id of ["0", -1, 1.5, null]) await refused(await ask("commit", {}, id), 400, "bad_input")
    await refused(await post('{"jsonrpc":"1.0","id":0,"method":"commit"}'), 400, "bad_input")
    await refused(await post('[{"jsonrpc":"2.0","id":0,"method":"commit"}]'), 400, "bad_input")
    await refused(await post("GET / HTTP/1.1"), 400, "bad_json")
    assert.deepEqual(calls, [])
  })

  it("refuses a body and an answer that are too large", async () => {
    const { post, calls } = routesOf(async () => ({ result: "x".repeat(256 * 1024) }))
    const call = '{"jsonrpc":"2.0","id":0,"method":"commit"}'
    await refused(await post(call + " ".repeat(1024 - call.length + 1)), 413, "too_large")
    assert.equal(calls.length, 0)
    await refused(await post(call + " ".repeat(1024 - call.length)), 413, "too_large")
    assert.equal(calls.length, 1)
  })

  it("lets sixteen wait for CometBFT at one time, and goes on after them", async () => {
    const { promise, resolve } = Promise.withResolvers<LightAnswer>()
    const { ask, app, calls } = routesOf(() => promise)
    const waiting = Array.from({ length: 16 }, () => ask("commit"))
    while (calls.length < 16) await new Promise((turn) => setImmediate(turn))
    await refused(await ask("commit"), 503, "busy")
    await refused(await app.request("/attested?height=7"), 503, "busy")
    resolve({ result: {} })
    for (const answer of await Promise.all(waiting)) assert.equal(answer.status, 200)
    assert.equal((await ask("commit")).status, 200)
  })

  it("is not there on embedded", async () => {
    const { ask, app } = routesOf()
    await refused(await ask("commit"), 404, "not_found")
    await refused(await app.request("/attested?height=7"), 404, "not_found")
  })
})

describe("GET /attested", () => {
  it("shows a block's checkpoint with its commit", async () => {
    const answer = await routesOf(answering).app.request("/attested?height=7")
    assert.deepEqual(attestedAnswer.parse(await answer.json(), "answer", "json"), { checkpoint, comet })
  })

  it("refuses what is no height", async () => {
    const { app } = routesOf(answering)
    for (const query of ["", "?height=", "?height=0", "?height=-1", "?height=7.5", "?height=1e3"])
      await refused(await app.request(`/attested${query}`), 400, "bad_input")
  })
})
