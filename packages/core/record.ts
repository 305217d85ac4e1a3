import type { Bytes } from "./bytes.ts"
import { domainHash, type Hash } from "./hash.ts"
import { hash32 } from "./ids.ts"
import { append, EMPTY_FRONTIER, type Frontier, isFrontier, isSameFrontier } from "./merkle.ts"
import { type Infer, list, object, oneOf, uint } from "./schema.ts"

/** Records and their log (PRIVACY.md, Records). */
export const operation = oneOf("create", "update", "delete")
export type Operation = Infer<typeof operation>

/** What an entry is the hash of. The record id is random; the commitment hides the content. */
export const entryPreimage = object({
  recordId: hash32,
  version: uint(),
  operation,
  commitment: hash32,
})
export type EntryPreimage = Infer<typeof entryPreimage>

/** Commitment to a record version's canonical bytes. */
export const recordCommitment = (salt: Bytes, content: Bytes): Hash => domainHash("record", salt, content)

export const entryHash = (entry: EntryPreimage): Hash =>
  domainHash("entry", entry.recordId, entry.version, entry.operation, entry.commitment)

/**
 * A record log as it was at a size. That a longer log continues it, the entries between them show: appended to the
 * peaks they give the longer one's (RFC 6962 section 2.1.2, with all entries at hand).
 */
export const logPoint = object({ size: uint(), peaks: list(hash32, 53) })
export type LogPoint = Infer<typeof logPoint>

export const LOG_START: LogPoint = EMPTY_FRONTIER

/** Whether these entries, all of them and in this order, lead from one point of a log to another. */
export const isContinued = (from: LogPoint, entries: readonly Hash[], log: Frontier): boolean =>
  isFrontier(from) && from.size + entries.length === log.size && isSameFrontier(append(from, entries), log)

/** Whether these entries, all of them and in this order, are the log that the ledger has. */
export const isWholeLog = (entries: readonly Hash[], log: Frontier): boolean =>
  isContinued(LOG_START, entries, log)
