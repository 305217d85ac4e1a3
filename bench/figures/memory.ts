import { readFileSync } from "node:fs"
import { randomBytes } from "@aceso/core"
import { commitEnvelope, drive, setup } from "../ledger-setup.ts"
import { report } from "../report.ts"

/** Anonymous resident memory and heap of an engine at one and at ten times the chain's length. */
const SHORT = 10_000
const HANDLES = 1_000
const network = setup(100, HANDLES)
const engine = await network.open()
const sizes = new Array<number>(HANDLES).fill(0)

/** Each wave holds every handle at most once, so that nothing overtakes. */
async function extend(transactions: number): Promise<void> {
  for (let done = 0; done < transactions; done += HANDLES)
    await drive(
      engine,
      Array.from({ length: HANDLES }, (_, handle) =>
        commitEnvelope(network, handle % 100, [{ handle, base: sizes[handle]++, entries: randomBytes(32) }]),
      ),
      200,
    )
}

async function measure(name: string, of?: number): Promise<number> {
  await engine.chain.store.flush()
  globalThis.gc?.()
  const heap = process.memoryUsage().heapUsed / 2 ** 20
  const text = readFileSync("/proc/self/smaps_rollup", "utf8")
  const anonymous = Number(/^Anonymous:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) / 1024
  report(`${name}.anonymous`, anonymous, "MiB", of === undefined ? "" : "at a tenth of the length", of ?? 0)
  report(`${name}.heap`, heap, "MiB")
  return anonymous
}

await extend(SHORT)
const short = await measure("memory.chain.one")
await extend(9 * SHORT)
await measure("memory.chain.ten", short)
await engine.close()
network.remove()
