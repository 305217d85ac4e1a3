import { type Bytes, concat, type Handle, utf8 } from "@aceso/core"
import type { Selectable } from "kysely"
import type { Schema } from "./schema.ts"
import { SqliteJoins } from "./sqlite-joins.ts"
import type { NoticePage, ReceivedNotice, SentNotice } from "./vault.ts"

/** Dealt with, they are kept for a while; the oldest go first. */
const KEPT_DONE = 10_000

/** What custodians tell each other about records that were released by mistake. */
export abstract class SqliteNotices extends SqliteJoins {
  addNotice(notice: SentNotice): Promise<void> {
    return this.atomically(async () => {
      const { id, recipient, createdAt, tries, dueAt, deliveredAt } = notice
      const content = this.sealDocument("notice sent", id, notice.content)
      const state = { created_at: createdAt, tries, due_at: dueAt, delivered_at: deliveredAt }
      await this.db
        .insertInto("notices_sent")
        .values({ id, recipient, content, ...state } as never)
        .execute()
    })
  }

  setNotice({ id, tries, dueAt, deliveredAt }: SentNotice): Promise<void> {
    return this.atomically(async () => {
      const state = { tries, due_at: dueAt, delivered_at: deliveredAt }
      await this.db.updateTable("notices_sent").set(state).where("id", "=", id).execute()
    })
  }

  async dueNotices(now: number, limit: number): Promise<readonly SentNotice[]> {
    const rows = await this.db
      .selectFrom("notices_sent")
      .selectAll()
      .where("due_at", "<=", now)
      .orderBy("due_at")
      .limit(limit)
      .execute()
    return rows.map((row) => this.sentOf(row))
  }

  async sentNotices({ before, limit, isOpen }: NoticePage) {
    let all = this.db.selectFrom("notices_sent").selectAll()
    if (before !== null) all = all.where("n", "<", before)
    if (isOpen) all = all.where("delivered_at", "is", null)
    const rows = await all.orderBy("n", "desc").limit(limit).execute()
    return rows.map((row) => ({ ...this.sentOf(row), n: row.n }))
  }

  keepNotice(notice: ReceivedNotice): Promise<boolean> {
    return this.atomically(async () => {
      const { custodian, id, handle, receivedAt, doneAt } = notice
      const content = this.sealDocument("notice", noticeName(custodian, id), notice.content)
      const values = { custodian, id, handle, content, received_at: receivedAt, done_at: doneAt }
      const result = await this.db
        .insertInto("notices_received")
        .values(values as never)
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst()
      return result.numInsertedOrUpdatedRows === 1n
    })
  }

  async openNotices(custodian: string, limit: number): Promise<number> {
    const row = this.prepare(
      "SELECT count(*) AS n FROM (SELECT 1 FROM notices_received WHERE custodian = ? AND done_at IS NULL LIMIT ?)",
    ).get(custodian, limit)
    return Number(row?.n)
  }

  async receivedNotices({ before, limit, isOpen }: NoticePage) {
    let all = this.db.selectFrom("notices_received").selectAll()
    if (before !== null) all = all.where("n", "<", before)
    if (isOpen) all = all.where("done_at", "is", null)
    const rows = await all.orderBy("n", "desc").limit(limit).execute()
    return rows.map((row) => ({ ...this.receivedOf(row), n: row.n }))
  }

  async noticesAbout(custodian: string, handle: Handle, limit: number): Promise<readonly ReceivedNotice[]> {
    const rows = await this.db
      .selectFrom("notices_received")
      .selectAll()
      .where("custodian", "=", custodian)
      .where("handle", "=", handle)
      .orderBy("n", "desc")
      .limit(limit)
      .execute()
    return rows.map((row) => this.receivedOf(row))
  }

  endNotice(custodian: string, id: Bytes, at: number): Promise<boolean> {
    return this.atomically(async () => {
      const result = await this.db
        .updateTable("notices_received")
        .set({ done_at: at })
        .where("custodian", "=", custodian)
        .where("id", "=", id)
        .executeTakeFirst()
      this.prepare(
        "DELETE FROM notices_received WHERE n IN (SELECT n FROM notices_received WHERE done_at IS NOT NULL ORDER BY n DESC LIMIT -1 OFFSET ?)",
      ).run(KEPT_DONE)
      return result.numUpdatedRows === 1n
    })
  }

  private sentOf(row: Selectable<Schema["notices_sent"]>): SentNotice {
    return {
      id: row.id,
      recipient: row.recipient,
      content: this.openDocument("notice sent", row.id, row.content),
      createdAt: row.created_at,
      tries: row.tries,
      dueAt: row.due_at,
      deliveredAt: row.delivered_at,
    }
  }

  private receivedOf(row: Selectable<Schema["notices_received"]>): ReceivedNotice {
    return {
      custodian: row.custodian,
      id: row.id,
      handle: row.handle,
      content: this.openDocument("notice", noticeName(row.custodian, row.id), row.content),
      receivedAt: row.received_at,
      doneAt: row.done_at,
    }
  }
}

const noticeName = (custodian: string, id: Bytes): Bytes => concat(utf8(custodian), id)
