import { hash } from "node:crypto"
import { readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { randomBytes } from "@aceso/core"
import { commitEnvelope, drive, setup } from "../ledger-setup.ts"
import { report, seconds } from "../report.ts"

/** Record entries per second in large transactions; reference: SHA-256 of 64 bytes on one thread. */
function hashesPerSecond(): number {
  const input = Buffer.alloc(64, 7)
  const start = performance.now()
  let count = 0
  while (seconds(start) < 2) for (let i = 0; i < 1000; i++, count++) hash("sha256", input, "binary")
  return count / seconds(start)
}

const logBytes = (folder: string) =>
  readdirSync(join(folder, "log")).reduce((sum, name) => sum + statSync(join(folder, "log", name)).size, 0)

/** `perHandle(k)`: entries of the k-th handle of a transaction. */
async function run(
  name: string,
  handles: number,
  perTransaction: number,
  rounds: number,
  perHandle: (k: number) => number,
) {
  const custodians = handles / perTransaction
  const network = setup(custodians, handles)
  const sizes = new Array<number>(handles).fill(0)
  const envelopes: Uint8Array[] = []
  let entries = 0
  for (let round = 0; round < rounds; round++)
    for (let c = 0; c < custodians; c++) {
      const logs = Array.from({ length: perTransaction }, (_, k) => {
        const handle = c + k * custodians
        const count = perHandle(k + round)
        const log = { handle, base: sizes[handle], entries: randomBytes(32 * count) }
        sizes[handle] += count
        entries += count
        return log
      })
      envelopes.push(commitEnvelope(network, c, logs))
    }
  const engine = await network.open()
  await engine.chain.store.flush()
  const before = logBytes(network.folder)
  // One round at a time: a round's transactions build on the logs that the one before left.
  const start = performance.now()
  for (let i = 0; i < envelopes.length; i += custodians)
    await drive(engine, envelopes.slice(i, i + custodians), 64)
  const value = entries / seconds(start)
  report(name, value, "entries/s", "SHA-256 of 64 bytes, one thread", hashesPerSecond())
  report(`${name}.bytes`, (logBytes(network.folder) - before) / entries, "bytes/entry on disk (log)")
  await engine.close()
  network.remove()
}

await run("embedded.entries", 2000, 20, 12, (k) => 20 + ((k * 37) % 181))
await run("embedded.entries.spread", 100_000, 1000, 2, () => 1)
