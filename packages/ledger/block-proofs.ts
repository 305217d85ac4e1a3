import {
  type Bytes,
  inclusionPath,
  inclusionPaths,
  type LedgerEvent,
  type PayloadId,
  PlatformError,
  type ProvenEvents,
  type Receipt,
} from "@aceso/core"
import { type Block, type BlockLeaves, checkpointOf, leavesOf, rootsOf } from "./block.ts"
import type { Chain } from "./chain.ts"

/** What a chain proves of its blocks; who attests them is the engine's to add. */

/** Where leaves of one tree stand in it. */
function inclusionsIn(all: readonly Bytes[]) {
  const pathTo = inclusionPaths(all)
  return (index: number) => ({ index, size: all.length, path: pathTo(index) })
}

/** @throws PlatformError `unknown_transaction` */
export function receiptOf(chain: Chain, payloadId: PayloadId): Omit<Receipt, "operator" | "comet"> {
  const place = chain.find(payloadId)
  if (!place)
    throw new PlatformError(
      "unknown_transaction",
      "no block holds a transaction with this id; check the id or ask later",
    )
  const block = chain.block(place.height)
  const leaves = leavesOf(block)
  const result = block.results[place.index]
  return {
    envelope: block.envelopes[place.index],
    rejection: result.ok ? null : result.rejection,
    transaction: inclusionsIn(leaves.envelopes)(place.index),
    resultPath: inclusionPath(leaves.results, place.index),
    ...ofBlock(chain, block, leaves, ({ transaction }) => transaction === place.index),
  }
}

/** Some events of a block. */
export function eventsOf(
  chain: Chain,
  height: number,
  isWanted: (event: LedgerEvent) => boolean,
): Omit<ProvenEvents, "operator" | "comet"> {
  const block = chain.block(height)
  return ofBlock(chain, block, leavesOf(block), isWanted)
}

/** Events of a block, and what leads from them to its checkpoint. */
function ofBlock(
  chain: Chain,
  block: Block,
  leaves: BlockLeaves,
  isWanted: (event: LedgerEvent) => boolean,
): Omit<ProvenEvents, "operator" | "comet"> {
  const { resultsRoot, eventsRoot } = rootsOf(leaves)
  const inclusionOf = inclusionsIn(leaves.events)
  return {
    events: block.events.flatMap((event, i) =>
      isWanted(event) ? [{ bytes: leaves.events[i], inclusion: inclusionOf(i) }] : [],
    ),
    resultsRoot,
    eventsRoot,
    previousHistory: chain.previousHistory(block.height),
    checkpoint: checkpointOf(chain.network, block),
  }
}
