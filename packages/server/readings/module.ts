import { handle, object, readings } from "@aceso/core"
import { serverModule } from "../modules/module.ts"
import { patientRoute } from "../modules/route.ts"

/** How often it is looked whether a day is over, ms. */
const EVERY_MS = 60_000

/** Who of the own staff looked at a patient's records, for the patient. */
export const readingsModule = serverModule({
  name: "readings",
  needs: ["config", "readings"],
  setup: ({ config, readings: log }) => ({
    routes: [
      patientRoute({
        path: "/patient/readings",
        summary: "looks of the own staff on days that are not over",
        question: object({ handle }),
        answer: object({ readings }),
        delegates: ["read"],
        handle: async ({ handle }) => ({ readings: await log.open(handle) }),
      }),
    ],
    windows: [
      {
        name: "readings",
        everyMs: Math.min(EVERY_MS, config.readingsDayMs),
        run: () => log.close(),
        isAlsoAtEnds: true,
      },
    ],
  }),
})
