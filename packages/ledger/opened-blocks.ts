import { type BlockRoots, type Bytes, type Inclusion, inclusionPaths } from "@aceso/core"
import { type Block, type BlockLeaves, leavesOf, rootsOf } from "./block.ts"

/** Bytes of blocks, as they lie in the log, that are kept opened. */
const MOST_BYTES = 4 * 2 ** 20

/** A block with what proofs about it are made of, each made once. */
export class OpenedBlock {
  readonly block: Block
  readonly sizeBytes: number
  readonly leaves: BlockLeaves
  readonly roots: BlockRoots
  private readonly pathIn: Readonly<Record<keyof BlockLeaves, (index: number) => Bytes[]>>
  private readonly readTouched: () => readonly (readonly Bytes[])[] | undefined
  private known: { readonly touched: readonly (readonly Bytes[])[] | undefined } | undefined
  private byTransaction: ReadonlyMap<number, readonly number[]> | undefined

  constructor(block: Block, sizeBytes: number, readTouched: () => readonly (readonly Bytes[])[] | undefined) {
    this.block = block
    this.sizeBytes = sizeBytes
    this.readTouched = readTouched
    this.leaves = leavesOf(block)
    this.roots = rootsOf(this.leaves)
    const { envelopes, results, events } = this.leaves
    this.pathIn = {
      envelopes: inclusionPaths(envelopes),
      results: inclusionPaths(results),
      events: inclusionPaths(events),
    }
  }

  path(of: keyof BlockLeaves, index: number): Bytes[] {
    return this.pathIn[of](index)
  }

  inclusion(of: keyof BlockLeaves, index: number): Inclusion {
    return { index, size: this.leaves[of].length, path: this.path(of, index) }
  }

  /** Where the events of a transaction stand among all; of the block itself: the number of transactions. */
  eventsOf(transaction: number): readonly number[] {
    this.byTransaction ??= Map.groupBy(this.block.events.keys(), (at) => this.block.events[at].transaction)
    return this.byTransaction.get(transaction) ?? []
  }

  /** Of each transaction the keys of the rows that it wrote; undefined: nobody knows any more. */
  get touched(): readonly (readonly Bytes[])[] | undefined {
    this.known ??= { touched: this.readTouched() }
    return this.known.touched
  }
}

/** The blocks that were asked for last: one that many ask for is decoded and hashed once. */
export class OpenedBlocks {
  private readonly make: (height: number) => OpenedBlock
  private readonly mostBytes: number
  /** Those that were asked for last come last. */
  private readonly kept = new Map<number, OpenedBlock>()
  private bytes = 0

  constructor(make: (height: number) => OpenedBlock, mostBytes = MOST_BYTES) {
    this.make = make
    this.mostBytes = mostBytes
  }

  /** @throws PlatformError `height_pruned`, `height_unknown` */
  open(height: number): OpenedBlock {
    const known = this.kept.get(height)
    if (known) {
      this.kept.delete(height)
      this.kept.set(height, known)
      return known
    }
    const opened = this.make(height)
    this.kept.set(height, opened)
    this.bytes += opened.sizeBytes
    for (const [oldest, one] of this.kept) {
      if (this.bytes <= this.mostBytes || oldest === height) break
      this.kept.delete(oldest)
      this.bytes -= one.sizeBytes
    }
    return opened
  }
}
