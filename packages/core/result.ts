import type { Bytes } from "./bytes.ts"
import { type Cbor, decodeCbor, encodeCbor } from "./cbor.ts"
import type { BlockRoots } from "./checkpoint.ts"
import { merkleRoot } from "./merkle.ts"

/** An event of a block; its cursor is (height, transaction, index). */
export interface LedgerEvent {
  readonly height: number
  readonly transaction: number
  readonly index: number
  readonly contract: string
  readonly name: string
  readonly data: { readonly [name: string]: Cbor }
}

/** What became of an included transaction: accepted, or the contract's rejection (or `contract_fault`). */
export type TxResult = { readonly ok: true } | { readonly ok: false; readonly rejection: string }

export const resultBytes = (payloadId: Bytes, result: TxResult): Bytes =>
  encodeCbor([payloadId, result.ok ? null : result.rejection])

export const eventBytes = (event: LedgerEvent): Bytes =>
  encodeCbor([event.transaction, event.index, event.contract, event.name, event.data as Cbor])

/** The opposite of eventBytes. */
export function readEvent(bytes: Bytes, height: number): LedgerEvent {
  const [transaction, index, contract, name, data] = decodeCbor(bytes) as [
    number,
    number,
    string,
    string,
    Record<string, Cbor>,
  ]
  return { height, transaction, index, contract, name, data }
}

export function blockRoots(
  envelopeHashes: readonly Bytes[],
  results: readonly Bytes[],
  events: readonly Bytes[],
): BlockRoots {
  return {
    txRoot: merkleRoot(envelopeHashes),
    resultsRoot: merkleRoot(results),
    eventsRoot: merkleRoot(events),
  }
}
