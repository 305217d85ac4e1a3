import { attestedAnswer } from "@aceso/client"
import { badInput, PlatformError, type Schema } from "@aceso/core"
import { lightCall } from "@aceso/ledger/engines/cometbft/light.ts"
import { anyJson } from "../modules/bodies.ts"
import { serverModule } from "../modules/module.ts"
import { publicCall, publicRead } from "../modules/route.ts"

const MAX_CALL_BYTES = 1024
/** A hundred validators' votes take 40 KiB. */
const MAX_ANSWER_BYTES = 256 * 1024

const height: Schema<number> = {
  parse(value, at = "") {
    if (typeof value !== "string" || !/^[1-9]\d{0,14}$/.test(value)) throw badInput(at, "a height from 1 on")
    return Number(value)
  },
  toJson: (value) => value,
  jsonSchema: { type: "integer", minimum: 1 },
}

/**
 * What a node needs that begins with a snapshot: headers, commits and validators, which say nothing of patients and
 * carry the validators' signatures. Nothing else of CometBFT's interface is reached from outside.
 */
export const cometModule = serverModule({
  name: "comet",
  needs: ["engine"],
  setup: ({ engine }) => ({
    routes: [
      // Its own refusals are passed on, they tell the light client what to do.
      publicCall({
        path: "/comet",
        summary: "cometbft: headers, commits and validators for CometBFT's light client (JSON-RPC 2.0)",
        isJson: true,
        question: lightCall,
        answer: anyJson,
        maxBytes: MAX_CALL_BYTES,
        calls: "comet",
        async handle({ id, ...call }) {
          if (!engine.light) throw notHere()
          const answer = { jsonrpc: "2.0", id, ...(await engine.light(call)) }
          if (JSON.stringify(answer).length > MAX_ANSWER_BYTES)
            throw new PlatformError("too_large", `the answer has more than ${MAX_ANSWER_BYTES} characters`)
          return answer
        },
      }),
      publicRead({
        path: "/attested",
        summary: "cometbft: a block's checkpoint (?height=) and the validators' commit that attests it",
        query: { height },
        answer: attestedAnswer,
        calls: "comet",
        async handle({ height }) {
          if (!engine.attested) throw notHere()
          const { checkpoint, comet } = await engine.attested(height)
          if (!comet) throw notHere()
          return { checkpoint, comet }
        },
      }),
    ],
  }),
})

const notHere = () => new PlatformError("not_found", "this network has no validators: its engine is embedded")
