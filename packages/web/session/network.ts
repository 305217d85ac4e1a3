import { PublicClient } from "@aceso/client/public-client.ts"
import { visibleAll } from "@aceso/core/display/visible.ts"
import { visibleCalls } from "./visible-calls.ts"

/** What every session asks of its node about the network: no right is needed for it. */
export function networkCalls(url: string) {
  const node = new PublicClient(url)
  return visibleCalls({
    /** Contracts and processes that are active. */
    active: async (): Promise<readonly string[]> => (await node.active()).map(({ name }) => name),
    members: async () => visibleAll(await node.members()),
  })
}
