import { chmodSync } from "node:fs"
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite"
import { messageOf, PlatformError } from "@aceso/core"
import { Kysely, SqliteDialect } from "kysely"

/** node:sqlite behind kysely: WAL, and every commit synced before it returns. */
export function openSqlite<Schema>(path: string, schema: string): { db: Kysely<Schema>; raw: DatabaseSync } {
  let raw: DatabaseSync
  try {
    raw = new DatabaseSync(path)
    raw.exec(
      "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 8192; PRAGMA cache_size = -32768",
    )
    chmodSync(path, 0o600)
    raw.exec(schema)
  } catch (cause) {
    throw new PlatformError("vault_unusable", `the vault ${path} cannot be opened: ${messageOf(cause)}`, {
      cause,
    })
  }
  const statements = new Map<string, StatementSync>()
  const prepare = (sql: string) => {
    let statement = statements.get(sql)
    if (!statement) {
      if (statements.size > 500) statements.clear()
      statement = raw.prepare(sql)
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
  return { db: new Kysely<Schema>({ dialect }), raw }
}
