import {
  type Bytes,
  decodeCbor,
  encodeCbor,
  equalBytes,
  type Handle,
  hash32,
  list,
  type PayloadId,
  PlatformError,
  type PublicKey,
  text,
} from "@aceso/core"
import type { Migration, ModuleDatabase } from "../vault/module-database.ts"

interface Tables {
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
}

/** `lost`: they live for minutes, and whoever had one gets a new code. */
export const enrolmentMigrations: readonly Migration[] = [
  {
    name: "confirmed devices",
    sql: `CREATE TABLE enrolments_confirmed (pairing BLOB PRIMARY KEY, handle BLOB NOT NULL, code BLOB NOT NULL UNIQUE, content BLOB NOT NULL, key BLOB, payloads BLOB NOT NULL, height INTEGER, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX enrolments_confirmed_by_handle ON enrolments_confirmed (handle);
CREATE INDEX enrolments_confirmed_by_until ON enrolments_confirmed (until)`,
    tables: { enrolments_confirmed: "lost" },
  },
]

/** A device whose digits were typed. */
export interface Confirmed {
  /** Of its one-time key. */
  readonly pairing: PublicKey
  readonly handle: Handle
  /** Who of the staff typed them: name. */
  readonly by: string
  /** The handle's key that it signed by, once it did. */
  readonly key: PublicKey | null
  /** Transactions in which it did, oldest first; once the ledger is known to have one, that one. */
  readonly payloads: readonly PayloadId[]
  /** Of its block. */
  readonly height: number | null
}

const name = text(64)
const payloadIds = list(hash32, 1000)
/** A device signs anew where an expiry passed, or the handle got its row meanwhile. */
const MAX_PAYLOADS = 16

/** Devices whose digits were typed, as long as they may sign; they outlive the process. */
export class ConfirmedDevices {
  private readonly database: ModuleDatabase<Tables>

  constructor(database: ModuleDatabase<Tables>) {
    this.database = database
  }

  /**
   * Durable when it returns. Another device that was confirmed for the handle, and has signed nothing, no longer is one.
   * @param until ms
   * @throws PlatformError `bad_pairing`
   */
  async keep(
    { pairing, handle, by }: Pick<Confirmed, "pairing" | "handle" | "by">,
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
          content: seal("by", pairing, encodeCbor(by)),
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
    content,
    key,
    payloads,
    height,
  }: Tables["enrolments_confirmed"]): Confirmed {
    const by = name.parse(decodeCbor(this.database.open("by", pairing, content)), "by")
    return { pairing, handle, by, key, payloads: payloadIds.parse(decodeCbor(payloads), "payloads"), height }
  }
}

export const noDevice = () =>
  new PlatformError(
    "unknown_key",
    "nobody at the desk has typed the digits of this device, or that was more than ten minutes ago: ask for a new code",
  )
