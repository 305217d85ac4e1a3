import {
  type Bytes,
  decodeTrusted,
  encodeCbor,
  type Handle,
  PlatformError,
  readAuditEvent,
} from "@aceso/core"
import type { Migration, ModuleDatabase } from "../vault/module-database.ts"

/** So many looks are opened for one page, however few of them are of the person that is asked for. */
const MOST_OPENED = 2_000
/** The same look at the audit within this is no other one, ms. */
const SAME_MS = 3_600_000
/** So many different looks at the audit are one person's within the hour. */
export const MOST_AN_HOUR = 200

interface Tables {
  readings_events: { handle: Bytes; day: number; n: number; name: Bytes; event: Bytes }
  /** `name`: a tag of who looked at which day of whose looks, within an hour; `who`: of who looked within that hour. */
  readings_audits: { n?: number; day: number; name: Bytes; event: Bytes; who: Bytes | null }
}

export const auditMigration: Migration = {
  name: "audits",
  sql: `CREATE INDEX readings_events_day ON readings_events (day, handle, n);
CREATE TABLE readings_audits (n INTEGER PRIMARY KEY AUTOINCREMENT, day INTEGER NOT NULL, name BLOB NOT NULL UNIQUE, event BLOB NOT NULL);
CREATE INDEX readings_audits_day ON readings_audits (day, n)`,
  tables: { readings_audits: "kept" },
}

export const auditHourMigration: Migration = {
  name: "audits_hour",
  sql: `ALTER TABLE readings_audits ADD COLUMN who BLOB;
CREATE INDEX readings_audits_who ON readings_audits (who) WHERE who IS NOT NULL`,
  tables: {},
}

/** One look, as the audit tells it; `at` ms. */
export interface AuditedLook {
  readonly handle: Handle
  readonly n: number
  readonly at: number
  readonly person: string
  readonly role: string
  readonly purpose: string
  readonly what: string
}

export interface Place {
  readonly handle: Handle
  readonly n: number
}

/** What an administrator asks the audit for. */
export interface Asked {
  /** Number of the day. */
  readonly day: number
  /** Of one person alone. */
  readonly person?: string
  readonly after: Place | null
  readonly limit: number
}

/** A look at the audit itself; times in ms. */
export interface Audit {
  readonly at: number
  readonly by: string
  /** When the day begins that was looked at. */
  readonly day: number
  readonly person?: string
}

/** Who of the own staff looked at whom, for administrators; who looks at that is noted before anything is shown. */
export class ReadingAudits {
  private readonly database: ModuleDatabase<Tables>
  private readonly dayMs: number

  /** @param dayMs length of a day, ms */
  constructor(database: ModuleDatabase<Tables>, dayMs: number) {
    this.database = database
    this.dayMs = dayMs
  }

  dayOf(at: number): number {
    return Math.floor(at / this.dayMs)
  }
  /** The day of a moment that somebody asks for. @throws PlatformError `bad_input` of a day that has not begun */
  begunDay(at: number, now = Date.now()): number {
    const day = this.dayOf(at)
    if (day <= this.dayOf(now)) return day
    throw new PlatformError(
      "bad_input",
      "at: that day has not begun, and nobody can have looked at anything then",
    )
  }
  /** ms, half-open */
  bounds(day: number): { readonly from: number; readonly to: number } {
    return { from: day * this.dayMs, to: (day + 1) * this.dayMs }
  }

  /** Durable when it returns. The same look within the hour is noted once. @param now ms @throws PlatformError `too_many_looks` */
  async note(by: string, day: number, person: string | undefined, now = Date.now()): Promise<void> {
    const { database } = this
    const hour = String(Math.floor(now / SAME_MS))
    const name = database.tag("audit", by, String(day), person ?? "", hour)
    const who = database.tag("auditor", by, hour)
    const sealed = database.seal("audit", name, encodeCbor([now, by, day, person ?? null]))
    await database.atomically(async () => {
      const { db } = database
      const { numInsertedOrUpdatedRows } = await db
        .insertInto("readings_audits")
        .values({ day: this.dayOf(now), name, event: sealed, who })
        .onConflict((conflict) => conflict.column("name").doNothing())
        .executeTakeFirstOrThrow()
      if (!numInsertedOrUpdatedRows) return
      const { count } = await db
        .selectFrom("readings_audits")
        .select(({ fn }) => fn.countAll<number | bigint>().as("count"))
        .where("who", "=", who)
        .executeTakeFirstOrThrow()
      if (Number(count) > MOST_AN_HOUR)
        throw new PlatformError(
          "too_many_looks",
          `you have looked at ${MOST_AN_HOUR} days and people in this audit within the hour, which every other administrator sees; go on in the next one`,
        )
    })
  }

  /** A page of a day's looks, by patient. Of one person it may be empty and go on: what it costs is bounded. */
  async page({ day, person, after, limit }: Asked): Promise<{
    readonly looks: readonly AuditedLook[]
    readonly next?: Place
  }> {
    const most = person === undefined ? limit : MOST_OPENED
    let query = this.database.db
      .selectFrom("readings_events")
      .select(["handle", "n", "name", "event"])
      .where("day", "=", day)
    // By the index from there on, however many came before on that day.
    if (after)
      query = query.where(({ eb, refTuple, tuple }) =>
        eb(refTuple("handle", "n"), ">", tuple(after.handle, after.n)),
      )
    const rows = await query.orderBy("handle").orderBy("n").limit(most).execute()
    const looks: AuditedLook[] = []
    for (const { handle, n, name, event } of rows) {
      const look = lookIn(handle, n, this.database.open("event", name, event))
      if (person !== undefined && look.person !== person) continue
      looks.push(look)
      if (looks.length === limit) return { looks, next: { handle, n } }
    }
    const last = rows.at(-1)
    return rows.length === most && last ? { looks, next: { handle: last.handle, n: last.n } } : { looks }
  }

  /** Looks at the audit on a day, newest first. @param before where the page before ended */
  async audits(
    day: number,
    before: number | null,
    limit: number,
  ): Promise<{ readonly audits: Audit[]; readonly next?: number }> {
    let query = this.database.db
      .selectFrom("readings_audits")
      .select(["n", "name", "event"])
      .where("day", "=", day)
    if (before !== null) query = query.where("n", "<", before)
    const rows = await query
      .orderBy("n", "desc")
      .limit(limit + 1)
      .execute()
    const audits = rows.slice(0, limit).map(({ name, event }) => {
      const opened = decodeTrusted(this.database.open("audit", name, event))
      const [at, by, looked, person] = opened as unknown as [number, string, number, string | null]
      return { at, by, day: looked * this.dayMs, ...(person !== null && { person }) }
    })
    return { audits, ...(rows.length > limit && { next: Number(rows[limit - 1].n) }) }
  }
}

function lookIn(handle: Handle, n: number, auditEvent: Bytes): AuditedLook {
  const facts = readAuditEvent(auditEvent)
  const { practitionerName = "?", role = "?", purpose = "?", reading = "?", time = "" } = facts ?? {}
  const at = Date.parse(time)
  return { handle, n, at: Number.isNaN(at) ? 0 : at, person: practitionerName, role, purpose, what: reading }
}
