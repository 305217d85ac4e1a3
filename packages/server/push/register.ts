import { type NoticesEnded, noticeTag } from "@aceso/client"
import { type Bytes, PlatformError } from "@aceso/core"
import type { Generated } from "kysely"
import { DayBudget } from "../http/day-budget.ts"
import type { Migration, ModuleDatabase } from "../vault/module-database.ts"

export interface RegisterTables {
  pushes_endpoints: {
    n: Generated<number>
    id: Bytes
    content: Bytes
    /** ms; 0: no push service has taken a message for it. */
    accepted: number
    /** From which network address it came, a blind tag, as long as it is unproven; null: its push service took a message. */
    address: Bytes | null
  }
  pushes_addresses: { address: Bytes; unproven: number }
  pushes_count: { one: number; endpoints: number }
  pushes_tags: { tag: Bytes; endpoint: number; until: number }
}

/** `kept`: what a backup lacks devices register again when they are next used, and what it has too much is gone in 90 days. */
export const registerMigrations: readonly Migration[] = [
  {
    name: "endpoints and tags",
    sql: `CREATE TABLE pushes_endpoints (n INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB UNIQUE NOT NULL, content BLOB NOT NULL, accepted INTEGER NOT NULL);
CREATE INDEX pushes_endpoints_accepted ON pushes_endpoints (accepted, n);
CREATE TABLE pushes_tags (tag BLOB NOT NULL, endpoint INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (tag, endpoint)) WITHOUT ROWID;
CREATE INDEX pushes_tags_endpoint ON pushes_tags (endpoint, until);
CREATE INDEX pushes_tags_until ON pushes_tags (until)`,
    tables: { pushes_endpoints: "kept", pushes_tags: "kept" },
  },
  {
    name: "addresses of those that are unproven, and a count",
    sql: `ALTER TABLE pushes_endpoints ADD COLUMN address BLOB;
UPDATE pushes_endpoints SET address = x'00' WHERE accepted = 0;
DROP INDEX pushes_endpoints_accepted;
CREATE INDEX pushes_endpoints_address ON pushes_endpoints (address, n) WHERE address IS NOT NULL;
CREATE TABLE pushes_addresses (address BLOB PRIMARY KEY, unproven INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX pushes_addresses_unproven ON pushes_addresses (unproven);
INSERT INTO pushes_addresses SELECT address, count(*) FROM pushes_endpoints WHERE address IS NOT NULL GROUP BY address;
CREATE TABLE pushes_count (one INTEGER PRIMARY KEY, endpoints INTEGER NOT NULL);
INSERT INTO pushes_count SELECT 1, count(*) FROM pushes_endpoints;
CREATE TRIGGER pushes_in AFTER INSERT ON pushes_endpoints BEGIN
  UPDATE pushes_count SET endpoints = endpoints + 1;
  INSERT INTO pushes_addresses SELECT NEW.address, 1 WHERE NEW.address IS NOT NULL
    ON CONFLICT (address) DO UPDATE SET unproven = unproven + 1;
END;
CREATE TRIGGER pushes_out AFTER DELETE ON pushes_endpoints BEGIN
  UPDATE pushes_count SET endpoints = endpoints - 1;
  UPDATE pushes_addresses SET unproven = unproven - 1 WHERE address = OLD.address;
  DELETE FROM pushes_addresses WHERE address = OLD.address AND unproven <= 0;
END;
CREATE TRIGGER pushes_proven AFTER UPDATE OF address ON pushes_endpoints WHEN NEW.address IS NULL BEGIN
  UPDATE pushes_addresses SET unproven = unproven - 1 WHERE address = OLD.address;
  DELETE FROM pushes_addresses WHERE address = OLD.address AND unproven <= 0;
END`,
    tables: { pushes_addresses: "kept", pushes_count: "kept" },
  },
]

