import { type Bytes, domainHash, type Practitioner } from "@aceso/core"
import {
  END_OF_TIME,
  endOf,
  hasAtLeast,
  isWithin,
  leftAt,
  type Period,
  type StaffDevice,
  type StaffPerson,
  type StaffTerm,
  sooner,
} from "./person.ts"

/** In the directory every time ends: with `aceso staff end`, or with this century. */
const LAST_MS = Date.UTC(2100, 0, 1)

/** A practitioner in the directory, and what salts the leaf. */
export interface Leaf {
  readonly practitioner: Practitioner
  readonly salt: Bytes
}

/** Who has seen one leaf opened can try nothing out on the others of the same person. */
const saltOf = (term: StaffTerm, { key }: StaffDevice): Bytes => domainHash("staff-leaf", term.salt, key)

/** A leaf for each device in each term with a role, ended ones too: what was signed in that time stays checkable. */
export function leavesOf({ name, devices, terms }: StaffPerson): readonly Leaf[] {
  return devices.flatMap((device) =>
    terms.flatMap((term) => {
      if (term.role === undefined) return []
      const from = Math.max(device.from, term.from)
      const to = Math.min(endOf(device), endOf(term), LAST_MS)
      const practitioner = { key: device.key, role: term.role, from, to, name }
      return to <= from ? [] : [{ practitioner, salt: saltOf(term, device) }]
    }),
  )
}

/** Until when a term's rights go on without a gap, in later terms too; undefined: without an end. */
function heldUntil(term: StaffTerm, terms: readonly StaffTerm[]): number | undefined {
  for (let at = endOf(term); at < END_OF_TIME; ) {
    const further = terms.find((one) => isWithin(one, at) && hasAtLeast(one, term))
    if (!further) return at
    at = endOf(further)
  }
  return undefined
}

/** Of what the ledger has the end: a key, or the salt of a term or of a person. */
export const secretsOf = ({ salt, devices, terms }: StaffPerson): readonly Bytes[] => [
  ...devices.map(({ key }) => key),
  ...terms.map((term) => term.salt),
  salt,
]

/** What has ended of a person for good, or is to end, and when: no older vault gives it back. */
export function endsOf(person: StaffPerson): { secret: Bytes; asOf: number }[] {
  const { salt, to, devices, terms } = person
  const all = [
    ...devices.map((one) => ({ secret: one.key as Bytes, asOf: one.to })),
    // Whose last time has ended for good needs no end of each.
    ...terms
      .map((one) => ({ secret: one.salt, asOf: heldUntil(one, terms) }))
      .filter((one) => one.asOf !== to),
    { secret: salt, asOf: to },
  ]
  return all.flatMap(({ secret, asOf }) => (asOf === undefined ? [] : [{ secret, asOf }]))
}

/** The person as the ledger has it. @param asOf when what has this secret ended, as far as the ledger knows */
export function withEnds(person: StaffPerson, asOf: (secret: Bytes) => number | undefined): StaffPerson {
  const ended = <T extends Pick<Period, "to">>(one: T, secret: Bytes): T => {
    const moment = asOf(secret)
    return moment === undefined ? one : sooner(one, moment)
  }
  const gone = asOf(person.salt)
  const next = {
    ...person,
    devices: person.devices.map((one) => ended(one, one.key)),
    terms: person.terms.map((one) => ended(one, one.salt)),
  }
  return gone === undefined ? next : leftAt(next, gone)
}
