import { randomInt } from "node:crypto"
import { NOTICE_LEVELS, type NoticeShown, type NoticeWish, noticeLevel, okAnswer, post } from "@aceso/client"
import {
  type Bytes,
  type Cbor,
  concat,
  decodeCbor,
  EXCHANGE_TAG,
  encodeCbor,
  hash32,
  type MemberId,
  object,
  PlatformError,
  toHex,
} from "@aceso/core"
import { memberAt } from "../exchange/members.ts"
import { RUNG, type RungTopic } from "../live/abilities.ts"
import type { Standing } from "../live/stream.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { Outbound } from "../node/outbound.ts"
import type { Migration, ModuleDatabase } from "../vault/module-database.ts"
import { NOTICE_MS } from "./register.ts"

export interface BellTables {
  bell_wishes: { handle: Bytes; key: Bytes; content: Bytes; until: number }
}

/** `kept`: the device says it again when it is next used. */
export const bellMigrations: readonly Migration[] = [
  {
    name: "wishes",
    sql: `CREATE TABLE bell_wishes (handle BLOB NOT NULL, key BLOB NOT NULL, content BLOB NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (handle, key)) WITHOUT ROWID;
CREATE INDEX bell_wishes_until ON bell_wishes (until)`,
    tables: { bell_wishes: "kept" },
  },
]

const content = object({ tag: hash32, level: noticeLevel })
/** Wishes for which something is to be told. */
const MAX_WAITING = 10_000
const TRIES = 4
/** Calls to the operator at one time. */
const AT_ONCE = 8

/** That something happened about a patient, and when, ms. */
interface Rung {
  readonly handle: Bytes
  readonly topics: Set<RungTopic>
  readonly at: number
}

/** A wish that is to be rung for. */
interface Waiting {
  readonly handle: Bytes
  readonly key: Bytes
  readonly topics: Set<RungTopic>
  /** ms */
  readonly at: number
  readonly tries: number
}

interface Parts {
  readonly database: ModuleDatabase<BellTables>
  readonly ledger: LedgerClient
  readonly outbound: Pick<Outbound, "fetch">
  /** Member that serves the patient's app; undefined: nobody does. */
  readonly operator: MemberId | undefined
  /** What whoever has this key may hear of a handle now; undefined: nothing. */
  readonly standing: (handle: Bytes, key: Bytes) => Promise<Pick<Standing, "topics"> | undefined>
  /** Longest random delay, ms; ten times as long nobody is rung again for one key of a handle. */
  delayMs: number
  readonly now?: () => number
}

/**
 * A custodian's side of notices: what a patient's device wants, and ringing its tag at the app's operator when something
 * waits. It has no address of any device, and tells the operator nothing but the tag (docs/decisions/0049).
 */
export class Bell {
  private readonly parts: Required<Parts>
  private readonly waiting = new Map<string, Waiting>()
  private readonly rungAt = new Map<string, number>()
  /** Patients about whom something happened since the last round. */
  private readonly rung = new Map<string, Rung>()

  constructor(parts: Parts) {
    this.parts = { now: Date.now, ...parts }
  }

  /**
   * Keeps what a device wants, in place of what was wanted by the same key.
   * @param key of the handle, or of a delegate @throws PlatformError `no_notices`
   */
  async want({ handle, tag, level }: NoticeWish, key: Bytes): Promise<void> {
    const { database, operator, now } = this.parts
    if (operator === undefined)
      throw new PlatformError(
        "no_notices",
        "nobody serves the patient's app in this network, so nobody sends notices",
      )
    const sealed = database.seal("wish", idOf(handle, key), encodeCbor({ tag, level } as unknown as Cbor))
    const row = { content: sealed, until: now() + NOTICE_MS }
    await database.atomically(async () => {
      await database.db
        .insertInto("bell_wishes")
        .values({ handle, key, ...row })
        .onConflict((conflict) => conflict.columns(["handle", "key"]).doUpdateSet(row))
        .execute()
    })
  }

  async wish(handle: Bytes, key: Bytes): Promise<NoticeShown> {
    const row = await this.row(handle, key)
    return row ? { ...this.opened(row), until: row.until } : null
  }

  async end(handle: Bytes, key: Bytes): Promise<void> {
    const { database } = this.parts
    await database.atomically(async () => {
      await database.db
        .deleteFrom("bell_wishes")
        .where("handle", "=", handle)
        .where("key", "=", key)
        .execute()
    })
  }

