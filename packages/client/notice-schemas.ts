import {
  type Bytes,
  bool,
  bytes,
  domainHash,
  type Hash,
  handle,
  hash32,
  type Infer,
  list,
  nullable,
  object,
  oneOf,
  optional,
  text,
  uint,
} from "@aceso/core"

/**
 * Notices without content (docs/decisions/0049): a custodian rings a tag at the app's operator, which pushes nothing but
 * "look" to whoever registered that tag.
 */

/** `decisions`: when something waits for the person; `accesses`: also at each access. */
export const NOTICE_LEVELS = ["decisions", "accesses"] as const
export const noticeLevel = oneOf(...NOTICE_LEVELS)
export type NoticeLevel = (typeof NOTICE_LEVELS)[number]

/** Each person registers as many, most of which nobody ever rings. */
export const NOTICE_TAGS = 16

/** Whoever knows the secret owns the tag; whoever knows the tag rings it, and can do nothing else. */
export const noticeTag = (secret: Bytes): Hash => domainHash("notice-tag", secret)

const secrets = list(bytes(32), NOTICE_TAGS, 1)
/** Of a push service (RFC 8030, section 5). */
const endpoint = text(1000)

/** The key by which the operator signs its pushes (RFC 8292), as a browser wants it: a point of P-256, uncompressed. */
export const noticeKeyAnswer = object({ key: bytes(65) })

export const noticesQuestion = object({ endpoint, secrets })
export const noticesEndQuestion = object({
  /** Absent: wherever these tags are registered. */
  endpoint: optional(endpoint),
  secrets,
})
export const noticesEnded = object({
  /** These tags are registered for another endpoint too: another device of the same person. */
  isElsewhere: bool(),
  /** The endpoint has other tags still: of somebody else on this device. */
  isShared: bool(),
})
export type NoticesEnded = Infer<typeof noticesEnded>

export const ringQuestion = object({ tag: hash32 })

export const noticeQuestion = object({ handle, tag: hash32, level: noticeLevel })
export type NoticeWish = Infer<typeof noticeQuestion>
export const noticeShown = object({
  notice: nullable(
    object({
      tag: hash32,
      level: noticeLevel,
      /** ms; it ends then unless the device says it again. */
      until: uint(),
    }),
  ),
})
export type NoticeShown = Infer<typeof noticeShown>["notice"]
