import {
  type Bytes,
  canonicalJson,
  decodeBase64,
  equalBytes,
  fromHex,
  type Infer,
  list,
  type MemberId,
  memberId,
  messageOf,
  object,
  oneOf,
  optional,
  PlatformError,
  parseJson,
  text,
  toBase64,
  toHex,
  toJson,
} from "@aceso/core"
import { plainFault, plainFaultWords } from "@aceso/core/display/index.ts"
import { MAX_MESSAGE_BYTES, MAX_TEXT } from "./limits.ts"

/**
 * What is written in a message: a FHIR R4 Communication of plain text, and, of a complaint about an access, the line of
 * the audit that it is about. A document's content is exactly this; nothing else of FHIR stands in it.
 */

/** A line of a custodian's disclosure log, with what opens it (PRIVACY.md, Disclosure). */
export interface AuditLine {
  readonly custodian: MemberId
  /** Under which the ledger has it, 16 bytes. */
  readonly tag: Bytes
  readonly salt: Bytes
  readonly auditEvent: Bytes
}

export interface Message {
  readonly text: string
  readonly about?: AuditLine
}

const LINE_SYSTEM = "urn:aceso:disclosure"
const SALT_URL = "urn:aceso:audit-salt"
const AUDIT_EVENT = "application/fhir+json"
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

const line = object({
  type: oneOf("AuditEvent"),
  identifier: object({ system: oneOf(LINE_SYSTEM), value: text(200, /^[a-z][a-z0-9-]*\/[0-9a-f]{32}$/) }),
  extension: list(
    object({ url: oneOf(SALT_URL), valueBase64Binary: text(44, /^[A-Za-z0-9+/]{43}=$/) }),
    1,
    1,
  ),
})
const payload = object({
  contentString: optional(text(MAX_TEXT)),
  contentAttachment: optional(object({ contentType: oneOf(AUDIT_EVENT), data: text(90_000, BASE64) })),
})
const communication = object({
  resourceType: oneOf("Communication"),
  status: oneOf("completed"),
  about: optional(list(line, 1, 1)),
  payload: list(payload, 2, 1),
})

/** @throws PlatformError `message_empty`, `message_too_long`, `message_has_markup`, `message_not_plain` */
export function mustBePlain(words: string): void {
  if (words.length > MAX_TEXT)
    throw new PlatformError(
      "message_too_long",
      `the text has ${words.length} characters; write ${MAX_TEXT} at most, and send the rest as a message of its own`,
    )
  const fault = plainFault(words)
  if (fault) throw new PlatformError(FAULTS[fault.kind], plainFaultWords("the text", fault))
}

const FAULTS = { empty: "message_empty", markup: "message_has_markup", unseen: "message_not_plain" } as const

/** @throws PlatformError as `mustBePlain` */
export function writeMessage({ text, about }: Message): Bytes {
  mustBePlain(text)
  return canonicalJson(
    toJson({
      resourceType: "Communication",
      status: "completed",
      ...(about && {
        about: [
          {
            type: "AuditEvent",
            identifier: { system: LINE_SYSTEM, value: `${about.custodian}/${toHex(about.tag)}` },
            extension: [{ url: SALT_URL, valueBase64Binary: toBase64(about.salt) }],
          },
        ],
      }),
      payload: [
        { contentString: text },
        ...(about
          ? [{ contentAttachment: { contentType: AUDIT_EVENT, data: toBase64(about.auditEvent) } }]
          : []),
      ],
    }),
  )
}

/** @throws PlatformError `message_refused`, and as `mustBePlain` */
export function readMessage(content: Bytes): Message {
  if (content.length > MAX_MESSAGE_BYTES)
    throw new PlatformError(
      "message_too_long",
      `the message has ${content.length} bytes; ${MAX_MESSAGE_BYTES} at most are taken`,
    )
  const { about, payload } = parsed(content)
  const [first, second] = payload
  if (first.contentString === undefined || first.contentAttachment || second?.contentString !== undefined)
    throw refused("its payload is not one text, and of a complaint the line that it is about")
  mustBePlain(first.contentString)
  const data = second?.contentAttachment?.data
  if ((about === undefined) !== (data === undefined))
    throw refused("a line of an audit stands in it without its AuditEvent, or the reverse")
  const message = { text: first.contentString, ...(about && data && { about: lineOf(about[0], data) }) }
  // Whoever reads it elsewhere reads the same: there is one way to write it.
  if (!equalBytes(writeMessage(message), content)) throw refused("it is not written as canonical JSON")
  return message
}

function lineOf({ identifier, extension }: Infer<typeof line>, data: string): AuditLine {
  const [custodian, tag] = identifier.value.split("/")
  try {
    return {
      custodian: memberId.parse(custodian, "about"),
      tag: fromHex(tag),
      salt: decodeBase64(extension[0].valueBase64Binary),
      auditEvent: decodeBase64(data),
    }
  } catch (cause) {
    throw refused("the line of the audit that it is about cannot be read", cause)
  }
}

function parsed(content: Bytes): Infer<typeof communication> {
  try {
    return communication.parse(parseJson(content), "message", "json")
  } catch (cause) {
    throw refused(messageOf(cause), cause)
  }
}

const refused = (why: string, cause?: unknown) =>
  new PlatformError("message_refused", `this is no message: ${why}`, { cause })
