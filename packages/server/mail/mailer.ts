import { okAnswer, post } from "@aceso/client"
import { members } from "@aceso/contracts"
import {
  type Bytes,
  type Cbor,
  type DocumentPlace,
  decodeCbor,
  decodeSealed,
  domainHash,
  EXCHANGE_TAG,
  encodeCbor,
  equalBytes,
  type Infer,
  type LetterKind,
  letterHash,
  lettersAnswer,
  type MailReceipt,
  type MemberId,
  mailedAnswer,
  mailedQuestion,
  mailReceipt,
  makePull,
  makePullSecret,
  PlatformError,
  type PublicKey,
  pullSecret,
  type Schema,
  signQuestion,
  verifyMailReceipt,
  verifyQuestion,
} from "@aceso/core"
import type { Cases } from "../cases/cases.ts"
import type { Correspondence } from "../cases/correspondence.ts"
import { keysOf, memberAt } from "../exchange/members.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { Outbound } from "../node/outbound.ts"
import type { Migration, ModuleDatabase } from "../vault/module-database.ts"

interface Tables {
  mail_questions: { nonce: Bytes; asked: string; content: Bytes; at: number }
  mail_receipts: { id: Bytes; at: number; content: Bytes }
  mail_answered: { nonce: Bytes; at: number }
  mail_put_off: { id: Bytes; tries: number; look_at: number }
}

/** Questions are asked again, receipts are lost: what they prove, the document proves as well once it is there. */
export const mailMigrations: readonly Migration[] = [
  {
    name: "questions and receipts",
    sql: `CREATE TABLE mail_questions (nonce BLOB PRIMARY KEY, asked TEXT NOT NULL, content BLOB NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX mail_questions_at ON mail_questions (at);
CREATE TABLE mail_receipts (id BLOB PRIMARY KEY, at INTEGER NOT NULL, content BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX mail_receipts_at ON mail_receipts (at);
CREATE TABLE mail_answered (nonce BLOB PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX mail_answered_at ON mail_answered (at)`,
    tables: { mail_questions: "asked", mail_receipts: "lost", mail_answered: "kept" },
  },
  {
    name: "letters put off",
    sql: `CREATE TABLE mail_put_off (id BLOB PRIMARY KEY, tries INTEGER NOT NULL, look_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX mail_put_off_at ON mail_put_off (look_at)`,
    tables: { mail_put_off: "lost" },
  },
]

/** Questions and receipts are kept so long, ms: as long as a letter may lie anywhere, and some more. */
const KEPT_MS = 40 * 24 * 3_600_000
/** Of one holder, in one round. */
const MAX_ROUND = 64
/** Of a letter that cannot be worked on yet, before it is taken away; between them 1, 4, 16 and 64 minutes. */
const MAX_TRIES = 5
const RETRY_MS = 60_000
/** So long after a try was due it is known how many there were, ms. */
const PUT_OFF_MS = 24 * 3_600_000
/** Holders that are asked. */
const MAX_HOLDERS = 4

interface Parts {
  readonly database: ModuleDatabase<Tables>
  readonly ledger: LedgerClient
  readonly outbound: Pick<Outbound, "fetch">
  readonly cases: Cases
  readonly correspondence: Correspondence
}

/** Asks by mail for documents whose author cannot be reached, and answers what others ask so (core/mail.ts). */
export class Mailer {
  private readonly parts: Parts
  private running: Promise<void> | undefined
  /** Where the next round goes on with a holder, behind what was put off; none: at the beginning. */
  private readonly reached = new Map<MemberId, number>()

  constructor(parts: Parts) {
    this.parts = parts
  }

  /** The authorities of the network: whoever has mail looks there. */
  private async holders(): Promise<readonly MemberId[]> {
    const { engine, member } = this.parts.ledger
    const all = await engine.scan(members)
    return all
      .filter(({ key, row }) => row.kind === "authority" && row.status === "active" && key[0] !== member)
      .map(({ key }) => key[0])
      .sort()
      .slice(0, MAX_HOLDERS)
  }

