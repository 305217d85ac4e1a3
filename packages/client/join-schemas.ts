import {
  bool,
  bytes,
  handle,
  hash32,
  type Infer,
  list,
  memberId,
  moveState,
  noticeReason,
  noticeRecords,
  nullable,
  object,
  oneOf,
  optional,
  text,
  uint,
} from "@aceso/core"

/** Mistaken identities, as staff sees and mends them. Patients are named by alias; all times are ms. */

const alias = text(64)
export const MAX_REASON = 500
const reason = text(MAX_REASON)
const id = bytes(16)

export const pairQuestion = object({ a: alias, b: alias, reason })

export const joinShown = object({
  a: alias,
  b: alias,
  since: uint(),
  by: text(64),
  reason,
  /** Equal to `since`: decided to be two people without having been joined. */
  ended: nullable(uint()),
  endedBy: optional(text(64)),
  endReason: optional(reason),
})
export type JoinShown = Infer<typeof joinShown>
export const joinsAnswer = object({ joins: list(joinShown, 1_000) })

/** An organisation to which something was released that it should not have. */
export const toldOrganisation = object({
  organisation: memberId,
  alias,
  releases: uint(),
  first: uint(),
  last: uint(),
})
export type ToldOrganisation = Infer<typeof toldOrganisation>

export const partAnswer = object({
  join: joinShown,
  told: list(toldOrganisation, 10_000),
  /** Records that were moved between the two, and stand where they were moved to. */
  moved: list(id, 1_000),
})
export type PartAnswer = Infer<typeof partAnswer>

export const misfiledQuestion = object({
  alias,
  /** `Type/id`, or the record id or its beginning in hexadecimal, at least 8 digits. */
  record: text(200),
  belongsTo: nullable(alias),
  reason,
})

/** What was done with a withdrawn record, and by whom. */
export const moveEvent = object({
  at: uint(),
  what: oneOf(
    "withdrawn",
    "move proposed",
    "return proposed",
    "approved",
    "agreed",
    "objected",
    "stopped",
    "lapsed",
    "decided",
    "ended there",
    "begun here",
    "moved",
    "returned",
    "cancelled",
    "told",
  ),
  /** A member of staff, or the alias of a patient. */
  by: text(64),
  reason: nullable(reason),
})
export type MoveEvent = Infer<typeof moveEvent>

export const moveShown = object({
  /** To go on with the list after this one. */
  n: uint(),
  id,
  alias,
  resourceType: text(64),
  fhirId: text(64),
  recordId: hash32,
  state: moveState,
  belongsTo: nullable(alias),
  since: uint(),
  reason,
  /** What is proposed; null: nothing, it is withheld. */
  proposal: nullable(
    object({
      kind: oneOf("move", "cancel"),
      reason,
      approvals: list(text(64), 10),
      /** Patients whose keys have agreed. */
      agreed: list(alias, 2),
    }),
  ),
  /** When the next step is due by itself. */
  dueAt: nullable(uint()),
  /** Patients without a key, who have to be told at the desk. */
  toTell: list(alias, 2),
  events: list(moveEvent, 200),
})
export type MoveShown = Infer<typeof moveShown>

export const pageQuestion = object({ before: nullable(uint()), limit: uint(200), all: bool() })
export const movesAnswer = object({ moves: list(moveShown, 200) })

/** After a record was withdrawn, or something was decided about it. */
export const moveAnswer = object({
  move: moveShown,
  /** Organisations that are told, because the record was released to them. */
  told: list(toldOrganisation, 1_000),
})
export type MoveAnswer = Infer<typeof moveAnswer>

/** The beginning of a move's id. */
const beginning = text(32, /^[0-9a-f]{4,32}$/)
export const moveQuestion = object({ id: beginning })
export const reasonedMoveQuestion = object({ id: beginning, reason })
export const toldQuestion = object({ id: beginning, alias })

export const sentNotice = object({
  n: uint(),
  id,
  recipient: memberId,
  alias,
  reason: noticeReason,
  createdAt: uint(),
  tries: uint(),
  state: oneOf("delivered", "waits", "needs a person"),
})
export const receivedNotice = object({
  n: uint(),
  id,
  custodian: memberId,
  handle: handle,
  /** The visitor whose handle it is, if one is known here. */
  alias: nullable(alias),
  reason: noticeReason,
  records: noticeRecords,
  /** When the custodian wrote it. */
  time: uint(),
  receivedAt: uint(),
  doneAt: nullable(uint()),
})
export type ReceivedNoticeShown = Infer<typeof receivedNotice>
export const noticesAnswer = object({ received: list(receivedNotice, 200), sent: list(sentNotice, 200) })
export type NoticesAnswer = Infer<typeof noticesAnswer>
export const endNoticeQuestion = object({ custodian: memberId, id })
