import { type Bytes, concat, fromHex, type Handle, type MoveState, nameOf, uint64 } from "@aceso/core"
import type { Selectable } from "kysely"
import type { Log } from "./record-log.ts"
import type { Schema } from "./schema.ts"
import { SqliteRecovery } from "./sqlite-recovery.ts"
import type { MisfilingPage, StoredJoin, StoredMisfiling } from "./vault.ts"

/** Of these a record is withheld: it stands at the wrong patient, or stood there. */
const WITHHELD: readonly MoveState[] = ["withheld", "approved", "moving", "moved"]
const OPEN: readonly MoveState[] = ["withheld", "approved", "moving"]

/** Mistaken identities: handles that staff joined, and records that stand at the wrong patient. */
export abstract class SqliteJoins extends SqliteRecovery {
  addJoin({ a, b, since, ended, content }: StoredJoin): Promise<void> {
    return this.atomically(async () => {
      const sealed = this.sealDocument("join", joinName(a, b, since), content)
      await this.db.insertInto("joins").values({ a, b, since, ended, content: sealed }).execute()
    })
  }

  endJoin({ a, b, since, ended, content }: StoredJoin): Promise<void> {
    return this.atomically(async () => {
      const sealed = this.sealDocument("join", joinName(a, b, since), content)
      await this.db
        .updateTable("joins")
        .set({ ended, content: sealed })
        .where("a", "=", a)
        .where("b", "=", b)
        .where("since", "=", since)
        .execute()
    })
  }

  async joins(handle: Handle): Promise<readonly StoredJoin[]> {
    const rows = await this.db
      .selectFrom("joins")
      .selectAll()
      .where(({ eb, or }) => or([eb("a", "=", handle), eb("b", "=", handle)]))
      .orderBy("since")
      .execute()
    return rows.map(({ a, b, since, ended, content }) => ({
      a,
      b,
      since,
      ended,
      content: this.openDocument("join", joinName(a, b, since), content),
    }))
  }

  addMisfiling(misfiling: StoredMisfiling): Promise<void> {
    return this.atomically(async () => {
      const { id, log, recordId: record_id, type, fhirId, since } = misfiling
      const fixed = { id, log, record_id, type, fhir_id: this.sealId(type, fhirId), since }
      await this.db
        .insertInto("misfilings")
        .values({ ...fixed, ...this.changing(misfiling) } as never)
        .execute()
    })
  }

  setMisfiling(misfiling: StoredMisfiling): Promise<void> {
    return this.atomically(async () => {
      await this.db
        .updateTable("misfilings")
        .set(this.changing(misfiling))
        .where("id", "=", misfiling.id)
        .execute()
    })
  }

  async misfiling(id: Bytes): Promise<StoredMisfiling | undefined> {
    const row = await this.db.selectFrom("misfilings").selectAll().where("id", "=", id).executeTakeFirst()
    return row && this.misfilingOf(row)
  }

  async misfilingsNamed(beginning: string): Promise<readonly StoredMisfiling[]> {
    const low = fromHex(beginning.padEnd(32, "0"))
    const high = fromHex(beginning.padEnd(32, "f"))
    const rows = await this.db
      .selectFrom("misfilings")
      .selectAll()
      .where("id", ">=", low)
      .where("id", "<=", high)
      .limit(2)
      .execute()
    return rows.map((row) => this.misfilingOf(row))
  }

  async misfilings({ before, limit, isOpen }: MisfilingPage) {
    let all = this.db.selectFrom("misfilings").selectAll()
    if (before !== null) all = all.where("n", "<", before)
    if (isOpen) all = all.where("state", "in", OPEN)
    const rows = await all.orderBy("n", "desc").limit(limit).execute()
    return rows.map((row) => ({ ...this.misfilingOf(row), n: row.n }))
  }

  async misfilingsAbout(handle: Handle, limit: number): Promise<readonly StoredMisfiling[]> {
    const rows = await this.db
      .selectFrom("misfilings")
      .selectAll()
      .where(({ eb, or }) => or([eb("log", "=", handle), eb("target", "=", handle)]))
      .orderBy("n", "desc")
      .limit(limit)
      .execute()
    return rows.map((row) => this.misfilingOf(row))
  }

  async misfilingsOf(log: Log, recordId: Bytes): Promise<readonly StoredMisfiling[]> {
    const rows = await this.db
      .selectFrom("misfilings")
      .selectAll()
      .where("log", "=", log)
      .where("record_id", "=", recordId)
      .orderBy("n")
      .execute()
    return rows.map((row) => this.misfilingOf(row))
  }

  async withheldIn(log: Log): Promise<ReadonlyMap<string, StoredMisfiling>> {
    const rows = await this.db
      .selectFrom("misfilings")
      .selectAll()
      .where("log", "=", log)
      .where("state", "in", WITHHELD)
      .execute()
    return new Map(rows.map((row) => [nameOf(row.record_id), this.misfilingOf(row)]))
  }

  async isWithheld(log: Log, recordId: Bytes): Promise<boolean> {
    return this.isWithheldNow(log, recordId)
  }

  /** The same without waiting. */
  protected isWithheldNow(log: Log, recordId: Bytes): boolean {
    const rows = this.prepare("SELECT state FROM misfilings WHERE log = ? AND record_id = ?").all(
      log,
      recordId,
    )
    return rows.some(({ state }) => WITHHELD.includes(state as MoveState))
  }

  hasMoves(): boolean {
    return (
      this.prepare("SELECT 1 FROM misfilings WHERE state IN ('moving', 'moved') LIMIT 1").get() !== undefined
    )
  }

  movedFrom(type: string, fhirId: string): readonly Log[] {
    const rows = this.prepare(
      "SELECT log FROM misfilings WHERE fhir_id = ? AND state IN ('moving', 'moved')",
    ).all(this.sealId(type, fhirId)) as { log: Bytes }[]
    return rows.map(({ log }) => log)
  }

  async dueMisfilings(now: number, limit: number): Promise<readonly StoredMisfiling[]> {
    const rows = await this.db
      .selectFrom("misfilings")
      .selectAll()
      .where("due_at", "<=", now)
      .orderBy("due_at")
      .limit(limit)
      .execute()
    return rows.map((row) => this.misfilingOf(row))
  }

  private changing({ id, state, target, ended, dueAt, content }: StoredMisfiling) {
    const sealed = this.sealDocument("misfiling", id, content)
    return { state, target, ended, due_at: dueAt, content: sealed }
  }

  private misfilingOf(row: Selectable<Schema["misfilings"]>): StoredMisfiling {
    return {
      id: row.id,
      log: row.log,
      recordId: row.record_id,
      type: row.type,
      fhirId: this.openId(row.type, row.fhir_id),
      state: row.state as MoveState,
      target: row.target,
      since: row.since,
      ended: row.ended,
      dueAt: row.due_at,
      content: this.openDocument("misfiling", row.id, row.content),
    }
  }
}

const joinName = (a: Handle, b: Handle, since: number): Bytes => concat(a, b, uint64(since))
