// needs: cometbft
import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { setTimeout as delay } from "node:timers/promises"
import { admission, NETWORK, propose } from "../../testing/comet-calls.ts"
import { Cluster, type ClusterNode } from "../../testing/comet-cluster.ts"
import type { KillPoint } from "../../testing/comet-node.ts"
import { envelopeOf, handleOf, seedOf } from "../../testing/network.ts"

let next = 0
const enrol = () =>
  envelopeOf(
    NETWORK,
    {
      contract: "people",
      action: "enrolWithoutKey",
      input: { handles: [handleOf(`patient ${next++}`)] },
    },
    seedOf("city"),
  )

/** Sends one after the other until told to stop; remembers what was acknowledged. */
function load(node: ClusterNode) {
  const acknowledged: number[] = []
  let isOver = false
  const work = (async () => {
    while (!isOver)
      try {
        const { height, result } = await node.submit(enrol())
        assert.equal(result.ok, true)
        acknowledged.push(height)
      } catch (error) {
        if ((error as { code?: string }).code !== "node_gone") throw error
        await delay(100)
      }
  })()
  return {
    acknowledged,
    stop: async () => {
      isOver = true
      await work
    },
  }
}

/** Every acknowledged transaction lies in the block that was named; blocks are the same on all nodes. */
async function nothingLost(cluster: Cluster, acknowledged: readonly number[]): Promise<void> {
  await cluster.agree()
  const perHeight = Map.groupBy(acknowledged, (height) => height)
  for (const [height, all] of perHeight) {
    const { transactions } = await cluster.nodes[0].ask<{ transactions: number }>({ do: "block", height })
    assert.ok(
      transactions >= all.length,
      `block ${height} holds ${transactions}, acknowledged were ${all.length}`,
    )
  }
}

describe("four validators, kill -9", () => {
  let cluster: Cluster
  before(async () => {
    cluster = await Cluster.start()
    assert.equal((await cluster.nodes[0].submit(propose([admission("city")]))).result.ok, true)
  })
  after(() => cluster?.end())

  for (const point of [
    "before-finalize-answer",
    "before-commit",
    "after-commit",
  ] as const satisfies KillPoint[])
    it(`${point}: the node comes back with the others' state, nothing acknowledged is lost`, async () => {
      const [first, , , victim] = cluster.nodes
      const sender = load(first)
      await victim.ask({ do: "killAt", point })
      await victim.gone()
      await sender.stop()
      await victim.start()
      const { height } = await first.submit(enrol())
      while ((await victim.tip()).height < height) await delay(50)
      await nothingLost(cluster, sender.acknowledged)
    })

  it("20 times at random under load, application or engine", async () => {
    const sender = load(cluster.nodes[0])
    for (let i = 0; i < 20; i++) {
      const victim = cluster.nodes[1 + (i % 3)]
      await delay(Math.random() * 150)
      if (i % 4 === 3) victim.killEngine()
      else {
        await victim.kill()
        await victim.start()
      }
      // Two at once would be more than four bear: the next is killed when the chain has gone on.
      const soFar = sender.acknowledged.length
      while (sender.acknowledged.length < soFar + 2) await delay(20)
    }
    await sender.stop()
    await nothingLost(cluster, sender.acknowledged)
  })

  it("goes on with one stopped, halts with two, and resumes by itself", async () => {
    const [first, , third, fourth] = cluster.nodes
    await fourth.stop()
    assert.equal((await first.submit(enrol())).result.ok, true)
    await third.stop()
    const { height } = await first.tip()
    const waiting = first.submit(enrol())
    let isDone = false
    waiting.then(
      () => {
        isDone = true
      },
      () => {},
    )
    await delay(3_000)
    // At most the block that was under way when the third one stopped.
    assert.ok((await first.tip()).height <= height + 1)
    assert.equal(isDone, false)
    await third.start()
    assert.equal((await waiting).result.ok, true)
    await fourth.start()
    await cluster.agree()
  })
})
