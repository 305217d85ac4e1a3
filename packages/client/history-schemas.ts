import {
  BINARY,
  bool,
  bytes,
  type Handle,
  handle,
  hash32,
  type Infer,
  list,
  MAX_LINES,
  MAX_OBJECT_BYTES,
  MAX_RECOVERIES,
  type MemberId,
  memberId,
  nullable,
  object,
  objectRef,
  oneOf,
  optional,
  purpose,
  type RecordFilter,
  recordFilter,
  rekeyed,
  type SeenLog,
  seen,
  signature64,
  text,
  uint,
} from "@aceso/core"
import { FIRST, MARK_KEYS, MAX_MARKS, MAX_TITLE, MAX_VALUE } from "@aceso/core/display/index.ts"
import { receivedNotice } from "./join-schemas.ts"

/** One custodian that is asked, with the practitioner's signed word for it. */
export const askedCustodian = object({
  custodian: memberId,
  handle,
  nonce: bytes(16),
  time: uint(),
  signature: signature64,
  /** What an earlier answer's report gave as `seen`; absent: everything is asked for. */
  since: optional(seen),
})
/**
 * A large object of a record, or a Binary to which it refers by url: of another custodian's (`asked`), or of the node's
 * own (`own`).
 */
export const attachmentQuestion = object({
  purpose,
  asked: nullable(askedCustodian),
  /** `alias`: of joined handles, whose record it is. */
  own: nullable(object({ handle, alias: optional(text(64)) })),
  /** Of the record, in its log. */
  index: uint(),
  /** Null: a Binary is asked for. */
  object: nullable(objectRef),
  reference: optional(text(200, BINARY)),
})
/** `findings`: what does not hold of the custodian's answer; the content is what the record committed to. */
export const attachmentAnswer = object({
  content: bytes(0, MAX_OBJECT_BYTES),
  findings: list(object({ kind: text(64), detail: text(2000) }), 1000),
})
export type AttachmentAnswer = Infer<typeof attachmentAnswer>

/** What was shown of the own handle's records; `view`: the node's own word for all on which that depended. */
export const ownSeen = object({ size: uint(), view: hash32 })
export type OwnSeen = Infer<typeof ownSeen>

export const historyQuestion = object({
  purpose,
  asked: list(askedCustodian, 64, 1),
  alsoOwn: nullable(handle),
  /** What an earlier answer gave as `own`; absent: all of the own handle's records. */
  ownSince: optional(ownSeen),
  /** Absent: everything is asked for. */
  filter: optional(recordFilter),
})

/** `withdrawn`: the custodian says that it stands at the wrong patient. */
export const lineStatus = oneOf("verified", "mismatch", "withheld", "damaged", "withdrawn")
export type LineStatus = Infer<typeof lineStatus>

export const sourceLine = object({
  custodian: memberId,
  index: uint(),
  version: uint(),
  status: lineStatus,
  /** The block that holds the log which this line was checked against. */
  height: uint(),
  isSuperseded: bool(),
  recordId: hash32,
  /** Absent unless released. */
  resourceType: optional(text(64)),
  content: optional(bytes(0, 16 * 2 ** 20)),
  /** Of one's own patients whose handles are joined: which of them it is from; where two handles of one custodian were asked, the mark of its handle. */
  alias: optional(text(64)),
  /** Verified, and left out because this view has no room for more. */
  isOmitted: optional(bool()),
  /** The custodian deleted the record with this version; it has no content. */
  isDeletion: optional(bool()),
  /** Of own withdrawn records: why. */
  note: optional(text(500)),
})
export type SourceLine = Infer<typeof sourceLine> & {
  /** ms: it is what a device kept then; no answer has this (`kept-history.ts`). */
  readonly keptAt?: number
}

/** What changes how a title is to be read, such as `refuted`; `of`: whose, or which. */
export const mark = object({ key: oneOf(...MARK_KEYS), of: optional(text(100)) })

