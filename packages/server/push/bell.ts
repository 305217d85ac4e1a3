import { randomInt } from "node:crypto"
import {
  NOTICE_LEVELS,
  type NoticeLevel,
  type NoticeShown,
  type NoticeWish,
  noticeLevel,
  okAnswer,
  post,
} from "@aceso/client"
import {
  type Bytes,
  type Cbor,
  decodeCbor,
  EXCHANGE_TAG,
  encodeCbor,
  equalBytes,
  fromHex,
  hash32,
  type MemberId,
  object,
  PlatformError,
  toHex,
} from "@aceso/core"
import { memberAt } from "../exchange/members.ts"
import { keyOfHandle } from "../node/handle-keys.ts"
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
/** Handles for which something is to be told. */
const MAX_WAITING = 10_000
const TRIES = 4
/** Calls to the operator at one time. */
const AT_ONCE = 8

interface Waiting {
  level: NoticeLevel
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
  /** A delegate may act for the handle by this key. @throws PlatformError `delegate_ended` */
  readonly isDelegate: (handle: Bytes, key: Bytes) => Promise<boolean>
  /** Longest random delay, ms; ten times as long nobody is rung again for one handle. */
  readonly delayMs: number
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
  /** Handles that want anything, so that nothing is done for all the others. */
  private wanting = new Set<string>()

  constructor(parts: Parts) {
    this.parts = { now: Date.now, ...parts }
  }

  async start(): Promise<void> {
    const rows = await this.parts.database.db.selectFrom("bell_wishes").select("handle").distinct().execute()
    this.wanting = new Set(rows.map(({ handle }) => toHex(handle)))
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
    this.wanting.add(toHex(handle))
  }

  async wish(handle: Bytes, key: Bytes): Promise<NoticeShown> {
    const { db } = this.parts.database
    const row = await db
      .selectFrom("bell_wishes")
      .selectAll()
      .where("handle", "=", handle)
      .where("key", "=", key)
      .where("until", ">", this.parts.now())
      .executeTakeFirst()
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
      const left = await database.db
        .selectFrom("bell_wishes")
        .select("key")
        .where("handle", "=", handle)
        .executeTakeFirst()
      if (!left) this.wanting.delete(toHex(handle))
    })
  }

  /** Something is new for a handle. Waits for nothing, fails with nothing: a notice is a hint. */
  ring(handle: Bytes, level: NoticeLevel): void {
    const name = toHex(handle)
    if (!this.wanting.has(name)) return
    const known = this.waiting.get(name)
    if (known) {
      if (level === "decisions") known.level = level
      return
    }
    if (this.waiting.size >= MAX_WAITING) return
    const earliest = Math.max(this.parts.now(), (this.rungAt.get(name) ?? 0) + this.gapMs)
    this.waiting.set(name, { level, at: earliest + randomInt(this.parts.delayMs + 1), tries: 0 })
  }

  /** One round: rings what is due. */
  async run(): Promise<void> {
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
      await this.start()
    })
  }

  private async tell(name: string, one: Waiting): Promise<void> {
    const { delayMs, now } = this.parts
    // What comes from now on is told by another ring.
    this.waiting.delete(name)
    try {
      const tags = await this.tagsFor(fromHex(name), one.level)
      if (tags.length > 0) this.rungAt.set(name, now())
      for (const tag of tags) await this.call(tag)
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      const tries = one.tries + 1
      if (tries >= TRIES || this.waiting.has(name)) return
      this.waiting.set(name, { ...one, tries, at: now() + delayMs * 4 ** tries })
    }
  }

  /** Of keys that count now: whoever has an older one is told nothing. */
  private async tagsFor(handle: Bytes, level: NoticeLevel): Promise<Bytes[]> {
    const { database, ledger, isDelegate, now } = this.parts
    const rows = await database.db
      .selectFrom("bell_wishes")
      .selectAll()
      .where("handle", "=", handle)
      .where("until", ">", now())
      .execute()
    const own = await keyOfHandle(ledger.engine, ledger.member, handle)
    const tags: Bytes[] = []
    for (const row of rows) {
      const { tag, level: wanted } = this.opened(row)
      if (NOTICE_LEVELS.indexOf(wanted) < NOTICE_LEVELS.indexOf(level)) continue
      const isOwn = own !== null && equalBytes(own, row.key)
      if (isOwn || (await isDelegate(handle, row.key).catch(refused))) tags.push(tag)
      else await this.end(handle, row.key)
    }
    return tags
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

  private get gapMs(): number {
    return this.parts.delayMs * 10
  }
}

/** A delegate whose time has ended is none; a ledger that cannot be asked says nothing of it. */
function refused(error: unknown): false {
  if (error instanceof PlatformError && error.code === "delegate_ended") return false
  throw error
}

const idOf = (handle: Bytes, key: Bytes): Bytes => Uint8Array.from([...handle, ...key])
