import { AssertionError, type StateReader, type Table, type Write } from "@aceso/core"
import { KeyError } from "./state/keys.ts"
import type { RowWrite, StateStore } from "./state/store.ts"

/** An error of the store while a contract reads: never a contract's result, the process has to end. */
export class StoreFault extends Error {
  constructor(cause: unknown) {
    super("the store cannot be read", { cause })
  }
}

/** State as the block sees it so far. */
export class BlockState implements StateReader {
  private readonly store: StateStore
  private readonly changed = new Map<string, RowWrite>()

  constructor(store: StateStore) {
    this.store = store
  }

  get<K extends readonly unknown[], R>(table: Table<K, R>, key: K): Readonly<R> | undefined {
    try {
      const row = this.store.row(table as unknown as Table, key)
      const changed = this.changed.get(row.id)
      return (changed ? changed.decoded : row.decoded) as R | undefined
    } catch (cause) {
      throw cause instanceof KeyError ? cause : new StoreFault(cause)
    }
  }

  write(writes: readonly Write[]): void {
    for (const { table, key, row: decoded } of writes) {
      const row = this.store.row(table, key)
      this.changed.set(row.id, { row, table, decoded })
    }
  }

  writes(): RowWrite[] {
    return [...this.changed.values()]
  }
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
