// needs: cometbft
import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { accepted, admission, NETWORK, propose, call as signed } from "../../testing/comet-calls.ts"
import { Cluster, type ClusterNode } from "../../testing/comet-cluster.ts"
import { type Call, envelopeOf, FOUNDER, seedOf } from "../../testing/network.ts"
import { activateQuestion, ask, keySeed, step } from "../../testing/questions.ts"

/** Any transaction: the chain moves. */
const block = () => signed("governance", "setUrl", { url: "https://authority.example" }, FOUNDER)

describe("a process that comes to a network of validators", () => {
  let cluster: Cluster
  before(async () => {
    cluster = await Cluster.start({ rules: (name) => (name === "clinic" ? "contracts" : "question") })
  })
  after(() => cluster?.end())

  it("is executed by those that have it; who lacks it stops before its height with one sentence", async () => {
    const [first] = cluster.nodes
    const height = (await first.tip()).height + 4
    await accepted(first, propose([activateQuestion(height)]))
    while ((await first.tip()).height < height) await accepted(first, block())
    const clinic = cluster.node("clinic")
    await clinic.gone()
    assert.equal(clinic.exitCode, 1)
    assert.match(
      clinic.said,
      new RegExp(
        `^clinic: from block ${height} on the network executes cases\\.question version 1 with sources [0-9a-f]{64}, which this node does not have: install the release that holds it and start the node again\\n$`,
      ),
    )
  })

  it("cases are opened, answered and closed; the one that stopped follows with the release that has it", async () => {
    const [first, second] = cluster.nodes
    await accepted(first, propose([admission("city")]))
    const { call, id, sponsor } = ask("ann", "city")
    const send = (node: ClusterNode, one: Call, ...signers: Uint8Array[]) =>
      node.submit(envelopeOf(NETWORK, one, ...signers))
    assert.deepEqual((await send(first, call, keySeed("ann"), seedOf(sponsor))).result, { ok: true })
    assert.deepEqual((await send(second, step(id, 1, "answer", "an answer"), seedOf("city"))).result, {
      ok: true,
    })
    const closed = await send(first, step(id, 2, "close"), keySeed("ann"))
    assert.deepEqual(closed.result, { ok: true })
    // The purse pays for it; what comes after the end is refused, and paid as well.
    assert.deepEqual((await send(first, step(id, 3, "close"), keySeed("ann"))).result, {
      ok: false,
      rejection: "case_ended",
    })
    const clinic = cluster.node("clinic")
    await clinic.start({ rulesName: "question" })
    await cluster.agree()
    assert.equal((await clinic.row<{ state: string }>("cases", [id]))?.state, "closed")
  })
})
