import { parentPort, workerData } from "node:worker_threads"
import { judgeEnvelope, utf8 } from "@aceso/core"
import type { VerdictAnswer, VerdictRequest } from "./pool.ts"

/** Judges envelopes: strict decoding, network, signatures. Pure in its input, so it may run anywhere. */
const network = (workerData as { network: string }).network

parentPort?.on("message", ({ id, bytes, sizes }: VerdictRequest) => {
  const all = new Uint8Array(bytes)
  const ids = new Uint8Array(32 * sizes.length)
  const expiries = new Float64Array(sizes.length)
  const failures: VerdictAnswer["failures"] = []
  let at = 0
  sizes.forEach((size, i) => {
    const verdict = judgeEnvelope(all.subarray(at, at + size), network)
    at += size
    if (verdict.ok) {
      ids.set(verdict.envelope.payloadId, 32 * i)
      expiries[i] = verdict.envelope.payload.expiry
    } else failures.push({ index: i, rejection: verdict.rejection, detail: verdict.detail })
  })
  const answer: VerdictAnswer = { id, failures, ids: ids.buffer, expiries }
  parentPort?.postMessage(answer, [ids.buffer, expiries.buffer, bytes])
})

// What the main thread sends first is compiled before it counts.
judgeEnvelope(utf8("warm"), network)