  /**
   * Leaves a question for a document with a holder; the answer comes with a later round.
   * @returns false: no holder took it now
   */
  async ask(place: DocumentPlace, author: MemberId, now = Date.now()): Promise<boolean> {
    const { ledger, database } = this.parts
    const secret = makePullSecret()
    const { question } = await makePull(place, ledger.key as PublicKey, secret)
    const { case: id, n, name } = place
    const kept = { ...secret, case: id, n, name }
    // First what opens the answer: nobody answers twice.
    await database.atomically(async () => {
      await database.db
        .deleteFrom("mail_questions")
        .where("at", "<=", now - KEPT_MS)
        .execute()
      await database.db
        .insertInto("mail_questions")
        .values({
          ...{ nonce: secret.nonce, asked: author, at: now },
          content: database.seal("question", secret.nonce, encodeCbor(kept as unknown as Cbor)),
        })
        .execute()
    })
    const signed = signQuestion(question, ledger.member, author, ledger.key as PublicKey, ledger.seed)
    return this.leave(author, "question", encodeCbor(signed as unknown as Cbor))
  }

  /** Leaves a letter with the first holder that takes it, and keeps the receipt. */
  private async leave(to: MemberId, kind: LetterKind, content: Bytes): Promise<boolean> {
    for (const holder of await this.holders()) {
      if (holder === to) continue
      try {
        const receipt = await this.call(holder, "put", { to, kind, content }, mailReceipt)
        await this.mustHold(receipt, holder, to, kind, content)
        await this.keep(receipt)
        return true
      } catch (error) {
        if (!(error instanceof PlatformError)) throw error
      }
    }
    return false
  }

  /** @throws PlatformError `bad_answer` where the receipt is not one for this letter */
  private async mustHold(
    receipt: MailReceipt,
    holder: MemberId,
    to: MemberId,
    kind: LetterKind,
    content: Bytes,
  ): Promise<void> {
    const { engine, member } = this.parts.ledger
    const { network, from, key, hash } = receipt
    const isFor = receipt.holder === holder && from === member && receipt.to === to && receipt.kind === kind
    const keys = await keysOf(engine, holder)
    const holds =
      isFor &&
      network === engine.network &&
      equalBytes(hash, letterHash(content)) &&
      keys.some((one) => equalBytes(one, key)) &&
      verifyMailReceipt(receipt)
    if (!holds) throw new PlatformError("bad_answer", `the receipt of ${holder} is not one for this letter`)
  }

  private async keep(receipt: MailReceipt): Promise<void> {
    const { database } = this.parts
    const content = encodeCbor(receipt as unknown as Cbor)
    const id = letterHash(content)
    await database.atomically(async () => {
      await database.db
        .deleteFrom("mail_receipts")
        .where("at", "<=", receipt.at - KEPT_MS)
        .execute()
      await database.db
        .insertInto("mail_receipts")
        .values({ id, at: receipt.at, content: database.seal("receipt", id, content) })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    })
  }

  private async call<T>(holder: MemberId, what: string, question: object, answer: Schema<T>): Promise<T> {
    const { engine, seed } = this.parts.ledger
    const { url, keys } = await memberAt(engine, holder)
    const options = { fetch: this.parts.outbound.fetch, responderKeys: keys }
    return post(
      `${url}/exchange/mail/${what}`,
      question as unknown as Cbor,
      { seed, tag: EXCHANGE_TAG },
      answer,
      options,
    )
  }

  /** Takes what lies with the holders for this organisation. Two rounds never overlap. */
  round(now = Date.now()): Promise<void> {
    this.running ??= this.once(now).finally(() => {
      this.running = undefined
    })
    return this.running
  }

  private async once(now: number): Promise<void> {
    for (const holder of await this.holders())
      try {
        await this.collect(holder, now)
      } catch (error) {
        // A holder that cannot be reached is asked in the next round; so are all where the ledger cannot be.
        if (!(error instanceof PlatformError)) throw error
      }
  }

  private async collect(holder: MemberId, now: number): Promise<void> {
    let after = this.reached.get(holder) ?? 0
    for (let taken = 0; taken < MAX_ROUND; ) {
      const { letters } = await this.call(holder, "letters", { after }, lettersAnswer)
      if (letters.length === 0) {
        this.reached.delete(holder)
        return
      }
      const done: number[] = []
      for (const letter of letters) {
        if (letter.n <= after)
          throw new PlatformError("bad_answer", `${holder} shows letters that were not asked for`)
        after = letter.n
        taken++
        if (await this.work(letter, now)) done.push(letter.n)
      }
      if (done.length > 0) await this.call(holder, "done", { numbers: done }, okAnswer)
      this.reached.set(holder, after)
    }
  }

