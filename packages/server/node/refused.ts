import type { StaffStatusAnswer } from "@aceso/client"
import type { AcesoNode } from "./node.ts"

/** What the ledger refused so often that it waits for a person. */
export function refusedOf(node: AcesoNode): NonNullable<StaffStatusAnswer["refused"]> {
  const all = {
    records: node.committer.setbacks,
    disclosures: node.disclosures.setbacks,
    policies: node.policies.setbacks,
  }
  return Object.entries(all).flatMap(([what, setbacks]) =>
    setbacks.stopped().map((code) => ({ what: what as keyof typeof all, code })),
  )
}

/** Sends what the ledger refused again. @returns how much that is */
export async function retryRefused(node: AcesoNode): Promise<number> {
  const policies = node.policies.setbacks.retry()
  // At the moments that the patients chose, as after a restart.
  if (policies > 0) await node.policies.resume()
  return policies + node.committer.setbacks.retry() + node.disclosures.setbacks.retry()
}
