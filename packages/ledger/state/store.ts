import { hash } from "node:crypto"
import {
  assert,
  type Cbor,
  decodeTrusted,
  encodeCbor,
  encodeRow,
  PlatformError,
  type RowProof,
  type StateReader,
  type Table,
} from "@aceso/core"
import type { Base } from "../base.ts"
import type { SnapshotRow } from "../snapshot/format.ts"
import { Bucket, SLOT, sha256Into } from "./bucket.ts"
import { type Database, openDatabase, type StateDatabase, type Written, writeDurably } from "./database.ts"
import { encodeKey, keyHashOf, prefixOf } from "./keys.ts"
import { provePast } from "./past.ts"
import { RowCache } from "./row-cache.ts"
import { asTable, decode, type Row, type RowWrite } from "./rows.ts"
import { StateTree } from "./tree.ts"
import { type UndoEntry, undoOf } from "./undo.ts"
import { UndoLog } from "./undo-log.ts"

export interface StateOptions {
  readonly folder: string
  readonly cacheBytes?: number
  /** Heights that reads and proofs go back. */
  readonly heights?: number
  readonly flushKeys?: number
  readonly isReadOnly?: boolean
}

const value = Buffer.alloc(32)
const KEEP_DECODED = 20_000
const RESTORE_BATCH = 50_000

/**
 * The state at the newest height: rows, their tree, and undo records for the heights before. What changed
 * stays in memory and goes to lmdb in large batches, each one durable transaction with its height; after a
 * crash the log's tail is executed again (LEDGER.md, Store).
 */
export class StateStore implements StateReader {
  readonly db: StateDatabase
  readonly folder: string
  tree: StateTree
  private readonly heights: number
  private readonly flushKeys: number
  private readonly cacheBytes: number
  /** Holds every row that lmdb does not show yet. */
  private readonly cache = new RowCache(KEEP_DECODED, ({ flush }) => flush > this.flushDone)
  private dirty: Row[] = []
  private flushing: readonly Row[] = []
  /** The flush that takes what is dirty, and the last one that ended. */
  private nextFlush = 1
  private flushDone = 0
  private readonly undos: UndoLog
  private flushed: Promise<void> = Promise.resolve()
  private isFlushing = false
  private flushFault: unknown
  /** The height that the rows in memory stand at. */
  height = 0
  /** The height that lmdb stands at. */
  flushedHeight = 0
  /** The snapshot that this state began with. */
  base: Base | undefined
  /** While a snapshot is made from lmdb nothing may be flushed. */
  private held: Promise<unknown> | undefined
  /** What else the owner wants written with a flush, such as its index. */
  extraFlush: ((database: StateDatabase, written: Written) => void) | undefined

  private constructor(options: StateOptions, db: StateDatabase) {
    this.db = db
    this.folder = options.folder
    this.heights = options.heights ?? 1000
    this.undos = new UndoLog(db, this.heights)
    this.flushKeys = options.flushKeys ?? 100_000
    this.cacheBytes = options.cacheBytes ?? 384 * 2 ** 20
    this.tree = new StateTree({ load: (key) => loadBucket(db.buckets, key) }, this.cacheBytes)
  }

  static open(options: StateOptions): StateStore {
    const store = new StateStore(options, openDatabase(options.folder, options.isReadOnly ?? false))
    const meta = store.db.meta.get("state") as { height: number; root: Buffer } | undefined
    if (!meta) {
      // What a restore left that did not end.
      if (!options.isReadOnly && store.db.rows.getCount() > 0) store.wipe()
      return store
    }
    const base = store.db.meta.get("base") as Buffer | undefined
    if (base) store.base = decodeTrusted(Uint8Array.from(base)) as unknown as Base
    store.height = store.flushedHeight = meta.height
    for (const { key, value } of store.db.buckets.getRange({})) store.tree.restore(key, Bucket.of(key, value))
    if (!store.tree.root().equals(meta.root))
      throw new PlatformError("state_damaged", "the state folder is damaged; run `aceso rebuild-state`", {
        details: { height: meta.height },
      })
    return store
  }

