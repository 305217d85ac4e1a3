import type { Bytes } from "./bytes.ts"
import { domainHash, type Hash } from "./hash.ts"
import { hash32 } from "./ids.ts"
import { append, EMPTY_FRONTIER, type Frontier, isSameFrontier } from "./merkle.ts"
import { type Infer, object, oneOf, uint } from "./schema.ts"

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

/** Whether these entries, all of them and in this order, are the log that the ledger has. */
export const isWholeLog = (entries: readonly Hash[], log: Frontier): boolean =>
  entries.length === log.size && isSameFrontier(append(EMPTY_FRONTIER, entries), log)
