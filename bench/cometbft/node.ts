import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { Chain } from "@aceso/ledger"
import { CometEngine } from "@aceso/ledger/engines/cometbft/cometbft.ts"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { setup } from "../ledger-setup.ts"
import type { NodePlan } from "./plan.ts"
import { peersOf, validatorsOf } from "./plan.ts"

/** One organisation's node in a process of its own; ends on SIGTERM. Argument: the plan and its own number. */
const { plan, own } = JSON.parse(process.argv[2]) as { plan: NodePlan; own: number }
const { custodians, handles, folder, time } = plan
const network = setup(custodians, handles, { folder, time, validators: validatorsOf(plan) })
mkdirSync(join(folder, `node-${own}`), { recursive: true })
// As a node that was started again: its state lies in lmdb, and what built the genesis is gone.
const chain = Chain.open(join(folder, `node-${own}`), network.genesis, network.rules)
await chain.close()
globalThis.gc?.()
const engine = await CometEngine.open({
  folder: join(folder, `node-${own}`),
  genesis: network.signed,
  rules: network.rules,
  executable: plan.executable,
  moniker: `node-${own}`,
  validatorSeed: seedOf(`validator ${own}`),
  nodeKeySeed: seedOf(`node ${own}`),
  rpcPort: plan.nodes[own].rpcPort,
  p2pPort: plan.nodes[own].p2pPort,
  peers: peersOf(plan, own),
  threads: 1,
})
const end = () => void engine.close().then(() => process.exit(0))
process.on("SIGTERM", end)
// The load generator failed.
process.on("disconnect", end)
process.on("message", (tx: string) => {
  engine.submit(Buffer.from(tx, "base64")).then(
    ({ result }) => process.send?.(result.ok ? "ok" : result.rejection),
    (error: unknown) => process.send?.(String(error)),
  )
})
process.send?.("ready")
