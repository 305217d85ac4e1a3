import type { Bytes } from "@aceso/core"
import {
  type Cbor,
  type DelegateOpening,
  decodeCbor,
  delegateCommitment,
  delegateOpening,
  encodeCbor,
  equalBytes,
  type Handle,
  MAX_DELEGATES_SHOWN,
  object,
  optional,
  PlatformError,
  type PublicKey,
  text,
} from "@aceso/core"
import type { Migration, ModuleDatabase } from "../vault/module-database.ts"

interface Tables {
  delegates_kept: { key: Bytes; handle: Bytes; content: Bytes; kept_at: number; end_at: number | null }
  delegates_invited: { commitment: Bytes; handle: Bytes; at: number }
  delegates_noted: { key: Bytes; what: string; handle: Bytes; at: number }
}

/**
 * `kept`: as the backup has them. A delegate of whom a restore lost the opening is refused until the person enters one
 * anew; one that has ended since stays so, as the ledger has it.
 */
export const delegateMigrations: readonly Migration[] = [
  {
    name: "openings",
    sql: `CREATE TABLE delegates_kept (key BLOB PRIMARY KEY, handle BLOB NOT NULL, content BLOB NOT NULL, kept_at INTEGER NOT NULL, end_at INTEGER) WITHOUT ROWID;
CREATE INDEX delegates_kept_by_handle ON delegates_kept (handle);
CREATE INDEX delegates_kept_by_end ON delegates_kept (end_at) WHERE end_at IS NOT NULL;
CREATE TABLE delegates_invited (commitment BLOB PRIMARY KEY, handle BLOB NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE delegates_noted (key BLOB NOT NULL, what TEXT NOT NULL, handle BLOB NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (key, what)) WITHOUT ROWID;
CREATE INDEX delegates_noted_by_handle ON delegates_noted (handle)`,
    tables: { delegates_kept: "kept", delegates_invited: "lost", delegates_noted: "kept" },
  },
]

const content = object({ opening: delegateOpening, enteredBy: optional(text(64)) })

export interface KeptDelegate {
  readonly key: PublicKey
  readonly handle: Handle
  readonly opening: DelegateOpening
  /** Of the staff, at the desk; absent: the person. */
  readonly enteredBy?: string
}

/** What delegates may do, as this custodian was told; the ledger has the commitments. */
export class KeptDelegates {
  private readonly database: ModuleDatabase<Tables>

  constructor(database: ModuleDatabase<Tables>) {
    this.database = database
  }

  atomically<T>(work: () => Promise<T>): Promise<T> {
    return this.database.atomically(work)
  }

  /**
   * Durable when it returns; kept again it stays as it was.
   * @param endAt when the ledger is to hear of its end, ms
   * @throws PlatformError `key_exists`: it is another handle's or of another scope; `too_many_delegates`
   */
  async keep({ key, handle, ...rest }: KeptDelegate, now: number, endAt: number): Promise<void> {
    const { db, seal } = this.database
    await this.database.atomically(async () => {
      const there = await this.of(key)
      if (there) {
        const isSame = equalBytes(delegateCommitment(there.opening), delegateCommitment(rest.opening))
        if (isSame && equalBytes(there.handle, handle)) return
        throw new PlatformError(
          "key_exists",
          "this key was kept for something else: accept the invitation anew",
        )
      }
      const { count } = await db
        .selectFrom("delegates_kept")
        .select((select) => select.fn.countAll<number>().as("count"))
        .where("handle", "=", handle)
        .executeTakeFirstOrThrow()
      if (count >= MAX_DELEGATES_SHOWN)
        throw new PlatformError(
          "too_many_delegates",
          `${MAX_DELEGATES_SHOWN} delegates of this person were kept here already, those that ended included`,
        )
      await db
        .insertInto("delegates_kept")
        .values({
          ...{ key, handle, kept_at: now, end_at: endAt },
          content: seal("delegate", key, encodeCbor(rest as unknown as Cbor)),
        })
        .execute()
    })
  }

