import { accessSync, chmodSync, constants } from "node:fs"
import { basename, dirname } from "node:path"
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite"
import { PlatformError } from "@aceso/core"
import { diskWords, isOfDisk } from "@aceso/ledger/disk-words.ts"
import { Kysely, SqliteDialect } from "kysely"

/** Version of the tables; a file with another one is refused, but for the one before, which is brought to this one. */
const FORMAT = 7
const BEFORE = FORMAT - 1

export interface Sqlite<Schema> {
  readonly db: Kysely<Schema>
  readonly raw: DatabaseSync
  /** Prepares a statement once; asked for it again, it is there. */
  readonly prepare: (sql: string) => StatementSync
}

/** Tables as they are made, and what the format before lacks of them. */
export interface Tables {
  readonly schema: string
  readonly sinceBefore: string
}

/** node:sqlite behind kysely: WAL, and every commit synced before it returns. */
export function openSqlite<Schema>(path: string, tables: Tables, isReadOnly = false): Sqlite<Schema> {
  const raw = openFile(path, tables, isReadOnly)
  raw.exec = guardedCall(path, raw, raw.exec) as typeof raw.exec
  const statements = new Map<string, StatementSync>()
  const prepare = (sql: string) => {
    let statement = statements.get(sql)
    if (!statement) {
      if (statements.size > 500) statements.clear()
      statement = guarded(path, raw.prepare(sql))
      statements.set(sql, statement)
    }
    return statement
  }
  const dialect = new SqliteDialect({
    // kysely speaks better-sqlite3's interface; these are the parts of it that it uses.
    database: {
      close: () => raw.close(),
      prepare(sql) {
        const statement = prepare(sql)
        return {
          reader: /^\s*(select|with|pragma)|\sreturning\s/i.test(sql),
          all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
          run(parameters) {
            const { changes, lastInsertRowid } = statement.run(...(parameters as SQLInputValue[]))
            return { changes, lastInsertRowid }
          },
          iterate: (parameters) =>
            statement.iterate(...(parameters as SQLInputValue[])) as IterableIterator<unknown>,
        }
      },
    },
  })
  return { db: new Kysely<Schema>({ dialect }), raw, prepare }
}

/** A statement that says in one sentence when the disk takes no more. */
function guarded(path: string, statement: StatementSync): StatementSync {
  const { run, get, all } = statement
  // `INSERT ... RETURNING` writes by get and all. Called a hundred thousand times in an import: no closure for each.
  statement.run = guardedCall(path, statement, run) as typeof run
  statement.get = guardedCall(path, statement, get) as typeof get
  statement.all = guardedCall(path, statement, all) as typeof all
  return statement
}

const guardedCall =
  (path: string, self: object, call: (...given: never[]) => unknown) =>
  (...given: never[]) => {
    try {
      return Reflect.apply(call, self, given)
    } catch (cause) {
      throw diskFault(path, cause)
    }
  }

/** What it is that fails: the disk (`vault_write_failed`), or something else. */
function diskFault(path: string, cause: unknown): unknown {
  if (cause instanceof PlatformError || !isOfDisk(cause)) return cause
  return new PlatformError(
    "vault_write_failed",
    `${basename(path)} cannot be written: ${diskWords(cause, "try again")}`,
    { cause },
  )
}

/** SQLite says only that it cannot open a file; why nothing can be written there, where that is the reason. */
function writingFault(folder: string): unknown {
  try {
    accessSync(folder, constants.W_OK)
    return undefined
  } catch (error) {
    return error
  }
}

function openFile(path: string, { schema, sinceBefore }: Tables, isReadOnly: boolean): DatabaseSync {
  let raw: DatabaseSync | undefined
  try {
    raw = new DatabaseSync(path, { readOnly: isReadOnly })
    if (!isReadOnly) {
      raw.exec(
        "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 8192; PRAGMA cache_size = -32768",
      )
      chmodSync(path, 0o600)
    }
    const hasTables = raw.prepare("SELECT 1 FROM sqlite_master LIMIT 1").get() !== undefined
    const format = raw.prepare("PRAGMA user_version").get()?.user_version
    if (hasTables && format === BEFORE && isReadOnly)
      throw new Error(`its format is ${format}: start its node once, which brings it to format ${FORMAT}`)
    if (hasTables && format === BEFORE)
      raw.exec(`BEGIN IMMEDIATE; ${sinceBefore}; PRAGMA user_version = ${FORMAT}; COMMIT`)
    else if (hasTables && format !== FORMAT)
      throw new Error(
        `its format is ${format}, and this version of Aceso knows formats ${BEFORE} and ${FORMAT} only`,
      )
    if (!hasTables && isReadOnly) throw new Error("it holds nothing")
    if (!hasTables) raw.exec(`BEGIN IMMEDIATE; ${schema}; PRAGMA user_version = ${FORMAT}; COMMIT`)
    return raw
  } catch (cause) {
    raw?.close()
    const why = diskWords(isReadOnly ? cause : (writingFault(dirname(path)) ?? cause))
    throw new PlatformError("vault_unusable", `the vault ${path} cannot be opened: ${why}`, { cause })
  }
}
