import { type Infer, object, uint } from "@aceso/core"

const requests = object({ answered: uint(), refused: uint(), failed: uint() })

/** What a node counts at a moment; what it counts up begins with its process. */
export const metricsAnswer = object({
  /** The node's clock, ms. */
  time: uint(),
  /** When the process began, ms: with another one all counts begin anew. */
  began: uint(),
  height: uint(),
  /** Transactions in blocks since then: with effect, and without. */
  accepted: uint(),
  rejected: uint(),
  /** HTTP requests since then, by what became of them: status below 400, 4xx, 5xx. */
  requests,
  /** What waits now. */
  waiting: object({
    /** Transactions for a verdict, and for a block. */
    verdicts: uint(),
    intake: uint(),
    /** Record versions and disclosures that are not on the ledger yet. */
    records: uint(),
    disclosures: uint(),
  }),
  /** Bytes of this process. */
  memory: object({ resident: uint(), heap: uint() }),
})
export type MetricsAnswer = Infer<typeof metricsAnswer>
