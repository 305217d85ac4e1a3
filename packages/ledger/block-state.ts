import {
  AssertionError,
  type Contract,
  type ContractState,
  type Shown,
  type StateReader,
  type Table,
  type View,
  type Write,
} from "@aceso/core"
import { KeyError } from "./state/keys.ts"
import type { Row, RowWrite } from "./state/rows.ts"
import type { StateStore } from "./state/store.ts"

/** An error of the store while a contract reads: never a contract's result, the process has to end. */
export class StoreFault extends Error {
  constructor(cause: unknown) {
    super("the store cannot be read", { cause })
  }
}

/** State as the block sees it so far. */
export class BlockState implements StateReader {
  private readonly store: StateStore
  private readonly changed: RowWrite[] = []
  /** What was looked up last and before that: a contract reads a row, perhaps another, and then writes the first. */
  private last: Place | undefined
  private before: Place | undefined

  constructor(store: StateStore) {
    this.store = store
  }

  get<K extends readonly unknown[], R>(table: Table<K, R>, key: K): Readonly<R> | undefined {
    try {
      const row = this.row(table as unknown as Table, key)
      return (row.change?.by === this ? row.change.decoded : row.decoded) as R | undefined
    } catch (cause) {
      throw cause instanceof KeyError ? cause : new StoreFault(cause)
    }
  }

  write(writes: readonly Write[]): void {
    for (const { table, key, row: decoded } of writes) {
      const row = this.row(table, key)
      if (row.change?.by === this) {
        row.change.table = table
        row.change.decoded = decoded
        continue
      }
      row.change = { by: this, row, table, decoded }
      this.changed.push(row.change)
    }
  }

  private row(table: Table, key: readonly unknown[]): Row {
    const { last, before } = this
    if (last?.table === table && isSame(last.key, key)) return last.row
    if (before?.table === table && isSame(before.key, key)) return before.row
    const row = this.store.row(table, key)
    this.before = last
    this.last = { table, key, row }
    return row
  }

  /** Where these rows lie: their keys in lmdb, each once. */
  keysOf(writes: readonly Write[]): readonly Buffer[] {
    return [...new Set(writes.map(({ table, key }) => this.row(table, key)))].map(({ dbKey }) => dbKey)
  }

  /** In the order in which rows were first written. */
  writes(): readonly RowWrite[] {
    return this.changed
  }
}

interface Place {
  readonly table: Table
  readonly key: readonly unknown[]
  readonly row: Row
}

/** The very same parts, so that comparing costs nothing. */
function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** What a version of a contract declares. */
export class Declared {
  readonly tables: ReadonlySet<Table>
  readonly reads: ReadonlySet<View>
  readonly shows: ReadonlyMap<string, Shown["read"]>

  constructor({ tables, reads, shows = [] }: Contract) {
    this.tables = new Set(tables)
    this.reads = new Set(reads)
    this.shows = new Map(shows.map(({ view, read }) => [view.name, read]))
  }
}

/** Lets a contract see only its own tables, and of others what they show and it declares to read. */
export class DeclaredState implements ContractState {
  private readonly block: BlockState
  private readonly declared: Declared
  private readonly others: (contract: string) => Declared | undefined

  /** @param others what the active version of a contract declares */
  constructor(
    block: BlockState,
    declared: Declared,
    others: (contract: string) => Declared | undefined = () => undefined,
  ) {
    this.block = block
    this.declared = declared
    this.others = others
  }

  see<K extends readonly unknown[], V>(view: View<K, V>, key: K): V | undefined {
    if (!this.declared.reads.has(view as View))
      throw new AssertionError(`contract reads ${view.contract}.${view.name}, which it does not declare`)
    const shown = this.others(view.contract)
    const read = shown?.shows.get(view.name)
    if (!shown || !read)
      throw new AssertionError(`${view.contract} shows no ${view.name} in the version that is active`)
    return read(new DeclaredState(this.block, shown), key) as V | undefined
  }

  get<K extends readonly unknown[], R>(table: Table<K, R>, key: K): Readonly<R> | undefined {
    if (!this.declared.tables.has(table as unknown as Table))
      throw new AssertionError(`contract reads the table ${table.name}, which it does not declare`)
    return this.block.get(table, key)
  }
}
