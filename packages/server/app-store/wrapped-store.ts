import {
  type Bytes,
  equalBytes,
  isOwnersWord,
  PlatformError,
  type PutWrapped,
  type WrappedRecord,
} from "@aceso/core"
import type { Generated } from "kysely"
import type { Migration, ModuleDatabase } from "../vault/module-database.ts"

interface Tables {
  wrapped_records: {
    n: Generated<number>
    id: Uint8Array
    owner: Uint8Array
    version: number
    content: Uint8Array
  }
}

/** `kept`: a device that finds an older version than it put puts its own again. */
export const wrappedMigrations: readonly Migration[] = [
  {
    name: "records",
    sql: "CREATE TABLE wrapped_records (n INTEGER PRIMARY KEY, id BLOB UNIQUE NOT NULL, owner BLOB NOT NULL, version INTEGER NOT NULL, content BLOB NOT NULL)",
    tables: { wrapped_records: "kept" },
  },
]

/** 20 GB of them: more devices than one operator has. */
const MAX_RECORDS = 1_000_000

/** What patients' devices keep with the app's operator, who can open none of it. */
export class WrappedStore {
  private readonly database: ModuleDatabase<Tables>
  private readonly origin: string | undefined

  /** @param origin of the app, the first that the genesis names; undefined: this member does not serve it */
  constructor(database: ModuleDatabase<Tables>, origin: string | undefined) {
    this.database = database
    this.origin = origin
  }

  async get(id: Bytes): Promise<WrappedRecord | null> {
    const found = await this.row(id)
    return found ? { version: found.version, content: Uint8Array.from(found.content) } : null
  }

  /**
   * Durable when it returns; the same again is taken as the first time.
   * @throws PlatformError `bad_signature`, `not_permitted`, `record_changed_meanwhile`, `store_full`
   */
  async put(given: PutWrapped): Promise<void> {
    const { id, owner, record } = given
    if (this.origin === undefined || !isOwnersWord(this.origin, given))
      throw new PlatformError("bad_signature", "whoever owns this has to sign it, for this app")
    await this.database.atomically(async () => {
      const { db } = this.database
      const before = await this.row(id)
      if (before && !equalBytes(before.owner, owner))
        throw new PlatformError("not_permitted", "this is somebody else's")
      if (before && before.version === record.version && equalBytes(before.content, record.content)) return
      if (record.version !== (before?.version ?? 0) + 1)
        throw new PlatformError(
          "record_changed_meanwhile",
          `version ${before?.version ?? 0} lies here; read it again, then put the next`,
        )
      if (!before) await this.mustHaveRoom()
      const { version, content } = record
      await db
        .insertInto("wrapped_records")
        .values({ id, owner, version, content })
        .onConflict((conflict) => conflict.column("id").doUpdateSet({ version, content }))
        .execute()
    })
  }

  private async mustHaveRoom(): Promise<void> {
    // None is ever taken out, so the last number says how many there are.
    const { last } = await this.database.db
      .selectFrom("wrapped_records")
      .select((select) => select.fn.max<number | null>("n").as("last"))
      .executeTakeFirstOrThrow()
    if ((last ?? 0) >= MAX_RECORDS)
      throw new PlatformError("store_full", "the app's operator takes no more devices; tell them")
  }

  private row(id: Bytes) {
    return this.database.db.selectFrom("wrapped_records").selectAll().where("id", "=", id).executeTakeFirst()
  }
}
