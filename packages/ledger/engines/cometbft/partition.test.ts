// needs: cometbft
import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { accepted, admission, enrolment, propose, until } from "../../testing/comet-calls.ts"
import { Cluster, type ClusterNode } from "../../testing/comet-cluster.ts"
import { Network } from "../../testing/comet-proxy.ts"

const names = ["authority", "city", "county", "clinic"]
const sides = [
  ["authority", "city"],
  ["county", "clinic"],
]

interface Consensus {
  readonly round_state: {
    readonly "height/round/step": string
    readonly height_vote_set: readonly { readonly prevotes_bit_array: string }[]
  }
}
/** Where CometBFT stands, and how many prevotes of the height's first round it has. */
async function consensus(node: ClusterNode) {
  const { round_state } = await node.rpc<Consensus>("consensus_state")
  const [height, round, step] = round_state["height/round/step"].split("/").map(Number)
  const bits = /BA\{\d+:([x_]+)\}/.exec(round_state.height_vote_set[0].prevotes_bit_array)?.[1] ?? ""
  return { height, round, step, prevotes: bits.replaceAll("_", "").length }
}

describe("two of four parted from the other two", () => {
  let network: Network
  let cluster: Cluster
  before(async () => {
    network = await Network.listen(names)
    cluster = await Cluster.start({ names, ports: network.ports })
    await accepted(cluster.nodes[0], propose([admission("city")]))
  })
  after(async () => {
    await cluster?.end()
    await network.close()
  })

  /** Resolves when all stand at the same height and wait for transactions; gives the newest block's height. */
  const rest = () =>
    until(async () => {
      const all = await Promise.all(cluster.nodes.map(consensus))
      // Step 2: a new round whose block waits for transactions.
      return all.every(({ height, step }) => height === all[0].height && step === 2) && all[0].height - 1
    })

  for (const how of ["cut", "silent"] as const)
    it(`neither side makes a block (${how}); healed, all go on by themselves and nothing is lost`, async () => {
      await until(async () => {
        const { peers } = await cluster.nodes[3].ask<{ peers: number }>({ do: "details" })
        return peers === 3
      })
      const tip = await rest()
      network.part(sides, how)
      let answered = 0
      const waiting = [cluster.node("authority"), cluster.node("clinic")].map(async (node) => {
        const height = await accepted(node, enrolment("city"))
        answered++
        return height
      })
      // Both sides have every vote that they can get: two of four.
      for (const node of cluster.nodes)
        await until(async () => {
          const { height, round, prevotes } = await consensus(node)
          assert.deepEqual([height, round], [tip + 1, 0])
          return prevotes === 2
        })
      for (const node of cluster.nodes) {
        assert.equal((await node.tip()).height, tip)
        // Own state is read all the same: a custodian obeys what its patients deliver meanwhile.
        assert.equal((await node.row<{ status: string }>("members", ["city"]))?.status, "active")
      }
      assert.equal(answered, 0)
      network.heal()
      const heights = await Promise.all(waiting)
      for (const height of heights) assert.ok(height > tip)
      await accepted(cluster.nodes[2], enrolment("city"))
      await cluster.agree()
    })
})
