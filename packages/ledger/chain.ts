import { join } from "node:path"
import {
  assert,
  type Bytes,
  type Checkpoint,
  EMPTY_ROOT,
  equalBytes,
  type GenesisDocument,
  type LedgerEvent,
  type Misbehaviour,
  nameOf,
  type PayloadId,
  PlatformError,
  readEnvelope,
} from "@aceso/core"
import { type Base, beginning, mustBeOf } from "./base.ts"
import { type Block, checkpointOf, decodeBlock, encodeBlock } from "./block.ts"
import { BlockIndex, type BlockSummary, type Computed, summaryOf } from "./block-index.ts"
import { type Execution, Executor } from "./executor.ts"
import type { FoundIndex } from "./found-index.ts"
import { type Included, includedOf, type TransactionPlace } from "./included.ts"
import { type Place, SegmentLog } from "./log/segment-log.ts"
import { ChainCounters } from "./metrics.ts"
import { OpenedBlock, OpenedBlocks } from "./opened-blocks.ts"
import type { Rules } from "./rules.ts"
import { minuteOf, SeenIds } from "./seen-ids.ts"
import type { Manifest, SeenMinute, SnapshotRow } from "./snapshot/format.ts"
import type { Written } from "./state/database.ts"
import { StateStore } from "./state/store.ts"
import { lastBlock, seenChains } from "./system-tables.ts"

/**
 * The chain on this disk: log, state, and the index of transactions. Both engines drive it: `compute` a block,
 * `record` it, `sync`, then it counts.
 */