  /** @returns false: it is to be worked on again later */
  private async work(letter: Letter, now: number): Promise<boolean> {
    const { database, ledger } = this.parts
    const { from, kind, content } = letter
    const id = domainHash("letter", from, ledger.member, kind, letterHash(content))
    const before = await database.db
      .selectFrom("mail_put_off")
      .selectAll()
      .where("id", "=", id)
      .executeTakeFirst()
    if (before && before.look_at > now) return false
    const tries = (before?.tries ?? 0) + 1
    const isDone = (await this.isDone(letter)) || tries >= MAX_TRIES
    if (isDone && !before) return true
    const look_at = now + RETRY_MS * 4 ** (tries - 1)
    await database.atomically(async () => {
      await database.db
        .deleteFrom("mail_put_off")
        .where((where) => where.or([where("id", "=", id), where("look_at", "<=", now - PUT_OFF_MS)]))
        .execute()
      if (!isDone) await database.db.insertInto("mail_put_off").values({ id, tries, look_at }).execute()
    })
    return isDone
  }

  /** @throws PlatformError of a ledger that cannot be asked: it says nothing of the letter */
  private async isDone({ from, kind, content }: Letter): Promise<boolean> {
    try {
      return kind === "question" ? await this.answer(from, content) : await this.open(from, content)
    } catch (error) {
      if (!(error instanceof PlatformError) || NO_LEDGER.includes(error.code)) throw error
      // What is wrong with a letter today is wrong with it tomorrow; only this ledger may be behind.
      return !LATER.includes(error.code)
    }
  }

  private async answer(from: MemberId, content: Bytes): Promise<boolean> {
    const { ledger, correspondence, database } = this.parts
    const asked = mailedQuestion.parse(decodeCbor(content), "letter")
    const isTheirs = (await keysOf(ledger.engine, from)).some((key) => equalBytes(key, asked.key))
    if (!isTheirs || !verifyQuestion(asked, from, ledger.member)) return true
    const { nonce } = asked.question
    const answered = await database.db
      .selectFrom("mail_answered")
      .select("nonce")
      .where("nonce", "=", nonce)
      .executeTakeFirst()
    // A holder that shows a letter again gets nothing noted in a patient's audit again.
    if (answered) return true
    const sealed = await correspondence.hand(asked.question, { member: from, key: asked.key })
    const answer = { nonce, sealed: decodeSealed(sealed) }
    if (!(await this.leave(from, "answer", encodeCbor(answer as unknown as Cbor)))) return false
    const now = Date.now()
    await database.atomically(async () => {
      await database.db
        .deleteFrom("mail_answered")
        .where("at", "<=", now - KEPT_MS)
        .execute()
      await database.db
        .insertInto("mail_answered")
        .values({ nonce, at: now })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    })
    return true
  }

  private async open(from: MemberId, content: Bytes): Promise<boolean> {
    const { database, ledger, cases, correspondence } = this.parts
    const { nonce, sealed } = mailedAnswer.parse(decodeCbor(content), "letter")
    const row = await database.db
      .selectFrom("mail_questions")
      .selectAll()
      .where("nonce", "=", nonce)
      .executeTakeFirst()
    if (row?.asked !== from) return true
    const kept = decodeCbor(database.open("question", nonce, row.content)) as unknown as Kept
    const at = { case: kept.case, n: kept.n, name: kept.name }
    const secret = pullSecret.parse({ key: kept.key, nonce: kept.nonce }, "question")
    const { open } = await makePull(cases.placeOf(at), ledger.key as PublicKey, secret)
    await correspondence.arrived(at, from, await open(sealed))
    await database.atomically(async () => {
      await database.db.deleteFrom("mail_questions").where("nonce", "=", nonce).execute()
    })
    return true
  }
}

interface Kept {
  readonly key: Bytes
  readonly nonce: Bytes
  readonly case: Bytes
  readonly n: number
  readonly name: string
}

type Letter = Infer<typeof lettersAnswer>["letters"][number]

const LATER = ["unknown_case", "unknown_document"]
const NO_LEDGER = ["engine_unreachable", "engine_stalled"]
