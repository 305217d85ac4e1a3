import { attachmentsIn, OBJECT_EXTENSION, orUndefined, parseJson, type ShownAttachment } from "@aceso/core"
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