export class Chain {
  readonly network: string
  readonly genesis: GenesisDocument
  readonly store: StateStore
  readonly executor: Executor
  readonly counters = new ChainCounters()
  private readonly log: SegmentLog
  private readonly places: Place[]
  /** Heights whose blocks changed the validators, oldest first. */
  readonly validatorHeights: number[]
  private readonly seen: SeenIds
  private readonly index: BlockIndex
  private readonly openedBlocks = new OpenedBlocks((height) => this.opening(height))
  private base: Base
  private recent = new Map<string, TransactionPlace>()
  /** What the flush under way, or the last one, writes to the index: lmdb may not show it yet. */
  private indexing: ReadonlyMap<string, TransactionPlace> = new Map()
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
    base: Base,
  ) {
    this.network = genesis.network
    this.genesis = genesis
    this.store = store
    this.executor = executor
    this.tip = tip
    this.log = log
    this.seen = seen
    this.index = new BlockIndex(store.db, executor.publicTables)
    this.places = places
    this.validatorHeights = validatorHeights
    this.base = base
  }

  /** Opens a data folder; blocks that the state lacks are executed again and compared with the log. */
  static open(folder: string, genesis: GenesisDocument, rules: Rules, options: ChainOptions = {}): Chain {
    const places: Place[] = []
    const validatorHeights: number[] = []
    const seen = new SeenIds()
    let last: Block | undefined
    const tail: Block[] = []
    const store = StateStore.open({ ...options, folder: join(folder, "state") })
    mustBeOf(folder, genesis)
    if (genesis.from && !store.base)
      throw new PlatformError(
        "snapshot_missing",
        `this network goes on from height ${genesis.from.height} of another: run aceso join <invitation> --snapshot <folder>`,
      )
    const base = store.base ?? beginning(genesis)
    if (store.base) {
      seen.import(store.base.seen)
      validatorHeights.push(...store.base.validatorHeights)
    }
    const log = SegmentLog.open(
      join(folder, "log"),
      genesis.network,
      (body, place) => {
        const block = decodeBlock(body)
        const expected = base.height + places.length + 1
        if (places.length === 0 && block.height > expected)
          throw new PlatformError(
            "state_missing",
            `the log begins at block ${block.height}, after a snapshot whose state is no longer there: ` +
              "run `aceso rebuild-state`, which begins with engine/origin; without that folder remove the engine's, and join the network again",
          )
        if (block.height !== expected)
          throw new PlatformError(
            "log_damaged",
            `the log has block ${block.height} where ${expected} belongs`,
          )
        places.push(place)
        if (block.validators.length > 0) validatorHeights.push(block.height)
        last = block
        seen.addBlock(block.envelopes.map(includedOf), block.time)
        if (block.height > store.flushedHeight) tail.push(block)
      },
      options.segmentBytes,
    )
    const executor = new Executor(genesis.network, rules, store)
    const end = base.height + places.length
    if (store.flushedHeight > end)
      throw new PlatformError(
        "log_damaged",
        `the log ends at block ${end}, the state stands at ${store.flushedHeight}: blocks are missing`,
      )
    let { tip } = base
    if (store.flushedHeight === 0 && store.tree.isEmpty)
      tip = { ...tip, stateRoot: store.apply(0, executor.genesis(genesis)) }
    else if (store.flushedHeight === 0) tip = { ...tip, stateRoot: store.tree.root() }
    if (store.flushedHeight > base.height)
      tip = checkpointOf(
        genesis.network,
        decodeBlock(log.read(places[store.flushedHeight - base.height - 1])),
      )
    const chain = new Chain(genesis, store, executor, tip, log, seen, places, validatorHeights, base)
    store.extraFlush = (_database, written) => chain.flushIndex(written)
    for (const block of tail) chain.replay(block)
    chain.durableHeight = chain.tip.height
    if (last) chain.tipSignature = last.signature
    return chain
  }

  get tornTail(): string | undefined {
    return this.log.tornTail
  }

  /** What the next block would do; nothing is changed. */
  execute(
    height: number,
    time: number,
    included: readonly Included[],
    misbehaviour: readonly Misbehaviour[] = [],
  ): Execution {
    assert(height === this.tip.height + 1, `block ${height} does not follow ${this.tip.height}`)
    const began = performance.now()
    const execution = this.executor.execute(height, time, this.tip.historyHash, included, misbehaviour)
    this.counters.executionMs = performance.now() - began
    return execution
  }

  /** Computes a block and applies it to the state in memory. It counts once record() and sync() are done. */
  compute(
    height: number,
    time: number,
    included: readonly Included[],
    misbehaviour: readonly Misbehaviour[] = [],
    execution: Execution = this.execute(height, time, included, misbehaviour),
  ): Computed {
    const began = performance.now()
    const stateRoot = this.store.apply(height, execution.writes)
    this.counters.executionMs += performance.now() - began
    return {
      height,
      time,
      envelopes: included.map(({ bytes }) => bytes),
      misbehaviour,
      results: execution.results,
      events: execution.events,
      historyHash: execution.historyHash,
      txRoot: execution.roots.txRoot,
      stateRoot,
      signature: null,
      validators: execution.validators,
      roots: execution.roots,
      touched: execution.touched,
      sought: execution.sought,
    }
  }

  /** Appends the block to the log; not durable before sync(). */
  record(block: Computed, included: readonly Included[]): void {
    const bytes = encodeBlock(block)
    this.places.push(this.log.append(bytes))
    this.index.add(block, bytes.length)
    if (block.validators.length > 0) this.validatorHeights.push(block.height)
    this.accept(block, included)
    this.counters.add(block)
  }

  /** Resolves when everything recorded so far survives loss of power. */
  async sync(): Promise<void> {
    const { height } = this.tip
    const began = performance.now()
    await this.log.sync()
    this.counters.sync.observe(performance.now() - began)
    this.durableHeight = height
    this.store.flushIfDue()
  }

  /** Whether a block holds this payload and it has not expired; `id` as latin1 text. */
  isSeen(id: string, expiry: number): boolean {
    return this.seen.has(id, expiry)
  }

  block(height: number): Block {
    return decodeBlock(this.blockBytes(height))
  }

  /** @throws PlatformError `height_pruned`, `height_unknown` */
  blockBytes(height: number): Buffer {
    const place = this.places[height - this.base.height - 1]
    if (place) return this.log.read(place)
    if (height >= 1 && height <= this.base.height)
      throw new PlatformError(
        "height_pruned",
        `this node began with a snapshot and has no blocks up to ${this.base.height}; ask another node`,
      )
    throw new PlatformError("height_unknown", `there is no block ${height}; the newest is ${this.tip.height}`)
  }

  /** A block with what proofs about it are made of. @throws PlatformError `height_pruned`, `height_unknown` */
  opened(height: number): OpenedBlock {
    return this.openedBlocks.open(height)
  }

  private opening(height: number): OpenedBlock {
    const bytes = this.blockBytes(height)
    return new OpenedBlock(decodeBlock(bytes), bytes.length, () => this.index.touched(height))
  }

  /** The height from which on this node has blocks is the one after it; 0: it has all. */
  get prunedUpTo(): number {
    return this.base.height
  }

  /** The checkpoint that this node's blocks follow. */
  get baseTip(): Checkpoint {
    return this.base.tip
  }

  /** The height before genesis has no block: its checkpoint follows from the genesis document. */
  previousHistory(height: number): Bytes {
    return height === this.base.height + 1 ? this.base.tip.historyHash : this.summary(height - 1).historyHash
  }

  find(payloadId: PayloadId): TransactionPlace | undefined {
    const id = nameOf(payloadId)
    const recent = this.recent.get(id) ?? this.indexing.get(id)
    if (recent) return recent
    const found = this.store.db.transactions.get(Buffer.from(payloadId.subarray(0, 16)))
    if (!found) return undefined
    const place = { height: found.readUIntBE(0, 6), index: found.readUIntBE(6, 4) }
    const envelope = this.block(place.height).envelopes[place.index]
    return envelope && equalBytes(readEnvelope(envelope).payloadId, payloadId) ? place : undefined
  }

  /** @throws PlatformError `height_pruned`, `height_unknown` */
  summary(height: number): BlockSummary {
    const known = height <= this.tip.height ? this.index.summary(height) : undefined
    if (known) return known
    const bytes = this.blockBytes(height)
    return summaryOf(decodeBlock(bytes), bytes.length)
  }

  /** Transactions by contract and member. */
  get finding(): FoundIndex {
    return this.index.finding
  }

  eventsOf(height: number): readonly LedgerEvent[] {
    return this.block(height).events
  }

  async close(): Promise<void> {
    // After a log that could not be written the state in memory is ahead of it, and must not reach the disk.
    if (this.store.height === this.durableHeight) await this.store.close()
    else await this.store.abandon()
    this.log.close()
  }

  /** What a snapshot at the newest height has to hold besides the rows. */
  seenIds(): SeenMinute[] {
    return this.seen.export()
  }

  /**
   * Takes a snapshot's state in place of an empty one; durable when this resolves.
   * @throws PlatformError `bad_snapshot`; then the state is that of genesis again
   */
  async restore(manifest: Manifest, rows: Iterable<SnapshotRow>, seen: Iterable<SeenMinute>): Promise<void> {
    const { height, stateRoot, historyHash, validatorHeights, network } = manifest
    assert(this.tip.height === 0, "a snapshot is for a node that has no blocks")
    try {
      const root = await this.store.replace(rows)
      if (!equalBytes(root, stateRoot))
        throw new PlatformError(
          "bad_snapshot",
          "the snapshot's rows do not give the state root that it names",
        )
      const ids = [...seen]
      this.seen.import(ids)
      this.checkSeen()
      // Time and transactions of that block are not in the application hash: the newest time that is.
      const time = this.store.get(lastBlock, [])?.time ?? this.genesis.time
      const tip = { network, height, time, txRoot: EMPTY_ROOT, historyHash, stateRoot }
      this.base = { height, tip, seen: ids, validatorHeights }
      await this.store.settle(height, this.base)
      this.validatorHeights.splice(0, Number.POSITIVE_INFINITY, ...validatorHeights)
      this.tip = tip
      this.durableHeight = height
    } catch (error) {
      this.seen.import([])
      await this.store.clear()
      this.store.apply(0, this.executor.genesis(this.genesis))
      throw error
    }
  }

  /** Every minute that is not over has its chain in the tree, and the ids that came give it. */
  private checkSeen(): void {
    const now = minuteOf(this.store.get(lastBlock, [])?.time ?? 0)
    const rows = new Map<number, { chain: Bytes; count: number }>()
    for (const { key, row } of this.store.scan(seenChains as never))
      rows.set(key[0] as number, row as { chain: Bytes; count: number })
    for (const [minute, row] of rows)
      if (minute >= now && !this.seen.isChain(minute, row))
        throw new PlatformError(
          "bad_snapshot",
          `the snapshot's ids of minute ${minute} are not those of the chain`,
        )
    for (const minute of this.seen.knownMinutes)
      if (!rows.has(minute))
        throw new PlatformError(
          "bad_snapshot",
          `the snapshot names ids of minute ${minute}, of which the chain has none`,
        )
  }

  private replay(block: Block): void {
    const included = block.envelopes.map(includedOf)
    const again = this.compute(block.height, block.time, included, block.misbehaviour)
    if (!equalBytes(again.stateRoot, block.stateRoot) || !equalBytes(again.historyHash, block.historyHash))
      throw new PlatformError(
        "replay_differs",
        `block ${block.height} gives another result than the log says; run \`aceso verify\``,
      )
    this.index.add({ ...again, signature: block.signature }, this.blockBytes(block.height).length)
    this.accept(block, included)
  }

  private accept(block: Block, included: readonly Included[]): void {
    this.tip = checkpointOf(this.network, block)
    this.tipSignature = block.signature
    this.seen.addBlock(included, block.time)
    included.forEach(({ id }, index) => {
      this.recent.set(id, { height: block.height, index })
    })
  }

  private flushIndex(written: Written): void {
    this.index.flush(written)
    for (const [id, { height, index }] of this.recent) {
      const value = Buffer.alloc(10)
      value.writeUIntBE(height, 0, 6)
      value.writeUIntBE(index, 6, 4)
      written(this.store.db.transactions.put(Buffer.from(id.slice(0, 16), "latin1"), value))
    }
    this.indexing = this.recent
    this.recent = new Map()
  }
}

export interface ChainOptions {
  readonly cacheBytes?: number
  readonly heights?: number
  readonly flushKeys?: number
  readonly segmentBytes?: number
  /** Between two steps of the background check of the rows, ms. */
  readonly scrubPauseMs?: number
}
