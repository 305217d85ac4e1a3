import type { Blocks } from "@aceso/client/blocks.ts"
import { type Checkpoint, equalBytes, type GenesisDocument, PlatformError } from "@aceso/core"
import { faultsOfHeads } from "@aceso/core/explorer.ts"

const PAGE = 100
/** So many blocks are looked at, from the newest that a checkpoint is of. */
const PAGES = 8

/** Checkpoints beside the ledger of the node: which are its blocks; how many are of blocks that it does not have yet. */
export interface Compared {
  /** Heights. */
  readonly same: ReadonlySet<number>
  readonly ahead: number
}

/** @throws PlatformError `bad_checkpoints` where one is of another history, `bad_proof` of the node */
export async function comparedWith(
  blocks: Pick<Blocks, "heads">,
  genesis: GenesisDocument,
  checkpoints: ReadonlyMap<number, Checkpoint>,
): Promise<Compared> {
  const { verifyAttestation } = await import("@aceso/core/attestation.ts")
  const headsBelow = async (before: number, limit: number) => {
    const question = { before, limit }
    const answer = await blocks.heads(question)
    if (faultsOfHeads(question, answer, genesis, verifyAttestation).size > 0)
      throw new PlatformError("bad_proof", "blocks that the node shows do not follow from each other")
    return answer.heads
  }
  const [newest] = await headsBelow(0, 1)
  const heights = [...checkpoints.keys()].sort((a, b) => b - a)
  const tip = newest?.height ?? 0
  const ahead = heights.filter((height) => height > tip).length
  const same = new Set<number>()
  let before = Math.min(heights[0], tip) + 1
  for (let page = 0; page < PAGES && before > heights[heights.length - 1]; page++) {
    const heads = await headsBelow(before, PAGE)
    for (const { height, historyHash, stateRoot } of heads) {
      const checkpoint = checkpoints.get(height)
      if (!checkpoint) continue
      if (!equalBytes(historyHash, checkpoint.historyHash) || !equalBytes(stateRoot, checkpoint.stateRoot))
        throw new PlatformError(
          "bad_checkpoints",
          `the checkpoint of block ${height} is of another history than this node's ledger`,
        )
      same.add(height)
    }
    const last = heads.at(-1)
    if (!last) break
    before = last.height
  }
  return { same, ahead }
}
