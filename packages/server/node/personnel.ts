import { setTimeout as delay } from "node:timers/promises"
import type { StaffChanged } from "@aceso/client"
import { type Bytes, messageOf, PlatformError, type PractitionerProof } from "@aceso/core"
import type { Directory } from "./directory.ts"
import {
  absentFor,
  deviceCalled,
  isToAdminister,
  leftAt,
  mustNotHaveLeft,
  newPerson,
  type Origin,
  type StaffDevice,
  type StaffPerson,
  withDevice,
  withoutDevice,
  withRights,
} from "./person.ts"
import { endsOf, leavesOf } from "./person-on-ledger.ts"
import type { Proposed, Seconds, StaffChange } from "./seconds.ts"
import type { Staff, StaffMember } from "./staff.ts"
import type { StaffEnds } from "./staff-ends.ts"
import { personExists, type StaffTable } from "./staff-table.ts"

/** How long whoever changes the people waits for the ledger to have it. */
const PUBLISH_MS = 10_000

interface Parts {
  readonly staff: Staff
  readonly staffTable: StaffTable
  readonly staffEnds: StaffEnds
  readonly seconds: Seconds
  readonly directory: Directory
  readonly config: { readonly twoAdministrators: boolean }
}

/** Changes of the people who work with the node, and what proves them to others. */
export class Personnel {
  private readonly parts: Parts
  private changing: Promise<unknown> = Promise.resolve()

  constructor(parts: Parts) {
    this.parts = parts
  }

  /** At a start, before anybody may act: who is in the vault, and what the ledger knows as ended. */
  async begin(): Promise<void> {
    const { staff, staffTable, staffEnds } = this.parts
    staff.take(await staffTable.all())
    await staffEnds.begin()
  }

  /**
   * Takes somebody on, gives them a further device, or other rights: in the vault first, then here, at once, then in the
   * directory; or it waits for a second administrator.
   * @throws PlatformError those of `after`; `last_administrator`, `too_many_people`, `too_many_waiting`
   */
  async change(change: StaffChange, who: StaffMember): Promise<StaffChanged> {
    await this.mustNotHaveEnded(change.key)
    return this.inTurn(async () => {
      // Also where it waits: what cannot be is refused to who asks for it.
      const person = this.after(change, { by: who.name })
      this.parts.staff.mustLeaveAdministrator(person)
      if (!this.needsSecond(change)) return this.keep(person)
      await this.parts.seconds.add(change, who)
      return undefined
    }).then((kept) => this.told(change.name, kept))
  }

  /** What waits for a second administrator, and whose proposer still is one. */
  async waiting(): Promise<readonly Proposed[]> {
    const { staff, seconds } = this.parts
    return (await seconds.all()).filter(({ by }) => staff.byKey(by.key)?.isAdministrator)
  }

  /**
   * A second administrator's yes, or anybody's no.
   * @throws PlatformError `unknown_waiting`, `same_administrator`, and those of `change`
   */
  async decide(id: Bytes, isYes: boolean, who: StaffMember): Promise<StaffChanged> {
    const { staff, seconds } = this.parts
    await this.mustNotHaveEnded(isYes ? (await seconds.find(id))?.change.key : undefined)
    return this.inTurn(async () => {
      const found = await seconds.find(id)
      if (!found || !staff.byKey(found.by.key)?.isAdministrator)
        throw new PlatformError(
          "unknown_waiting",
          "nothing waits here by this id: it was decided, it has lapsed after 72 hours, or who asked for it is no administrator any more, by that device; see aceso staff waiting",
        )
      const { change, by } = found
      if (!isYes) {
        await seconds.remove(id)
        return { name: change.name }
      }
      if (by.name === who.name)
        throw new PlatformError(
          "same_administrator",
          "you have asked for this yourself, by whichever device; it takes a second administrator",
        )
      const person = this.after(change, { by: by.name, second: who.name })
      staff.mustLeaveAdministrator(person)
      return { name: change.name, kept: await this.keep(person, () => seconds.remove(id)) }
    }).then(({ name, kept }) => (kept ? this.told(name, kept) : unchanged(name)))
  }

  /**
   * From `from` on, and until `until`, they can do nothing and are in no directory.
   * @throws PlatformError `unknown_person`, `person_ended`, `last_administrator`, `bad_input`
   */
  absent(name: string, from: number | undefined, until: number, by: string): Promise<StaffChanged> {
    return this.inTurn(async () => {
      const { staff } = this.parts
      const now = Date.now()
      // What was done is done: nobody was absent afterwards.
      const time = { from: Math.max(now, from ?? now), until }
      if (until <= time.from)
        throw new PlatformError("bad_input", "until: expected a moment after from and after now")
      const person = absentFor(staff.named(name), time, { by })
      staff.mustLeaveAdministrator(person)
      return this.keep(person)
    }).then((kept) => this.told(name, kept))
  }

  /**
   * Ends a person's time with all devices, for good: at once here, then in the vault, then on the ledger, from where no
   * older backup brings them back.
   * @param asOf ms; before now where keys were lost then, after now for an end that is known ahead
   * @throws PlatformError `unknown_person`, `last_administrator`, `end_not_kept`
   */
  async end(name: string, asOf: number): Promise<{ name: string; to: number; isPublished: boolean }> {
    const { to = asOf } = await this.ended(name, () => leftAt(this.parts.staff.named(name), asOf))
    return { name, to, isPublished: await this.published() }
  }

