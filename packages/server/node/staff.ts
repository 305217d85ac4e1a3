import {
  type Bytes,
  bool,
  bytes,
  equalBytes,
  type Infer,
  object,
  optional,
  PlatformError,
  type Practitioner,
  publicKeySchema,
  randomBytes,
  role,
  text,
  uint,
} from "@aceso/core"

/**
 * A person who works with the node: may call the staff API from `from` on and before `to` (ms; absent: open); with a
 * role also stands in the directory, and is somebody there in that role's time.
 */
export const staffMember = object({
  name: text(64, /^[a-z][a-z0-9-]*$/),
  key: publicKeySchema,
  isAdministrator: bool(),
  from: optional(uint()),
  to: optional(uint()),
  /** Practitioners stand in the organisation's directory on the ledger. */
  practitioner: optional(object({ role, salt: bytes(32), from: uint(), to: uint() })),
  /** The administrator who took them on; absent: somebody at the node's own folder did. */
  addedBy: optional(text(64)),
})
export type StaffMember = Infer<typeof staffMember>

/** What is said of somebody who is new. */
export interface NewPerson extends Pick<StaffMember, "name" | "key" | "isAdministrator"> {
  /** Of a practitioner. */
  readonly role?: string
}

/** A role ends with `aceso staff end`, or when this century does. */
const LAST_MS = Date.UTC(2100, 0, 1)

/** Somebody who is new, from now on. */
export function newcomer(
  { name, key, isAdministrator, role }: NewPerson,
  addedBy?: string,
  now = Date.now(),
): StaffMember {
  const practitioner = role !== undefined && { role, salt: randomBytes(32), from: now, to: LAST_MS }
  const by = addedBy !== undefined && { addedBy }
  return { name, key, isAdministrator, from: now, ...(practitioner && { practitioner }), ...by }
}

/** Half-open, ms; what is not given is open. */
interface Period {
  readonly from?: number
  readonly to?: number
}
const isWithin = ({ from = 0, to = Number.POSITIVE_INFINITY }: Period, time: number): boolean =>
  from <= time && time < to

/** A practitioner's time in the directory; whoever is none is bound by no such time. */
export const isInOffice = ({ practitioner }: Pick<StaffMember, "practitioner">, time: number): boolean =>
  practitioner === undefined || isWithin(practitioner, time)

/** Whether a person may do anything at this time: a practitioner who is no administrator only in that role's time. */
export const isInForce = (one: StaffMember, time: number): boolean =>
  isWithin(one, time) && (one.isAdministrator || isInOffice(one, time))

/** @throws PlatformError `not_permitted` */
export function mustBeAdministrator({ isAdministrator }: StaffMember): void {
  if (!isAdministrator)
    throw new PlatformError("not_permitted", "only an administrator of this organisation may do this")
}

/** Whose time of office has ended decides nothing about patients. @throws PlatformError `not_permitted` */
export function mustDecide(who: StaffMember): void {
  mustBeAdministrator(who)
  if (!isInOffice(who, Date.now()))
    throw new PlatformError("not_permitted", "your time in this organisation's directory has ended")
}

/** The person as ended at a moment; an end only comes nearer. */
export const endedAt = (one: StaffMember, moment: number): StaffMember => ({
  ...one,
  to: Math.min(one.to ?? moment, moment),
  ...(one.practitioner && {
    practitioner: { ...one.practitioner, to: Math.min(one.practitioner.to, moment) },
  }),
})

/** The people of a node as they are now. Each call asks anew: no session outlives its person's time. */
export class Staff {
  private people: readonly StaffMember[]

  constructor(people: readonly StaffMember[] = []) {
    this.people = people
  }

  get all(): readonly StaffMember[] {
    return this.people
  }

  /** The person with this key, if they may act now. */
  byKey(key: Bytes, now = Date.now()): StaffMember | undefined {
    const one = this.people.find((one) => equalBytes(one.key, key))
    return one && isInForce(one, now) ? one : undefined
  }

  /** Also those whose time has not come or has ended: their leaves say so. */
  practitioners(): { practitioner: Practitioner; salt: Bytes }[] {
    return this.people.flatMap(({ name, key, practitioner }) => {
      if (!practitioner) return []
      const { role, salt, from, to } = practitioner
      return [{ practitioner: { key, role, from, to, name }, salt }]
    })
  }

  /** Whether somebody can administer the node. */
  hasAdministrator(now = Date.now()): boolean {
    return this.people.some((one) => one.isAdministrator && isInForce(one, now))
  }

  /** These and no others. */
  take(people: readonly StaffMember[]): void {
    this.people = people
  }

  add(one: StaffMember): void {
    this.people = [...this.people, one]
  }

  /**
   * Ends a person's time.
   * @param asOf ms; before now where a key was lost then, after now for an end that is known ahead
   * @throws PlatformError `unknown_person`, `last_administrator`
   */
  end(name: string, asOf: number, now = Date.now()): StaffMember {
    const one = this.people.find((one) => one.name === name)
    if (!one) throw new PlatformError("unknown_person", `nobody is called ${name} here; see aceso staff list`)
    // At every moment from then on, also once all ends that are known have come.
    const moments = [now, asOf, ...this.people.flatMap(({ to }) => (to === undefined ? [] : [to]))]
    const isLeft = moments.every(
      (at) =>
        at < Math.max(now, asOf) ||
        this.people.some((other) => other !== one && other.isAdministrator && isInForce(other, at)),
    )
    if (one.isAdministrator && !isLeft)
      throw new PlatformError(
        "last_administrator",
        `${name} would leave this node without an administrator; add another one first (aceso staff add <name> --administrator)`,
      )
    this.endKey(one.key, asOf)
    return endedAt(one, asOf)
  }

  /** Ends whoever has this key. @param asOf ms */
  endKey(key: Bytes, asOf: number): void {
    this.people = this.people.map((one) => (equalBytes(one.key, key) ? endedAt(one, asOf) : one))
  }
}
