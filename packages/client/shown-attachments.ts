import {
  attachmentsIn,
  OBJECT_EXTENSION,
  orUndefined,
  type Place,
  PlatformError,
  parseJson,
  type ShownAttachment,
  toHex,
} from "@aceso/core"
import type { SourceLine } from "./history-schemas.ts"

/** What is shown of an attachment. */
export interface NamedAttachment {
  /** The custodian, the record's index in its log, and which one in the record. */
  readonly name: string
  /** The line that it belongs to, as `placeOf` names it. */
  readonly record: string
  /** Null: a file by its url. */
  readonly size: number | null
  readonly contentType: string | null
  readonly title: string | null
  /** As its custodian calls it where it stands apart from the record; null: it does not. */
  readonly reference: string | null
}

/** Where a record version stands: the custodian, and the index in its log. */
export const placeOf = ({
  custodian,
  index,
  alias,
}: Pick<SourceLine, "custodian" | "index" | "alias">): string =>
  `${custodian}/${alias === undefined ? "" : `${alias}/`}${index}`

/** By which lines of several handles at one custodian are told apart: the first eight hexadecimal digits. */
export const handleMark = ({ handle }: Pick<Place, "handle">): string => toHex(handle).slice(0, 8)

/** From which of these places a line is. @throws PlatformError `unknown_member` */
export function placeOfLine(
  { custodian, alias }: Pick<SourceLine, "custodian" | "alias">,
  places: readonly Place[],
): Place {
  const isIt = (one: Place) =>
    one.custodian === custodian && (alias === undefined || handleMark(one) === alias)
  const found = places.find(isIt)
  if (found) return found
  throw new PlatformError(
    "unknown_member",
    `nothing of this person is known at ${custodian}; open the history again`,
  )
}

/** The attachments of a record, in it or beside it. */
export const attachmentsOf = (
  line: SourceLine,
): (NamedAttachment & { readonly attachment: ShownAttachment })[] =>
  attachmentsInside(line.content).map((attachment, n) => ({
    name: `${placeOf(line)}${n === 0 ? "" : `.${n + 1}`}`,
    record: placeOf(line),
    size: attachment.size ?? null,
    reference: attachment.reference ?? null,
    contentType: attachment.contentType ?? null,
    title: attachment.title ?? null,
    attachment,
  }))

/** Of canonical JSON: most records have none of it, and need not be read. */
const MARKS = [OBJECT_EXTENSION, '"data":"', '"url":"Binary/']
const latin = new TextDecoder("latin1")

function attachmentsInside(content: Uint8Array | undefined): ShownAttachment[] {
  if (!content?.length) return []
  const text = latin.decode(content)
  if (!MARKS.some((mark) => text.includes(mark))) return []
  return orUndefined(["bad_json", "bad_utf8"], () => attachmentsIn(parseJson(content))) ?? []
}
