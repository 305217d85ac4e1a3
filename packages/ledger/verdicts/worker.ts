import { parentPort, workerData } from "node:worker_threads"
import { claimsOf, judgeForm, utf8, wrongSignature } from "@aceso/core"
import type { VerdictAnswer, VerdictRequest } from "./pool.ts"
import { BatchVerifier, oneByOne } from "./signatures.ts"

/** Judges envelopes: strict decoding, network, signatures. Pure in its input, so it may run anywhere. */
const { network, executable } = workerData as { network: string; executable: string | undefined }
const verifier = executable === undefined ? oneByOne : new BatchVerifier(executable)

async function judge({ id, bytes, sizes }: VerdictRequest): Promise<void> {
  const all = new Uint8Array(bytes)
  let at = 0
  const forms = sizes.map((size) => {
    at += size
    return judgeForm(all.subarray(at - size, at), network)
  })
  const claims = forms.map((form) => (form.ok ? claimsOf(form.envelope) : []))
  const good = await verifier.verify(claims.flat())
  const ids = new Uint8Array(32 * sizes.length)
  const expiries = new Float64Array(sizes.length)
  const failures: VerdictAnswer["failures"] = []
  let claim = 0
  forms.forEach((form, i) => {
    const wrong = good.slice(claim, claim + claims[i].length).indexOf(false)
    claim += claims[i].length
    const verdict = wrong < 0 ? form : wrongSignature(wrong)
    if (verdict.ok) {
      ids.set(verdict.envelope.payloadId, 32 * i)
      expiries[i] = verdict.envelope.payload.expiry
    } else failures.push({ index: i, rejection: verdict.rejection, detail: verdict.detail })
  })
  const answer: VerdictAnswer = { id, failures, ids: ids.buffer, expiries }
  parentPort?.postMessage(answer, [ids.buffer, expiries.buffer, bytes])
}

async function close(): Promise<void> {
  await verifier.close()
  parentPort?.close()
}

parentPort?.on(
  "message",
  (request: VerdictRequest | "close") => void (request === "close" ? close() : judge(request)),
)

// What the main thread sends first is compiled before it counts.
judgeForm(utf8("warm"), network)
