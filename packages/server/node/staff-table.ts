import { type Cbor, decodeCbor, encodeCbor, PlatformError, toHex } from "@aceso/core"
import type { Generated } from "kysely"
import type { Migration, ModuleDatabase } from "../vault/module-database.ts"
import { type StaffMember, staffMember } from "./staff.ts"

interface Tables {
  staff_people: {
    n: Generated<number>
    key: Uint8Array
    name: Uint8Array
    content: Uint8Array
  }
}

/** `kept`: as the backup has them. Whose time was ended since stays ended all the same: the ledger has it (StaffEnds). */
export const staffMigrations: readonly Migration[] = [
  {
    name: "people",
    sql: "CREATE TABLE staff_people (n INTEGER PRIMARY KEY, key BLOB UNIQUE NOT NULL, name BLOB UNIQUE NOT NULL, content BLOB NOT NULL)",
    tables: { staff_people: "kept" },
  },
]

/** Also those whose time has ended: they stay in the directory, and nobody gets their names. */
export const MAX_PEOPLE = 10_000

/** Who works with the node, as its vault has them: the one source of it. Nobody is ever taken out. */
export class StaffTable {
  private readonly database: ModuleDatabase<Tables>

  constructor(database: ModuleDatabase<Tables>) {
    this.database = database
  }

  /** All of them, who came first before the others. */
  async all(): Promise<readonly StaffMember[]> {
    const rows = await this.database.db.selectFrom("staff_people").selectAll().orderBy("n").execute()
    return rows.map(({ key, content }) =>
      staffMember.parse(decodeCbor(this.database.open("person", key, content)), "person"),
    )
  }

  /** Durable when it returns. @throws PlatformError `person_exists`, `too_many_people` */
  async add(one: StaffMember): Promise<void> {
    const { name } = one
    const [tagOfKey, tagOfName] = [this.tagOf(one), this.database.tag("name", name)]
    await this.database.atomically(async () => {
      const { db } = this.database
      if (await db.selectFrom("staff_people").select("n").where("name", "=", tagOfName).executeTakeFirst())
        throw personExists(name)
      if (await db.selectFrom("staff_people").select("n").where("key", "=", tagOfKey).executeTakeFirst())
        throw new PlatformError(
          "person_exists",
          "somebody here has this key already, or had it: each person has a key of their own",
        )
      const { count } = await db
        .selectFrom("staff_people")
        .select((select) => select.fn.countAll<number>().as("count"))
        .executeTakeFirstOrThrow()
      if (count >= MAX_PEOPLE)
        throw new PlatformError(
          "too_many_people",
          `${MAX_PEOPLE} people work with this node already, or did; it takes no more`,
        )
      await db
        .insertInto("staff_people")
        .values({ key: tagOfKey, name: tagOfName, content: this.seal(one) })
        .execute()
    })
  }

  /** Keeps what is known of somebody now, such as the end of their time; durable when it returns. */
  async keep(one: StaffMember): Promise<void> {
    await this.database.atomically(async () => {
      await this.database.db
        .updateTable("staff_people")
        .set({ content: this.seal(one) })
        .where("key", "=", this.tagOf(one))
        .execute()
    })
  }

  private tagOf({ key }: StaffMember): Uint8Array {
    return this.database.tag("key", toHex(key))
  }

  private seal(one: StaffMember): Uint8Array {
    return this.database.seal("person", this.tagOf(one), encodeCbor(one as unknown as Cbor))
  }
}

export const personExists = (name: string) =>
  new PlatformError(
    "person_exists",
    `somebody is called ${name} here already, or was: take another name; a key is never written over`,
  )
