import {
  type Bytes,
  type Cbor,
  decodeCbor,
  encodeCbor,
  equalBytes,
  type Handle,
  hash32,
  list,
  object,
  type PayloadId,
  PlatformError,
  type PublicKey,
  publicKeySchema,
  text,
} from "@aceso/core"
import type { Migration, ModuleDatabase } from "../vault/module-database.ts"

export interface EnrolmentTables {
  enrolments_confirmed: {
    pairing: Bytes
    handle: Bytes
    code: Bytes
    content: Bytes
    key: Bytes | null
    payloads: Bytes
    height: number | null
    until: number
  }
  /** Who of the staff put another key in place of a lost one, or took it back. */
  enrolments_words: { handle: Bytes; key: Bytes; what: string; content: Bytes }
  /** What stands in the patient's audit already. */
  enrolments_noted: { handle: Bytes; height: number; transaction_index: number }
}

/**
 * Confirmed devices are `lost`: they live for minutes, and whoever had one gets a new code. Words are `kept`: where a backup
 * lacks one the audit says that it was the desk, and not who.
 */
export const enrolmentMigrations: readonly Migration[] = [
  {
    name: "confirmed devices",
    sql: `CREATE TABLE enrolments_confirmed (pairing BLOB PRIMARY KEY, handle BLOB NOT NULL, code BLOB NOT NULL UNIQUE, content BLOB NOT NULL, key BLOB, payloads BLOB NOT NULL, height INTEGER, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX enrolments_confirmed_by_handle ON enrolments_confirmed (handle);
CREATE INDEX enrolments_confirmed_by_until ON enrolments_confirmed (until)`,
    tables: { enrolments_confirmed: "lost" },
  },
  {
    name: "lost devices",
    sql: `CREATE TABLE enrolments_words (handle BLOB NOT NULL, key BLOB NOT NULL, what TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY (handle, key, what)) WITHOUT ROWID;
CREATE TABLE enrolments_noted (handle BLOB NOT NULL, height INTEGER NOT NULL, transaction_index INTEGER NOT NULL, PRIMARY KEY (handle, height, transaction_index)) WITHOUT ROWID`,
    tables: { enrolments_words: "kept", enrolments_noted: "kept" },
  },
]

/** A device whose digits were typed. */
export interface Confirmed {
  /** Of its one-time key. */
  readonly pairing: PublicKey
  readonly handle: Handle
  /** Who of the staff typed them: name. */
  readonly by: string
  /** The key of who says that the patient's device is lost, and this one takes its place; null: it has the first key. */
  readonly lostBy: PublicKey | null
  /** The handle's key that it signed by, once it did. */
  readonly key: PublicKey | null
  /** Transactions in which it did, oldest first; once the ledger is known to have one, that one. */
  readonly payloads: readonly PayloadId[]
  /** Of its block. */
  readonly height: number | null
}

const name = text(64)
const content = object({ by: name, lostBy: publicKeySchema })
const payloadIds = list(hash32, 1000)
/** A device signs anew where an expiry passed, or the handle got its row meanwhile. */
const MAX_PAYLOADS = 16

/** Devices whose digits were typed, as long as they may sign; they outlive the process. */
export class ConfirmedDevices {
  private readonly database: ModuleDatabase<EnrolmentTables>

  constructor(database: ModuleDatabase<EnrolmentTables>) {
    this.database = database
  }

  /**
   * Durable when it returns. Another device that was confirmed for the handle, and has signed nothing, no longer is one.
   * @param until ms
   * @throws PlatformError `bad_pairing`
   */
  async keep(
    { pairing, handle, by, lostBy }: Pick<Confirmed, "pairing" | "handle" | "by" | "lostBy">,
    code: string,
    until: number,
    now: number,
  ): Promise<void> {
    const { db, seal } = this.database
    await this.database.atomically(async () => {
      await db.deleteFrom("enrolments_confirmed").where("until", "<=", now).execute()
      if (await this.of({ pairing }, now))
        throw new PlatformError(
          "bad_pairing",
          "this device has paired by the same key before: it makes a new one each time; ask for another code",
        )
      await db
        .deleteFrom("enrolments_confirmed")
        .where("handle", "=", handle)
        .where("key", "is", null)
        .execute()
      await db
        .insertInto("enrolments_confirmed")
        .values({
          ...{ pairing, handle, until, code: this.tagOf(code), key: null, height: null },
          content: seal("by", pairing, encodeCbor(lostBy ? { by, lostBy } : by)),
          payloads: encodeCbor([]),
        })
        .execute()
    })
  }

  /** Undefined: none is, or its time is over. @param now ms */
  async of(
    by: { readonly pairing: Bytes } | { readonly code: string },
    now: number,
  ): Promise<Confirmed | undefined> {
    const all = this.database.db.selectFrom("enrolments_confirmed").selectAll().where("until", ">", now)
    const row = await ("pairing" in by
      ? all.where("pairing", "=", by.pairing)
      : all.where("code", "=", this.tagOf(by.code))
    ).executeTakeFirst()
    return row && this.confirmedOf(row)
  }

  /**
   * The device signs by this key and no other. Durable when it returns.
   * @throws PlatformError `unknown_key`, `bad_enrolment`, `too_many_requests`
   */
  async sign(pairing: Bytes, key: PublicKey, payload: PayloadId, now: number): Promise<void> {
    await this.database.atomically(async () => {
      const found = await this.of({ pairing }, now)
      if (!found) throw noDevice()
      if (found.key && !equalBytes(found.key, key))
        throw new PlatformError(
          "bad_enrolment",
          "this device has signed by another key already: ask for a new code",
        )
      if (found.payloads.some((one) => equalBytes(one, payload))) return
      if (found.payloads.length >= MAX_PAYLOADS)
        throw new PlatformError(
          "too_many_requests",
          "this device signed too often; ask for a new code at the desk",
        )
      const payloads = encodeCbor([...found.payloads, payload])
      await this.database.db
        .updateTable("enrolments_confirmed")
        .set({ key, payloads })
        .where("pairing", "=", pairing)
        .execute()
    })
  }

  /** The ledger has this one. */
  async done(pairing: Bytes, payload: PayloadId, height: number): Promise<void> {
    await this.database.atomically(async () => {
      await this.database.db
        .updateTable("enrolments_confirmed")
        .set({ payloads: encodeCbor([payload]), height })
        .where("pairing", "=", pairing)
        .execute()
    })
  }

  private tagOf(code: string): Bytes {
    return this.database.tag("code", code)
  }

  private confirmedOf({
    pairing,
    handle,
    content: sealed,
    key,
    payloads,
    height,
  }: EnrolmentTables["enrolments_confirmed"]): Confirmed {
    const by = byWhom(decodeCbor(this.database.open("by", pairing, sealed)))
    return {
      ...{ pairing, handle, ...by, key, height },
      payloads: payloadIds.parse(decodeCbor(payloads), "payloads"),
    }
  }
}

const byWhom = (told: Cbor): Pick<Confirmed, "by" | "lostBy"> =>
  typeof told === "string" ? { by: name.parse(told, "by"), lostBy: null } : content.parse(told, "by")

export const noDevice = () =>
  new PlatformError(
    "unknown_key",
    "nobody at the desk has typed the digits of this device, or that was more than ten minutes ago: ask for a new code",
  )