  get<K extends readonly unknown[], R>(table: Table<K, R>, key: K): Readonly<R> | undefined {
    return this.found(table as unknown as Table, key).decoded as R | undefined
  }

  rowBytes(table: Table, key: readonly unknown[]): Uint8Array | undefined {
    return this.found(table, key).bytes
  }

  /** Applies the writes of one block and returns the new state root; nothing is durable yet. */
  apply(height: number, writes: readonly RowWrite[]): Buffer {
    assert(
      height === this.height + 1 || this.height === 0,
      `state at ${this.height} cannot apply block ${height}`,
    )
    const entries: UndoEntry[] = []
    for (const { row, table, decoded } of writes) {
      row.change = undefined
      if (row.bytes === undefined && decoded === undefined) continue
      entries.push({ keyHash: row.keyHash, dbKey: row.dbKey, row: row.bytes ?? null })
      row.decoded = decoded
      row.table = table
      row.bytes = decoded === undefined ? undefined : encodeRow(table, decoded)
      if (row.bytes) sha256Into(row.bytes, value, 0)
      this.tree.set(row.keyHash, row.bytes ? value : null)
      if (row.flush === this.nextFlush) continue
      row.flush = this.nextFlush
      this.dirty.push(row)
    }
    this.cache.age()
    const root = this.tree.root()
    this.undos.keep({ height, entries, buckets: this.tree.takeTouched() })
    this.height = height
    return root
  }

  /** Whether more has gathered than may stay in memory: the engine should wait for flush(). */
  get isBehind(): boolean {
    if (this.flushFault) throw this.flushFault
    return this.dirty.length >= 2 * this.flushKeys || this.height - this.flushedHeight > 900
  }

  /** Begins a flush when enough has gathered. Only for a height whose block is synced: the state never leads. */
  flushIfDue(): void {
    if (this.dirty.length >= this.flushKeys && !this.isFlushing && !this.held) void this.flush()
  }

  /** One durable transaction with everything up to the newest height. */
  flush(): Promise<void> {
    if (this.held) return this.held.then(() => this.flush())
    if (this.isFlushing) return this.flushed.then(() => this.flush())
    if (this.height === this.flushedHeight && this.dirty.length === 0) return this.flushed
    this.isFlushing = true
    const height = this.height
    const { put, remove } = this.tree.beginFlush()
    const rows = this.dirty.map(({ dbKey, bytes }) => ({ dbKey, bytes }))
    this.flushing = this.dirty
    this.dirty = []
    const number = this.nextFlush++
    const undo = this.undos.takePending()
    const { db } = this
    this.flushed = writeDurably(db, (written) => {
      for (const key of remove) written(db.buckets.remove(key))
      for (const { key, data } of put) written(db.buckets.put(key, data))
      for (const { dbKey, bytes } of rows)
        written(bytes ? db.rows.put(dbKey, bytes as Buffer) : db.rows.remove(dbKey))
      for (const { height, bytes } of undo) written(db.undo.put(height, bytes))
      for (const { height } of undo) if (height > this.heights) written(db.undo.remove(height - this.heights))
      this.extraFlush?.(db, written)
      written(db.meta.put("state", { height, root: this.tree.root() }))
    })
      .then(() => {
        this.tree.flushed()
        this.flushing = []
        this.flushDone = number
        this.flushedHeight = height
        this.isFlushing = false
      })
      .catch((cause: unknown) => {
        this.flushFault = cause
        throw cause
      })
    this.flushed.catch(() => {})
    return this.flushed
  }

  /** Keeps lmdb at the newest flushed height until the work is done. */
  hold(work: Promise<unknown>): void {
    const held = work.then(
      () => {},
      () => {},
    )
    this.held = held
    void held.then(() => {
      if (this.held === held) this.held = undefined
    })
  }

