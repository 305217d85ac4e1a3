import { PublicClient } from "@aceso/client/public-client.ts"
import { type Late, once } from "../late.ts"
import { ledgerCalls } from "../ledger.ts"
import { networkCalls } from "../network.ts"
import { together } from "../together.ts"
import { nodeCalls } from "./node-shown.ts"
import type { restCalls } from "./rest.ts"
import { verifyCalls } from "./verify.ts"

/** For whoever looks at a node without a right of their own. @param url of the node */
export function openSession(url: string) {
  const node = new PublicClient(url)
  const early = together(networkCalls(url), nodeCalls(node), ledgerCalls(url), verifyCalls(node))
  /** Calls that the first pages do without; asked for by the session (worker.ts). */
  const rest = once(async (): Promise<object> => {
    const { restCalls } = await import("./rest.ts")
    return together(early, restCalls(node))
  })
  return { ...early, rest } as object as typeof early & Late<ReturnType<typeof restCalls>>
}
export type OpenSession = ReturnType<typeof openSession>
