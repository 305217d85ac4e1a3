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
