// needs: cometbft
import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { until } from "../../testing/comet-calls.ts"
import { Cluster, type ClusterNode } from "../../testing/comet-cluster.ts"

/** Long enough for two blocks to be apart on a busy machine; CometBFT's heartbeat is 300 ms. */
const STALL_MS = 8_000
/** Of the node whose engine is frozen: a needless restart would do no harm there. */
const SHORT_STALL_MS = 4_000

const notices = async (node: ClusterNode) => (await node.watched()).notices
const stalled = async (node: ClusterNode) =>
  (await node.ask<{ stalled?: { since: number; why: string } }>({ do: "details" })).stalled

describe("four validators, some of which stand still", () => {
  let cluster: Cluster
  before(async () => {
    // Two more follow the ledger and validate nothing: they stand at the same height, and do not count.
    cluster = await Cluster.plan({ heartbeatMs: 300, more: ["follower", "reader"] })
    await Promise.all(
      cluster.nodes.map((node, i) => node.start({ stallAfterMs: i === 3 ? SHORT_STALL_MS : STALL_MS })),
    )
    await cluster.nodes[3].reaches(3)
  })
  after(() => cluster?.end())

  it("CometBFT lives and does not answer: it is started again and catches up", async () => {
    const [first, , , victim] = cluster.nodes
    victim.freezeEngine()
    await until(async () => (await notices(victim)).length > 0)
    await victim.reaches((await first.tip()).height + 2)
    await until(async () => (await notices(victim)).some((one) => one.startsWith("blocks come again")))
    const [why] = await notices(victim)
    assert.match(why, /^restart: no block for \d+ s: CometBFT does not answer/)
    assert.deepEqual(await notices(first), [])
    await cluster.agree()
  })

  it("two are stopped: the others say what they wait for, restart nothing, and say when blocks come", async () => {
    const [first, second, third, fourth] = cluster.nodes
    await Promise.all([third.stop(), fourth.stop()])
    const waiting = [first, second]
    for (const node of waiting) {
      await until(async () => (await notices(node)).length > 0)
      assert.match((await stalled(node))?.why ?? "", /^only 2 of 4 validators vote on block \d+/)
    }
    const { height } = await first.tip()
    await third.start()
    for (const node of waiting) {
      await until(async () => (await notices(node)).length > 1)
      const said = await notices(node)
      assert.equal(said.length, 2)
      assert.match(
        said[0],
        /^no block for \d+ s: only 2 of 4 validators vote on block \d+ \(3 peers are connected/,
      )
      assert.match(said[1], /^blocks come again, after \d+ s without one$/)
      assert.equal(await stalled(node), undefined)
    }
    await third.reaches(height + 1)
  })
})
