import { existsSync } from "node:fs"
import type { SourceLine } from "@aceso/client"
import {
  type Handle,
  OBJECT_EXTENSION,
  objectsIn,
  orUndefined,
  PlatformError,
  parseJson,
  type ShownObject,
} from "@aceso/core"
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

/** What history shows of an attachment. */
export interface NamedAttachment {
  /** The custodian, the record's index in its log, and which one in the record. */
  readonly name: string
  /** The line that it belongs to, as `placeOf` names it. */
  readonly record: string
  readonly size: number
  readonly contentType: string | null
  readonly title: string | null
}

export const placeOf = ({
  custodian,
  index,
  alias,
}: Pick<SourceLine, "custodian" | "index" | "alias">): string =>
  `${custodian}/${alias === undefined ? "" : `${alias}/`}${index}`

/** The attachments of a record that stand beside it. */
export const attachmentsOf = (line: SourceLine): (NamedAttachment & { readonly object: ShownObject })[] =>
  objectsOf(line.content).map((object, n) => ({
    name: `${placeOf(line)}${n === 0 ? "" : `.${n + 1}`}`,
    record: placeOf(line),
    size: object.size,
    contentType: object.contentType ?? null,
    title: object.title ?? null,
    object,
  }))

function objectsOf(content: Uint8Array | undefined): ShownObject[] {
  if (
    !content?.length ||
    !Buffer.from(content.buffer, content.byteOffset, content.length).includes(OBJECT_EXTENSION)
  )
    return []
  return orUndefined(["bad_json", "bad_utf8"], () => objectsIn(parseJson(content))) ?? []
}
