import {
  attachmentsIn,
  OBJECT_EXTENSION,
  orUndefined,
  parseJson,
  type ShownAttachment,
  toBase64,
} from "@aceso/core"
import type { AttachmentAnswer, SourceLine } from "./history-schemas.ts"

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

/** Where a record version stands: `city-hospital/12`; of joined patients `city-hospital/patient-2/12`. */
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
  const bytes = latin.decode(content)
  if (!MARKS.some((mark) => bytes.includes(mark))) return []
  return orUndefined(["bad_json", "bad_utf8"], () => attachmentsIn(parseJson(content))) ?? []
}

/** What an attachment turned out to be, beside what its record says of it. */
export interface ComparedAttachment {
  readonly contradictions: AttachmentAnswer["findings"]
  /** `not_sha1`: the hash in the record is none, and was not compared. */
  readonly note: "not_sha1" | null
  /** By what it is vouched for: the record's commitment, the SHA-1 that the record commits to, the custodian alone. */
  readonly vouched: "record" | "hash" | "custodian"
}

/** With what its Attachment says of it (R4 Attachment: size in bytes, hash as SHA-1 in base64). */
export async function comparedAttachment(
  content: Uint8Array,
  { saidSize, saidHash, reference }: ShownAttachment,
): Promise<ComparedAttachment> {
  const contradictions: AttachmentAnswer["findings"][number][] = []
  const contradict = (what: string) =>
    contradictions.push({ kind: "attachment_contradicts", detail: `its record says ${what}` })
  if (saidSize !== undefined && Number(saidSize) !== content.length)
    contradict(`${saidSize} bytes, and it has ${content.length}`)
  const sha1 = toBase64(new Uint8Array(await crypto.subtle.digest("SHA-1", new Uint8Array(content))))
  const isHash = saidHash !== undefined && SHA1.test(saidHash)
  if (isHash && saidHash !== sha1) contradict(`the SHA-1 ${saidHash}, and it has ${sha1}`)
  return {
    contradictions,
    note: saidHash === undefined || isHash ? null : "not_sha1",
    vouched: reference === undefined ? "record" : saidHash === sha1 ? "hash" : "custodian",
  }
}
const SHA1 = /^[A-Za-z0-9+/]{27}=$/
