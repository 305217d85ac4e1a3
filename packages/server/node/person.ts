import { deviceLabel, MAX_DEVICES, MAX_TERMS, personName } from "@aceso/client"
import {
  type Bytes,
  bool,
  bytes,
  equalBytes,
  type Infer,
  list,
  object,
  optional,
  PlatformError,
  type PublicKey,
  publicKeySchema,
  randomBytes,
  role,
  toHex,
  uint,
} from "@aceso/core"

/** Half-open, ms; what is not given is open. */
const period = { from: uint(), to: optional(uint()) }
/** Administrators by name; `by` absent: somebody at the node's own folder; `second`: who agreed beside them. */
const origin = { by: optional(personName), second: optional(personName) }

/** A key of a person, which the person's device made. */
export const staffDevice = object({ key: publicKeySchema, label: deviceLabel, ...period, ...origin })
export type StaffDevice = Infer<typeof staffDevice>

/**
 * What a person may do in a time; terms of one person do not overlap. Who has a role in it is a practitioner, and stands
 * in the directory. `salt`: of the directory's leaves, and under which the ledger has the term's end.
 */
export const staffTerm = object({
  role: optional(role),
  isAdministrator: bool(),
  salt: bytes(32),
  ...period,
  ...origin,
})
export type StaffTerm = Infer<typeof staffTerm>

/** Somebody who works with the node: may act by a device that is in force, in a term that is. */
export const staffPerson = object({
  name: personName,
  /** Under which the ledger has it that this person left. */
  salt: bytes(32),
  /** Left for good, ms. */
  to: optional(uint()),
  /** Never without the first one, nor without any that ended: no key comes to somebody else. */
  devices: list(staffDevice, MAX_DEVICES, 1),
  terms: list(staffTerm, MAX_TERMS),
})
export type StaffPerson = Infer<typeof staffPerson>

export interface Rights {
  /** Of a practitioner. */
  readonly role?: string
  readonly isAdministrator: boolean
}
export interface Origin {
  readonly by?: string
  readonly second?: string
}
/** What is said of somebody who is new. */
export interface NewPerson extends Rights {
  readonly name: string
  readonly key: PublicKey
  readonly label?: string
}

export const END_OF_TIME = Number.POSITIVE_INFINITY

export interface Period {
  readonly from: number
  readonly to?: number
}
export const endOf = ({ to = END_OF_TIME }: Pick<Period, "to">): number => to
export const isWithin = (one: Period, time: number): boolean => one.from <= time && time < endOf(one)
/** Those that came to an end before they began say nothing to anybody. */
export const isEmpty = (one: Period): boolean => endOf(one) <= one.from

const openUntil = (to: number): Pick<Period, "to"> => (to === END_OF_TIME ? {} : { to })
export const sooner = <T extends Pick<Period, "to">>(one: T, moment: number): T => ({
  ...one,
  to: Math.min(endOf(one), moment),
})

const rightsOf = ({ role, isAdministrator }: Rights): Rights => ({
  isAdministrator,
  ...(role !== undefined && { role }),
})
const originOf = ({ by, second }: Origin): Origin => ({
  ...(by !== undefined && { by }),
  ...(second !== undefined && { second }),
})
const termOf = (rights: Rights, from: number, to: number, origin: Origin): StaffTerm => ({
  ...rightsOf(rights),
  salt: randomBytes(32),
  from,
  ...openUntil(to),
  ...originOf(origin),
})
const isSame = (a: Rights, b: Rights): boolean => a.role === b.role && a.isAdministrator === b.isAdministrator
export const hasAtLeast = (a: Rights, b: Rights): boolean =>
  (a.isAdministrator || !b.isAdministrator) && (b.role === undefined || a.role === b.role)

/** Somebody who is new, from now on. */
export const newPerson = (
  { name, key, label = "device-1", ...rights }: NewPerson,
  origin: Origin = {},
  now = Date.now(),
): StaffPerson => ({
  name,
  salt: randomBytes(32),
  devices: [{ key, label, from: now, ...originOf(origin) }],
  terms: [termOf(rights, now, END_OF_TIME, origin)],
})

export const termAt = ({ terms }: StaffPerson, time: number): StaffTerm | undefined =>
  terms.find((one) => isWithin(one, time))
/** The first one that begins after this. */
export const nextTerm = ({ terms }: StaffPerson, time: number): StaffTerm | undefined =>
  terms
    .filter((one) => one.from > time && !isEmpty(one))
    .reduce<StaffTerm | undefined>((a, b) => (a && a.from <= b.from ? a : b), undefined)

export const mayActAt = (person: StaffPerson, time: number): boolean =>
  termAt(person, time) !== undefined && person.devices.some((one) => isWithin(one, time))
export const administersAt = (person: StaffPerson, time: number): boolean =>
  termAt(person, time)?.isAdministrator === true && mayActAt(person, time)
/** Is an administrator now or will be, whatever devices there are. */
export const isToAdminister = ({ terms }: StaffPerson, now: number): boolean =>
  terms.some((one) => one.isAdministrator && endOf(one) > now && !isEmpty(one))
