import { commitAnswer, retryAnswer } from "@aceso/client"
import { serverModule } from "../modules/module.ts"
import { staffRoute } from "../modules/route.ts"
import { retryRefused } from "../node/refused.ts"
import { setbackOf } from "../node/setbacks.ts"
import { mustBeAdministrator } from "../node/staff.ts"
import type { Committer } from "./committer.ts"

/** A caller who waits for the ledger hears of it so often. */
const ANSWER_WITHIN_MS = 5_000

/** What is in the vault on its way to the ledger. */
export const recordsModule = serverModule({
  name: "records",
  needs: ["committer", "config", "disclosures", "engine", "onFault", "policies", "reactors", "vault"],
  setup: ({ committer, config, disclosures, engine, onFault, policies, reactors, vault }) => ({
    routes: [
      // Answers when everything is there, or how far it is: whoever waits asks again.
      staffRoute({
        path: "/staff/commit",
        summary: "how far everything is in acknowledged blocks",
        check: mustBeAdministrator,
        whileRecovering: true,
        answer: commitAnswer,
        async handle() {
          const isDone = await flushed(committer, onFault)
          const { setbacks } = committer
          const { handles, records } = await vault.waiting()
          const { checkpoint } = await engine.status()
          return {
            isDone: isDone && !setbacks.isWaiting,
            waiting: handles + records,
            refused: setbacks.refusals(),
            blockAgeMs: Math.max(0, Date.now() - checkpoint.time),
          }
        },
      }),
      staffRoute({
        path: "/staff/retry",
        summary: "sends what the ledger refused again, and works on events that were set aside",
        check: mustBeAdministrator,
        answer: retryAnswer,
        handle: async () => ({ retried: await retryRefused({ committer, disclosures, policies, reactors }) }),
      }),
    ],
    windows: [
      {
        name: "commits",
        everyMs: config.commitWindowMs,
        isAlsoAtEnds: true,
        run: () => committer.flush(),
      },
    ],
  }),
})

/** @returns whether the committer came to an end in time */
async function flushed(committer: Committer, onFault: (error: unknown) => void): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), ANSWER_WITHIN_MS)
  const done = committer.flush().then(
    () => true,
    (error) => {
      if (setbackOf(error) === undefined) throw error
      onFault(error)
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
