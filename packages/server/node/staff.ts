import { equalBytes, PlatformError, type Practitioner, toHex } from "@aceso/core"
import type { StaffMember } from "./config.ts"

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
  /** Ends that this process was told of, or the ledger has, by key: no file read later takes one back. */
  private readonly ends = new Map<string, number>()

  constructor(people: readonly StaffMember[]) {
    this.people = people
  }

  get all(): readonly StaffMember[] {
    return this.people
  }

  /** The person with this key, if they may act now. */
  byKey(key: Uint8Array, now = Date.now()): StaffMember | undefined {
    const one = this.people.find((one) => equalBytes(one.key, key))
    return one && isInForce(one, now) ? one : undefined
  }

  /** Also those whose time has not come or has ended: their leaves say so. */
  practitioners(): { practitioner: Practitioner; salt: Uint8Array }[] {
    return this.people.flatMap(({ name, key, practitioner }) => {
      if (!practitioner) return []
      const { role, salt, from, to } = practitioner
      return [{ practitioner: { key, role, from, to, name }, salt }]
    })
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
        `${name} would leave this node without an administrator; add another one first (aceso staff add <name> --administrator), then reload the node (SIGHUP)`,
      )
    this.endKey(one.key, asOf)
    return endedAt(one, asOf)
  }

  /** The ends of people's time, by key, ms: those that somebody decided, and those in the file that have come. */
  ended(now = Date.now()): ReadonlyMap<string, number> {
    const all = new Map(this.ends)
    for (const { key, to } of this.people)
      if (to !== undefined && to <= now) all.set(toHex(key), Math.min(to, all.get(toHex(key)) ?? to))
    return all
  }

  /** The end of a key that is in the file no more, or that the ledger knows. @param asOf ms */
  endKey(key: Uint8Array, asOf: number): void {
    const name = toHex(key)
    this.ends.set(name, Math.min(asOf, this.ends.get(name) ?? asOf))
    this.replace(this.people)
  }

  /** What the file says now: who is not in it is out. */
  replace(people: readonly StaffMember[]): void {
    this.people = people.map((one) => {
      const end = this.ends.get(toHex(one.key))
      return end === undefined ? one : endedAt(one, end)
    })
  }
}
