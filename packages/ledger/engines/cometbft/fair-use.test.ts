// needs: cometbft
import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { type Bytes, publicKey, toHex } from "@aceso/core"
import { accepted, admission, enrolment, NETWORK, propose, until } from "../../testing/comet-calls.ts"
import { Cluster, type ClusterNode } from "../../testing/comet-cluster.ts"
import { envelopeOf, handleOf, patientSeed, seedOf } from "../../testing/network.ts"

const TRANSACTIONS = 40
const URGENT = 5
const PATIENTS = 15
const FLOOD = 100
/** What a node took in and no block may hold is answered when it expires. */
const FLOOD_LIFE_MS = 10_000
// One window for the whole test: when it begins anew is the executor's test.
const quota = { windowMs: 10 ** 12, bytes: 2 ** 30, transactions: TRANSACTIONS, urgentTransactions: URGENT }

const patient = (name: string, custodian: string) => ({
  handle: handleOf(`${name} at ${custodian}`),
  seed: patientSeed(name, custodian),
})
function enrolled(name: string, custodian: string): Bytes {
  const { handle, seed } = patient(name, custodian)
  const input = { custodian, handle, key: publicKey(seed) }
  return envelopeOf(NETWORK, { contract: "people", action: "enrol", input }, seedOf(custodian), seed)
}
function revocation(name: string, custodian: string): Bytes {
  const { handle, seed } = patient(name, custodian)
  const input = { custodian, handle, base: 0, root: handleOf("root") }
  const expiry = Date.now() + FLOOD_LIFE_MS
  return envelopeOf(NETWORK, { contract: "policy", action: "revoke", input, expiry }, seed)
}
/** Urgent, and charged although nobody made such a promise. */
const complaint = (member: string, event: string): Bytes => {
  const promise = {
    custodian: "city",
    tag: new Uint8Array(16),
    event: handleOf(event),
    includeBy: 0,
    key: publicKey(seedOf("city")),
    signature: new Uint8Array(64),
  }
  const expiry = Date.now() + FLOOD_LIFE_MS
  const one = { contract: "disclosure", action: "promiseBroken", input: { promise }, expiry }
  return envelopeOf(NETWORK, one, seedOf(member))
}

/** What became of each: accepted, or why it was refused. */
const outcomes = (node: ClusterNode, envelopes: readonly Bytes[]): Promise<string[]> =>
  Promise.all(
    envelopes.map((envelope) =>
      node.submit(envelope).then(
        ({ result }) => (result.ok ? "accepted" : (result.rejection as string)),
        (error: { code: string }) => error.code,
      ),
    ),
  )
/** As many as the quota allows are in blocks with this outcome, the others are refused. */
function assertBounded(found: readonly string[], outcome: string, quota: number): void {
  const counts = new Map([...Map.groupBy(found, (one) => one)].map(([what, all]) => [what, all.length]))
  const { length } = found
  const refused = (counts.get("quota_exceeded") ?? 0) + (counts.get("expired") ?? 0)
  assert.deepEqual([counts.get(outcome), refused], [quota, length - quota], JSON.stringify([...counts]))
}

/** Sends again and again, three times at least, until the work is done. @returns what became of each */
async function during(work: Promise<unknown>, send: () => Promise<string[]>): Promise<string[]> {
  const found: string[] = []
  let isOver = false
  const over = work.finally(() => {
    isOver = true
  })
  for (let i = 0; i < 3 || !isOver; i++) found.push(...(await send()))
  await over
  return found
}

