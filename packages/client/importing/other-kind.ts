import type { Bytes } from "@aceso/core"

export interface OtherKind {
  readonly reason:
    | "zip_archive"
    | "not_utf8"
    | "not_json"
    | "pdf_document"
    | "picture"
    | "office_document"
    | "csv_table"
    | "hl7_v2"
    | "plain_text"
  readonly detail: string
}
const FHIR = "export the records themselves as FHIR JSON from the system that has them"

/** What the first bytes show that is no JSON in UTF-8. */
export function otherKind([a, b, c, d]: Bytes): OtherKind | undefined {
  if (a === 0x50 && b === 0x4b && (c === 0x03 || c === 0x05 || c === 0x07) && d === c + 1)
    return { reason: "zip_archive", detail: "it is a zip archive; unpack it, and import what is in it" }
  if (a === 0x25 && b === 0x50 && c === 0x44 && d === 0x46)
    return { reason: "pdf_document", detail: `it is a PDF; ${FHIR}` }
  if ((a === 0x89 && b === 0x50 && c === 0x4e && d === 0x47) || (a === 0xff && b === 0xd8 && c === 0xff))
    return { reason: "picture", detail: `it is a picture; ${FHIR}` }
  if (a === 0xd0 && b === 0xcf && c === 0x11 && d === 0xe0)
    return { reason: "office_document", detail: `it is a document of an office program; ${FHIR}` }
  const isUtf16 =
    (a === 0xff && b === 0xfe) ||
    (a === 0xfe && b === 0xff) ||
    (a === 0 && b === 0x7b) ||
    (a === 0x7b && b === 0)
  if (isUtf16)
    return { reason: "not_utf8", detail: "it is written in UTF-16; save it as UTF-8, which FHIR asks for" }
  if (a === 0x3c) return { reason: "not_json", detail: "it is XML; export it as JSON" }
  return undefined
}

/** What the beginning of a text is, of which no line begins as JSON does. */
export function otherText(head: string): OtherKind | undefined {
  if (/^\s*[[{]/m.test(head)) return undefined
  if (/^\s*MSH\|/.test(head)) return { reason: "hl7_v2", detail: `it is HL7 version 2; ${FHIR}` }
  if (isTable(head)) return { reason: "csv_table", detail: `it is a table (CSV); ${FHIR}` }
  return { reason: "plain_text", detail: `it is a text and no JSON; ${FHIR}` }
}

/** Its first lines have equally many cells. */
function isTable(head: string): boolean {
  const [first = "", second = ""] = head.split(/[\r\n]+/, 2)
  const cells = (line: string, by: string) => line.split(by).length
  return [",", ";", "\t"].some((by) => cells(first, by) > 1 && cells(first, by) === cells(second, by))
}
