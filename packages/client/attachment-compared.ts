import { type ShownAttachment, toBase64 } from "@aceso/core"
import type { AttachmentAnswer } from "./history-schemas.ts"

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
