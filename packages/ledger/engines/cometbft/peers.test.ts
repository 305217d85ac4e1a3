// needs: cometbft
import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { accepted, admission, enrolment, propose, until } from "../../testing/comet-calls.ts"
import { Cluster, type ClusterNode, peerIdOf } from "../../testing/comet-cluster.ts"
import { answerFilter } from "./peer-filter.ts"

const names = ["authority", "city", "county", "clinic"]
const stranger = peerIdOf("stranger")
const others = (name: string) => names.filter((one) => one !== name).map(peerIdOf)
const times = (ids: readonly string[]) => ids.filter((id) => id === stranger).length

describe("what CometBFT asks before it talks to a peer", () => {
  const known = "ab".repeat(20)
  const asked: string[] = []
  const answer = (path: string) =>
    answerFilter(path, (nodeId) => {
      asked.push(nodeId)
      return nodeId === known
    })

  it("an address is let in, the id decides", async () => {
    assert.equal(await answer("/p2p/filter/addr/10.0.0.1:26656"), true)
    assert.equal(await answer(`/p2p/filter/id/${known}`), true)
    assert.equal(await answer(`/p2p/filter/id/${"cd".repeat(20)}`), false)
    assert.deepEqual(asked.splice(0), [known, "cd".repeat(20)])
  })

  for (const id of [
    "",
    known.toUpperCase(),
    known.slice(1),
    `${known}0`,
    `${known}/`,
    ` ${known}`,
    `${known}\n`,
  ])
    it(`refuses an id that is none, without asking: ${JSON.stringify(id)}`, async () => {
      assert.equal(await answer(`/p2p/filter/id/${id}`), false)
      assert.deepEqual(asked, [])
    })

  for (const path of ["", "/p2p/filter/", "/p2p/filter/id", "/store/key", `/x/p2p/filter/id/${known}`])
    it(`is not asked by the path ${JSON.stringify(path)}`, async () =>
      assert.equal(await answer(path), undefined))
})

describe("an outsider with the genesis and the validators' addresses", () => {
  let cluster: Cluster
  let outsider: ClusterNode
  before(async () => {
    cluster = await Cluster.start({ names, strangers: ["stranger"] })
    outsider = cluster.node("stranger")
    await accepted(cluster.nodes[0], propose([admission("city")]))
    await accepted(cluster.nodes[0], enrolment("city"))
  })
  after(() => cluster?.end())

  const validators = () => cluster.nodes.slice(0, names.length)
  /** Resolves when the validator has refused the outsider so many times more. */
  async function refuses(node: ClusterNode, more: number): Promise<void> {
    const before = times((await node.watched()).refusedPeers)
    await until(async () => times((await node.watched()).refusedPeers) >= before + more)
  }

  it("gets no block from any of the four, however often it dials", async () => {
    await outsider.start()
    await Promise.all(validators().map((node) => refuses(node, 5)))
    await accepted(cluster.nodes[0], enrolment("city"))
    await Promise.all(validators().map((node) => refuses(node, 5)))
    for (const node of validators()) assert.equal(times((await node.watched()).takenPeers), 0)
    assert.equal((await outsider.tip()).height, 0)
    assert.ok((await cluster.nodes[0].tip()).height >= 3)
  })

  it("gets all of them once one of the four lets it in, without a restart of that one", async () => {
    await cluster.node("county").ask({ do: "letIn", peers: [...others("county"), stranger] })
    await outsider.reaches(await accepted(cluster.nodes[0], enrolment("city")))
    await cluster.agree()
    for (const node of validators())
      assert.equal(times((await node.watched()).takenPeers) > 0, node.name === "county", node.name)
  })

  it("is cut off, and gets none any more, once it is let in no more", async () => {
    const county = cluster.node("county")
    await county.ask({ do: "letIn", peers: others("county") })
    await refuses(county, 1)
    const { notices } = await county.watched()
    assert.deepEqual(notices, [`restart: connected and let in no more: ${stranger}`])
    const { height } = await cluster.nodes[0].tip()
    assert.ok((await accepted(cluster.nodes[0], enrolment("city"))) > height)
    await Promise.all(validators().map((node) => refuses(node, 5)))
    assert.ok((await outsider.tip()).height <= height)
    await county.reaches(await accepted(cluster.nodes[0], enrolment("city")))
  })

  it("gets none after its restart either", async () => {
    await outsider.stop()
    const { height } = await cluster.nodes[0].tip()
    await outsider.start()
    assert.ok((await accepted(cluster.nodes[0], enrolment("city"))) > height)
    await Promise.all(validators().map((node) => refuses(node, 5)))
    assert.ok((await outsider.tip()).height < height)
    for (const node of validators())
      assert.equal((await node.watched()).notices.length, node.name === "county" ? 1 : 0, node.name)
  })
})