/** More sources than this make one entry more. */
export const MAX_SOURCES = 64
export const timelineEntry = object({
  /** ms of the clinical time, or of the longest readable beginning of it; null: there is none that can be read. */
  time: nullable(uint()),
  /** As it was written. */
  timeText: optional(text(64)),
  resourceType: text(64),
  title: text(MAX_TITLE),
  /** The gravest first. */
  marks: list(mark, MAX_MARKS),
  value: optional(text(MAX_VALUE)),
  /** What it belongs to that has to be seen before anything else. */
  first: optional(oneOf(...FIRST)),
  /** Its drug is named by a record of its own, in no patient's log: each source's custodian alone vouches for that. */
  isDrugApart: optional(bool()),
  /** It was deleted: what is said of it is what its newest version before that said, where one is shown. */
  isDeleted: optional(bool()),
  /** Newest versions that say this, one per custodian. */
  sources: list(sourceLine, MAX_SOURCES),
  /** Older versions, newest first. */
  older: list(sourceLine, MAX_LINES),
  isStruckOut: bool(),
})
export type TimelineEntry = Omit<Infer<typeof timelineEntry>, "sources" | "older"> & {
  readonly sources: readonly SourceLine[]
  readonly older: readonly SourceLine[]
}

/** `code`: why nothing of it is shown. */
export const joinedView = object({
  alias: text(64),
  records: uint(),
  withheld: uint(),
  code: optional(text(64)),
})
export type JoinedView = Infer<typeof joinedView>

export const custodianReport = object({
  custodian: memberId,
  handle,
  outcome: oneOf("answered", "refused", "failed"),
  code: optional(text(64)),
  detail: optional(text(2000)),
  released: uint(),
  withheld: uint(),
  mismatched: uint(),
  damaged: uint(),
  /** Entries that went with a recovery. */
  lost: uint(),
  /** How often, and back to which block, the custodian recovered its vault; oldest first. */
  recoveries: list(object({ from: uint(), at: uint(), reason: text(32) }), MAX_RECOVERIES),
  /** The custodian's desk put another key in place of the patient's, and could act for the patient; absent: never. */
  rekeyed: optional(rekeyed),
  /** Held back as somebody else's, by the custodian's own word. */
  withdrawn: uint(),
  /** Opened by the policy, and not of what was asked for. */
  notRequested: uint(),
  /** Versions with which records were deleted; absent: none. */
  deleted: optional(uint()),
  /** Opened by the policy, for which this answer had no room: asking since `seen` brings them. */
  later: uint(),
  /** The index of the record log with which the answer begins. */
  from: uint(),
  /** What a later question may ask since. */
  seen: optional(seen),
  height: uint(),
  policyState: optional(text(16)),
  findings: list(object({ kind: text(64), detail: text(2000) }), 1000),
  /** The tag under which the disclosure log has this answer. */
  tag: optional(bytes(16)),
})
export type CustodianReport = Infer<typeof custodianReport>

export const historyAnswer = object({
  timeline: list(timelineEntry, 200_000),
  custodians: list(custodianReport, 64),
  /** Some custodian did not answer: the history may lack its part. */
  isComplete: bool(),
  /** Own handles of the person, if staff joined several: how much each brought, and what its policy hides. */
  joined: list(joinedView, 16),
  /**
   * The own handle's record log as it is now (`size` 0 where several are joined), and the index with which its part of
   * the answer begins: 0 although `ownSince` was given where what was shown before does not hold any more.
   */
  own: nullable(object({ size: uint(), view: hash32, from: uint() })),
  /**
   * Own handles of which a recovery lost record versions that are not back (what is shown as newest may not be), or
   * decisions that nobody has looked at (what is shown may have been withheld as somebody else's).
   */
  lost: list(object({ alias: text(64), entries: uint(), isUnreviewed: bool() }), 16),
  /** What custodians told this organisation about handles that were asked for now; newest first. */
  notices: list(receivedNotice, 200),
  /** Evidence of records that do not fit their log: name and file content. */
  evidence: list(object({ name: text(200), content: bytes(1, 64 * 2 ** 20) }), 100),
})
export type HistoryAnswer = Infer<typeof historyAnswer>

/** Where a person's records lie; `since`: only what is new since an answer whose report gave this as `seen`. */
export interface HistoryPlace {
  readonly custodian: MemberId
  readonly handle: Handle
  readonly since?: SeenLog
}

export interface HistoryChoices {
  /** The node's own handle of the same person. */
  readonly alsoOwn?: Handle | null
  /** What an earlier answer gave as `own`: only what is new since. */
  readonly ownSince?: OwnSeen
  readonly filter?: RecordFilter
}
