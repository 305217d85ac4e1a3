import { type Bytes, equalBytes, nameOf, PlatformError, type PublicKey } from "@aceso/core"
import { Changes } from "@aceso/ledger"
import { administersAt, endsIn, isWithin, type Rights, type StaffPerson, termAt } from "./person.ts"
import { type Leaf, leavesOf } from "./person-on-ledger.ts"

/** Somebody who may act, by the device that calls. */
export interface StaffMember extends Rights {
  readonly name: string
  readonly key: PublicKey
}

/** The same, with what they act by and since or until when, ms. */
export interface Standing extends StaffMember {
  readonly label: string
  readonly from: number
  readonly to?: number
}

interface Owner {
  readonly person: StaffPerson
  readonly device: StaffPerson["devices"][number]
}

/** @throws PlatformError `not_permitted` */
export function mustBeAdministrator({ isAdministrator }: StaffMember): void {
  if (!isAdministrator)
    throw new PlatformError("not_permitted", "only an administrator of this organisation may do this")
}

/** The people of a node as they are now. Each call asks anew: no session outlives its person's time. */
export class Staff {
  /** Of who there is, and what they may do. */
  readonly changes = new Changes()
  private people: readonly StaffPerson[]
  /** Whose each key is, made when it is next asked: strangers' calls come here before their signature is looked at. */
  private owners: ReadonlyMap<string, Owner> | undefined

  constructor(people: readonly StaffPerson[] = []) {
    this.people = people
  }

  get all(): readonly StaffPerson[] {
    return this.people
  }

  /** @throws PlatformError `unknown_person` */
  named(name: string): StaffPerson {
    const one = this.find(name)
    if (!one) throw new PlatformError("unknown_person", `nobody is called ${name} here; see aceso staff list`)
    return one
  }

  find(name: string): StaffPerson | undefined {
    return this.people.find((one) => one.name === name)
  }

  /** Whoever has this key, if they may act by it now. */
  byKey(key: Bytes, now = Date.now()): Standing | undefined {
    const owner = this.ownerOf(key)
    if (!owner) return undefined
    const { person, device } = owner
    const term = isWithin(device, now) ? termAt(person, now) : undefined
    if (!term) return undefined
    const { isAdministrator, role } = term
    const to = Math.min(device.to ?? Number.POSITIVE_INFINITY, term.to ?? Number.POSITIVE_INFINITY)
    return {
      ...{ name: person.name, key: device.key, label: device.label, isAdministrator },
      ...(role !== undefined && { role }),
      from: Math.max(device.from, term.from),
      ...(to < Number.POSITIVE_INFINITY && { to }),
    }
  }

  /** What stands in the directory, also of those whose time has not come or has ended. */
  leaves(): readonly Leaf[] {
    return this.people.flatMap(leavesOf)
  }

  /** What stands there of whoever has this key, at a time. */
  leafOf(key: Bytes, now: number): Leaf | undefined {
    const owner = this.ownerOf(key)
    return owner && leavesOf(owner.person).find((one) => isOf(one, key, now))
  }

  /** Whether somebody can administer the node. */
  hasAdministrator(now = Date.now()): boolean {
    return this.people.some((one) => administersAt(one, now))
  }

  /** How many people can. */
  administrators(now = Date.now()): number {
    return this.people.filter((one) => administersAt(one, now)).length
  }

  /** These and no others. */
  take(people: readonly StaffPerson[]): void {
    this.set(people)
  }

  /** In place of whoever has this name, or as somebody new. */
  put(person: StaffPerson): void {
    this.set(this.with(person))
  }

  /**
   * Somebody still administers the node whenever somebody would have, if this is what becomes of a person.
   * @throws PlatformError `last_administrator`
   */
  mustLeaveAdministrator(person: StaffPerson, now = Date.now()): void {
    const administrators = (all: readonly StaffPerson[]) =>
      all.filter(({ terms }) => terms.some(({ isAdministrator }) => isAdministrator))
    const [before, after] = [administrators(this.people), administrators(this.with(person))]
    // Where nobody is left begins at an end of somebody's device or time, or now.
    const moments = [now, ...[...before, ...after].flatMap(endsIn).filter((at) => at > now)]
    const isLeft = moments.every(
      (at) => after.some((one) => administersAt(one, at)) || !before.some((one) => administersAt(one, at)),
    )
    if (!isLeft)
      throw new PlatformError(
        "last_administrator",
        `that would leave this node without an administrator, now or later, if not for ${person.name}: add another one first (aceso staff invite <name> --administrator)`,
      )
  }

  private set(people: readonly StaffPerson[]): void {
    this.people = people
    this.owners = undefined
    this.changes.tell()
  }

  private ownerOf(key: Bytes): Owner | undefined {
    this.owners ??= new Map(
      // Whoever came first, as each key is one person's.
      this.people
        .flatMap((person) =>
          person.devices.map((device) => [nameOf(device.key), { person, device }] as const),
        )
        .toReversed(),
    )
    return this.owners.get(nameOf(key))
  }

  private with(person: StaffPerson): readonly StaffPerson[] {
    const isThere = this.people.some(({ name }) => name === person.name)
    return isThere
      ? this.people.map((one) => (one.name === person.name ? person : one))
      : [...this.people, person]
  }
}

export const isOf = ({ practitioner: { key, from, to } }: Leaf, whose: Bytes, time: number): boolean =>
  equalBytes(key, whose) && from <= time && time < to
