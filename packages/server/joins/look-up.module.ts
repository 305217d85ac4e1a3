import { lookUpAnswer, lookUpQuestion } from "@aceso/client"
import { serverModule } from "../modules/module.ts"
import { staffRoute } from "../modules/route.ts"
import { mustSearch } from "./searching.ts"

/** Finding records of own patients, for the organisation's own practitioners. */
export const lookUpModule = serverModule({
  name: "look-up",
  needs: ["ownLookUp", "personnel"],
  setup: ({ ownLookUp, personnel }) => ({
    routes: [
      staffRoute({
        path: "/staff/look-up",
        summary: "own patients' records by type, code, time and patient, by pages",
        check: mustSearch,
        question: lookUpQuestion,
        answer: lookUpAnswer,
        handle(question, who) {
          const { key, role } = personnel.proofOf(who.key).practitioner
          const { purpose } = question
          return ownLookUp.find(question, { key, role, purpose, name: who.name, what: "search" })
        },
      }),
    ],
  }),
})
