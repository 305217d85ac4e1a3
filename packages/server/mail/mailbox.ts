import {
  type Bytes,
  domainHash,
  LETTER_MS,
  type LetterKind,
  letterHash,
  MAX_LETTERS,
  type MailReceipt,
  type MemberId,
  PlatformError,
  type PublicKey,
  signMailReceipt,
} from "@aceso/core"
import type { Generated } from "kysely"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { Migration, ModuleDatabase } from "../vault/module-database.ts"

interface Tables {
  mailbox_letters: {
    n: Generated<number>
    id: Bytes
    sender: string
    receiver: string
    kind: LetterKind
    size: number
    content: Bytes
    until: number
  }
}

/** `lost`: whoever wrote a letter asks again, or hands the document over when asked. */
export const mailboxMigrations: readonly Migration[] = [
  {
    name: "letters",
    sql: `CREATE TABLE mailbox_letters (n INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB UNIQUE NOT NULL, sender TEXT NOT NULL, receiver TEXT NOT NULL, kind TEXT NOT NULL, size INTEGER NOT NULL, content BLOB NOT NULL, until INTEGER NOT NULL);
CREATE INDEX mailbox_letters_to ON mailbox_letters (receiver, n);
CREATE INDEX mailbox_letters_from ON mailbox_letters (sender, until);
CREATE INDEX mailbox_letters_until ON mailbox_letters (until)`,
    tables: { mailbox_letters: "lost" },
  },
]

/** What one member may leave here at once. */
const MAX_FROM = 500
const MAX_FROM_BYTES = 64 * 2 ** 20
/** Bytes of letters in one answer, unless one alone has more. */
const ANSWER_BYTES = 8 * 2 ** 20

/** Letters of members for others, sealed to those, until they take them (core/mail.ts). */
export class Mailbox {
  private readonly database: ModuleDatabase<Tables>
  private readonly ledger: LedgerClient

  constructor(database: ModuleDatabase<Tables>, ledger: LedgerClient) {
    this.database = database
    this.ledger = ledger
  }

  /**
   * Takes a letter; the very same again is there once.
   * @throws PlatformError `mailbox_full`
   */
  async take(
    from: MemberId,
    { to, kind, content }: { to: MemberId; kind: LetterKind; content: Bytes },
    now = Date.now(),
  ): Promise<MailReceipt> {
    const hash = letterHash(content)
    const id = domainHash("letter", from, to, kind, hash)
    const until = now + LETTER_MS
    const { db } = this.database
    await this.database.atomically(async () => {
      await db.deleteFrom("mailbox_letters").where("until", "<=", now).execute()
      const { count, bytes } = await db
        .selectFrom("mailbox_letters")
        .select((select) => [
          select.fn.countAll<number>().as("count"),
          select.fn.coalesce(select.fn.sum<number>("size"), select.lit(0)).as("bytes"),
        ])
        .where("sender", "=", from)
        .where("id", "!=", id)
        .executeTakeFirstOrThrow()
      if (count >= MAX_FROM || Number(bytes) + content.length > MAX_FROM_BYTES)
        throw new PlatformError(
          "mailbox_full",
          `${MAX_FROM} letters of ${from}, or 64 MiB of them, lie here already and wait for whom they are for`,
        )
      await db
        .insertInto("mailbox_letters")
        .values({
          ...{ id, sender: from, receiver: to, kind, size: content.length, until },
          content: this.database.seal("letter", id, content),
        })
        .onConflict((conflict) => conflict.column("id").doUpdateSet({ until }))
        .execute()
    })
    const { engine, member: holder, key, seed } = this.ledger
    const facts = { network: engine.network, holder, from, to, kind, hash, at: now, until }
    return signMailReceipt({ ...facts, key: key as PublicKey }, seed)
  }

  /** Letters for a member behind a number, the oldest first, as many as one answer holds. */
  async letters(to: MemberId, after: number, now = Date.now()) {
    const rows = await this.database.db
      .selectFrom("mailbox_letters")
      .selectAll()
      .where("receiver", "=", to)
      .where("n", ">", after)
      .where("until", ">", now)
      .orderBy("n")
      .limit(MAX_LETTERS)
      .execute()
    let bytes = 0
    const fitting = rows.filter(({ size }, i) => {
      bytes += size
      return i === 0 || bytes <= ANSWER_BYTES
    })
    return fitting.map(({ n, id, sender, kind, content }) => ({
      ...{ n, kind, from: sender },
      content: this.database.open("letter", id, content),
    }))
  }

  /** A member has taken these letters, which were for it. */
  async done(to: MemberId, numbers: readonly number[]): Promise<void> {
    await this.database.atomically(async () => {
      await this.database.db
        .deleteFrom("mailbox_letters")
        .where("receiver", "=", to)
        .where("n", "in", [...numbers])
        .execute()
    })
  }
}
