// needs: cometbft
import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { accepted, admission, propose } from "../../testing/comet-calls.ts"
import { Cluster, type ClusterNode } from "../../testing/comet-cluster.ts"

const HEARTBEAT_MS = 100
/** An hour at 30 s; more would take CometBFT a minute at any heartbeat. */
const EMPTY_BLOCKS = 120
/** home.ts, timeout_commit: what lies between two blocks even if nothing rests. */
const COMMIT_MS = 100
/** CometBFT gives headers in pages of twenty. */
const PAGE = 20

interface Header {
  readonly height: string
  readonly time: string
  readonly app_hash: string
}
interface Page {
  readonly block_metas: readonly { readonly header: Header; readonly num_txs: string }[]
}

/** Headers from one height to another, oldest first. */
async function headers(node: ClusterNode, from: number, to: number): Promise<Header[]> {
  const found: Header[] = []
  for (let low = from; low <= to; low += PAGE) {
    const max = Math.min(to, low + PAGE - 1)
    const page = await node.rpc<Page>("blockchain", { minHeight: String(low), maxHeight: String(max) })
    found.push(...page.block_metas.map(({ header }) => header).reverse())
  }
  assert.deepEqual(
    found.map(({ height }) => Number(height)),
    Array.from({ length: to - from + 1 }, (_, i) => from + i),
  )
  return found
}

describe("heartbeats", () => {
  let cluster: Cluster
  let first: ClusterNode
  let quiet: string
  before(async () => {
    cluster = await Cluster.start({ heartbeatMs: HEARTBEAT_MS })
    first = cluster.nodes[0]
  })
  after(() => cluster?.end())

  it(`${EMPTY_BLOCKS} empty blocks leave the application hash as it was, and CometBFT rests before each`, async () => {
    // Header 1 has the hash of genesis as InitChain gave it, header 2 that of block 1.
    await first.reaches(EMPTY_BLOCKS + 2)
    const all = await headers(first, 2, EMPTY_BLOCKS + 2)
    const hashes = new Set(all.map(({ app_hash }) => app_hash))
    assert.equal(hashes.size, 1)
    quiet = all[0].app_hash
    // By the blocks' own time: a slow machine only makes it longer.
    const took = Date.parse(all[EMPTY_BLOCKS].time) - Date.parse(all[0].time)
    const least = EMPTY_BLOCKS * (HEARTBEAT_MS + COMMIT_MS)
    assert.ok(
      took >= 0.95 * least,
      `${EMPTY_BLOCKS} blocks in ${took} ms, they should take ${least} at least`,
    )
  })

  it("one transaction changes the application hash once, on all nodes", async () => {
    const height = await accepted(cluster.nodes[1], propose([admission("city")]))
    await first.reaches(height + 12)
    for (const node of cluster.nodes) {
      await node.reaches(height + 12)
      const hashes = (await headers(node, height - 5, height + 12)).map(({ app_hash }) => app_hash)
      const changed = hashes[hashes.length - 1]
      assert.notEqual(changed, quiet)
      // Block `height` is in the header after it.
      assert.deepEqual(hashes, [...Array(6).fill(quiet), ...Array(12).fill(changed)])
    }
    await cluster.agree(height - 5)
  })
})
