import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { applicationHash, randomBytes } from "@aceso/core"
import { Chain } from "@aceso/ledger"
import { includedOf } from "@aceso/ledger/included.ts"
import { Restore } from "@aceso/ledger/snapshot/restore.ts"
import { Snapshots } from "@aceso/ledger/snapshot/snapshots.ts"
import { commitEnvelope, setup } from "../ledger-setup.ts"
import { report, seconds } from "../report.ts"

const HANDLES = 1_000_000
const CUSTODIANS = 1000

/** A snapshot of one million rows: made by one node, restored by another as state sync does, chunk by chunk. */
export async function measureRestore(): Promise<void> {
  const network = setup(CUSTODIANS, HANDLES)
  const source = join(network.folder, "source")
  mkdirSync(source)
  const chain = Chain.open(source, network.genesis, network.rules)
  const bytes = commitEnvelope(network, 0, [{ handle: 0, base: 0, entries: randomBytes(32) }])
  const included = [includedOf(bytes)]
  chain.record(chain.compute(1, Date.now(), included), included)
  await chain.sync()
  await chain.store.flush()
  const snapshots = new Snapshots(source)
  const making = performance.now()
  await snapshots.make(chain.tip, chain.seenIds(), chain.validatorHeights)
  const made = seconds(making)
  const [offer] = snapshots.list()
  const { stateRoot, historyHash, height } = chain.tip

  // As a node that joins: its own genesis is built, then thrown away for the snapshot.
  const target = join(network.folder, "target")
  mkdirSync(target)
  const joining = Chain.open(target, network.genesis, network.rules)
  globalThis.gc?.()
  const start = performance.now()
  const appHash = applicationHash(stateRoot, historyHash)
  const restore = new Restore(target, network.genesis.network, {
    metadata: offer.bytes,
    hash: offer.hash,
    height,
    appHash,
  })
  for (const index of offer.manifest.chunks.keys())
    if (!restore.take(index, snapshots.chunk(height, index))) throw new Error("a chunk was refused")
  await restore.finish(joining)
  report("cometbft.restore", seconds(start), "s for a snapshot of one million rows")
  report("cometbft.restore.rows", offer.manifest.rows, "rows")
  report("cometbft.restore.make", made, "s to make it, in a worker")
  await joining.close()
  await chain.close()
  rmSync(network.folder, { recursive: true, force: true })
}
