import { attestedFields } from "./attested.ts"
import { hash32 } from "./ids.ts"
import { inclusion } from "./inclusion.ts"
import { bytes, type Infer, list, nullable, object, text } from "./schema.ts"

/** Everything that convinces a third party offline, down to the anchor that he names. */
export const receipt = object({
  envelope: bytes(1, 262_144),
  /** null: accepted; else the rejection. */
  rejection: nullable(text(64)),
  /** The encoded events of this transaction with their inclusion (result.ts, eventBytes). */
  events: list(object({ bytes: bytes(1, 262_144), inclusion }), 1000),
  transaction: inclusion,
  /** The result's path; its index and size are the transaction's. */
  resultPath: list(hash32, 64),
  resultsRoot: hash32,
  eventsRoot: hash32,
  previousHistory: hash32,
  ...attestedFields,
})
export type Receipt = Infer<typeof receipt>