/** A device that is not used for so long is told nothing any more, ms. */
export const NOTICE_MS = 90 * 24 * 3_600_000
/** Of one device: four people who share it, or one whose hospitals changed. */
export const TAGS_PER_ENDPOINT = 64
/** Devices of one person. */
export const ENDPOINTS_PER_TAG = 8
const MAX_ENDPOINTS = 100_000
/** New ones of one network address within a day. */
const ENDPOINTS_PER_DAY = 200

/** An endpoint for whom something was rung. */
export interface Registered {
  readonly n: number
  readonly endpoint: string
}

interface Options {
  readonly maxEndpoints?: number
  readonly perDay?: number
}

/** Which devices want to be told, and by which tags: kept by the app's operator alone. */
export class PushRegister {
  private readonly database: ModuleDatabase<RegisterTables>
  private readonly maxEndpoints: number
  private readonly today: DayBudget

  constructor(
    database: ModuleDatabase<RegisterTables>,
    { maxEndpoints = MAX_ENDPOINTS, perDay = ENDPOINTS_PER_DAY }: Options = {},
  ) {
    this.database = database
    this.maxEndpoints = maxEndpoints
    this.today = new DayBudget(perDay)
  }

  /**
   * Registers an endpoint under the tags of these secrets, or renews it.
   * @param from the network address
   * @returns its number where no push service has taken a message for it yet
   * @throws PlatformError `store_full`, `too_many_requests`
   */
  async register(
    endpoint: string,
    secrets: readonly Bytes[],
    now = Date.now(),
    from = "unknown",
  ): Promise<number | undefined> {
    const until = now + NOTICE_MS
    return this.database.atomically(async () => {
      const { db } = this.database
      const n = (await this.find(endpoint)) ?? (await this.add(endpoint, from))
      for (const tag of secrets.map(noticeTag)) {
        await db
          .insertInto("pushes_tags")
          .values({ tag, endpoint: n, until })
          .onConflict((conflict) => conflict.columns(["tag", "endpoint"]).doUpdateSet({ until }))
          .execute()
        await this.dropOldest("tag", tag, ENDPOINTS_PER_TAG, n)
      }
      await this.dropOldest("endpoint", n, TAGS_PER_ENDPOINT, n)
      return (await this.isUnproven(n)) ? n : undefined
    })
  }

  /** Ends it in the word of whoever knows the secrets. @param endpoint undefined: wherever they are registered */
  end(endpoint: string | undefined, secrets: readonly Bytes[]): Promise<NoticesEnded> {
    return this.database.atomically(async () => {
      const { db } = this.database
      const tags = secrets.map(noticeTag)
      const own = endpoint === undefined ? undefined : await this.find(endpoint)
      const all = await db
        .selectFrom("pushes_tags")
        .select("endpoint")
        .distinct()
        .where("tag", "in", tags)
        .execute()
      for (const { endpoint: n } of all) {
        if (endpoint !== undefined && n !== own) continue
        await db.deleteFrom("pushes_tags").where("tag", "in", tags).where("endpoint", "=", n).execute()
        await this.dropUnused(n)
      }
      return {
        isElsewhere: endpoint !== undefined && all.some(({ endpoint: n }) => n !== own),
        isShared: endpoint !== undefined && (await this.find(endpoint)) !== undefined,
      }
    })
  }

  /** Whom a tag is for, if anybody. */
  async of(tag: Bytes, now = Date.now()): Promise<readonly Registered[]> {
    const rows = await this.database.db
      .selectFrom("pushes_tags")
      .innerJoin("pushes_endpoints", "pushes_endpoints.n", "pushes_tags.endpoint")
      .select(["n", "id", "content"])
      .where("tag", "=", tag)
      .where("until", ">", now)
      .execute()
    return rows.map(({ n, id, content }) => ({
      n,
      endpoint: new TextDecoder().decode(this.database.open("endpoint", id, content)),
    }))
  }

  async has(n: number): Promise<boolean> {
    const { db } = this.database
    return (
      (await db.selectFrom("pushes_endpoints").select("n").where("n", "=", n).executeTakeFirst()) !==
      undefined
    )
  }