describe("fair use", () => {
  let cluster: Cluster
  let first: ClusterNode
  before(async () => {
    cluster = await Cluster.start({ quota, names: ["authority", "city", "clinic", "ward"], heartbeatMs: 500 })
    first = cluster.nodes[0]
    const height = await accepted(first, propose(["city", "county", "clinic", "lab", "ward"].map(admission)))
    for (const node of cluster.nodes) await node.reaches(height)
  })
  after(() => cluster?.end())

  /** Results of one signer's transactions in all blocks. */
  async function inBlocks(signer: string): Promise<(string | null)[]> {
    const key = toHex(publicKey(seedOf(signer)))
    const { height } = await first.tip()
    const found = []
    for (let h = 1; h <= height; h++)
      found.push(...(await first.transactions(h)).filter((one) => one.signer === key))
    return found.map(({ rejection }) => rejection)
  }

  it("a member that sends far too much is refused its surplus and delays nobody", async () => {
    const others = async () => {
      for (const node of cluster.nodes) await accepted(node, enrolment("ward"))
    }
    const flood = () =>
      outcomes(
        cluster.node("city"),
        Array.from({ length: FLOOD }, () => enrolment("city", FLOOD_LIFE_MS)),
      )
    const found = await during(others(), flood)
    assertBounded(found, "accepted", TRANSACTIONS)
    assert.ok(found.includes("quota_exceeded"))
    assert.deepEqual(await inBlocks("city"), Array(TRANSACTIONS).fill(null))
    // Its quota is the chain's, not that of the node which it floods.
    await assert.rejects(cluster.node("clinic").submit(enrolment("city")), { code: "quota_exceeded" })
    await cluster.agree()
  })

  it("a member that floods all nodes at once gets no more into blocks", async () => {
    const floods = cluster.nodes.map((node) =>
      outcomes(
        node,
        Array.from({ length: TRANSACTIONS }, () => enrolment("county", FLOOD_LIFE_MS)),
      ),
    )
    assertBounded((await Promise.all(floods)).flat(), "accepted", TRANSACTIONS)
    assert.deepEqual(await inBlocks("county"), Array(TRANSACTIONS).fill(null))
    await cluster.agree()
  })

  it("a member that calls everything urgent uses up its own few and delays nobody", async () => {
    const patients = Array.from({ length: PATIENTS }, (_, i) => `patient ${i}`)
    await outcomes(
      first,
      ["clinic", "ward"].flatMap((custodian) =>
        patients.slice(0, custodian === "ward" ? 1 : PATIENTS).map((name) => enrolled(name, custodian)),
      ),
    )
    let next = 0
    const complain = () =>
      outcomes(
        cluster.node("clinic"),
        Array.from({ length: 30 }, () => complaint("clinic", `event ${next++}`)),
      )
    const [revoked, found] = await Promise.all([
      outcomes(
        cluster.node("clinic"),
        patients.map((name) => revocation(name, "clinic")),
      ),
      during(accepted(first, revocation("patient 0", "ward")), complain),
    ])
    // Patients have a quota of their own beside their custodian's.
    assertBounded(revoked, "accepted", URGENT)
    assertBounded(found, "bad_promise", URGENT)
    // What is not urgent is counted apart.
    await accepted(cluster.node("clinic"), enrolment("clinic"))
    await cluster.agree()
  })

  it("the others refuse the blocks of a proposer that ignores quotas, and the chain goes on", async () => {
    const greedy = cluster.node("ward")
    const honest = cluster.nodes.slice(0, 3)
    const before = await Promise.all(honest.map((node) => node.watched()))
    await greedy.ask({ do: "ignoreQuotas", isOn: true })
    for (let i = 0; i < 2 * TRANSACTIONS; i++)
      await greedy.rpc("broadcast_tx_async", { tx: Buffer.from(enrolment("lab")).toString("base64") })
    await until(async () => {
      const now = await Promise.all(honest.map((node) => node.watched()))
      return now.every(({ refused }, i) => refused >= before[i].refused + 2)
    })
    await accepted(first, enrolment("ward"))
    assert.ok((await greedy.watched()).greediest >= TRANSACTIONS)
    assert.deepEqual(await inBlocks("lab"), Array(TRANSACTIONS).fill(null))
    await cluster.agree()
  })
})
