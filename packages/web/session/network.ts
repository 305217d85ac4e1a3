import { PublicClient } from "@aceso/client/public-client.ts"

/** What every session asks of its node about the network: no right is needed for it. */
export function networkCalls(url: string) {
  const node = new PublicClient(url)
  return {
    /** Contracts and processes that are active. */
    active: async (): Promise<readonly string[]> => (await node.active()).map(({ name }) => name),
    members: () => node.members(),
  }
}
