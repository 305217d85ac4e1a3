import { type BlockRoots, type Bytes, type Cbor, decodeTrusted, encodeCbor } from "@aceso/core"
import { type Block, leavesOf, rootsOf } from "./block.ts"
import type { Sought } from "./executor.ts"
import { FoundIndex } from "./found-index.ts"
import type { StateDatabase, Written } from "./state/database.ts"

/** What of a block is asked for without reading all of it. */
export interface BlockSummary extends BlockRoots {
  readonly height: number
  /** ms */
  readonly time: number
  readonly historyHash: Bytes
  readonly stateRoot: Bytes
  readonly transactions: number
  readonly rejected: number
  readonly events: number
  /** Of the block as it lies in the log. */
  readonly sizeBytes: number
}

/** A block that was executed here, with what the log does not have. */
export interface Computed extends Block {
  readonly roots: BlockRoots
  /** Of each transaction the rows that its action wrote, by their keys in lmdb (state/keys.ts). */
  readonly touched: readonly (readonly Bytes[])[]
  /** Of each transaction what it is found by. */
  readonly sought: readonly Sought[]
}

export function summaryOf(block: Block, sizeBytes: number, roots = rootsOf(leavesOf(block))): BlockSummary {
  const { height, time, historyHash, stateRoot, results, events } = block
  const rejected = results.filter(({ ok }) => !ok).length
  return {
    ...{ height, time, historyHash, stateRoot, sizeBytes, rejected },
    ...{ transactions: results.length, events: events.length },
    ...{ txRoot: roots.txRoot, resultsRoot: roots.resultsRoot, eventsRoot: roots.eventsRoot },
  }
}

interface Entry {
  readonly summary: Bytes
  readonly touched: Bytes
}

/**
 * Of each block what leads to it and what it wrote, beside the log: derived from executing, made again with the state.
 * What a node executed before it kept this is not there.
 */
export class BlockIndex {
  private readonly db: StateDatabase
  readonly finding: FoundIndex
  private pending = new Map<number, Entry>()
  /** What the flush under way, or the last one, writes: lmdb may not show it yet. */
  private writing: ReadonlyMap<number, Entry> = new Map()

  constructor(db: StateDatabase, publicTables: ReadonlySet<string>) {
    this.db = db
    this.finding = new FoundIndex(db, publicTables)
  }

  add(block: Computed, sizeBytes: number): void {
    const { time, historyHash, stateRoot, transactions, rejected, events, ...roots } = summaryOf(
      block,
      sizeBytes,
      block.roots,
    )
    this.pending.set(block.height, {
      summary: encodeCbor([
        ...[time, historyHash, stateRoot, transactions, rejected, events],
        ...[roots.sizeBytes, roots.txRoot, roots.resultsRoot, roots.eventsRoot],
      ]),
      touched: encodeCbor(block.touched.map((keys) => [...keys]) as Cbor),
    })
    this.finding.add(block)
  }

  /** With a flush of the state. */
  flush(written: Written): void {
    this.finding.flush(written)
    for (const [height, { summary, touched }] of this.pending) {
      written(this.db.summaries.put(height, Buffer.from(summary)))
      written(this.db.touched.put(height, Buffer.from(touched)))
    }
    this.writing = this.pending
    this.pending = new Map()
  }

  /** Undefined: it was executed before there was this index. */
  summary(height: number): BlockSummary | undefined {
    const found = this.entry(height)?.summary ?? this.db.summaries.get(height)
    if (!found) return undefined
    const [
      time,
      historyHash,
      stateRoot,
      transactions,
      rejected,
      events,
      sizeBytes,
      txRoot,
      resultsRoot,
      eventsRoot,
    ] = decodeTrusted(Uint8Array.from(found)) as [
      number,
      Bytes,
      Bytes,
      number,
      number,
      number,
      number,
      Bytes,
      Bytes,
      Bytes,
    ]
    return {
      ...{ height, time, historyHash, stateRoot, transactions, rejected, events, sizeBytes },
      ...{ txRoot, resultsRoot, eventsRoot },
    }
  }

  /** Of each transaction of a block the keys of the rows that it wrote; undefined: nobody knows any more. */
  touched(height: number): readonly (readonly Bytes[])[] | undefined {
    const found = this.entry(height)?.touched ?? this.db.touched.get(height)
    return found && (decodeTrusted(Uint8Array.from(found)) as Bytes[][])
  }

  private entry(height: number): Entry | undefined {
    return this.pending.get(height) ?? this.writing.get(height)
  }
}
