import type { SettingChange } from "@aceso/client"
import { type Bytes, decodeTrusted, encodeCbor, PlatformError, randomBytes } from "@aceso/core"
import type { Migration, ModuleDatabase } from "../vault/module-database.ts"

/** So many changes of one person are taken an hour: what they did is not pushed out by what they do. */
export const MOST_AN_HOUR = 30
/** So many are kept; older ones go. */
const MOST_KEPT = 20_000
const HOUR_MS = 3_600_000

interface Tables {
  /** `who`: a tag of who changed something within an hour. */
  settings_changes: { n?: number; id: Bytes; who: Bytes; content: Bytes }
}

export const settingsMigrations: readonly Migration[] = [
  {
    name: "changes",
    sql: `CREATE TABLE settings_changes (n INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL, who BLOB NOT NULL, content BLOB NOT NULL);
CREATE INDEX settings_changes_who ON settings_changes (who)`,
    tables: { settings_changes: "kept" },
  },
]

/** Who changed which setting on the node's page, when, and from what to what. */
export class SettingChanges {
  private readonly database: ModuleDatabase<Tables>

  constructor(database: ModuleDatabase<Tables>) {
    this.database = database
  }

  /**
   * Durable when it returns. @param at ms @returns its number
   * @throws PlatformError `too_many_changes`
   */
  async note({ at, by, name, from, to }: Omit<SettingChange, "n">): Promise<number> {
    const { database } = this
    const who = database.tag("who", by, String(Math.floor(at / HOUR_MS)))
    const id = randomBytes(16)
    const content = database.seal("change", id, encodeCbor([at, by, name, from ?? null, to]))
    return database.atomically(async () => {
      const { db } = database
      const { count } = await db
        .selectFrom("settings_changes")
        .select(({ fn }) => fn.countAll<number | bigint>().as("count"))
        .where("who", "=", who)
        .executeTakeFirstOrThrow()
      if (Number(count) >= MOST_AN_HOUR)
        throw new PlatformError(
          "too_many_changes",
          `you have changed ${MOST_AN_HOUR} settings within this hour; go on in the next one`,
        )
      const { insertId } = await db
        .insertInto("settings_changes")
        .values({ id, who, content })
        .executeTakeFirstOrThrow()
      const n = Number(insertId)
      await db
        .deleteFrom("settings_changes")
        .where("n", "<=", n - MOST_KEPT)
        .execute()
      return n
    })
  }

  /** It did not come to it. */
  async withdraw(n: number): Promise<void> {
    await this.database.atomically(async () => {
      await this.database.db.deleteFrom("settings_changes").where("n", "=", n).execute()
    })
  }

  /** Newest first. @param before a number; null: from the newest on */
  async page(
    before: number | null,
    limit: number,
  ): Promise<{ readonly changes: SettingChange[]; readonly next?: number }> {
    let query = this.database.db.selectFrom("settings_changes").select(["n", "id", "content"])
    if (before !== null) query = query.where("n", "<", before)
    const rows = await query
      .orderBy("n", "desc")
      .limit(limit + 1)
      .execute()
    const changes = rows.slice(0, limit).map(({ n, id, content }) => {
      const opened = decodeTrusted(this.database.open("change", id, content))
      const [at, by, name, from, to] = opened as unknown as [number, string, string, string | null, string]
      return { n: Number(n), at, by, name, ...(from !== null && { from }), to }
    })
    const last = changes.at(-1)
    return { changes, ...(rows.length > limit && last && { next: last.n }) }
  }
}
