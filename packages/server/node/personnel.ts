import { setTimeout as delay } from "node:timers/promises"
import { type Bytes, messageOf, PlatformError, type PractitionerProof } from "@aceso/core"
import type { Directory } from "./directory.ts"
import { isInOffice, type NewPerson, newcomer, type Staff } from "./staff.ts"
import type { StaffEnds } from "./staff-ends.ts"
import type { StaffTable } from "./staff-table.ts"

/** How long whoever changes the people waits for the ledger to have it. */
const PUBLISH_MS = 10_000

interface Parts {
  readonly staff: Staff
  readonly staffTable: StaffTable
  readonly staffEnds: StaffEnds
  readonly directory: Directory
}

/** Changes of the people who work with the node, and what proves them to others. */
export class Personnel {
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
  }

  /** At a start, before anybody may act: who is in the vault, and whose time the ledger knows as ended. */
  async begin(): Promise<void> {
    const { staff, staffTable, staffEnds } = this.parts
    staff.take(await staffTable.all())
    await staffEnds.begin()
  }

  /**
   * Takes somebody on: in the vault first, then here, at once; a practitioner then stands in the directory.
   * @param addedBy name
   * @throws PlatformError `person_ended`, `person_exists`, `too_many_people`
   */
  async add(person: NewPerson, addedBy: string): Promise<{ name: string; isPublished: boolean }> {
    const { staff, staffTable, staffEnds } = this.parts
    if ((await staffEnds.of(person.key)) !== undefined)
      throw new PlatformError(
        "person_ended",
        "the ledger has the end of this key's time, which is final: who comes back gets a new key",
      )
    const one = newcomer(person, addedBy)
    await staffTable.add(one)
    staff.add(one)
    return { name: one.name, isPublished: one.practitioner === undefined || (await this.published()) }
  }

  /**
   * Ends a person's time: at once here, then in the vault, then on the ledger, from where no older backup brings them
   * back.
   * @param asOf ms
   * @throws PlatformError `unknown_person`, `last_administrator`, `end_not_kept`
   */
  async end(name: string, asOf: number): Promise<{ name: string; to: number; isPublished: boolean }> {
    const { staff, staffTable } = this.parts
    const ended = staff.end(name, asOf)
    const published = this.published()
    try {
      await staffTable.keep(ended)
    } catch (cause) {
      throw new PlatformError(
        "end_not_kept",
        `${name} can do nothing here from then on, but the vault could not keep it (${messageOf(cause)}): as long as the ledger does not have it either, a restart would bring ${name} back; run aceso staff end ${name} again`,
        { cause },
      )
    }
    return { name, to: ended.to ?? asOf, isPublished: await published }
  }

  /** Whether the ledger has the directory as it is now, after a while at most. */
  private published(): Promise<boolean> {
    const following = this.parts.directory.follow().then(() => true)
    return Promise.race([following, delay(PUBLISH_MS, false, { ref: false })])
  }

  /** @throws PlatformError `not_a_practitioner` */
  proofOf(key: Bytes): PractitionerProof {
    const { staff, directory } = this.parts
    const who = staff.byKey(key)
    const proof = directory.proofOf(key)
    if (!who?.practitioner || !isInOffice(who, Date.now()))
      throw new PlatformError(
        "not_a_practitioner",
        "only somebody with a role in this organisation's directory, in its time, may do that, such as ask for records or answer a case; an administrator gives one with aceso staff add <name> --role <role>",
      )
    if (!proof)
      throw new PlatformError(
        "not_a_practitioner",
        "the ledger does not have the directory with this practitioner yet; try again when it has",
      )
    return proof
  }
}
