import { MAX_PEOPLE } from "@aceso/client"
import { type Cbor, decodeCbor, encodeCbor, PlatformError, toHex } from "@aceso/core"
import type { Generated } from "kysely"
import type { Migration, ModuleDatabase } from "../vault/module-database.ts"
import { formerPerson } from "./former-person.ts"
import { type StaffPerson, staffPerson } from "./person.ts"

/** All times are in the sealed contents. */
export interface StaffTables {
  staff_people: {
    n: Generated<number>
    /** Of the first device's key; the content is sealed under it. */
    first_key: Uint8Array
    name: Uint8Array
    content: Uint8Array
  }
  /** Whose key each is, that is or was. */
  staff_devices: { key: Uint8Array; person: number }
  /** Changes that wait for a second administrator. */
  staff_waiting: { id: Uint8Array; at: number; content: Uint8Array }
}

/** `kept`: as the backup has them. What was ended since stays ended all the same: the ledger has it (StaffEnds). */
export const staffMigrations: readonly Migration[] = [
  {
    name: "people",
    sql: "CREATE TABLE staff_people (n INTEGER PRIMARY KEY, key BLOB UNIQUE NOT NULL, name BLOB UNIQUE NOT NULL, content BLOB NOT NULL)",
    tables: { staff_people: "kept" },
  },
  {
    name: "devices",
    sql: `ALTER TABLE staff_people RENAME COLUMN key TO first_key;
      CREATE TABLE staff_devices (key BLOB PRIMARY KEY, person INTEGER NOT NULL);
      INSERT INTO staff_devices SELECT first_key, n FROM staff_people;
      CREATE TABLE staff_waiting (id BLOB PRIMARY KEY, at INTEGER NOT NULL, content BLOB NOT NULL)`,
    tables: { staff_devices: "kept", staff_waiting: "kept" },
  },
]

/** Who works with the node, as its vault has them: the one source of it. Nobody is ever taken out. */
export class StaffTable {
  private readonly database: ModuleDatabase<StaffTables>

  constructor(database: ModuleDatabase<StaffTables>) {
    this.database = database
  }

  /** All of them, who came first before the others. */
  async all(): Promise<readonly StaffPerson[]> {
    const rows = await this.database.db.selectFrom("staff_people").selectAll().orderBy("n").execute()
    return rows.map(({ first_key, content }) => {
      const opened = decodeCbor(this.database.open("person", first_key, content))
      return formerPerson(opened) ?? staffPerson.parse(opened, "person")
    })
  }

  /** Durable when it returns. @throws PlatformError `person_exists`, `too_many_people` */
  async add(one: StaffPerson): Promise<void> {
    const { name } = one
    await this.database.atomically(async () => {
      const { db } = this.database
      if (await this.numberOf(name)) throw personExists(name)
      const { count } = await db
        .selectFrom("staff_people")
        .select((select) => select.fn.countAll<number>().as("count"))
        .executeTakeFirstOrThrow()
      if (count >= MAX_PEOPLE)
        throw new PlatformError(
          "too_many_people",
          `${MAX_PEOPLE} people work with this node already, or did; it takes no more`,
        )
      const tag = this.database.tag("name", name)
      await db
        .insertInto("staff_people")
        .values({ first_key: this.tagOf(one.devices[0]), name: tag, content: this.seal(one) })
        .onConflict((conflict) => conflict.column("first_key").doNothing())
        .execute()
      await this.keepDevices(one)
    })
  }

  /**
   * Keeps what is known of somebody now, such as the end of their time; durable when it returns.
   * @throws PlatformError `person_exists` where somebody else has one of the keys
   */
  async keep(one: StaffPerson): Promise<void> {
    await this.database.atomically(async () => {
      await this.database.db
        .updateTable("staff_people")
        .set({ content: this.seal(one) })
        .where("first_key", "=", this.tagOf(one.devices[0]))
        .execute()
      await this.keepDevices(one)
    })
  }

  /** Somebody new, or what is known now of somebody who is there, with whatever else has to be so at once. */
  async put(one: StaffPerson, alongside: () => Promise<void> = async () => {}): Promise<void> {
    await this.database.atomically(async () => {
      if ((await this.numberOf(one.name)) === undefined) await this.add(one)
      else await this.keep(one)
      await alongside()
    })
  }

  private async keepDevices(one: StaffPerson): Promise<void> {
    const { db } = this.database
    const person = await this.numberOf(one.name)
    for (const device of one.devices) {
      const key = this.tagOf(device)
      const owner = await db
        .selectFrom("staff_devices")
        .select("person")
        .where("key", "=", key)
        .executeTakeFirst()
      if (person === undefined || (owner && owner.person !== person)) throw keyExists()
      if (!owner) await db.insertInto("staff_devices").values({ key, person }).execute()
    }
  }

  private async numberOf(name: string): Promise<number | undefined> {
    const tag = this.database.tag("name", name)
    const found = this.database.db.selectFrom("staff_people").select("n").where("name", "=", tag)
    return (await found.executeTakeFirst())?.n
  }

  private tagOf({ key }: StaffPerson["devices"][number]): Uint8Array {
    return this.database.tag("key", toHex(key))
  }

  private seal(one: StaffPerson): Uint8Array {
    return this.database.seal("person", this.tagOf(one.devices[0]), encodeCbor(one as unknown as Cbor))
  }
}

export const personExists = (name: string) =>
  new PlatformError(
    "person_exists",
    `somebody is called ${name} here already, or was: take another name; a key is never written over`,
  )

const keyExists = () =>
  new PlatformError(
    "person_exists",
    "somebody here has this key already, or had it: each device has a key of its own",
  )
