import {
  type Bytes,
  type Disclosed,
  type Handle,
  MAX_READINGS,
  nameOf,
  type Reading,
  randomBytes,
  readingsRoot,
  toHex,
} from "@aceso/core"
import { eachApart } from "../modules/each-apart.ts"
import type { Migration, ModuleDatabase } from "../vault/module-database.ts"
import { auditHourMigration, auditMigration } from "./reading-audits.ts"
import { type Reader, readingEvent, readingsEvent } from "./reading-event.ts"

/** So many days of patients are closed in one round: a hospital's whole day within an hour or two. */
const MOST_AT_ONCE = 100

/** The same look again within this is no other one, ms. */
const SAME_MS = 3_600_000

interface Tables {
  /** `name`: a tag of who looked at what, when; `leaf`: of the disclosure log, null until the day is over. */
  readings_events: {
    handle: Bytes
    day: number
    n: number
    name: Bytes
    salt: Bytes
    event: Bytes
    leaf: Bytes | null
  }
}

/** `kept`: as the backup has them. What stands on the ledger of a day that was lost is told of as such. */
export const readingMigrations: readonly Migration[] = [
  {
    name: "events",
    sql: `CREATE TABLE readings_events (handle BLOB NOT NULL, day INTEGER NOT NULL, n INTEGER NOT NULL, name BLOB NOT NULL, salt BLOB NOT NULL, event BLOB NOT NULL, leaf BLOB, PRIMARY KEY (handle, day, n)) WITHOUT ROWID;
CREATE UNIQUE INDEX readings_events_name ON readings_events (name);
CREATE INDEX readings_events_open ON readings_events (day, handle) WHERE leaf IS NULL;
CREATE INDEX readings_events_leaf ON readings_events (leaf, n) WHERE leaf IS NOT NULL`,
    tables: { readings_events: "kept" },
  },
  auditMigration,
  auditHourMigration,
]

interface Log {
  note(handle: Bytes, auditEvent: Bytes, body: null): Promise<Disclosed>
}

interface Parts {
  readonly database: ModuleDatabase<Tables>
  readonly disclosures: Log
  readonly member: string
  /** Length of a day, ms. */
  readonly dayMs: number
}

/**
 * Looks of the own staff at the records of own patients (PRIVACY.md, Reading inside a hospital): each is noted before
 * anything is shown, the patient sees it at once, and once the day is over one leaf of the disclosure log stands for all.
 */
export class Readings {
  /** Each is told once a look is durable: at whose records. */
  readonly onNoted: ((handle: Bytes) => void)[] = []
  private readonly parts: Parts
  /** Days that could not be closed. */
  private readonly setAside = new Set<string>()

  constructor(parts: Parts) {
    this.parts = parts
  }

  /** Durable when it returns. The same look again within the hour is noted once. @param now ms */
  async note(handles: readonly Handle[], reader: Reader, now = Date.now()): Promise<void> {
    const { database, member, dayMs } = this.parts
    const hour = Math.floor(now / SAME_MS)
    const named = handles.map((handle) => ({
      handle,
      name: this.tagOf(handle, reader, hour),
    }))
    const missing: typeof named = []
    for (const one of named) if (!(await this.has(one.name))) missing.push(one)
    if (missing.length === 0) return
    await database.atomically(async () => {
      for (const { handle, name } of missing) {
        if (await this.has(name)) continue
        const day = Math.floor(now / dayMs)
        const n = (await this.last(handle, day)) + 1
        const auditEvent = readingEvent(member, handle, reader, now)
        await database.db
          .insertInto("readings_events")
          .values({
            ...{ handle, day, n, name, leaf: null },
            salt: database.seal("salt", name, randomBytes(32)),
            event: database.seal("event", name, auditEvent),
          })
          .execute()
        if (n % MAX_READINGS === 0) await this.closeDay(handle, day)
      }
    })
    for (const { handle } of missing) for (const told of this.onNoted) told(handle)
  }

  /** Looks of days that are not over, for the patient. */
  async open(handle: Handle): Promise<readonly Reading[]> {
    const rows = await this.parts.database.db
      .selectFrom("readings_events")
      .selectAll()
      .where("handle", "=", handle)
      .where("leaf", "is", null)
      .orderBy("day")
      .orderBy("n")
      .limit(MAX_READINGS)
      .execute()
    return rows.map((row) => this.readingOf(row))
  }

