import { type LedgerEvent, type PayloadId, PlatformError, type ProvenEvents, type Receipt } from "@aceso/core"
import { checkpointOf } from "./block.ts"
import type { Chain } from "./chain.ts"
import type { OpenedBlock } from "./opened-blocks.ts"

/** What a chain proves of its blocks; who attests them is the engine's to add. */

/** @throws PlatformError `unknown_transaction` */
export function receiptOf(chain: Chain, payloadId: PayloadId): Omit<Receipt, "operator" | "comet"> {
  const { height, index } = placeOf(chain, payloadId)
  const opened = chain.opened(height)
  const { envelopes, results } = opened.block
  const result = results[index]
  return {
    envelope: envelopes[index],
    rejection: result.ok ? null : result.rejection,
    transaction: opened.inclusion("envelopes", index),
    resultPath: opened.path("results", index),
    ...provenIn(chain, opened, opened.eventsOf(index)),
  }
}

/** Where a transaction stands. @throws PlatformError `unknown_transaction` */
export function placeOf(chain: Chain, payloadId: PayloadId) {
  const place = chain.find(payloadId)
  if (place) return place
  throw new PlatformError(
    "unknown_transaction",
    "no block holds a transaction with this id; check the id or ask later",
  )
}

/** Some events of a block. */
export function eventsOf(
  chain: Chain,
  height: number,
  isWanted: (event: LedgerEvent) => boolean,
): Omit<ProvenEvents, "operator" | "comet"> {
  const opened = chain.opened(height)
  return provenIn(
    chain,
    opened,
    opened.block.events.flatMap((event, at) => (isWanted(event) ? [at] : [])),
  )
}

/** Events of a block, and what leads from them to its checkpoint. @param places of the events among all of the block */
export function provenIn(
  chain: Chain,
  opened: OpenedBlock,
  places: readonly number[],
): Omit<ProvenEvents, "operator" | "comet"> {
  const { block, leaves, roots } = opened
  return {
    events: places.map((at) => ({ bytes: leaves.events[at], inclusion: opened.inclusion("events", at) })),
    resultsRoot: roots.resultsRoot,
    eventsRoot: roots.eventsRoot,
    previousHistory: chain.previousHistory(block.height),
    checkpoint: checkpointOf(chain.network, block),
  }
}
