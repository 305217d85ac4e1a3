import { verifyAttestation } from "./attestation.ts"
import { type Bytes, equalBytes } from "./bytes.ts"
import type { Cbor } from "./cbor.ts"
import { nextHistory } from "./checkpoint.ts"
import { envelopeHash, readEnvelope } from "./envelope.ts"
import { PlatformError } from "./errors.ts"
import type { GenesisDocument } from "./genesis.ts"
import { verifyInclusion } from "./merkle.ts"
import type { Receipt } from "./receipt.ts"
import { resultBytes, type TxResult } from "./result.ts"

export interface ReceiptAnswer {
  readonly payloadId: Bytes
  readonly contract: string
  readonly action: string
  readonly input: Cbor
  readonly signers: readonly Bytes[]
  readonly result: TxResult
  readonly height: number
  readonly time: number
  /** What the answer rests on, in words. */
  readonly restsOn: string
}

const bad = (what: string) => new PlatformError("bad_receipt", `the receipt does not hold: ${what}`)

/**
 * Checks a receipt against an anchor and nothing else.
 * @throws PlatformError `bad_receipt` with the first link that fails
 */
export function verifyReceipt(r: Receipt, anchor: GenesisDocument): ReceiptAnswer {
  if (r.checkpoint.network !== anchor.network)
    throw bad(`it is of network ${r.checkpoint.network}, the anchor of ${anchor.network}`)
  const { payload, payloadId } = readEnvelope(r.envelope)
  const { index, size, path } = r.transaction
  if (!verifyInclusion(r.checkpoint.txRoot, envelopeHash(r.envelope), index, size, path))
    throw bad("the transaction is not in the block")
  const result: TxResult = r.rejection === null ? { ok: true } : { ok: false, rejection: r.rejection }
  if (!verifyInclusion(r.resultsRoot, resultBytes(payloadId, result), index, size, r.resultPath))
    throw bad("the result is not the block's")
  for (const event of r.events) {
    const { index, size, path } = event.inclusion
    if (!verifyInclusion(r.eventsRoot, event.bytes, index, size, path))
      throw bad("an event is not in the block")
  }
  const roots = { txRoot: r.checkpoint.txRoot, resultsRoot: r.resultsRoot, eventsRoot: r.eventsRoot }
  if (!equalBytes(nextHistory(r.previousHistory, r.checkpoint.height, roots), r.checkpoint.historyHash))
    throw bad("the history hash does not follow from the block")
  return {
    payloadId,
    contract: payload.contract,
    action: payload.action,
    input: payload.input,
    signers: payload.signers,
    result,
    height: r.checkpoint.height,
    time: r.checkpoint.time,
    restsOn: verifyAttestation(r, anchor, bad),
  }
}
