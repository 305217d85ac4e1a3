import { writeAnswer, writeQuestion } from "@aceso/client"
import { mustKeepRecords } from "../import/keeps-records.ts"
import { serverModule } from "../modules/module.ts"
import { staffRoute } from "../modules/route.ts"
import { mustBeClinical, Writing } from "./writing.ts"

/** What people who treat a patient write themselves. */
export const writeModule = serverModule({
  name: "write",
  needs: ["committer", "config", "importer", "ledger", "onFault", "personnel", "vault"],
  setup: ({ ledger, personnel, ...services }) => {
    const writing = new Writing(services)
    return {
      routes: [
        staffRoute({
          path: "/staff/write",
          summary: "a note, a result, an allergy or a problem of an own patient, or the correction of one",
          check: ({ key }) => mustBeClinical(personnel.proofOf(key).practitioner.role),
          question: writeQuestion,
          answer: writeAnswer,
          maxBytes: MAX_BYTES,
          async handle(question, { name }) {
            await mustKeepRecords(ledger)
            return writing.write(question, name)
          },
        }),
      ],
    }
  },
})

/** A note of 20,000 characters, and what stands beside it. */
const MAX_BYTES = 128 * 1024
