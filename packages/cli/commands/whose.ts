import { existsSync } from "node:fs"
import type { SourceLine } from "@aceso/client"
import { type Handle, objectsIn, PlatformError, parseJson, type ShownObject } from "@aceso/core"
import type { Session } from "../session.ts"
import { readCard } from "./wishes.ts"

export type Place = { readonly custodian: string; readonly handle: Handle }

/** Where a person is known: the places of a card, of an alias, or of a visitor. */
export async function placesOf(session: Session, name: string) {
  const { client, person } = session.staff()
  /** Of places elsewhere; one of them may be here. */
  const withOwn = (places: readonly Place[]) => ({
    client,
    places,
    member: person.member,
    own: places.find(({ custodian }) => custodian === person.member)?.handle ?? null,
  })
  if (existsSync(name))
    return withOwn(readCard(name).statements.map(({ custodian, handle }) => ({ custodian, handle })))
  const visitor = await client.visitor(name)
  if (visitor) return withOwn(visitor.places)
  const known = await client.patient(name)
  if (!known)
    throw new PlatformError(
      "unknown_patient",
      `nobody is called ${name} here; see aceso patients and aceso visitors`,
    )
  return withOwn([{ custodian: person.member, handle: known.handle }])
}

/** An attachment as history names it: the custodian, the record's index in its log, and which one in the record. */
export const attachmentNames = ({ custodian, index, content, alias }: SourceLine) =>
  objectsOf(content).map((object, n) => ({
    name: `${custodian}/${alias === undefined ? "" : `${alias}/`}${index}${n === 0 ? "" : `.${n + 1}`}`,
    object,
  }))

function objectsOf(content: Uint8Array | undefined): ShownObject[] {
  return content?.length ? objectsIn(parseJson(content)) : []
}
