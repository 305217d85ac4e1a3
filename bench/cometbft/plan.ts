import { createServer } from "node:net"
import { publicKey } from "@aceso/core"
import { nodeIdOf } from "@aceso/ledger/engines/cometbft/home.ts"
import { seedOf } from "@aceso/ledger/testing/network.ts"

/** A network of the benchmark, as every process of it has to know it. */
export interface NodePlan {
  readonly folder: string
  readonly executable: string
  readonly time: number
  readonly custodians: number
  readonly handles: number
  readonly nodes: readonly { readonly rpcPort: number; readonly p2pPort: number }[]
}

export const validatorsOf = ({ nodes }: NodePlan) =>
  nodes.map((_, i) => ({ member: `custodian-${i}`, key: publicKey(seedOf(`validator ${i}`)) }))

export const peersOf = ({ nodes }: NodePlan, own: number): string[] =>
  nodes.flatMap(({ p2pPort }, i) =>
    i === own ? [] : [`${nodeIdOf(seedOf(`node ${i}`))}@127.0.0.1:${p2pPort}`],
  )

export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  await Promise.all(
    servers.map((server) => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
