import type { Written } from "@aceso/client"
import { type MemberId, type Process, toHex } from "@aceso/core"
import type { Session } from "../session.ts"
import { onlyMember } from "./group.ts"

/** Options of every command by which a person opens a case. */
export const OPENING = {
  to: { type: "string", words: "the organisation", value: "<member>", isNeeded: true },
  sponsor: { type: "string", words: "the member that pays (default: the authority)", value: "<member>" },
} as const

/** A case that a person opens with one organisation. */
export interface Opening {
  readonly process: Process
  /** The party that the organisation is. */
  readonly party: string
  /** As it was typed. */
  readonly to: MemberId
  readonly sponsor: string | boolean | undefined
  readonly written: readonly Written[]
}

/** Opens it by the next key that the person has at the organisation, or, where it is none of theirs, at the first. @returns its id */
export async function openByPerson(
  session: Session,
  { process, party, to, sponsor, written }: Opening,
): Promise<string> {
  const { client } = await session.patient()
  const place = client.places.find(({ custodian }) => custodian === to) ?? client.places[0]
  const cases = client.cases([process])
  const pays =
    sponsor === undefined
      ? onlyMember(await cases.membersOf(place).members(), "authority", "authority")
      : String(sponsor)
  const { id } = await cases.open(place, process, { [party]: to }, written, pays)
  return toHex(id)
}
