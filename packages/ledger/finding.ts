import {
  type FindAnswer,
  type FindQuestion,
  type FoundTransaction,
  MAX_FOUND,
  PlatformError,
  readEnvelope,
} from "@aceso/core"
import type { Chain } from "./chain.ts"
import type { FoundInBlock, SoughtBy } from "./found-index.ts"
import { holdsAll, type Reader } from "./readers.ts"

/** Blocks that one question reads at most, and bytes of them; the answer says where to go on. */
const BLOCKS_AT_ONCE = 500
const BYTES_AT_ONCE = 4 * 2 ** 20

/**
 * Transactions by contract and member. Where a search goes on tells of nothing that is left out: what is not for the reader
 * is not in the part of the index that is read for them.
 * @throws PlatformError `bad_input` where neither is named
 */
export function findTransactions(
  chain: Chain,
  { contract, member, before, limit }: FindQuestion,
  reader: Reader,
): FindAnswer {
  const open = !holdsAll(reader) && (member === null || reader.member?.member !== member)
  const sought: SoughtBy[] = [
    ...(member === null ? [] : [{ open, by: "member", name: member } as const]),
    ...(contract === null ? [] : [{ open, by: "contract", name: contract } as const]),
  ]
  if (sought.length === 0)
    throw new PlatformError("bad_input", "name a contract or a member whose transactions are sought")
  const { finding } = chain
  const most = Math.max(1, Math.min(limit, MAX_FOUND))
  const found: FoundTransaction[] = []
  const durable = chain.durableHeight + 1
  const below = before ? Math.min(before.height + 1, durable) : durable
  let blocks = 0
  let sizeBytes = 0
  let next: FindAnswer["next"] = null
  for (const inBlock of finding.found(sought[0], below)) {
    const { height } = inBlock
    // Nothing of this block was looked at: all of it is still to come.
    if (blocks++ === BLOCKS_AT_ONCE || sizeBytes > BYTES_AT_ONCE) {
      next = { height, index: END }
      break
    }
    const others = sought.slice(1).map((one) => new Set(finding.at(one, height)))
    const wanted = indexesBelow(inBlock, before).filter((index) => others.every((one) => one.has(index)))
    if (wanted.length === 0) continue
    if (found.length === most) {
      next = { height, index: END }
      break
    }
    sizeBytes += chain.summary(height).sizeBytes
    const taken = wanted.slice(0, most - found.length)
    const block = chain.block(height)
    found.push(...taken.map((index) => foundIn(block, index)))
    if (taken.length < wanted.length) {
      next = { height, index: taken[taken.length - 1] }
      break
    }
  }
  return { found, next, from: finding.from ?? durable }
}

/** Behind every transaction of a block. */
const END = 2 ** 32

const indexesBelow = ({ height, indexes }: FoundInBlock, before: FindQuestion["before"]): readonly number[] =>
  (before?.height === height ? indexes.filter((index) => index < before.index) : indexes).toReversed()

function foundIn(
  { height, envelopes, results }: ReturnType<Chain["block"]>,
  index: number,
): FoundTransaction {
  const { payload, payloadId } = readEnvelope(envelopes[index])
  const result = results[index]
  const { contract, action } = payload
  return { height, index, payloadId, contract, action, rejection: result.ok ? null : result.rejection }
}
