import { type Bytes, type Cbor, decodeCbor, encodeCbor } from "@aceso/core"
import { Changes } from "@aceso/ledger"
import type { Migration, ModuleDatabase } from "../vault/module-database.ts"

/** What somebody of this organisation has to do (CAPABILITIES.md, Inbox). */
export interface InboxItem {
  /** 32 bytes; of a case its id. */
  readonly id: Bytes
  /** The capability, by which its pages and commands are found. */
  readonly capability: string
  /** Whoever has this role may do it; of a person their name too. */
  readonly role: string
  readonly person?: string
  /** What is to be done, in the capability's own words; it may name people. */
  readonly what: Cbor
  /** ms */
  readonly since: number
  /** ms; null: there is no deadline. */
  readonly dueAt: number | null
  /** Behind all others: of somebody whom nobody here knows. */
  readonly isOfStranger?: boolean
}

interface Tables {
  inbox_items: {
    id: Bytes
    capability: string
    role: string
    person: Bytes | null
    what: Bytes
    since: number
    due_at: number
    /** Since when it is known that the deadline has passed. */
    late_at: number | null
    done_at: number | null
    is_of_stranger: number
  }
}

/** `rebuilt`: reactors put the items there again that the ledger's events tell of. */
export const inboxMigrations: readonly Migration[] = [
  {
    name: "items",
    sql: `CREATE TABLE inbox_items (id BLOB PRIMARY KEY, capability TEXT NOT NULL, role TEXT NOT NULL, person BLOB, what BLOB NOT NULL, since INTEGER NOT NULL, due_at INTEGER NOT NULL, late_at INTEGER, done_at INTEGER, is_of_stranger INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX inbox_items_open ON inbox_items (role, is_of_stranger, due_at, since) WHERE done_at IS NULL;
CREATE INDEX inbox_items_due ON inbox_items (due_at) WHERE done_at IS NULL AND late_at IS NULL`,
    tables: { inbox_items: "rebuilt" },
  },
]

/** Behind every deadline, ms. */
const NEVER = 9_000_000_000_000_000
/** A page is at most this long. */
export const MAX_INBOX_PAGE = 200

export interface InboxPage {
  readonly roles: readonly string[]
  readonly person?: string
  readonly limit: number
}

/** The inbox of one organisation; whoever waits for changes is told. */
export class Inbox {
  private readonly database: ModuleDatabase<Tables>
  private readonly changes = new Changes()

  constructor(database: ModuleDatabase<Tables>) {
    this.database = database
  }

  /** Puts an item there, or in the place of what it was before. @param now ms */
  async put(item: InboxItem, now = Date.now()): Promise<void> {
    const dueAt = item.dueAt ?? NEVER
    const values = {
      capability: item.capability,
      role: item.role,
      person: item.person === undefined ? null : this.database.tag("person", item.person),
      what: this.database.seal("what", item.id, encodeCbor(item.what)),
      since: item.since,
      due_at: dueAt,
      late_at: dueAt <= now ? now : null,
      done_at: null,
      is_of_stranger: item.isOfStranger ? 1 : 0,
    }
    await this.database.atomically(async () => {
      await this.database.db
        .insertInto("inbox_items")
        .values({ id: item.id, ...values })
        .onConflict((conflict) => conflict.column("id").doUpdateSet(values))
        .execute()
    })
    this.changes.tell()
  }

  /** Nothing is left to do here. @param at ms */
  async done(id: Bytes, at: number): Promise<void> {
    await this.database.atomically(async () => {
      await this.database.db
        .updateTable("inbox_items")
        .set({ done_at: at })
        .where("id", "=", id)
        .where("done_at", "is", null)
        .execute()
    })
    this.changes.tell()
  }

  /** What these roles have to do, what is due first before it; of those whom nobody here knows behind all others. */
  async open({ roles, person, limit }: InboxPage): Promise<readonly InboxItem[]> {
    const tag = person === undefined ? undefined : this.database.tag("person", person)
    const pages = await Promise.all(
      roles.map((role) =>
        this.database.db
          .selectFrom("inbox_items")
          .selectAll()
          .where("done_at", "is", null)
          .where("role", "=", role)
          .where((where) =>
            tag
              ? where.or([where("person", "is", null), where("person", "=", tag)])
              : where("person", "is", null),
          )
          .orderBy("is_of_stranger")
          .orderBy("due_at")
          .orderBy("since")
          .limit(Math.min(limit, MAX_INBOX_PAGE))
          .execute(),
      ),
    )
    return pages
      .flat()
      .sort((a, b) => a.is_of_stranger - b.is_of_stranger || a.due_at - b.due_at || a.since - b.since)
      .slice(0, limit)
      .map((row) => ({
        id: row.id,
        capability: row.capability,
        role: row.role,
        what: decodeCbor(this.database.open("what", row.id, row.what)),
        since: row.since,
        dueAt: row.due_at === NEVER ? null : row.due_at,
      }))
  }

  /** Items of these capabilities whose deadline has passed since they were put there, the oldest first. @param now ms */
  async overdue(now: number, limit: number, capabilities: readonly string[]): Promise<readonly Bytes[]> {
    if (capabilities.length === 0) return []
    const rows = await this.database.db
      .selectFrom("inbox_items")
      .select("id")
      .where("done_at", "is", null)
      .where("late_at", "is", null)
      .where("due_at", "<=", now)
      .where("capability", "in", [...capabilities])
      .orderBy("due_at")
      .limit(limit)
      .execute()
    return rows.map(({ id }) => id)
  }

  /** The item stays as it is, and is overdue no more. @param at ms */
  async late(id: Bytes, at: number): Promise<void> {
    await this.database.atomically(async () => {
      await this.database.db.updateTable("inbox_items").set({ late_at: at }).where("id", "=", id).execute()
    })
  }

  /** Resolves when something changes, or the time is over. */
  changed(waitMs: number): Promise<void> {
    return this.changes.next(waitMs)
  }
}
