import { attestedAnswer } from "@aceso/client"
import { badInput, fromUtf8, PlatformError } from "@aceso/core"
import { lightCall } from "@aceso/ledger/engines/cometbft/light.ts"
import type { Context, Hono } from "hono"
import type { AcesoNode } from "../node/node.ts"
import { withBody } from "./body.ts"
import { type Edge, makeEdge, strangerOf, strangersBody } from "./edge.ts"

const MAX_CALL_BYTES = 1024
/** A hundred validators' votes take 40 KiB. */
const MAX_ANSWER_BYTES = 256 * 1024
/**
 * What a node needs that begins with a snapshot: headers, commits and validators, which say nothing of patients and
 * carry the validators' signatures. Nothing else of CometBFT's interface is reached from outside.
 */
export function cometRoutes(app: Hono, node: AcesoNode, edge: Edge = makeEdge()): void {
  const oneOfFew = <T>(context: Context, work: () => Promise<T>): Promise<T> =>
    edge.calls.comet.call(strangerOf(context), "too many ask for headers", work)

  /** For CometBFT's light client: JSON-RPC 2.0. Its own refusals are passed on, they tell the client what to do. */
  app.post("/comet", async (context) => {
    const { id, ...call } = await withBody(
      context,
      strangersBody(edge, context, MAX_CALL_BYTES),
      async (body) => lightCall.parse(jsonOf(body), "body", "json"),
    )
    const answer = await oneOfFew(
      context,
      () => node.services.engine.light?.(call) ?? Promise.reject(notHere()),
    )
    const text = JSON.stringify({ jsonrpc: "2.0", id, ...answer })
    if (text.length > MAX_ANSWER_BYTES)
      throw new PlatformError("too_large", `the answer has more than ${MAX_ANSWER_BYTES} characters`)
    return new Response(text, { headers: { "content-type": "application/json" } })
  })

  /** A block's checkpoint, and the validators' commit of the header after it. */
  app.get("/attested", async (context) => {
    const height = context.req.query("height") ?? ""
    if (!/^[1-9]\d{0,14}$/.test(height)) throw badInput("height", "a height from 1 on")
    const { checkpoint, comet } = await oneOfFew(
      context,
      () => node.services.engine.attested?.(Number(height)) ?? Promise.reject(notHere()),
    )
    return context.json(attestedAnswer.toJson(attestedAnswer.parse({ checkpoint, comet })) as object)
  })
}

const notHere = () => new PlatformError("not_found", "this network has no validators: its engine is embedded")

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(body))
  } catch (cause) {
    throw new PlatformError("bad_json", "the body is no JSON; send one call of JSON-RPC 2.0", { cause })
  }
}
