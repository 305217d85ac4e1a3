// needs: cometbft
import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { MAX_LIFETIME_MS, type PlatformError } from "@aceso/core"
import { accepted, admission, enrolment, propose } from "../../testing/comet-calls.ts"
import { Cluster, type ClusterNode } from "../../testing/comet-cluster.ts"

const TRANSACTIONS = 12
const WAITING = 5
const BLOCKS = 10
const quota = { windowMs: 10 ** 12, bytes: 2 ** 30, transactions: TRANSACTIONS, urgentTransactions: 5 }

describe("what waits in the mempool", () => {
  let cluster: Cluster
  let node: ClusterNode
  before(async () => {
    cluster = await Cluster.start({ names: ["authority"], quota })
    node = cluster.nodes[0]
    await accepted(node, propose([admission("city")]))
  })
  after(() => cluster?.end())

  it("counts against the quota over blocks, and is in a block at last", async () => {
    // They may be in a block in some seconds only: until then CometBFT holds them.
    const waiting = Array.from({ length: WAITING }, () =>
      node.submit(enrolment("city", MAX_LIFETIME_MS + 6_000)),
    )
    for (let i = 0; i < BLOCKS; i++) await accepted(node, propose([admission(`member-${i}`)]))
    const sent = await Promise.all(
      Array.from({ length: TRANSACTIONS - WAITING + 1 }, () =>
        accepted(node, enrolment("city")).then(
          () => "accepted",
          (error: PlatformError) => error.code,
        ),
      ),
    )
    assert.deepEqual(Map.groupBy(sent, (one) => one).get("quota_exceeded"), ["quota_exceeded"], String(sent))
    assert.equal(sent.filter((one) => one === "accepted").length, TRANSACTIONS - WAITING)
    for (const { result } of await Promise.all(waiting)) assert.ok(result.ok, result.rejection)
  })
})
