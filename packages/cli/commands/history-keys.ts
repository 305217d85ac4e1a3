import type { HistoryAnswer } from "@aceso/client"
import { red } from "../columns.ts"
import { localTime } from "../output.ts"

/** That a custodian put another key in place of the patient's: consents since may be its own. */
export function rekeyLines({ custodian, rekeyed }: HistoryAnswer["custodians"][number]): string[] {
  if (!rekeyed) return []
  const { isPending, since, from } = rekeyed
  if (since === null || from === null)
    return [
      red(
        `  the patient's key at ${custodian} was replaced at its desk; when, the ledger does not say any more (the custodian could act for the patient since)`,
      ),
    ]
  return [
    red(
      isPending
        ? `  the desk of ${custodian} is replacing the patient's key since ${localTime(since)}; from ${localTime(from)} on the custodian could act for the patient`
        : `  the patient's key at ${custodian} was replaced at its desk on ${localTime(since)} (the custodian could act for the patient since ${localTime(from)})`,
    ),
  ]
}
