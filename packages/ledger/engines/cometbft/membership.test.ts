// needs: cometbft
import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { setTimeout as delay } from "node:timers/promises"
import {
  type Bytes,
  fromHex,
  publicKey,
  type Receipt,
  readEnvelope,
  sign,
  validatorPossessionBytes,
  verifyReceipt,
} from "@aceso/core"
import { Cluster, type ClusterNode, trusted } from "../../testing/comet-cluster.ts"
import { envelopeOf, handleOf, seedOf } from "../../testing/network.ts"

const NETWORK = "test-net"
const call = (contract: string, action: string, input: unknown, who: string) =>
  envelopeOf(NETWORK, { contract, action, input: input as never }, seedOf(who))
const propose = (changes: readonly object[], who = "authority") =>
  call("governance", "propose", { changes }, who)
const admit = (member: string) => ({
  do: "admit",
  member,
  name: member,
  kind: "custodian",
  url: `https://${member}.example`,
  key: publicKey(seedOf(member)),
})
const addValidator = (member: string) => {
  const seed = seedOf(`${member} validator`)
  const key = publicKey(seed)
  return { do: "addValidator", member, key, proof: sign(validatorPossessionBytes(member, key), seed) }
}
let next = 0
const enrol = (custodian = "city") =>
  call("people", "enrolWithoutKey", { handles: [handleOf(`person ${next++}`)] }, custodian)

async function accepted(node: ClusterNode, envelope: Bytes) {
  const answer = await node.submit(envelope)
  assert.deepEqual(answer.result, { ok: true })
  return answer
}

const revived = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(revived)
  if (!value || typeof value !== "object") return value
  const entries = Object.entries(value)
  // IPC turns byte arrays into objects with numbered members.
  if (entries.length > 0 && entries.every(([name], i) => name === String(i)))
    return Uint8Array.from(entries.map(([, byte]) => byte as number))
  return Object.fromEntries(entries.map(([name, one]) => [name, revived(one)]))
}

async function receiptOf(node: ClusterNode, envelope: Bytes): Promise<Receipt> {
  const { payloadId } = readEnvelope(envelope)
  return revived(
    await node.ask({ do: "receipt", payloadId: Buffer.from(payloadId).toString("hex") }),
  ) as Receipt
}

describe("validators follow governance", () => {
  let cluster: Cluster
  let sender: { stop: () => Promise<void> } | undefined
  before(async () => {
    cluster = await Cluster.start({ more: ["lab", "desk"], snapshotEvery: 20 })
    await accepted(cluster.nodes[0], propose([admit("city")]))
  })
  after(async () => {
    await sender?.stop()
    await cluster?.end()
  })

  it("a fifth organisation joins by state sync while load runs, and gets power once it reports ready", async () => {
    const [first, second] = cluster.nodes
    const lab = cluster.node("lab")
    let isOver = false
    const work = (async () => {
      while (!isOver) await accepted(first, enrol())
    })()
    sender = {
      stop: async () => {
        isOver = true
        await work
      },
    }
    while ((await first.tip()).height < 25) await delay(50)
    await lab.start({ stateSync: await trusted([first, second], 5) })
    while ((await lab.tip()).height < 25) await delay(50)
    await assert.rejects(lab.ask({ do: "block", height: 3 }), { code: "height_pruned" })
    // Two voters: both have to agree.
    const proposal = propose([admit("lab"), addValidator("lab")])
    await accepted(first, proposal)
    const { checkpoint } = await receiptOf(first, proposal)
    const receipt = await receiptOf(first, proposal)
    const [opened] = receipt.events
    assert.ok(opened && checkpoint.height > 0)
    const id = idOf(receipt)
    const voted = await accepted(second, call("governance", "vote", { proposal: id, yes: true }, "city"))
    while ((await lab.tip()).height < voted.height) await delay(20)
    assert.equal((await first.ask<{ validators: number }>({ do: "details" })).validators, 4)
    const ready = call("governance", "reportReady", {}, "lab")
    const { height } = await accepted(lab, ready)
    while ((await first.tip()).height < height + 3) await delay(50)
    assert.equal((await first.ask<{ validators: number }>({ do: "details" })).validators, 5)
    // The anchor names four validators; the receipt's links lead to the five that sign now.
    const late = enrol("lab")
    await accepted(first, late)
    const answer = verifyReceipt(await receiptOf(first, late), cluster.genesis)
    assert.match(answer.restsOn, /^by [45] of 5 validators$/)

    // A snapshot of after the change: what links to it is not on this node, and asked for elsewhere.
    const desk = cluster.node("desk")
    await first.reaches(Math.ceil((height + 3) / 20) * 20 + 3)
    await desk.start({ stateSync: await trusted([first, second], height + 3) })
    await desk.reaches(height + 3)
    await assert.rejects(desk.ask({ do: "block", height }), { code: "height_pruned" })
    const last = enrol("lab")
    await accepted(desk, last)
    assert.match(verifyReceipt(await receiptOf(desk, last), cluster.genesis).restsOn, /of 5 validators$/)
    await desk.stop()
    await sender.stop()
    sender = undefined
    await cluster.agree(height)
  })
})

/** The proposal's id, from the event that opened it. */
function idOf(receipt: Receipt): Bytes {
  const text = Buffer.from(receipt.events[0].bytes).toString("hex")
  // proposalOpen {proposal: bytes(32)}: the last 32 bytes of the event.
  return fromHex(text.slice(-64))
}
