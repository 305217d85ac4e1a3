import { type Bytes, domainHash, equalBytes, GENESIS_HISTORY, nameOf } from "@aceso/core"
import { type Included, idBytes } from "./included.ts"
import type { SeenMinute } from "./snapshot/format.ts"

const MINUTE_MS = 60_000
export const minuteOf = (time: number): number => Math.floor(time / MINUTE_MS)

interface Minute {
  readonly ids: Set<string>
  /** Per block the ids in order: what the chain in the tree is made of. */
  readonly blocks: string[][]
}

/** Ids of included transactions until they expire (LEDGER.md, Replay), by minute of expiry. */
export class SeenIds {
  private minutes = new Map<number, Minute>()

  /**
   * @param id the payload's id as latin1 text
   * @param expiry the payload's: the id covers it
   */
  has(id: string, expiry: number): boolean {
    return this.minutes.get(minuteOf(expiry))?.ids.has(id) === true
  }

  /** The transactions of one block, at its time. */
  addBlock(included: readonly Included[], time: number): void {
    if (included.length === 0) return
    for (const [minute, all] of Map.groupBy(included, ({ expiry }) => minuteOf(expiry))) {
      const ids = all.map(({ id }) => id)
      const known = this.minutes.get(minute)
      if (known) {
        for (const id of ids) known.ids.add(id)
        known.blocks.push(ids)
      } else this.minutes.set(minute, { ids: new Set(ids), blocks: [ids] })
    }
    // As the rows: past minutes go with the next block that holds transactions.
    for (const known of this.minutes.keys()) if (known < minuteOf(time)) this.minutes.delete(known)
  }

  /** Everything, for a snapshot; in the order of the minutes. */
  export(): SeenMinute[] {
    return [...this.minutes]
      .sort(([a], [b]) => a - b)
      .map(
        ([minute, { blocks }]) => [minute, blocks.map((ids) => Buffer.from(ids.join(""), "latin1"))] as const,
      )
  }

  /** What a snapshot brought. */
  import(all: readonly SeenMinute[]): void {
    this.minutes = new Map()
    for (const [minute, blocks] of all) {
      const known = this.minutes.get(minute) ?? { ids: new Set<string>(), blocks: [] }
      this.minutes.set(minute, known)
      for (const block of blocks) {
        const ids = idsOf(block).map(nameOf)
        known.blocks.push(ids)
        for (const id of ids) known.ids.add(id)
      }
    }
  }

  /** Whether a minute's ids are those that its row in the tree stands for. */
  isChain(minute: number, row: { readonly chain: Bytes; readonly count: number }): boolean {
    const blocks = this.minutes.get(minute)?.blocks ?? []
    let chain: Bytes = GENESIS_HISTORY
    let count = 0
    for (const ids of blocks) {
      chain = nextSeen(chain, ids.map(idBytes))
      count += ids.length
    }
    return count === row.count && equalBytes(chain, row.chain)
  }

  get knownMinutes(): number[] {
    return [...this.minutes.keys()]
  }
}

/** The chain over the ids of one minute, block by block. */
export const nextSeen = (before: Bytes, ids: readonly Bytes[]): Bytes => domainHash("seen", before, [...ids])

function idsOf(block: Bytes): Bytes[] {
  return Array.from({ length: Math.floor(block.length / 32) }, (_, i) => block.subarray(32 * i, 32 * i + 32))
}
