import { type Bytes, decodeTrusted, encodeCbor, type TxResult } from "@aceso/core"
import type { Sought } from "./executor.ts"
import type { StateDatabase, Written } from "./state/database.ts"
import { placeOf } from "./state/keys.ts"

/**
 * What transactions are found by. `open`: among those alone that anybody may see, which are kept apart: what is left out for a
 * reader would otherwise be told by where a search goes on.
 */
export interface SoughtBy {
  readonly open: boolean
  readonly by: "contract" | "member"
  readonly name: string
}

/** Indexes of transactions of one block, ascending. */
export interface FoundInBlock {
  readonly height: number
  readonly indexes: readonly number[]
}

/** A block as this index takes it. */
export interface Findable {
  readonly height: number
  readonly results: readonly TxResult[]
  readonly touched: readonly (readonly Bytes[])[]
  readonly sought: readonly Sought[]
}

const HEIGHT_BYTES = 6
const FROM = "foundFrom"

const prefixOf = ({ open, by, name }: SoughtBy): Buffer =>
  Buffer.from(`${open ? "o" : "a"}${by === "contract" ? "c" : "m"}${name}\0`, "latin1")

function keyOf(prefix: Buffer, height: number): Buffer {
  const key = Buffer.alloc(prefix.length + HEIGHT_BYTES)
  prefix.copy(key)
  key.writeUIntBE(height, prefix.length, HEIGHT_BYTES)
  return key
}

/** Transactions by their contract and by the members that signed them; derived as block-index.ts says. */
export class FoundIndex {
  private readonly db: StateDatabase
  private readonly publicTables: ReadonlySet<string>
  /** By height; of each prefix as latin1 text the indexes. */
  private pending = new Map<number, ReadonlyMap<string, readonly number[]>>()
  private writing: ReadonlyMap<number, ReadonlyMap<string, readonly number[]>> = new Map()
  private first: number | undefined

  constructor(db: StateDatabase, publicTables: ReadonlySet<string>) {
    this.db = db
    this.publicTables = publicTables
    this.first = db.meta.get(FROM) as number | undefined
  }

  /** Blocks before this one were executed before this was kept; undefined: no block is in it. */
  get from(): number | undefined {
    return this.first
  }

  add({ height, results, touched, sought }: Findable): void {
    const entries = new Map<string, number[]>()
    const note = (by: SoughtBy, index: number) => {
      const name = prefixOf(by).toString("latin1")
      const known = entries.get(name)
      if (known) known.push(index)
      else entries.set(name, [index])
    }
    sought.forEach(({ contract, members }, index) => {
      const isOpen =
        results[index].ok &&
        touched[index].length > 0 &&
        touched[index].every((row) => this.publicTables.has(placeOf(row).table))
      for (const open of isOpen ? [false, true] : [false]) {
        if (contract !== null) note({ open, by: "contract", name: contract }, index)
        for (const name of members) note({ open, by: "member", name }, index)
      }
    })
    this.pending.set(height, entries)
    this.first ??= height
  }

  /** With a flush of the state. */
  flush(written: Written): void {
    if (this.first !== undefined && this.db.meta.get(FROM) === undefined)
      written(this.db.meta.put(FROM, this.first))
    for (const [height, entries] of this.pending)
      for (const [prefix, indexes] of entries)
        written(
          this.db.found.put(
            keyOf(Buffer.from(prefix, "latin1"), height),
            Buffer.from(encodeCbor([...indexes])),
          ),
        )
    this.writing = this.pending
    this.pending = new Map()
  }

  /** Blocks below a height in which there is one, the newest first. */
  *found(by: SoughtBy, below: number): Generator<FoundInBlock> {
    const prefix = prefixOf(by)
    const name = prefix.toString("latin1")
    const inMemory = [...this.pending, ...this.writing].filter(
      ([height, entries]) => height < below && entries.has(name),
    )
    const heights = new Set<number>()
    for (const [height, entries] of inMemory.sort(([a], [b]) => b - a)) {
      if (heights.has(height)) continue
      heights.add(height)
      yield { height, indexes: entries.get(name) ?? [] }
    }
    const range = { start: keyOf(prefix, Math.max(0, below - 1)), end: prefix, reverse: true }
    for (const { key, value } of this.db.found.getRange(range)) {
      const height = key.readUIntBE(prefix.length, HEIGHT_BYTES)
      if (heights.has(height)) continue
      yield { height, indexes: decodeTrusted(Uint8Array.from(value)) as number[] }
    }
  }

  /** Of one block. */
  at(by: SoughtBy, height: number): readonly number[] {
    const prefix = prefixOf(by)
    const known = (this.pending.get(height) ?? this.writing.get(height))?.get(prefix.toString("latin1"))
    if (known) return known
    const value = this.db.found.get(keyOf(prefix, height))
    return value ? (decodeTrusted(Uint8Array.from(value)) as number[]) : []
  }
}
