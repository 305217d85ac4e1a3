import { memberId, payloadId } from "./ids.ts"
import { type Infer, list, nullable, object, text, uint } from "./schema.ts"

/** Transactions as they are sought in a node's ledger; what is found is proven when it is opened (explorer.ts). */

/** Transactions of one page. */
export const MAX_FOUND = 50
/** Where a transaction stands. */
const place = object({ height: uint(), index: uint() })

/**
 * Those of a contract, or of a member, which signed them, or of both, the newest first.
 * `before`: where to go on, as the answer before says; null: from the newest on.
 */
export const findQuestion = object({
  contract: nullable(text(64, /^[a-z][A-Za-z0-9]*(?:\.[a-z][A-Za-z0-9]*)?$/)),
  member: nullable(memberId),
  before: nullable(place),
  limit: uint(MAX_FOUND),
})
export type FindQuestion = Infer<typeof findQuestion>

export const foundTransaction = object({
  height: uint(),
  index: uint(),
  payloadId,
  contract: text(64),
  action: text(64),
  /** null: accepted. */
  rejection: nullable(text(64)),
})
export type FoundTransaction = Infer<typeof foundTransaction>

/** What the node says is there; a node that leaves one out is caught by nobody. */
export const findAnswer = object({
  found: list(foundTransaction, MAX_FOUND),
  /** null: that was all. */
  next: nullable(place),
  /** Only blocks from this height on are searched. */
  from: uint(),
})
export type FindAnswer = Infer<typeof findAnswer>
