import { setTimeout as delay } from "node:timers/promises"
import { type Bytes, fromHex, toHex } from "@aceso/core"
import { checkpointOf, decodeBlock } from "../block.ts"
import type { AbciHandler } from "../engines/cometbft/abci-server.ts"
import { CometEngine, type CometOptions } from "../engines/cometbft/cometbft.ts"
import { rules } from "./network.ts"

/** Where a node can be killed: the three durability points of a block. */
export type KillPoint = "before-finalize-answer" | "before-commit" | "after-commit"

/** What a test asks a node in a process of its own. */
export type NodeRequest =
  | { readonly do: "submit"; readonly bytes: string }
  | { readonly do: "tip" }
  | { readonly do: "block"; readonly height: number }
  | { readonly do: "details" }
  | { readonly do: "receipt"; readonly payloadId: string }
  | { readonly do: "killAt"; readonly point: KillPoint }
  | { readonly do: "close" }

let killAt: KillPoint | undefined
const die = () => process.kill(process.pid, "SIGKILL")

const around =
  (handler: AbciHandler): AbciHandler =>
  async (request) => {
    if (killAt === "before-commit" && request.commit) die()
    const answer = await handler(request)
    if (killAt === "before-finalize-answer" && request.finalizeBlock && request.finalizeBlock.txs.length > 0)
      die()
    if (killAt === "after-commit" && request.commit) die()
    return answer
  }

interface Spoken {
  readonly id: number
  readonly request: NodeRequest
}

const given = JSON.parse(process.argv[2]) as Record<string, unknown>
const revive = (value: unknown): unknown => {
  if (typeof value === "string" && value.startsWith("hex:")) return fromHex(value.slice(4))
  if (Array.isArray(value)) return value.map(revive)
  if (value && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, revive(one)]))
  return value
}
const engine = await CometEngine.open({
  ...(revive(given) as CometOptions),
  rules,
  threads: 1,
  around,
})
engine.onFault = (error) => {
  process.stderr.write(`${given.moniker}: ${(error as Error).message}\n`)
  process.exit(1)
}

async function answer(request: NodeRequest): Promise<unknown> {
  switch (request.do) {
    case "submit": {
      const { height, result } = await engine.submit(fromHex(request.bytes) as Bytes)
      return { height, result }
    }
    case "tip": {
      const { checkpoint } = await engine.status()
      return { height: checkpoint.height, stateRoot: toHex(checkpoint.stateRoot) }
    }
    case "block": {
      const block = decodeBlock(await engine.block(request.height))
      const { stateRoot, historyHash } = checkpointOf(engine.network, block)
      const ids = block.events.map(({ name }) => name)
      return {
        stateRoot: toHex(stateRoot),
        historyHash: toHex(historyHash),
        events: ids,
        transactions: block.envelopes.length,
      }
    }
    case "details":
      return { ...(await engine.details()), validators: (await engine.details()).validators.length }
    case "receipt":
      return engine.receipt(fromHex(request.payloadId))
    case "killAt":
      killAt = request.point
      return {}
    case "close":
      setImmediate(() => void engine.close().then(() => process.exit(0)))
      return {}
  }
}

process.on("message", ({ id, request }: Spoken) => {
  answer(request).then(
    (value) => process.send?.({ id, value }),
    (error: { code?: string; message: string }) =>
      process.send?.({ id, error: { code: error.code, message: error.message } }),
  )
})
process.on("disconnect", () => void engine.close().then(() => process.exit(0)))
await delay(0)
process.send?.({ ready: true })