  /** What a leaf of the disclosure log stands for; none: it is about something else. @param tag the leaf's */
  async under(tag: Bytes): Promise<readonly Reading[]> {
    const rows = await this.parts.database.db
      .selectFrom("readings_events")
      .selectAll()
      .where("leaf", "=", tag)
      .orderBy("n")
      .execute()
    return rows.map((row) => this.readingOf(row))
  }

  /** Those of these tags that are leaves which stand for looks, by name. */
  async leavesAmong(tags: readonly Bytes[]): Promise<ReadonlySet<string>> {
    if (tags.length === 0) return new Set()
    const rows = await this.parts.database.db
      .selectFrom("readings_events")
      .select("leaf")
      .distinct()
      .where("leaf", "in", [...tags])
      .execute()
    return new Set(rows.flatMap(({ leaf }) => (leaf ? [nameOf(leaf)] : [])))
  }

  /**
   * One leaf for each patient and day that is over; a day with too many has another one before. Of many days some: they
   * are closed over many rounds, so that whoever calls meanwhile does not wait for a hospital's whole day.
   * @param now ms
   * @throws what stood in the way of some, once the others are closed
   */
  async close(now = Date.now(), most = MOST_AT_ONCE): Promise<void> {
    const today = Math.floor(now / this.parts.dayMs)
    const due = await this.parts.database.db
      .selectFrom("readings_events")
      .select(["handle", "day"])
      .distinct()
      .where("leaf", "is", null)
      .where("day", "<", today)
      .orderBy("day")
      .orderBy("handle")
      // Enough, however many of them are set aside.
      .limit(most + this.setAside.size)
      .execute()
    // Those that could not be closed come last: they hold up nobody.
    const isPast = ({ handle, day }: (typeof due)[number]) => this.setAside.has(`${day} ${nameOf(handle)}`)
    const next = due.toSorted((a, b) => Number(isPast(a)) - Number(isPast(b))).slice(0, most)
    await eachApart(next, async ({ handle, day }) => {
      const name = `${day} ${nameOf(handle)}`
      this.setAside.add(name)
      await this.closeDay(handle, day)
      this.setAside.delete(name)
    })
  }

  private closeDay(handle: Handle, day: number): Promise<void> {
    const { database, disclosures, member, dayMs } = this.parts
    return database.atomically(async () => {
      const rows = await database.db
        .selectFrom("readings_events")
        .selectAll()
        .where("handle", "=", handle)
        .where("day", "=", day)
        .where("leaf", "is", null)
        .orderBy("n")
        .limit(MAX_READINGS)
        .execute()
      if (rows.length === 0) return
      const root = readingsRoot(rows.map((row) => this.readingOf(row)))
      const facts = { from: day * dayMs, to: (day + 1) * dayMs, count: rows.length, root }
      const { promise } = await disclosures.note(handle, readingsEvent(member, handle, facts), null)
      await database.db
        .updateTable("readings_events")
        .set({ leaf: promise.tag })
        .where("handle", "=", handle)
        .where("day", "=", day)
        .where("leaf", "is", null)
        .where("n", "<=", rows.at(-1)?.n ?? 0)
        .execute()
    })
  }

  private async last(handle: Handle, day: number): Promise<number> {
    const row = await this.parts.database.db
      .selectFrom("readings_events")
      .select((select) => select.fn.max("n").as("n"))
      .where("handle", "=", handle)
      .where("day", "=", day)
      .executeTakeFirst()
    return Number(row?.n ?? 0)
  }

  private async has(name: Bytes): Promise<boolean> {
    const { db } = this.parts.database
    const row = await db
      .selectFrom("readings_events")
      .select("day")
      .where("name", "=", name)
      .executeTakeFirst()
    return row !== undefined
  }

  private tagOf(handle: Handle, { key, what, purpose, role }: Reader, hour: number): Bytes {
    return this.parts.database.tag("reading", nameOf(handle), toHex(key), what, purpose, role, String(hour))
  }

  private readingOf({
    name,
    salt,
    event,
  }: Pick<Tables["readings_events"], "name" | "salt" | "event">): Reading {
    const { database } = this.parts
    return { salt: database.open("salt", name, salt), auditEvent: database.open("event", name, event) }
  }
}
