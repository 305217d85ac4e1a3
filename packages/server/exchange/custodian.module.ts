import { accessRequest, accessRequestAnswer, fetchRequest, sealedAnswer } from "@aceso/core"
import { raw } from "../modules/bodies.ts"
import { serverModule } from "../modules/module.ts"
import { memberRoute } from "../modules/route.ts"

/** What other organisations ask of this one, and the log of what they were told. */
export const custodianModule = serverModule({
  name: "custodian",
  needs: ["config", "custodian", "disclosures"],
  setup: ({ config, custodian, disclosures }) => ({
    routes: [
      memberRoute({
        path: "/exchange/fetch",
        summary: "records of a handle, sealed to a one-time key",
        question: fetchRequest,
        answer: raw(sealedAnswer),
        handle: (request, { member }) => custodian.fetch(request, member),
      }),
      memberRoute({
        path: "/exchange/request",
        summary: "an access request with a patient's card",
        question: accessRequest,
        answer: accessRequestAnswer,
        handle: (request, { member }) => custodian.request(request, member),
      }),
    ],
    windows: [
      {
        name: "disclosures",
        everyMs: () => config.disclosureWindowMs,
        isAlsoAtEnds: true,
        async run() {
          await custodian.noteUnlogged()
          if (!custodian.dishonesty.forgetsPromises) await disclosures.flush()
        },
      },
    ],
    stop: () => custodian.noteUnlogged(true),
  }),
})
