import { join } from "node:path"
import {
  assert,
  type Bytes,
  type Checkpoint,
  type Envelope,
  equalBytes,
  type GenesisDocument,
  inclusionPath,
  type LedgerEvent,
  type Misbehaviour,
  type PayloadId,
  PlatformError,
  type Receipt,
  readEnvelope,
} from "@aceso/core"
import { type Block, checkpointOf, decodeBlock, encodeBlock, leavesOf, rootsOf } from "./block.ts"
import { Executor, genesisHistory, type Included } from "./executor.ts"
import { type Place, SegmentLog } from "./log/segment-log.ts"
import type { Rules } from "./rules.ts"
import { StateStore } from "./state/store.ts"

/**
 * The chain on this disk: log, state, and the index of transactions. Both engines drive it: `compute` a block,
 * `record` it, `sync`, then it counts.
 */
export class Chain {
  readonly network: string
  readonly genesis: GenesisDocument
  readonly store: StateStore
  readonly executor: Executor
  private readonly log: SegmentLog
  private readonly places: Place[]
  /** Heights whose blocks changed the validators, oldest first. */
  readonly validatorHeights: number[]
  private readonly seen: SeenIds
  private recent = new Map<string, TransactionPlace>()
  tip: Checkpoint
  /** The newest height whose block is synced: what may be acknowledged and shown. */
  durableHeight = 0
  /** Attestation of the newest block, `embedded` only. */
  tipSignature: Bytes | null = null

  private constructor(
    genesis: GenesisDocument,
    store: StateStore,
    executor: Executor,
    tip: Checkpoint,
    log: SegmentLog,
    seen: SeenIds,
    places: Place[],
    validatorHeights: number[],
  ) {
    this.network = genesis.network
    this.genesis = genesis
    this.store = store
    this.executor = executor
    this.tip = tip
    this.log = log
    this.seen = seen
    this.places = places
    this.validatorHeights = validatorHeights
  }

  /** Opens a data folder; blocks that the state lacks are executed again and compared with the log. */
  static open(folder: string, genesis: GenesisDocument, rules: Rules, options: ChainOptions = {}): Chain {
    const places: Place[] = []
    const validatorHeights: number[] = []
    const seen = new SeenIds()
    let last: Block | undefined
    const tail: Block[] = []
    const store = StateStore.open({ ...options, folder: join(folder, "state") })
    const log = SegmentLog.open(
      join(folder, "log"),
      genesis.network,
      (body, place) => {
        const block = decodeBlock(body)
        if (block.height !== places.length + 1)
          throw new PlatformError(
            "log_damaged",
            `the log has block ${block.height} where ${places.length + 1} belongs`,
          )
        places.push(place)
        if (block.validators.length > 0) validatorHeights.push(block.height)
        last = block
        for (const bytes of block.envelopes) seen.add(readEnvelope(bytes))
        seen.prune(block.time)
        if (block.height > store.flushedHeight) tail.push(block)
      },
      options.segmentBytes,
    )
    const executor = new Executor(genesis.network, rules, store)
    if (store.flushedHeight > places.length)
      throw new PlatformError(
        "log_damaged",
        `the log ends at block ${places.length}, the state stands at ${store.flushedHeight}: blocks are missing`,
      )
    const start = genesisHistory(genesis.network)
    let tip: Checkpoint = {
      network: genesis.network,
      height: 0,
      time: genesis.time,
      txRoot: start,
      historyHash: start,
      stateRoot: store.tree.root(),
    }
    if (store.flushedHeight === 0 && store.tree.isEmpty)
      tip = { ...tip, stateRoot: store.apply(0, executor.genesis(genesis)) }
    if (store.flushedHeight > 0)
      tip = checkpointOf(genesis.network, decodeBlock(log.read(places[store.flushedHeight - 1])))
    const chain = new Chain(genesis, store, executor, tip, log, seen, places, validatorHeights)
    store.extraFlush = () => chain.flushIndex()
    for (const block of tail) chain.replay(block)
    chain.durableHeight = chain.tip.height
    if (last) chain.tipSignature = last.signature
    return chain
  }

  get tornTail(): string | undefined {
    return this.log.tornTail
  }

  /** Computes a block and applies it to the state in memory. It counts once record() and sync() are done. */
  compute(
    height: number,
    time: number,
    included: readonly Included[],
    misbehaviour: readonly Misbehaviour[] = [],
  ): Block {
    assert(height === this.tip.height + 1, `block ${height} does not follow ${this.tip.height}`)
    const { historyHash } = this.tip
    const execution = this.executor.execute(height, time, historyHash, included, misbehaviour)
    const stateRoot = this.store.apply(height, execution.writes)
    return {
      height,
      time,
      envelopes: included.map(({ bytes }) => bytes),
      misbehaviour,
      results: execution.results,
      events: execution.events,
      historyHash: execution.historyHash,
      txRoot: execution.txRoot,
      stateRoot,
      signature: null,
      validators: execution.validators,
    }
  }

  /** Appends the block to the log; not durable before sync(). */
  record(block: Block, included: readonly Included[]): void {
    this.places.push(this.log.append(encodeBlock(block)))
    if (block.validators.length > 0) this.validatorHeights.push(block.height)
    this.accept(block, included)
  }

  /** Resolves when everything recorded so far survives loss of power. */
  async sync(): Promise<void> {
    const { height } = this.tip
    await this.log.sync()
    this.durableHeight = height
    this.store.flushIfDue()
  }

