import { verifyAttestation } from "./attestation.ts"
import { attestedFields } from "./attested.ts"
import { equalBytes } from "./bytes.ts"
import { nextHistory } from "./checkpoint.ts"
import { PlatformError } from "./errors.ts"
import type { GenesisDocument } from "./genesis.ts"
import { hash32 } from "./ids.ts"
import { inclusion } from "./inclusion.ts"
import { verifyInclusion } from "./merkle.ts"
import { type LedgerEvent, readEvent } from "./result.ts"
import { bytes, type Infer, list, object } from "./schema.ts"

/** Some of the events of one block (result.ts, eventBytes), each with its way to the block's checkpoint. */
export const provenEvents = object({
  events: list(object({ bytes: bytes(1, 262_144), inclusion }), 100_000, 1),
  resultsRoot: hash32,
  eventsRoot: hash32,
  previousHistory: hash32,
  ...attestedFields,
})
export type ProvenEvents = Infer<typeof provenEvents>

/**
 * The events, once each of them is shown to be of the block.
 * @throws PlatformError `bad_proof` with the first link that fails
 */
export function verifyEvents(proven: ProvenEvents, anchor: GenesisDocument): readonly LedgerEvent[] {
  const bad = (why: string) => new PlatformError("bad_proof", `the events are not proven: ${why}`)
  const { checkpoint, eventsRoot, resultsRoot, previousHistory } = proven
  const roots = { txRoot: checkpoint.txRoot, resultsRoot, eventsRoot }
  if (!equalBytes(nextHistory(previousHistory, checkpoint.height, roots), checkpoint.historyHash))
    throw bad("the history hash does not follow from the block")
  verifyAttestation(proven, anchor, bad)
  return proven.events.map(({ bytes, inclusion: { index, size, path } }) => {
    if (!verifyInclusion(eventsRoot, bytes, index, size, path)) throw bad("an event is not in the block")
    return readEvent(bytes, checkpoint.height)
  })
}
