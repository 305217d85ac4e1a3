import { AssertionError, type StateReader, type Table, type Write } from "@aceso/core"
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

/** Lets a contract see only the tables that it declares. */
export class DeclaredState implements StateReader {
  private readonly block: BlockState
  private readonly declared: ReadonlySet<Table>

  constructor(block: BlockState, declared: ReadonlySet<Table>) {
    this.block = block
    this.declared = declared
  }

  get<K extends readonly unknown[], R>(table: Table<K, R>, key: K): Readonly<R> | undefined {
    if (!this.declared.has(table as unknown as Table))
      throw new AssertionError(`contract reads the table ${table.name}, which it does not declare`)
    return this.block.get(table, key)
  }
}