  /** Fills an emptied store with rows; settle() makes it count. @returns the root of their tree */
  async replace(rows: Iterable<SnapshotRow>): Promise<Buffer> {
    await this.clear()
    let batch: { key: Buffer; row: Buffer }[] = []
    const write = async () => {
      const all = batch
      batch = []
      const { put, remove } = this.tree.beginFlush()
      await writeDurably(this.db, (written) => {
        for (const key of remove) written(this.db.buckets.remove(key))
        for (const { key, data } of put) written(this.db.buckets.put(key, data))
        for (const { key, row } of all) written(this.db.rows.put(key, row))
      })
      this.tree.flushed()
    }
    for (const [key, row] of rows) {
      sha256Into(row, value, 0)
      this.tree.set(keyHashOf(key), value)
      batch.push({ key: Buffer.from(key), row: Buffer.from(row) })
      if (batch.length >= RESTORE_BATCH) await write()
    }
    await write()
    this.tree.takeTouched()
    return this.tree.root()
  }

  /** What replace() wrote is the state at that height from now on. */
  async settle(height: number, base: Base): Promise<void> {
    this.height = this.flushedHeight = height
    this.base = base
    await writeDurably(this.db, (written) => {
      written(this.db.meta.put("base", Buffer.from(encodeCbor(base as unknown as Cbor))))
      written(this.db.meta.put("state", { height, root: this.tree.root() }))
    })
  }

  /** Back to nothing, on the disk as well. */
  async clear(): Promise<void> {
    await this.flushed
    this.wipe()
    await this.db.root.flushed
  }

  private wipe(): void {
    const { db } = this
    for (const one of Object.values(db)) if (one !== db.root) one.clearSync()
    this.tree = new StateTree({ load: (key) => loadBucket(db.buckets, key) }, this.cacheBytes)
    this.cache.clear()
    this.dirty = []
    this.undos.clear()
    this.height = this.flushedHeight = 0
    this.base = undefined
  }

  /** The row under the key with a proof against the state root at that height. */
  prove(table: Table, key: readonly unknown[], height = this.height): RowProof {
    const { keyHash, bytes } = this.found(table, key)
    if (height === this.height) return { row: bytes ?? null, proof: this.tree.prove(keyHash) }
    const undos = this.undos.after(height, this.height)
    const past = undoOf(undos, keyHash)
    return { row: past ? past.row : (bytes ?? null), proof: provePast(this.tree, undos, keyHash) }
  }

  /** The row as it was at that height; undefined: there was none. */
  readAt<K extends readonly unknown[], R>(
    table: Table<K, R>,
    key: K,
    height: number,
  ): Readonly<R> | undefined {
    const row = this.found(table as unknown as Table, key)
    if (height === this.height) return row.decoded as R | undefined
    const past = undoOf(this.undos.after(height, this.height), row.keyHash)
    if (!past) return row.decoded as R | undefined
    return past.row ? (decode(row.table, past.row) as R) : undefined
  }

  /**
   * Rows of a table in key order, at the newest height.
   * @param prefix the first parts of the key: only rows below it are read
   * @param after the key to begin behind
   * @param limit so many rows at most
   */
  *scan(
    table: Table,
    prefix: readonly unknown[] = [],
    after?: readonly unknown[],
    limit = Number.POSITIVE_INFINITY,
  ): Generator<{ key: readonly Cbor[]; row: unknown }> {
    const name = Buffer.from(`${table.name}\0`)
    // A key is a CBOR array of one length in each table: its head is the same, then come its parts.
    const head = encodeCbor(table.key.map(() => 0)).subarray(0, 1)
    const below = Buffer.concat([name, head, ...prefix.map((part) => encodeCbor(part as Cbor))])
    const behind = after && Buffer.concat([name, encodeCbor([...after] as Cbor[])])
    const isWanted = (dbKey: Buffer) =>
      dbKey.subarray(0, below.length).equals(below) && (!behind || Buffer.compare(dbKey, behind) > 0)
    const merged = new Map<string, Uint8Array | undefined>()
    for (const source of [this.flushing, this.dirty])
      for (const { dbKey, bytes } of source) if (isWanted(dbKey)) merged.set(dbKey.toString("latin1"), bytes)
    // Of each deleted row that waits for a flush, one of those on the disk may fall away.
    const stored = limit + merged.size
    let read = 0
    for (const { key, value } of this.db.rows.getRange({ start: behind ?? below })) {
      if (read >= stored || !key.subarray(0, below.length).equals(below)) break
      const dbKey = key.toString("latin1")
      if (!isWanted(key) || merged.has(dbKey)) continue
      merged.set(dbKey, value)
      read++
    }
    let given = 0
    for (const [dbKey, bytes] of [...merged].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (!bytes) continue
      if (given++ >= limit) return
      yield {
        key: decodeTrusted(Buffer.from(dbKey, "latin1").subarray(name.length)) as Cbor[],
        row: decode(table, bytes),
      }
    }
  }