  async of(key: PublicKey): Promise<KeptDelegate | undefined> {
    const row = await this.database.db
      .selectFrom("delegates_kept")
      .selectAll()
      .where("key", "=", key)
      .executeTakeFirst()
    return row && this.opened(row)
  }

  /** Newest first. */
  async ofHandle(handle: Handle): Promise<readonly KeptDelegate[]> {
    const rows = await this.database.db
      .selectFrom("delegates_kept")
      .selectAll()
      .where("handle", "=", handle)
      .orderBy("kept_at", "desc")
      .orderBy("key")
      .execute()
    return rows.map((row) => this.opened(row))
  }

  /** Those of whose end the ledger is to hear by now. */
  async due(now: number, limit: number): Promise<readonly KeptDelegate[]> {
    const rows = await this.database.db
      .selectFrom("delegates_kept")
      .selectAll()
      .where("end_at", "<=", now)
      .orderBy("end_at")
      .limit(limit)
      .execute()
    return rows.map((row) => this.opened(row))
  }

  /** @param endAt null: the ledger has it */
  async setEndAt(key: PublicKey, endAt: number | null): Promise<void> {
    await this.database.db
      .updateTable("delegates_kept")
      .set({ end_at: endAt })
      .where("key", "=", key)
      .execute()
  }

  /** What somebody was invited for at the desk. */
  async setInvited(commitment: Bytes, handle: Handle, now: number): Promise<void> {
    const { db } = this.database
    await this.database.atomically(async () => {
      await db
        .deleteFrom("delegates_invited")
        .where("at", "<=", now - INVITED_MS)
        .execute()
      await db.insertInto("delegates_invited").values({ commitment, handle, at: now }).execute()
    })
  }

  async isInvited(commitment: Bytes, handle: Handle): Promise<boolean> {
    const row = await this.database.db
      .selectFrom("delegates_invited")
      .select("at")
      .where("commitment", "=", commitment)
      .where("handle", "=", handle)
      .executeTakeFirst()
    return row !== undefined
  }

  /** When the delegate was last noted to have done this; undefined: never. */
  async notedAt(key: PublicKey, what: string): Promise<number | undefined> {
    const row = await this.database.db
      .selectFrom("delegates_noted")
      .select("at")
      .where("key", "=", key)
      .where("what", "=", what)
      .executeTakeFirst()
    return row?.at
  }

  /** Keys that entered, and of which nobody told what they may do, or that was lost. */
  async unknownOf(handle: Handle): Promise<readonly PublicKey[]> {
    const rows = await this.database.db
      .selectFrom("delegates_noted")
      .select("key")
      .where("handle", "=", handle)
      .where("what", "=", "entered")
      .where(({ exists, not, selectFrom }) =>
        not(
          exists(
            selectFrom("delegates_kept")
              .select("delegates_kept.key")
              .whereRef("delegates_kept.key", "=", "delegates_noted.key"),
          ),
        ),
      )
      .orderBy("key")
      .limit(MAX_DELEGATES_SHOWN)
      .execute()
    return rows.map(({ key }) => key)
  }

  async setNoted(
    { key, handle }: Pick<KeptDelegate, "key" | "handle">,
    what: string,
    at: number,
  ): Promise<void> {
    await this.database.db
      .insertInto("delegates_noted")
      .values({ key, what, handle, at })
      .onConflict((conflict) => conflict.columns(["key", "what"]).doUpdateSet({ at }))
      .execute()
  }

  private opened({ key, handle, content: sealed }: Tables["delegates_kept"]): KeptDelegate {
    const plain = this.database.open("delegate", key, sealed)
    return { key, handle, ...content.parse(decodeCbor(plain), "delegate") }
  }
}

/** An invitation holds so long. */
const INVITED_MS = 90 * 24 * 3600_000
