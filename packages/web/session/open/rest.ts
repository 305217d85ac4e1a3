import { LedgerProofs } from "@aceso/client/ledger-proofs.ts"
import type { PublicClient } from "@aceso/client/public-client.ts"
import { capabilityOpenCalls } from "../capabilities.ts"
import { provenMembers, rowsBy, type ShownMembers } from "../proven-members.ts"
import { together } from "../together.ts"
import { visibleCalls } from "../visible-calls.ts"

/** What whoever looks asks on later pages. */
export function restCalls(node: PublicClient) {
  const rows = rowsBy(new LedgerProofs(undefined, { isFirstFresh: true }), node)
  return together(
    visibleCalls({
      membersShown: async (): Promise<ShownMembers> => provenMembers(rows, await node.members()),
    }),
    capabilityOpenCalls({ url: node.url }),
  )
}
