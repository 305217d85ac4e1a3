import { setTimeout as delay } from "node:timers/promises"
import { randomBytes, readEnvelope, signedBytes, verify } from "@aceso/core"
import { commitEnvelope, drive, setup } from "../ledger-setup.ts"
import { percentile, report, seconds } from "../report.ts"

/** `records` commits of one entry, in turn by 1,000 custodians, each of another handle; durable. */
const CUSTODIANS = 1000
const HANDLES = 100_000
const network = setup(CUSTODIANS, HANDLES)
const envelopes = Array.from({ length: HANDLES }, (_, i) =>
  commitEnvelope(network, i % CUSTODIANS, [{ handle: i, base: 0, entries: randomBytes(32) }]),
)

/** The reference: verifying these very bytes on one idle thread. */
function reference(): number {
  const samples = envelopes.slice(0, 2000).map((bytes) => {
    const { payload, payloadBytes, signatures } = readEnvelope(bytes)
    return { message: signedBytes(payloadBytes), key: payload.signers[0], signature: signatures[0] }
  })
  let count = 0
  const start = performance.now()
  while (seconds(start) < 3)
    for (const { signature, message, key } of samples) {
      if (!verify(signature, message, key)) throw new Error("bad sample")
      count++
    }
  return count / seconds(start)
}

// As a node that was started again: its state lies in lmdb, and what built the genesis is gone.
await network.open().then((first) => first.close())
const engine = await network.open()
globalThis.gc?.()
const before = reference()
const used = 20_000
await drive(engine, envelopes.slice(0, used), 4096) // warm
const took = await drive(engine, envelopes.slice(used, 90_000), 4096)
const after = reference()
const verified = (before + after) / 2
const words = "crypto_sign_verify_detached on the same bytes, one idle thread"
report("embedded.signed", (90_000 - used) / took, "tx/s", words, verified)

// Latency under an open load of 800 tx/s.
const latencies: number[] = []
const work: Promise<void>[] = []
const start = performance.now()
for (let i = 0; i < 8000; i++) {
  const due = start + (i * 1000) / 800
  while (performance.now() < due) await delay(1)
  const begun = performance.now()
  work.push(
    engine.submit(envelopes[90_000 + i]).then(() => {
      latencies.push(performance.now() - begun)
    }),
  )
}
await Promise.all(work)
report("embedded.signed.latency.median", percentile(latencies, 0.5), "ms at 800 tx/s")
report("embedded.signed.latency.p99", percentile(latencies, 0.99), "ms at 800 tx/s")
const { heapUsed, rss } = process.memoryUsage()
report("embedded.signed.heap", heapUsed / 2 ** 20, "MiB", "resident", rss / 2 ** 20)
await engine.close()
network.remove()
