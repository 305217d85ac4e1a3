import {
  type Bytes,
  equalBytes,
  isOwnersWord,
  PlatformError,
  type PutWrapped,
  type WrappedRecord,
} from "@aceso/core"
import type { Generated } from "kysely"
import { DayBudget } from "../http/day-budget.ts"
import type { Migration, ModuleDatabase } from "../vault/module-database.ts"

interface Tables {
  wrapped_records: {
    n: Generated<number>
    id: Uint8Array
    owner: Uint8Array
    version: number
    content: Uint8Array
  }
  /** How many records came from an address, a blind tag, and when the last, ms. */
  wrapped_addresses: { address: Uint8Array; records: number; at: number }
}

/** `kept`: a device that finds an older version than it put puts its own again. */
export const wrappedMigrations: readonly Migration[] = [
  {
    name: "records",
    sql: "CREATE TABLE wrapped_records (n INTEGER PRIMARY KEY, id BLOB UNIQUE NOT NULL, owner BLOB NOT NULL, version INTEGER NOT NULL, content BLOB NOT NULL)",
    tables: { wrapped_records: "kept" },
  },
  {
    name: "addresses",
    sql: `CREATE TABLE wrapped_addresses (address BLOB PRIMARY KEY, records INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX wrapped_addresses_at ON wrapped_addresses (at)`,
    tables: { wrapped_addresses: "lost" },
  },
]

/** 20 GB of them: more devices than one operator has. */
const MAX_RECORDS = 1_000_000
/** New records of one network address within a day: 200 people behind one, each with three. */
export const RECORDS_PER_DAY = 600
/** And in all, until nothing new came from it for `FORGOTTEN_MS`. */
const RECORDS_PER_ADDRESS = 60_000
const FORGOTTEN_MS = 30 * 24 * 3_600_000

interface Options {
  readonly perAddress?: number
  readonly now?: () => number
}

/** What patients' devices keep with the app's operator, who can open none of it. */
export class WrappedStore {
  private readonly database: ModuleDatabase<Tables>
  private readonly origin: string | undefined
  private readonly perAddress: number
  private readonly now: () => number
  private readonly today: DayBudget

  /** @param origin of the app, the first that the genesis names; undefined: this member does not serve it */
  constructor(
    database: ModuleDatabase<Tables>,
    origin: string | undefined,
    { perAddress = RECORDS_PER_ADDRESS, now = Date.now }: Options = {},
  ) {
    this.database = database
    this.origin = origin
    this.perAddress = perAddress
    this.now = now
    this.today = new DayBudget(RECORDS_PER_DAY, now)
  }

  async get(id: Bytes): Promise<WrappedRecord | null> {
    const found = await this.row(id)
    return found ? { version: found.version, content: Uint8Array.from(found.content) } : null
  }

  /**
   * Durable when it returns; the same again is taken as the first time.
   * @param from the network address
   * @throws PlatformError `bad_signature`, `not_permitted`, `record_changed_meanwhile`, `store_full`, `too_many_requests`
   */
  async put(given: PutWrapped, from: string): Promise<void> {
    const { id, owner, record } = given
    if (this.origin === undefined || !isOwnersWord(this.origin, given))
      throw new PlatformError("bad_signature", "whoever owns this has to sign it, for this app")
    await this.database.atomically(async () => {
      const { db } = this.database
      const before = await this.row(id)
      if (before && !equalBytes(before.owner, owner))
        throw new PlatformError("not_permitted", "this is somebody else's")
      if (before && before.version === record.version && equalBytes(before.content, record.content)) return
      if (record.version !== (before?.version ?? 0) + 1)
        throw new PlatformError(
          "record_changed_meanwhile",
          `version ${before?.version ?? 0} lies here; read it again, then put the next`,
        )
      if (!before) await this.mustHaveRoom(from)
      const { version, content } = record
      await db
        .insertInto("wrapped_records")
        .values({ id, owner, version, content })
        .onConflict((conflict) => conflict.column("id").doUpdateSet({ version, content }))
        .execute()
    })
  }

  /**
   * Anybody may put, and nothing says whose a record is: what is counted is where the new ones come from. None is taken
   * out by its age: what a printed code opens is not read until the device is lost, years later.
   */
  private async mustHaveRoom(from: string): Promise<void> {
    // None is ever taken out, so the last number says how many there are.
    const { last } = await this.database.db
      .selectFrom("wrapped_records")
      .select((select) => select.fn.max<number | null>("n").as("last"))
      .executeTakeFirstOrThrow()
    if ((last ?? 0) >= MAX_RECORDS)
      throw new PlatformError("store_full", "the app's operator takes no more devices; tell them")
    await this.countAt(from)
  }

  private async countAt(from: string): Promise<void> {
    const { db, tag } = this.database
    const at = this.now()
    await db
      .deleteFrom("wrapped_addresses")
      .where("at", "<", at - FORGOTTEN_MS)
      .execute()
    const address = tag("address", from)
    const known = await db
      .selectFrom("wrapped_addresses")
      .select("records")
      .where("address", "=", address)
      .executeTakeFirst()
    const records = (known?.records ?? 0) + 1
    if (records > this.perAddress)
      throw new PlatformError(
        "too_many_requests",
        `from this network address came ${this.perAddress} records, as many as one may leave; try by another network`,
      )
    this.today.spend(from)
    await db
      .insertInto("wrapped_addresses")
      .values({ address, records, at })
      .onConflict((conflict) => conflict.column("address").doUpdateSet({ records, at }))
      .execute()
  }

  private row(id: Bytes) {
    return this.database.db.selectFrom("wrapped_records").selectAll().where("id", "=", id).executeTakeFirst()
  }
}
