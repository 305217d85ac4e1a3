import {
  type BlockRoots,
  type Bytes,
  blockRoots,
  type Cbor,
  type Checkpoint,
  decodeTrusted,
  encodeCbor,
  envelopeHash,
  eventBytes,
  type LedgerEvent,
  type Misbehaviour,
  PlatformError,
  type PublicKey,
  readEnvelope,
  resultBytes,
  type TxResult,
  type ValidatorUpdate,
} from "@aceso/core"

/** A block as it lies in the log: what went in, what came out, and what it left behind. */
export interface Block {
  readonly height: number
  /** ms */
  readonly time: number
  readonly envelopes: readonly Bytes[]
  readonly misbehaviour: readonly Misbehaviour[]
  /** Changes of the validator set that the engine makes for this block. */
  readonly validators: readonly ValidatorUpdate[]
  readonly results: readonly TxResult[]
  readonly events: readonly LedgerEvent[]
  readonly historyHash: Bytes
  readonly stateRoot: Bytes
  readonly txRoot: Bytes
  /** `embedded`: the engine key's signature over the checkpoint. */
  readonly signature: Bytes | null
}

export function encodeBlock(block: Block): Bytes {
  return encodeCbor([
    block.height,
    block.time,
    [...block.envelopes],
    block.results.map((result) => (result.ok ? null : result.rejection)),
    block.events.map((e) => [e.transaction, e.index, e.contract, e.name, e.data as Cbor]),
    block.historyHash,
    block.stateRoot,
    block.txRoot,
    block.signature,
    block.misbehaviour.map(({ kind, address, height, time }) => [kind, address, height, time]),
    block.validators.map(({ key, power }) => [key, power]),
  ])
}

/** @throws PlatformError `log_damaged` when the record is whole but no block */
export function decodeBlock(bytes: Bytes): Block {
  const value = decodeTrusted(bytes)
  if (!Array.isArray(value) || value.length !== 11)
    throw new PlatformError("log_damaged", "a log record is not a block")
  const [
    height,
    time,
    envelopes,
    rejections,
    events,
    historyHash,
    stateRoot,
    txRoot,
    signature,
    misbehaviour,
    validators,
  ] = value as [
    number,
    number,
    Bytes[],
    (string | null)[],
    [number, number, string, string, Record<string, Cbor>][],
    Bytes,
    Bytes,
    Bytes,
    Bytes | null,
    [Misbehaviour["kind"], Bytes, number, number][],
    [PublicKey, number][],
  ]
  return {
    height,
    time,
    envelopes,
    misbehaviour: misbehaviour.map(([kind, address, height, time]) => ({ kind, address, height, time })),
    validators: validators.map(([key, power]) => ({ key, power })),
    results: rejections.map((rejection) => (rejection === null ? { ok: true } : { ok: false, rejection })),
    events: events.map(([transaction, index, contract, name, data]) => ({
      height,
      transaction,
      index,
      contract,
      name,
      data,
    })),
    historyHash,
    stateRoot,
    txRoot,
    signature,
  }
}

export const checkpointOf = (network: string, block: Omit<Block, "signature">): Checkpoint => ({
  network,
  height: block.height,
  time: block.time,
  txRoot: block.txRoot,
  historyHash: block.historyHash,
  stateRoot: block.stateRoot,
})

export interface BlockLeaves {
  readonly envelopes: readonly Bytes[]
  readonly results: readonly Bytes[]
  readonly events: readonly Bytes[]
}

/** The leaves of a block's three trees. */
export function leavesOf(block: Pick<Block, "envelopes" | "results" | "events">): BlockLeaves {
  return {
    envelopes: block.envelopes.map(envelopeHash),
    results: block.results.map((result, i) =>
      resultBytes(readEnvelope(block.envelopes[i]).payloadId, result),
    ),
    events: block.events.map(eventBytes),
  }
}

export const rootsOf = (leaves: BlockLeaves): BlockRoots =>
  blockRoots(leaves.envelopes, leaves.results, leaves.events)
