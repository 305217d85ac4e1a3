// needs: cometbft
import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { MAX_LIFETIME_MS, type PlatformError } from "@aceso/core"
import { accepted, admission, enrolment, propose } from "../../testing/comet-calls.ts"
import { Cluster, type ClusterNode } from "../../testing/comet-cluster.ts"

const TRANSACTIONS = 12
const WAITING = 5
const BLOCKS = 10
/** aceso-cometbft/main.go, recheckEvery. */
const RECHECK_EVERY_MS = 5_000
const quota = { windowMs: 10 ** 12, bytes: 2 ** 30, transactions: TRANSACTIONS, urgentTransactions: 5 }

describe("a mempool that is seldom rechecked", () => {
  let cluster: Cluster
  let node: ClusterNode
  before(async () => {
    cluster = await Cluster.start({ names: ["authority"], quota })
    node = cluster.nodes[0]
    await accepted(node, propose([admission("city")]))
  })
  after(() => cluster?.end())

  it("counts what waits there against the quota over blocks, and has it in a block at last", async () => {
    const start = performance.now()
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
    const { rechecks } = await node.watched()
    const rounds = 1 + Math.floor((performance.now() - start) / RECHECK_EVERY_MS)
    assert.deepEqual(Map.groupBy(sent, (one) => one).get("quota_exceeded"), ["quota_exceeded"], String(sent))
    assert.equal(sent.filter((one) => one === "accepted").length, TRANSACTIONS - WAITING)
    // Else every block would ask about each of them.
    assert.ok(rechecks <= rounds * TRANSACTIONS, `${rechecks} rechecks in ${rounds} rounds`)
    assert.ok(rounds * TRANSACTIONS < BLOCKS * WAITING, `${rounds} rounds: the machine is too slow to tell`)
    for (const { result } of await Promise.all(waiting)) assert.ok(result.ok, result.rejection)
  })
})