  /**
   * Ends one device in the same way.
   * @param device its label, or how its key begins
   * @throws PlatformError `unknown_person`, `unknown_device`, `last_administrator`, `end_not_kept`
   */
  async endKey(
    name: string,
    device: string,
    asOf: number,
  ): Promise<{ device: StaffDevice; isPublished: boolean }> {
    let key: Bytes | undefined
    const person = await this.ended(name, () => {
      const found = this.parts.staff.named(name)
      key = deviceCalled(found, device).key
      return withoutDevice(found, key, asOf)
    })
    const ended = person.devices.find((one) => one.key === key) as StaffDevice
    return { device: ended, isPublished: await this.published() }
  }

  /** @throws PlatformError `not_a_practitioner` */
  proofOf(key: Bytes): PractitionerProof {
    const { staff, directory } = this.parts
    if (staff.byKey(key)?.role === undefined)
      throw new PlatformError(
        "not_a_practitioner",
        "only somebody with a role in this organisation's directory, in its time, may do that, such as ask for records or answer a case; an administrator gives one with aceso staff change <name> --role <role>",
      )
    const proof = directory.proofOf(key)
    if (!proof)
      throw new PlatformError(
        "not_a_practitioner",
        "the ledger does not have the directory with this practitioner, in this role, yet; try again when it has",
      )
    return proof
  }

  /**
   * Who is invited: somebody new, or somebody who is there with a further device.
   * @throws PlatformError `person_ended`, `person_full`, `person_exists` where somebody who is there is given other
   * rights, or has a device of that label
   */
  invited({ name, label, role, isAdministrator }: Omit<StaffChange, "what" | "key">): "person" | "device" {
    const known = this.parts.staff.find(name)
    if (!known) return "person"
    mustNotHaveLeft(known)
    if (role !== undefined || isAdministrator)
      throw new PlatformError(
        "person_exists",
        `somebody is called ${name} here already: a further device of theirs is invited without role and rights, which aceso staff change gives; somebody else needs another name`,
      )
    // Whatever key will come.
    withDevice(known, { key: known.devices[0].key, ...(label !== undefined && { label }) }, {})
    return "device"
  }

  /** Asked before a change's turn comes: ends wait for no ledger that is far away. @throws PlatformError `person_ended` */
  private async mustNotHaveEnded(key: Bytes | undefined): Promise<void> {
    if (key && (await this.parts.staffEnds.of(key)) !== undefined)
      throw new PlatformError(
        "person_ended",
        "the ledger has the end of this key's time, which is final: who comes back gets a new key",
      )
  }

  /** What becomes of a person by a change. @throws PlatformError `person_ended`, `person_exists`, `person_full`, `unknown_person`, `bad_input` */
  private after({ what, name, key, label, ...rights }: StaffChange, origin: Origin): StaffPerson {
    const { staff } = this.parts
    if (what === "rights") return withRights(staff.named(name), rights, origin)
    if (!key) throw new PlatformError("bad_input", "key: expected the key of a device")
    if (what === "device")
      return withDevice(staff.named(name), { key, ...(label !== undefined && { label }) }, origin)
    if (staff.find(name)) throw personExists(name)
    return newPerson({ name, key, ...(label !== undefined && { label }), ...rights }, origin)
  }

  /** Whether a change lets somebody, or one more key, administer the node. */
  private needsSecond({ what, name, isAdministrator }: StaffChange): boolean {
    const { staff, config } = this.parts
    if (!config.twoAdministrators) return false
    if (what === "person") return isAdministrator
    const isToBe = isToAdminister(staff.named(name), Date.now())
    return what === "device" ? isToBe : isAdministrator && !isToBe
  }

  private async keep(person: StaffPerson, alongside?: () => Promise<void>): Promise<StaffPerson> {
    const { staff, staffTable } = this.parts
    await staffTable.put(person, alongside)
    staff.put(person)
    return person
  }

  /** An end holds here whatever becomes of it in the vault. */
  private ended(name: string, next: () => StaffPerson): Promise<StaffPerson> {
    const { staff, staffTable } = this.parts
    return this.inTurn(async () => {
      const person = next()
      staff.mustLeaveAdministrator(person)
      staff.put(person)
      try {
        await staffTable.keep(person)
      } catch (cause) {
        void this.parts.directory.follow()
        throw new PlatformError(
          "end_not_kept",
          `${name} can do nothing here from then on by what was ended, but the vault could not keep it (${messageOf(cause)}): as long as the ledger does not have it either, a restart would bring it back; run the same line again`,
          { cause },
        )
      }
      return person
    })
  }

  /** One change after the other, so that none undoes what another one did meanwhile; nobody waits for the ledger. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.changing.then(work, work)
    this.changing = done.catch(() => {})
    return done
  }

  private async told(name: string, kept: StaffPerson | undefined): Promise<StaffChanged> {
    if (!kept) return { ...unchanged(name), isPublished: false, waitsForSecond: true }
    const isForLedger = leavesOf(kept).length + endsOf(kept).length > 0
    return { ...unchanged(name), isPublished: !isForLedger || (await this.published()) }
  }

  /** Whether the ledger has the directory as it is now, after a while at most. */
  private published(): Promise<boolean> {
    const following = this.parts.directory.follow().then(() => true)
    return Promise.race([following, delay(PUBLISH_MS, false, { ref: false })])
  }
}

const unchanged = (name: string): StaffChanged => ({ name, isPublished: true, waitsForSecond: false })
