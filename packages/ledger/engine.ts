import type {
  Attested,
  Bytes,
  Checkpoint,
  LedgerEvent,
  PayloadId,
  Receipt,
  RowProof,
  StatusStatement,
  Table,
  TxResult,
} from "@aceso/core"
import type { BlockExplorer } from "./block-explorer.ts"
import type { LightAnswer, LightCall } from "./engines/cometbft/light.ts"
import type { EngineMetrics } from "./metrics.ts"
import type { LedgerService } from "./serving.ts"

export type { BlockExplorer } from "./block-explorer.ts"

/** The engine port (DESIGN.md, Core ideas). testing/engine-suite.ts runs against every implementation. */
export interface Engine {
  readonly network: string
  /**
   * Resolves when the transaction is in a durable block.
   * @throws PlatformError with the envelope's rejection, `expired`, `expiry_too_far`, `busy`, `closed`, or a
   * fault of the log
   */
  submit(envelope: Bytes): Promise<Submitted>
  /** A row at a height (default: the newest). @throws PlatformError `height_pruned`, `height_unknown` */
  read<K extends readonly unknown[], R>(
    table: Table<K, R>,
    key: K,
    height?: number,
  ): Promise<Readonly<R> | undefined>
  scan<K extends readonly unknown[], R>(
    table: Table<K, R>,
    prefix?: readonly unknown[],
  ): Promise<{ key: K; row: R }[]>
  /**
   * A row, or its absence, with proof against the state root of the checkpoint; without a height against the newest
   * one that is attested and holds all transactions so far.
   */
  prove(table: Table, key: readonly unknown[], height?: number): Promise<ProvenRow>
  /** Several rows of one table against one checkpoint. */
  proveMany(table: Table, keys: readonly (readonly unknown[])[], height?: number): Promise<ProvenRows>
  /** @throws PlatformError `unknown_transaction` */
  receipt(payloadId: PayloadId): Promise<Receipt>
  /** Events after the cursor, at least once each and in order, until the returned function is called. */
  subscribe(after: Cursor, onEvent: (event: LedgerEvent) => void | Promise<void>): () => void
  /** The encoded block (block.ts) at a height, from 1. @throws PlatformError `height_unknown` */
  block(height: number): Promise<Bytes>
  status(): Promise<EngineStatus>
  /** What an engine of several organisations knows of the others. */
  details?(): Promise<EngineDetails>
  /**
   * `cometbft`: a block's checkpoint with the commit that attests it.
   * @throws PlatformError `height_unknown`, `height_pruned`, `not_attested_yet`
   */
  attested?(height: number): Promise<Attested>
  /** `cometbft`: what a light client of CometBFT asks (light.ts). @throws PlatformError `engine_unreachable` */
  light?(call: LightCall): Promise<LightAnswer>
  /** Blocks for whoever looks (explorer.ts). */
  readonly explorer: BlockExplorer
  /** Of an engine that holds all rows: what it gives those who do not. */
  readonly service?: LedgerService
  /** Set while no block comes although it should. */
  readonly stalled?: Stall | undefined
  /** What has happened since the start, and what waits; never throws. */
  metrics(): EngineMetrics
  close(): Promise<void>
}

export interface Submitted {
  readonly payloadId: PayloadId
  readonly height: number
  /** Place in the block. */
  readonly index: number
  /** Block time in ms. */
  readonly time: number
  readonly result: TxResult
  readonly events: readonly LedgerEvent[]
  /** The payload was included before; this is its first result. */
  readonly isDuplicate: boolean
}

/** Attested as a receipt is; by nobody for genesis, which the founder signed. */
export interface ProvenRow extends RowProof, Attested {}

/** In the order of the keys that were asked for. */
export interface ProvenRows extends Attested {
  readonly rows: readonly RowProof[]
}

export interface Cursor {
  readonly height: number
  readonly transaction: number
  readonly index: number
}

export const START: Cursor = { height: 0, transaction: -1, index: -1 }

export interface EngineStatus {
  readonly engine: "embedded" | "cometbft" | "remote"
  readonly checkpoint: Checkpoint
  /** Signed by the engine's key, `embedded` only: how fresh the tip is without a new block. */
  readonly statement: StatusStatement | null
  readonly flushedHeight: number
  /** The node began with a snapshot of this height and has no blocks up to it; 0: it has all. */
  readonly prunedUpTo: number
}

export interface EngineDetails {
  readonly peers: number
  /** Whether the node still fetches blocks that the others have. */
  readonly catchingUp: boolean
  readonly validators: readonly { readonly key: Bytes; readonly power: number; readonly member?: string }[]
}

/** Why no block comes. */
export interface Stall {
  /** When the newest block was seen, ms. */
  readonly since: number
  readonly why: string
}

export function isAfter(event: LedgerEvent, cursor: Cursor): boolean {
  if (event.height !== cursor.height) return event.height > cursor.height
  if (event.transaction !== cursor.transaction) return event.transaction > cursor.transaction
  return event.index > cursor.index
}