  isSeen(payloadId: PayloadId): boolean {
    return this.seen.has(payloadId)
  }

  prune(time: number): void {
    this.seen.prune(time)
  }

  block(height: number): Block {
    const place = this.places[height - 1]
    if (!place)
      throw new PlatformError(
        "height_unknown",
        `there is no block ${height}; the newest is ${this.tip.height}`,
      )
    return decodeBlock(this.log.read(place))
  }

  blockBytes(height: number): Buffer {
    const place = this.places[height - 1]
    if (!place)
      throw new PlatformError(
        "height_unknown",
        `there is no block ${height}; the newest is ${this.tip.height}`,
      )
    return this.log.read(place)
  }

  /** The height before genesis has no block: its checkpoint follows from the genesis document. */
  previousHistory(height: number): Bytes {
    return height === 1 ? genesisHistory(this.network) : this.block(height - 1).historyHash
  }

  find(payloadId: PayloadId): TransactionPlace | undefined {
    const recent = this.recent.get(Buffer.from(payloadId).toString("latin1"))
    if (recent) return recent
    const found = this.store.db.transactions.get(Buffer.from(payloadId.subarray(0, 16)))
    if (!found) return undefined
    const place = { height: found.readUIntBE(0, 6), index: found.readUIntBE(6, 4) }
    const envelope = this.block(place.height).envelopes[place.index]
    return envelope && equalBytes(readEnvelope(envelope).payloadId, payloadId) ? place : undefined
  }

  /** A receipt without its attestation, which is the engine's to add. */
  bareReceipt(payloadId: PayloadId): { receipt: Receipt; block: Block } {
    const place = this.find(payloadId)
    if (!place)
      throw new PlatformError(
        "unknown_transaction",
        "no block holds a transaction with this id; check the id or ask later",
      )
    const block = this.block(place.height)
    const leaves = leavesOf(block)
    const roots = rootsOf(leaves)
    const at = (all: readonly Bytes[], index: number) => ({
      index,
      size: all.length,
      path: inclusionPath(all, index),
    })
    const events = block.events.flatMap((event, i) =>
      event.transaction === place.index ? [{ event, i }] : [],
    )
    const result = block.results[place.index]
    const receipt: Receipt = {
      envelope: block.envelopes[place.index],
      rejection: result.ok ? null : result.rejection,
      transaction: at(leaves.envelopes, place.index),
      resultPath: inclusionPath(leaves.results, place.index),
      events: events.map(({ i }) => ({ bytes: leaves.events[i], inclusion: at(leaves.events, i) })),
      resultsRoot: roots.resultsRoot,
      eventsRoot: roots.eventsRoot,
      previousHistory: this.previousHistory(place.height),
      checkpoint: checkpointOf(this.network, block),
      operator: null,
      comet: null,
    }
    return { receipt, block }
  }

  eventsOf(height: number): readonly LedgerEvent[] {
    return this.block(height).events
  }

  async close(): Promise<void> {
    await this.store.close()
    this.log.close()
  }

  private replay(block: Block): void {
    const included = block.envelopes.map((bytes) => ({ bytes, envelope: readEnvelope(bytes) }))
    const again = this.compute(block.height, block.time, included, block.misbehaviour)
    if (!equalBytes(again.stateRoot, block.stateRoot) || !equalBytes(again.historyHash, block.historyHash))
      throw new PlatformError(
        "replay_differs",
        `block ${block.height} gives another result than the log says; run \`aceso verify\``,
      )
    this.accept(block, included)
  }

  private accept(block: Block, included: readonly Included[]): void {
    this.tip = checkpointOf(this.network, block)
    this.tipSignature = block.signature
    included.forEach(({ envelope }, index) => {
      this.recent.set(this.seen.add(envelope), { height: block.height, index })
    })
  }

  private flushIndex(): void {
    for (const [id, { height, index }] of this.recent) {
      const value = Buffer.alloc(10)
      value.writeUIntBE(height, 0, 6)
      value.writeUIntBE(index, 6, 4)
      this.store.db.transactions.put(Buffer.from(id.slice(0, 16), "latin1"), value)
    }
    this.recent = new Map()
  }
}

export interface TransactionPlace {
  readonly height: number
  readonly index: number
}

export interface ChainOptions {
  readonly cacheBytes?: number
  readonly heights?: number
  readonly flushKeys?: number
  readonly segmentBytes?: number
}

/** Ids of included transactions until they expire (LEDGER.md, Replay), by minute of expiry. */
class SeenIds {
  private readonly minutes = new Map<number, Set<string>>()

  has(payloadId: PayloadId): boolean {
    const id = Buffer.from(payloadId).toString("latin1")
    for (const ids of this.minutes.values()) if (ids.has(id)) return true
    return false
  }

  /** @returns the id as latin1 text */
  add({ payload, payloadId }: Envelope): string {
    const minute = Math.floor(payload.expiry / 60_000)
    const id = Buffer.from(payloadId).toString("latin1")
    const ids = this.minutes.get(minute)
    if (ids) ids.add(id)
    else this.minutes.set(minute, new Set([id]))
    return id
  }

  prune(time: number): void {
    const minute = Math.floor(time / 60_000)
    for (const known of this.minutes.keys()) if (known < minute) this.minutes.delete(known)
  }
}
