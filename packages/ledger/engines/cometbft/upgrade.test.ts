// needs: cometbft
import assert from "node:assert/strict"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { decodeBlock } from "../../block.ts"
import { SegmentLog } from "../../log/segment-log.ts"
import { accepted, call, NETWORK, propose } from "../../testing/comet-calls.ts"
import { Cluster, type ClusterNode } from "../../testing/comet-cluster.ts"
import { counterInGenesis, counterSources, type RulesName } from "../../testing/comet-rules.ts"
import { FOUNDER } from "../../testing/network.ts"

const count = () => call("counter", "count", {}, FOUNDER)
const SENTENCE = (height: number) =>
  new RegExp(
    `^clinic: from block ${height} on the network executes counter version 2 with sources [0-9a-f]{64}, ` +
      "which this node does not have: install the release that holds it and start the node again\\n$",
  )

describe("a contract's new version", () => {
  let cluster: Cluster
  let first: ClusterNode
  let switchAt: number
  /** Height and version of each count. */
  const ran: { height: number; version: number }[] = []
  async function counts(node = first): Promise<number> {
    const height = await accepted(node, count())
    const [{ data }] = await node.events<{ version: number }>(height)
    ran.push({ height, version: data.version })
    return height
  }

  before(async () => {
    cluster = await Cluster.start({
      contracts: [counterInGenesis],
      rules: (name) => (name === "clinic" ? "counterOfBefore" : "counter"),
    })
    first = cluster.nodes[0]
  })
  after(() => cluster?.end())

  it("takes effect at its height on all nodes that have it, one of them restarted in between", async () => {
    const [, second, third] = cluster.nodes
    await counts()
    switchAt = (await first.tip()).height + 10
    const activation = {
      do: "activate",
      contract: "counter",
      version: 2,
      sources: counterSources(2),
      height: switchAt,
    }
    await accepted(first, propose([activation]))
    await third.stop()
    await counts(second)
    await third.start()
    await counts(third)
    while ((await counts()) < switchAt + 4);
    for (const { height, version } of ran)
      assert.equal(version, height < switchAt ? 1 : 2, `height ${height}`)
    const old = ran.filter(({ version }) => version === 1).length
    assert.ok(old >= 3 && ran.length - old >= 2)
    for (const node of cluster.nodes.slice(0, 3)) {
      await node.reaches((await first.tip()).height)
      assert.deepEqual(await node.row("counters", []), {
        value: old + 2 * (ran.length - old),
        calls: ran.length,
      })
    }
  })

  it("ends the node that lacks it before that height, with one sentence; the others go on", async () => {
    const clinic = cluster.node("clinic")
    await clinic.gone()
    assert.equal(clinic.exitCode, 1)
    assert.match(clinic.said, SENTENCE(switchAt))
    let last = 0
    const log = SegmentLog.open(join(cluster.folder, "clinic", "log"), NETWORK, (body) => {
      last = decodeBlock(body).height
    })
    log.close()
    assert.equal(last, switchAt - 1)
    await counts()
  })

  /** Starts the clinic's node, which may end before it is ready or after. */
  async function endsAgain(rulesName: RulesName): Promise<void> {
    const clinic = cluster.node("clinic")
    await clinic.start({ rulesName }).catch(() => {})
    await counts()
    await clinic.gone()
    assert.equal(clinic.exitCode, 1)
    assert.match(clinic.said, /counter version 2 with sources [0-9a-f]{64}, which this node does not have/)
  }

  it("does not let that node start without the code, and catches up with it", async () => {
    await endsAgain("counterOfBefore")
    const clinic = cluster.node("clinic")
    await clinic.start({ rulesName: "counter" })
    await counts(clinic)
    await cluster.agree()
  })

  it("ends a node whose sources of that version are others", async () => {
    const clinic = cluster.node("clinic")
    await clinic.stop()
    await endsAgain("counterOfOthers")
    await clinic.start({ rulesName: "counter" })
    await counts(clinic)
    await cluster.agree()
  })

  it("gives contract_fault without writes when an action throws, with an alarm at each node", async () => {
    const rows = await first.scan("counters")
    const { height, result } = await first.submit(call("counter", "fault", {}, FOUNDER))
    assert.deepEqual(result, { ok: false, rejection: "contract_fault" })
    assert.deepEqual(await first.events(height), [])
    for (const node of cluster.nodes) {
      await node.reaches(height)
      assert.deepEqual(await node.scan("counters"), rows)
      assert.deepEqual((await node.watched()).alarms, ["counter.fault: a bug of the counter"])
    }
    await counts()
    await cluster.agree()
  })

  it("refuses the action once governance has disabled it, until it is enabled again", async () => {
    const change = (what: string) => propose([{ do: what, contract: "counter", action: "fault" }])
    const fault = (node: ClusterNode) => node.submit(call("counter", "fault", {}, FOUNDER))
    await accepted(first, change("disableAction"))
    await assert.rejects(fault(first), { code: "action_disabled" })
    await counts()
    await accepted(first, change("enableAction"))
    assert.equal((await fault(first)).result.rejection, "contract_fault")
    await counts()
    await cluster.agree()
  })
})