  /**
   * Something is new for a handle. Waits for nothing, fails with nothing: a notice is a hint. Each key has a random delay
   * of its own, so that the operator does not see by the moment which of them are of one handle.
   */
  ring(handle: Bytes, topic: RungTopic): void {
    const name = toHex(handle)
    const known = this.rung.get(name)
    known?.topics.add(topic)
    if (!known && this.rung.size < MAX_WAITING)
      this.rung.set(name, { handle, topics: new Set([topic]), at: this.parts.now() })
  }

  /** Who of those about whom something happened wants to hear of it. */
  private async takeRung(): Promise<void> {
    const all = [...this.rung.values()]
    this.rung.clear()
    for (const { handle, ...rung } of all) {
      const rows = await this.parts.database.db
        .selectFrom("bell_wishes")
        .select("key")
        .where("handle", "=", handle)
        .execute()
      for (const { key } of rows) this.wait(handle, key, rung)
    }
  }

  private wait(handle: Bytes, key: Bytes, { topics, at: rungAt }: Pick<Rung, "topics" | "at">): void {
    const name = toHex(idOf(handle, key))
    const known = this.waiting.get(name)
    for (const topic of topics) known?.topics.add(topic)
    if (known || this.waiting.size >= MAX_WAITING) return
    const earliest = Math.max(rungAt, (this.rungAt.get(name) ?? 0) + this.gapMs)
    const at = earliest + randomInt(this.parts.delayMs + 1)
    this.waiting.set(name, { handle, key, topics: new Set(topics), at, tries: 0 })
  }

  /** One round: rings what is due. */
  async run(): Promise<void> {
    await this.takeRung()
    const now = this.parts.now()
    for (const [name, at] of this.rungAt) if (at + this.gapMs <= now) this.rungAt.delete(name)
    const due = [...this.waiting].filter(([, { at }]) => at <= now)
    for (let i = 0; i < due.length; i += AT_ONCE)
      await Promise.all(due.slice(i, i + AT_ONCE).map(([name, one]) => this.tell(name, one)))
  }

  /** Takes out what was not renewed. */
  async sweep(): Promise<void> {
    const { database, now } = this.parts
    await database.atomically(async () => {
      await database.db.deleteFrom("bell_wishes").where("until", "<=", now()).execute()
    })
  }

  private async tell(name: string, one: Waiting): Promise<void> {
    const { delayMs, now } = this.parts
    // What comes from now on is told by another ring.
    this.waiting.delete(name)
    try {
      const tag = await this.tagFor(one)
      if (!tag) return
      this.rungAt.set(name, now())
      await this.call(tag)
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      const tries = one.tries + 1
      if (tries >= TRIES || this.waiting.has(name)) return
      const at = now() + delayMs * 4 ** tries + randomInt(delayMs + 1)
      this.waiting.set(name, { ...one, tries, at })
    }
  }

  /** Of a key that counts now, and of what it may hear: whoever has an older one is told nothing any more. */
  private async tagFor({ handle, key, topics }: Waiting): Promise<Bytes | undefined> {
    const row = await this.row(handle, key)
    if (!row) return undefined
    const found = await this.parts.standing(handle, key)
    if (!found) {
      await this.end(handle, key)
      return undefined
    }
    const { tag, level } = this.opened(row)
    const isToBeTold = (topic: RungTopic) =>
      found.topics.has(topic) && NOTICE_LEVELS.indexOf(level) >= NOTICE_LEVELS.indexOf(RUNG[topic])
    return [...topics].some(isToBeTold) ? tag : undefined
  }

  /** What is wanted now. */
  private row(handle: Bytes, key: Bytes) {
    const { database, now } = this.parts
    return database.db
      .selectFrom("bell_wishes")
      .selectAll()
      .where("handle", "=", handle)
      .where("key", "=", key)
      .where("until", ">", now())
      .executeTakeFirst()
  }

  private opened({
    handle,
    key,
    content: sealed,
  }: Pick<BellTables["bell_wishes"], "handle" | "key" | "content">) {
    const plain = this.parts.database.open("wish", idOf(handle, key), sealed)
    return content.parse(decodeCbor(plain), "wish")
  }

  private async call(tag: Bytes): Promise<void> {
    const { ledger, operator, outbound } = this.parts
    if (operator === undefined) return
    const { url, keys } = await memberAt(ledger.engine, operator)
    const caller = { seed: ledger.seed, tag: EXCHANGE_TAG }
    const options = { fetch: outbound.fetch, responderKeys: keys }
    await post(`${url}/exchange/notices/send`, { tag }, caller, okAnswer, options)
  }

  /** From now on. */
  setDelay(ms: number): void {
    this.parts.delayMs = ms
  }

  private get gapMs(): number {
    return this.parts.delayMs * 10
  }
}

const idOf = (handle: Bytes, key: Bytes): Bytes => concat(handle, key)
