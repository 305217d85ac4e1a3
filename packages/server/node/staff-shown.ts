import type { StaffAnswer } from "@aceso/client"
import { isEmpty, isWithin, mayActAt, nextTerm, type StaffPerson, termAt } from "./person.ts"

/** A person as administrators see them: what they are now, or are next, or were last, and how that came. */
export function shownPerson(person: StaffPerson, now: number): StaffAnswer["people"][number] {
  const { name, to, devices } = person
  const terms = person.terms.filter((one) => !isEmpty(one)).toSorted((a, b) => a.from - b.from)
  const current = termAt(person, now)
  const next = nextTerm(person, now)
  const { role, isAdministrator = false } = current ?? next ?? terms.at(-1) ?? {}
  return {
    ...{ name, isAdministrator, isInForce: mayActAt(person, now) },
    ...(role !== undefined && { role }),
    ...(!current && next && { absentUntil: next.from }),
    from: Math.min(...devices.map(({ from }) => from)),
    ...(to !== undefined && { to }),
    devices: devices.map((one) => ({ ...one, isInForce: current !== undefined && isWithin(one, now) })),
    terms: terms.map(({ salt: _, ...shown }) => shown),
  }
}
