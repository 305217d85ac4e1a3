import {
  bytes,
  handle,
  hash32,
  type Infer,
  list,
  memberId,
  nullable,
  object,
  oneOf,
  optional,
  text,
  uint,
} from "@aceso/core"

/** What a recovery is about (docs/operations.md, Restore). */
export const recoveryAnswer = object({
  state: oneOf("behind", "restored"),
  /** Whatever the custodian committed up to this block is in its vault. */
  from: nullable(uint()),
  patients: uint(),
  entries: uint(),
  disclosures: uint(),
  /** Policies that the ledger has newer; once restored, those that wait for device or desk. */
  policies: uint(),
  /** Patients of whom decisions are lost that nobody has looked at since; once restored. */
  unreviewed: uint(),
  /** What the ledger would refuse to declare now; absent: nothing stands in the way. */
  obstacle: optional(oneOf("key_not_valid", "authority_must_permit", "too_many_recoveries")),
})
export type RecoveryAnswer = Infer<typeof recoveryAnswer>
export const recoveryQuestion = object({ reason: oneOf("restored_backup", "lost_vault", "lost_keys") })

/** What other members' openings say about disclosures whose details were lost. */
export const askBackAnswer = object({
  asked: uint(),
  returned: uint(),
  /** Members that did not answer. */
  silent: list(object({ member: memberId, detail: text(2000) }), 1000),
  /** Answers that released what is lost here now; `total` of them, the first ones in full. */
  total: uint(),
  released: list(
    object({ requester: text(64), time: text(40), handle, indexes: list(uint(), 100_000) }),
    1000,
  ),
})
export type AskBackAnswer = Infer<typeof askBackAnswer>

/** Openings of disclosures, asked back by the custodian whose they were. */
export const returnedQuestion = object({ tags: list(bytes(16), 500, 1) })
export const returnedAnswer = object({
  openings: list(
    object({
      tag: bytes(16),
      auditEvent: bytes(2, 65_536),
      auditSalt: hash32,
      body: nullable(bytes(1, 32 * 2 ** 20)),
    }),
    500,
  ),
})
export const unreviewedQuestion = object({ after: nullable(handle), limit: uint(500) })
/** Patients of whom a recovery lost decisions; `next`: where the next page begins. */
export const unreviewedAnswer = object({
  patients: list(object({ alias: text(64), handle }), 500),
  next: nullable(handle),
})
/** What a recovery left to be done, also when the node serves again. */
export const recoveryRestAnswer = object({
  /** Entries of the disclosure log whose details are lost: members that were answered then may have them. */
  disclosures: uint(),
  /** Policies that wait for device or desk. */
  unconfirmed: uint(),
  /** Patients of whom decisions are lost that nobody has looked at. */
  unreviewed: uint(),
})
export type RecoveryRestAnswer = Infer<typeof recoveryRestAnswer>
export const confirmQuestion = object({ alias: text(64) })
export const permitQuestion = object({ member: memberId })
