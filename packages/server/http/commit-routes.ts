import { commitAnswer, retryAnswer } from "@aceso/client"
import type { Cbor } from "@aceso/core"
import type { AcesoNode } from "../node/node.ts"
import { retryRefused } from "../node/refused.ts"
import { setbackOf } from "../node/setbacks.ts"
import type { StaffHandler } from "./handlers.ts"
import { mustBeAdministrator } from "./staff-routes.ts"

/** A caller who waits for the ledger hears of it so often. */
const ANSWER_WITHIN_MS = 5_000

/** What is in the vault on its way to the ledger. */
export const commitRoutes: Readonly<Record<string, StaffHandler>> = {
  /** Answers when everything is in acknowledged blocks, or how far it is: whoever waits asks again. */
  "/staff/commit": async (node, _body, who) => {
    mustBeAdministrator(who.isAdministrator)
    const isDone = await flushed(node)
    const { setbacks } = node.services.committer
    const { handles, records } = await node.services.vault.waiting()
    const { checkpoint } = await node.services.engine.status()
    return commitAnswer.parse({
      isDone: isDone && !setbacks.isWaiting,
      waiting: handles + records,
      refused: setbacks.refusals(),
      blockAgeMs: Math.max(0, Date.now() - checkpoint.time),
    }) as Cbor
  },

  "/staff/retry": async (node, _body, who) => {
    mustBeAdministrator(who.isAdministrator)
    return retryAnswer.parse({ retried: await retryRefused(node.services) }) as Cbor
  },
}

/** @returns whether the committer came to an end in time */
async function flushed(node: AcesoNode): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), ANSWER_WITHIN_MS)
  const done = node.services.committer.flush().then(
    () => true,
    (error) => {
      if (setbackOf(error) === undefined) throw error
      node.onFault(error)
      return true
    },
  )
  // Nobody may wait for it any more when it fails.
  done.catch(() => {})
  try {
    return await Promise.race([done, late])
  } finally {
    clearTimeout(timer)
  }
}
