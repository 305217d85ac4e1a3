import type { DatabaseSync } from "node:sqlite"
import { type Bytes, PlatformError } from "@aceso/core"
import type { Kysely } from "kysely"

/**
 * What becomes of a table's rows when an older backup is restored: `rebuilt` from the ledger, `asked` back from
 * counterparts, `lost`, or `kept` as the backup has them.
 */
export type AfterRestore = "rebuilt" | "asked" | "lost" | "kept"

/** One step from a module's tables as they were to what they are; once released it is never changed. */
export interface Migration {
  readonly name: string
  /** Names of tables and indexes begin with the module's name and `_`. */
  readonly sql: string
  /** The tables that it makes. */
  readonly tables: Readonly<Record<string, AfterRestore>>
}

/** A module's own tables in the node's database. Whatever tells of a person is sealed, or a blind tag. */
export interface ModuleDatabase<Tables> {
  readonly db: Kysely<Tables>
  /** One durable transaction: all of it or nothing. Nothing in it may wait for the ledger. */
  atomically<T>(f: () => Promise<T>): Promise<T>
  seal(kind: string, id: Bytes, plain: Bytes): Bytes
  open(kind: string, id: Bytes, sealed: Bytes): Bytes
  /** Equal parts have equal tags, which say nothing else. */
  tag(...parts: readonly string[]): Bytes
}

const NAME = /^[a-z][a-z0-9]*$/

/**
 * Brings a module's tables to what its migrations say, in one transaction.
 * @throws PlatformError `migration_differs`: the database was made by other migrations than these; `bad_migration`
 */
export function migrate(raw: DatabaseSync, module: string, migrations: readonly Migration[]): void {
  if (!NAME.test(module)) throw new PlatformError("bad_migration", `${module} is no name of a module`)
  const done = raw.prepare("SELECT n, name FROM migrations WHERE module = ? ORDER BY n").all(module) as {
    n: number
    name: string
  }[]
  done.forEach(({ n, name }) => {
    if (migrations[n]?.name !== name)
      throw new PlatformError(
        "migration_differs",
        `the tables of ${module} were made by ${name}, which this release does not have at that place: install the release that made this folder, or a newer one`,
      )
  })
  raw.exec("BEGIN IMMEDIATE")
  try {
    migrations.slice(done.length).forEach((migration, i) => {
      const before = namesIn(raw)
      raw.exec(migration.sql)
      const made = namesIn(raw).filter(({ name }) => !before.some((one) => one.name === name))
      mustBeOwn(module, migration, made)
      raw.prepare("INSERT INTO migrations VALUES (?, ?, ?)").run(module, done.length + i, migration.name)
    })
    raw.exec("COMMIT")
  } catch (error) {
    if (raw.isTransaction) raw.exec("ROLLBACK")
    throw error
  }
}

interface Made {
  readonly type: string
  readonly name: string
}
const namesIn = (raw: DatabaseSync): Made[] =>
  raw
    .prepare("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
    .all() as unknown as Made[]

function mustBeOwn(module: string, { name, tables }: Migration, made: readonly Made[]): void {
  const foreign = made.find((one) => !one.name.startsWith(`${module}_`))
  if (foreign)
    throw new PlatformError("bad_migration", `${module}, ${name}: ${foreign.name} is not the module's own`)
  const undeclared = made.find((one) => one.type === "table" && !Object.hasOwn(tables, one.name))
  if (undeclared)
    throw new PlatformError(
      "bad_migration",
      `${module}, ${name}: what a restore does to ${undeclared.name} is not said`,
    )
}
