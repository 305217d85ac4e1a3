import { attested, attestedFields } from "./attested.ts"
import { statusStatement } from "./checkpoint.ts"
import { provenEvents } from "./proven-events.ts"
import { bytes, type Infer, list, nullable, object, text, uint } from "./schema.ts"
import { rowProof } from "./state-proof.ts"

/** What a member that does not validate asks of one that does, and is answered (CAPABILITIES.md, Members). */

export const MAX_ROWS_ASKED = 256
const tableName = text(32)
/** A key as the CBOR of its parts. */
const keyParts = list(bytes(1, 4096), 4)

/** `height` 0: the newest that is attested. */
export const rowsQuestion = object({
  table: tableName,
  keys: list(keyParts, MAX_ROWS_ASKED, 1),
  height: uint(),
})
export type RowsQuestion = Infer<typeof rowsQuestion>

/** In the order of the keys; attested as receipts are. */
export const rowsAnswer = object({
  rows: list(rowProof, MAX_ROWS_ASKED),
  ...attestedFields,
})
export type RowsAnswer = Infer<typeof rowsAnswer>

/** A page of a table, of the rows that the asker may read; `after`: the key to go on behind, empty: from the start. */
export const scanQuestion = object({ table: tableName, prefix: keyParts, after: keyParts })
export type ScanQuestion = Infer<typeof scanQuestion>

/** `next`: where to go on; empty: this was the end. The rows themselves are proven by asking for their keys. */
export const scanAnswer = object({ keys: list(keyParts, MAX_ROWS_ASKED), next: keyParts })
export type ScanAnswer = Infer<typeof scanAnswer>

export const MAX_WAIT_MS = 20_000
/** Events of blocks above a height that the asker may hear; waits so long for one where there is none. */
export const eventsQuestion = object({ after: uint(), waitMs: uint(MAX_WAIT_MS) })
export type EventsQuestion = Infer<typeof eventsQuestion>

/** `upTo`: there is no other event for the asker up to this height. The tip is attested where it has a block. */
export const eventsAnswer = object({
  blocks: list(provenEvents, 256),
  upTo: uint(),
  tip: attested,
  /** `embedded`: how fresh the tip is. */
  statement: nullable(statusStatement),
})
export type EventsAnswer = Infer<typeof eventsAnswer>
