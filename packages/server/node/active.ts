import type { ActiveAnswer } from "@aceso/client"
import { activated, activations } from "@aceso/contracts"
import type { Engine } from "@aceso/ledger"

/** Contracts, and processes as `cases.<name>`, that the next block would execute, each in its newest version. */
export async function activeNow(engine: Pick<Engine, "read" | "status">): Promise<ActiveAnswer["active"]> {
  const next = (await engine.status()).checkpoint.height + 1
  const { names } = (await engine.read(activated, [])) ?? { names: [] }
  const all = names.map(async (name) => {
    const row = await engine.read(activations, [name])
    const current = row?.versions.findLast(({ height }) => height <= next)
    return current ? [{ name, version: current.version }] : []
  })
  return (await Promise.all(all)).flat()
}
