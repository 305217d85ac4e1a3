import { deviceLabel, MAX_SECONDS, personName, waitingKind } from "@aceso/client"
import {
  type Bytes,
  bool,
  type Cbor,
  decodeCbor,
  encodeCbor,
  equalBytes,
  type Infer,
  object,
  optional,
  PlatformError,
  publicKeySchema,
  randomBytes,
  role,
  uint,
} from "@aceso/core"
import type { ModuleDatabase } from "../vault/module-database.ts"
import type { StaffTables } from "./staff-table.ts"

/** What nobody agreed to within this lapses, ms. */
export const SECOND_MS = 72 * 3_600_000

/** A change of the people. `person` and `device` bring a key; `rights` are all that somebody has from then on. */
export const staffChange = object({
  what: waitingKind,
  name: personName,
  role: optional(role),
  isAdministrator: bool(),
  key: optional(publicKeySchema),
  label: optional(deviceLabel),
})
export type StaffChange = Infer<typeof staffChange>

/** `by`, `key`: who asked for it, and the key of their device. */
const proposed = object({
  change: staffChange,
  by: object({ name: personName, key: publicKeySchema }),
  at: uint(),
})
export interface Proposed extends Infer<typeof proposed> {
  readonly id: Bytes
}

/** Changes that wait for a second administrator, durably. */
export class Seconds {
  private readonly database: ModuleDatabase<StaffTables>

  constructor(database: ModuleDatabase<StaffTables>) {
    this.database = database
  }

  /** Durable when it returns. @throws PlatformError `too_many_waiting` */
  async add(change: StaffChange, { name, key }: Proposed["by"], now = Date.now()): Promise<void> {
    const id = randomBytes(16)
    await this.database.atomically(async () => {
      const { db } = this.database
      await db
        .deleteFrom("staff_waiting")
        .where("at", "<=", now - SECOND_MS)
        .execute()
      if ((await this.all(now)).length >= MAX_SECONDS)
        throw new PlatformError(
          "too_many_waiting",
          `${MAX_SECONDS} changes wait for a second administrator already; decide them first (aceso staff waiting)`,
        )
      const plain = encodeCbor({ change, by: { name, key }, at: now } as unknown as Cbor)
      const content = this.database.seal("waiting", id, plain)
      await db.insertInto("staff_waiting").values({ id, at: now, content }).execute()
    })
  }

  /** All that have not lapsed, the oldest first. */
  async all(now = Date.now()): Promise<readonly Proposed[]> {
    const rows = await this.database.db
      .selectFrom("staff_waiting")
      .selectAll()
      .where("at", ">", now - SECOND_MS)
      .orderBy("at")
      .execute()
    return rows.map(({ id, content }) => ({
      id,
      ...proposed.parse(decodeCbor(this.database.open("waiting", id, content)), "waiting"),
    }))
  }

  async find(id: Bytes, now = Date.now()): Promise<Proposed | undefined> {
    return (await this.all(now)).find((one) => equalBytes(one.id, id))
  }

  /** It was decided: waits no more. */
  async remove(id: Bytes): Promise<void> {
    await this.database.atomically(async () => {
      await this.database.db.deleteFrom("staff_waiting").where("id", "=", id).execute()
    })
  }
}