  /**
   * Compares the next rows in lmdb with their leaves; rows that wait for a flush are left out.
   * @param after the key to go on behind; undefined: the first
   * @returns the keys that do not hold (hexadecimal), the last one read (undefined: the end was reached), and how many
   */
  checkRows(after: Buffer | undefined, limit: number) {
    const damaged: string[] = []
    let unflushed: Set<string> | undefined
    let last: Buffer | undefined
    let count = 0
    // A read transaction from before a flush would show rows that are no longer current.
    this.db.root.resetReadTxn()
    const range = after ? { start: after, exclusiveStart: true, limit } : { limit }
    for (const { key, value: row } of this.db.rows.getRange(range)) {
      count++
      last = Buffer.from(key)
      const keyHash = keyHashOf(key)
      const leaf = this.tree.get(keyHash)
      sha256Into(row, value, 0)
      if (leaf?.equals(value)) continue
      unflushed ??= new Set([...this.flushing, ...this.dirty].map((row) => row.dbKey.toString("latin1")))
      if (!unflushed.has(last.toString("latin1"))) damaged.push(last.toString("hex"))
    }
    return { damaged, last: count < limit ? undefined : last, count }
  }

  /** Closes without a flush: what lmdb has stays, what is in memory is given up. */
  async abandon(): Promise<void> {
    await this.flushed.catch(() => {})
    await this.db.root.close()
  }

  async close(): Promise<void> {
    await this.flush()
    await this.db.root.close()
  }

  /** The place of a row, with what stands there at the newest height. */
  row(table: Table, key: readonly unknown[]): Row {
    return asTable(
      this.cache.get(table, key, () => this.load(table, key)),
      table,
    )
  }

  /** For readers between blocks: row() leaves the cache's age to apply(). */
  private found(table: Table, key: readonly unknown[]): Row {
    this.cache.age()
    return this.row(table, key)
  }

  private load(table: Table, key: readonly unknown[]): Row {
    const keyBytes = encodeKey(key)
    const prefix = prefixOf(table.name)
    const keyHash = Buffer.from(hash("sha256", Buffer.concat([prefix.hash, keyBytes]), "binary"), "latin1")
    const dbKey = Buffer.concat([prefix.row, keyBytes])
    const bytes = this.intact(dbKey, this.tree.get(keyHash))
    const decoded = bytes ? decode(table, bytes) : undefined
    return { table, keyHash, dbKey, bytes, decoded, usedIn: 0, flush: 0, change: undefined }
  }

  /** The row's bytes, if they are those that the tree's leaf names. @throws PlatformError `state_damaged` */
  private intact(dbKey: Buffer, leaf: Buffer | null): Buffer | undefined {
    if (!leaf) return undefined
    const bytes = this.db.rows.get(dbKey)
    if (bytes) sha256Into(bytes, value, 0)
    if (!bytes || !value.equals(leaf))
      throw new PlatformError(
        "state_damaged",
        `the row ${dbKey.toString("hex")} is not what the state tree says; stop the node and run \`aceso rebuild-state\``,
      )
    return bytes
  }
}

function loadBucket(buckets: Database<Buffer, Buffer>, key: Buffer): Bucket {
  // The bytes are valid until the next read: the bucket copies them.
  const data = buckets.getBinaryFast(key)
  if (!data || data.length % SLOT !== 0)
    throw new PlatformError("state_damaged", "a page of the state tree is missing; run `aceso rebuild-state`")
  return Bucket.of(key, data.subarray(0, data.length), 1)
}
