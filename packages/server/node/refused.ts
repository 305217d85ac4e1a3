import type { StaffStatusAnswer } from "@aceso/client"
import type { Services } from "./services.ts"
import type { Setbacks } from "./setbacks.ts"

type Sources = Pick<Services, "committer" | "disclosures" | "policies">
type Retried = Sources & Pick<Services, "reactors">
type Held = NonNullable<StaffStatusAnswer["refused"]>

/** What the ledger refused so often that it waits for a person. */
export const refusedOf = (sources: Sources): Held => held(sources, (setbacks) => setbacks.stopped())

/** What the ledger did not take and is sent again by itself. */
export const retryingOf = (sources: Sources): Held => held(sources, (setbacks) => setbacks.retrying())

function held(
  { committer, disclosures, policies }: Sources,
  codesOf: (setbacks: Setbacks) => string[],
): Held {
  const all = {
    records: committer.setbacks,
    disclosures: disclosures.setbacks,
    policies: policies.setbacks,
  }
  return Object.entries(all).flatMap(([what, setbacks]) =>
    codesOf(setbacks).map((code) => ({ what: what as keyof typeof all, code })),
  )
}

/** Sends what the ledger refused again, and works on events that were set aside. @returns how much that is */
export async function retryRefused({ committer, disclosures, policies, reactors }: Retried): Promise<number> {
  const changes = policies.setbacks.retry()
  // At the moments that the patients chose, as after a restart.
  if (changes > 0) await policies.resume()
  return changes + committer.setbacks.retry() + disclosures.setbacks.retry() + (await reactors.retry())
}
