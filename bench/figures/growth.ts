import { randomBytes } from "@aceso/core"
import { commitEnvelope, drive, setup } from "../ledger-setup.ts"
import { report } from "../report.ts"

/** Microseconds per transaction with 1,000,000 handles in state against 10,000; handles picked at random. */
const TRANSACTIONS = 60_000

async function microseconds(handles: number): Promise<number> {
  const custodians = 100
  const network = setup(custodians, handles)
  // As a node that was started again: its state lies in lmdb, and what built the genesis is gone.
  await network.open().then((first) => first.close())
  const engine = await network.open()
  globalThis.gc?.()
  const sizes = new Map<number, number>()
  // Transactions of one handle must not overtake each other: each wave holds a handle at most once.
  const distinct = (count: number) => {
    const picked = new Set<number>()
    while (picked.size < count) picked.add(Math.floor(Math.random() * handles))
    return [...picked].map((handle) => {
      const base = sizes.get(handle) ?? 0
      sizes.set(handle, base + 1)
      return commitEnvelope(network, handle % custodians, [{ handle, base, entries: randomBytes(32) }])
    })
  }
  const waves = Array.from({ length: TRANSACTIONS / 5000 }, () => distinct(5000))
  await drive(engine, waves[0], 2500)
  let total = 0
  for (const envelopes of waves.slice(1)) total += await drive(engine, envelopes, 2500)
  await engine.close()
  network.remove()
  return (total * 1e6) / (TRANSACTIONS - 5000)
}

const small = await microseconds(10_000)
const large = await microseconds(1_000_000)
report(
  "growth.transaction",
  large / small,
  "ratio",
  "microseconds per transaction at 10,000 handles",
  small,
  large / small,
)
