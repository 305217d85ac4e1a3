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
    done_at: number | null
    is_of_stranger: number
  }
  inbox_looks: { id: Bytes; capability: string; look_at: number; is_of_stranger: number }
}

/** `rebuilt`: reactors put there again what the ledger's events tell of. */
export const inboxMigrations: readonly Migration[] = [
  {
    name: "items",
    sql: `CREATE TABLE inbox_items (id BLOB PRIMARY KEY, capability TEXT NOT NULL, role TEXT NOT NULL, person BLOB, what BLOB NOT NULL, since INTEGER NOT NULL, due_at INTEGER NOT NULL, late_at INTEGER, done_at INTEGER, is_of_stranger INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX inbox_items_open ON inbox_items (role, is_of_stranger, due_at, since) WHERE done_at IS NULL;
CREATE INDEX inbox_items_due ON inbox_items (due_at) WHERE done_at IS NULL AND late_at IS NULL`,
    tables: { inbox_items: "rebuilt" },
  },
  {
    name: "looks",
    // Whatever was put there before is looked at once.
    sql: `CREATE TABLE inbox_looks (id BLOB PRIMARY KEY, capability TEXT NOT NULL, look_at INTEGER NOT NULL, is_of_stranger INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX inbox_looks_due ON inbox_looks (look_at);
INSERT INTO inbox_looks SELECT id, capability, 0, is_of_stranger FROM inbox_items;
DROP INDEX inbox_items_due;
ALTER TABLE inbox_items DROP COLUMN late_at`,
    tables: { inbox_looks: "rebuilt" },
  },
]

/** Behind every deadline, ms. */
const NEVER = 9_000_000_000_000_000
/** A page is at most this long; one more tells that there is more. */
export const MAX_INBOX_PAGE = 200

export interface InboxPage {
  readonly roles: readonly string[]
  readonly person?: string
  readonly limit: number
}

/** When something is to be looked at again, whether it is somebody's turn now or not. */
export interface Look {
  readonly id: Bytes
  readonly capability: string
  /** ms of the ledger; null: never. */
  readonly at: number | null
  readonly isOfStranger: boolean
}

/** The inbox of one organisation; whoever waits for changes is told. */
export class Inbox {
  private readonly database: ModuleDatabase<Tables>
  private readonly changes = new Changes()

  constructor(database: ModuleDatabase<Tables>) {
    this.database = database
  }

  /** Puts an item there, or in the place of what it was before. */
  async put(item: InboxItem): Promise<void> {
    const values = {
      capability: item.capability,
      role: item.role,
      person: item.person === undefined ? null : this.database.tag("person", item.person),
      what: this.database.seal("what", item.id, encodeCbor(item.what)),
      since: item.since,
      due_at: item.dueAt ?? NEVER,
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
          .limit(Math.min(limit, MAX_INBOX_PAGE + 1))
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

  /** In the place of what was noted of it before. */
  async lookAgain({ id, capability, at, isOfStranger }: Look): Promise<void> {
    const values = { capability, look_at: at ?? NEVER, is_of_stranger: isOfStranger ? 1 : 0 }
    await this.database.atomically(async () => {
      await this.database.db
        .insertInto("inbox_looks")
        .values({ id, ...values })
        .onConflict((conflict) => conflict.column("id").doUpdateSet(values))
        .execute()
    })
  }

  /** What of these capabilities is to be looked at by then, the oldest first. @param now ms of the ledger */
  async toLookAt(now: number, limit: number, capabilities: readonly string[]): Promise<readonly Bytes[]> {
    if (capabilities.length === 0) return []
    const rows = await this.database.db
      .selectFrom("inbox_looks")
      .select("id")
      .where("look_at", "<=", now)
      .where("capability", "in", [...capabilities])
      .orderBy("look_at")
      .limit(limit)
      .execute()
    return rows.map(({ id }) => id)
  }

  /** Whether it was looked at as something of somebody who is known here. */
  async isOfKnown(id: Bytes): Promise<boolean> {
    const row = await this.database.db
      .selectFrom("inbox_looks")
      .select("is_of_stranger")
      .where("id", "=", id)
      .executeTakeFirst()
    return row?.is_of_stranger === 0
  }

  /** The item stays as it is, and is looked at no more. */
  async leave(id: Bytes): Promise<void> {
    await this.database.atomically(async () => {
      await this.database.db.updateTable("inbox_looks").set({ look_at: NEVER }).where("id", "=", id).execute()
    })
  }

  /** @returns what ends it */
  listen(listener: () => void): () => void {
    return this.changes.listen(listener)
  }

  /** Resolves when something changes, or the time is over. */
  changed(waitMs: number): Promise<void> {
    return this.changes.next(waitMs)
  }
}