  /** Its push service took a message: it is no invented one. */
  async accepted(n: number, now = Date.now()): Promise<void> {
    await this.database.db
      .updateTable("pushes_endpoints")
      .set({ accepted: now, address: null })
      .where("n", "=", n)
      .execute()
  }

  /** Its push service does not know it any more. */
  async gone(n: number): Promise<void> {
    await this.database.atomically(async () => {
      await this.database.db.deleteFrom("pushes_tags").where("endpoint", "=", n).execute()
      await this.dropUnused(n)
    })
  }

  /** Takes out what was not renewed. */
  async sweep(now = Date.now()): Promise<void> {
    await this.database.atomically(async () => {
      const { db } = this.database
      await db.deleteFrom("pushes_tags").where("until", "<=", now).execute()
      await db
        .deleteFrom("pushes_endpoints")
        .where("n", "not in", db.selectFrom("pushes_tags").select("endpoint"))
        .execute()
    })
  }

  async count(): Promise<number> {
    const { db } = this.database
    return (await db.selectFrom("pushes_count").select("endpoints").executeTakeFirstOrThrow()).endpoints
  }

  private async isUnproven(n: number): Promise<boolean> {
    const row = this.database.db.selectFrom("pushes_endpoints").select("accepted").where("n", "=", n)
    return (await row.executeTakeFirst())?.accepted === 0
  }

  private idOf(endpoint: string): Bytes {
    return this.database.tag("endpoint", endpoint)
  }

  private async find(endpoint: string): Promise<number | undefined> {
    const row = await this.database.db
      .selectFrom("pushes_endpoints")
      .select("n")
      .where("id", "=", this.idOf(endpoint))
      .executeTakeFirst()
    return row?.n
  }

  /**
   * Whoever registers invented endpoints is a stranger and can do so again and again: where there is no room, the newest
   * goes of the address that has most of those for which no push service has ever taken a message. A device in use is
   * proven a moment after it came.
   */
  private async add(endpoint: string, from: string): Promise<number> {
    const { db } = this.database
    this.today.spend(from)
    if ((await this.count()) >= this.maxEndpoints) {
      const newest = await db
        .selectFrom("pushes_endpoints")
        .select("n")
        .where("address", "=", (select) =>
          select.selectFrom("pushes_addresses").select("address").orderBy("unproven", "desc").limit(1),
        )
        .orderBy("n", "desc")
        .limit(1)
        .executeTakeFirst()
      if (!newest)
        throw new PlatformError("store_full", "the app's operator takes no more devices; tell them")
      await this.gone(newest.n)
    }
    const id = this.idOf(endpoint)
    const content = this.database.seal("endpoint", id, new TextEncoder().encode(endpoint))
    const { n } = await db
      .insertInto("pushes_endpoints")
      .values({ id, content, accepted: 0, address: this.database.tag("address", from) })
      .returning("n")
      .executeTakeFirstOrThrow()
    return n
  }

  /** Keeps the newest of one tag, or of one endpoint, and of these the one that was just written. */
  private async dropOldest(
    by: "tag" | "endpoint",
    value: Bytes | number,
    kept: number,
    own: number,
  ): Promise<void> {
    const { db } = this.database
    const rows = await db
      .selectFrom("pushes_tags")
      .select(["tag", "endpoint", "until"])
      .where(by, "=", value as never)
      .orderBy("until", "desc")
      .execute()
    const older = by === "tag" ? rows.filter(({ endpoint }) => endpoint !== own) : rows
    for (const { tag, endpoint } of older.slice(by === "tag" ? kept - 1 : kept)) {
      await db.deleteFrom("pushes_tags").where("tag", "=", tag).where("endpoint", "=", endpoint).execute()
      await this.dropUnused(endpoint)
    }
  }

  private async dropUnused(n: number): Promise<void> {
    const { db } = this.database
    const used = await db
      .selectFrom("pushes_tags")
      .select("tag")
      .where("endpoint", "=", n)
      .limit(1)
      .executeTakeFirst()
    if (!used) await db.deleteFrom("pushes_endpoints").where("n", "=", n).execute()
  }
}
