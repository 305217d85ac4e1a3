import type { StaffStatusAnswer } from "@aceso/client"
import type { AcesoNode } from "./node.ts"
import type { Setbacks } from "./setbacks.ts"

type Held = NonNullable<StaffStatusAnswer["refused"]>

/** What the ledger refused so often that it waits for a person. */
export const refusedOf = (node: AcesoNode): Held => held(node, (setbacks) => setbacks.stopped())

/** What the ledger did not take and is sent again by itself. */
export const retryingOf = (node: AcesoNode): Held => held(node, (setbacks) => setbacks.retrying())

function held(node: AcesoNode, codesOf: (setbacks: Setbacks) => string[]): Held {
  const all = {
    records: node.committer.setbacks,
    disclosures: node.disclosures.setbacks,
    policies: node.policies.setbacks,
  }
  return Object.entries(all).flatMap(([what, setbacks]) =>
    codesOf(setbacks).map((code) => ({ what: what as keyof typeof all, code })),
  )
}

/** Sends what the ledger refused again. @returns how much that is */
export async function retryRefused(node: AcesoNode): Promise<number> {
  const policies = node.policies.setbacks.retry()
  // At the moments that the patients chose, as after a restart.
  if (policies > 0) await node.policies.resume()
  return policies + node.committer.setbacks.retry() + node.disclosures.setbacks.retry()
}
