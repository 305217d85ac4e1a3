import { commitAnswer, retryAnswer } from "@aceso/client"
import { serverModule } from "../modules/module.ts"
import { staffRoute } from "../modules/route.ts"
import { retryRefused } from "../node/refused.ts"
import { mustBeAdministrator } from "../node/staff.ts"
import { flushed } from "./flushed.ts"

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
        everyMs: () => config.commitWindowMs,
        isAlsoAtEnds: true,
        run: () => committer.flush(),
      },
    ],
  }),
})