/** All moments at which somebody who may act may act no more. */
export const endsIn = ({ devices, terms }: StaffPerson): readonly number[] =>
  [...devices, ...terms].flatMap(({ to }) => (to === undefined ? [] : [to]))

/** @throws PlatformError `person_full` */
function mustHaveRoom({ name, devices, terms }: StaffPerson): void {
  if (devices.length > MAX_DEVICES || terms.length > MAX_TERMS)
    throw new PlatformError(
      "person_full",
      `${name} has had ${MAX_DEVICES} devices, or ${MAX_TERMS} changes of role and absences, which are the most: take them on under another name`,
    )
}

/** @throws PlatformError `person_ended` */
export function mustNotHaveLeft({ name, to }: StaffPerson): void {
  if (to !== undefined)
    throw new PlatformError(
      "person_ended",
      `${name} has left for good, or is to leave: whoever comes back is taken on under another name`,
    )
}

/** The person with a further device. @throws PlatformError `person_ended`, `person_exists`, `person_full` */
export function withDevice(
  person: StaffPerson,
  { key, label = `device-${person.devices.length + 1}` }: Pick<NewPerson, "key" | "label">,
  origin: Origin,
  now = Date.now(),
): StaffPerson {
  mustNotHaveLeft(person)
  if (person.devices.some((one) => one.label === label && endOf(one) > now))
    throw new PlatformError(
      "person_exists",
      `a device of ${person.name} is called ${label} already: give this one another name, or end that one's key`,
    )
  const next = { ...person, devices: [...person.devices, { key, label, from: now, ...originOf(origin) }] }
  mustHaveRoom(next)
  return next
}

/** The person with these rights from now on, in all terms to come too. @throws PlatformError `person_ended`, `person_full` */
export function withRights(
  person: StaffPerson,
  rights: Rights,
  origin: Origin,
  now = Date.now(),
): StaffPerson {
  mustNotHaveLeft(person)
  const isToCome = (one: StaffTerm) => endOf(one) > now && !isEmpty(one)
  const terms = person.terms.flatMap((one) => {
    if (!isToCome(one) || isSame(one, rights)) return [one]
    const from = Math.max(one.from, now)
    return [sooner(one, from), termOf(rights, from, endOf(one), origin)]
  })
  const anew = person.terms.some(isToCome) ? [] : [termOf(rights, now, END_OF_TIME, origin)]
  const next = { ...person, terms: [...terms, ...anew] }
  mustHaveRoom(next)
  return next
}

/**
 * The person absent from `from` on, and back at `until` with what they may do then, sooner than was said before too.
 * @throws PlatformError `person_ended` where there is no time to be absent from, `person_full`
 */
export function absentFor(
  person: StaffPerson,
  { from, until }: { readonly from: number; readonly until: number },
  origin: Origin,
): StaffPerson {
  const isAfter = (one: StaffTerm) => endOf(one) > from && !isEmpty(one)
  if (!person.terms.some(isAfter))
    throw new PlatformError("person_ended", `${person.name} does not work here then`)
  const terms = person.terms.flatMap((one) => {
    if (!isAfter(one) || one.from >= until) return [one]
    const rest = endOf(one) > until ? [termOf(one, until, endOf(one), origin)] : []
    return [sooner(one, Math.max(one.from, from)), ...rest]
  })
  const next = backAt({ ...person, terms }, until, origin)
  mustHaveRoom(next)
  return next
}

/** Whoever would come back later comes back then. */
function backAt(person: StaffPerson, until: number, origin: Origin): StaffPerson {
  const later = nextTerm(person, until)
  if (termAt(person, until) || !later) return person
  const terms = person.terms.map((one) => (one === later ? sooner(one, one.from) : one))
  return { ...person, terms: [...terms, termOf(later, until, endOf(later), origin)] }
}

/** The person as gone for good at a moment; an end only comes nearer. */
export const leftAt = (person: StaffPerson, moment: number): StaffPerson => ({
  ...sooner(person, moment),
  devices: person.devices.map((one) => sooner(one, moment)),
  terms: person.terms.map((one) => sooner(one, moment)),
})

export const withoutDevice = (person: StaffPerson, key: Bytes, moment: number): StaffPerson => ({
  ...person,
  devices: person.devices.map((one) => (equalBytes(one.key, key) ? sooner(one, moment) : one)),
})

/**
 * The device that is meant: by its label, of those in force first, or by how its key begins.
 * @throws PlatformError `unknown_device`, `bad_input` where several are meant
 */
export function deviceCalled({ name, devices }: StaffPerson, called: string, now = Date.now()): StaffDevice {
  const inForce = devices.filter((one) => one.label === called && endOf(one) > now)
  const byKey = called.length < 8 ? [] : devices.filter(({ key }) => toHex(key).startsWith(called))
  const meant = inForce.length > 0 ? inForce : byKey
  if (meant.length > 1)
    throw new PlatformError("bad_input", "several keys begin so; write more digits of the key")
  if (meant.length === 0)
    throw new PlatformError(
      "unknown_device",
      `${name} has no device in force that is called ${called}, nor one whose key begins so (8 digits at least); see aceso staff list`,
    )
  return meant[0]
}
