// needs: cometbft
import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import {
  type Bytes,
  compareBytes,
  publicKey,
  sha256,
  sign,
  utf8,
  validatorAddress,
  voteSignBytes,
} from "@aceso/core"
import {
  accepted,
  admission,
  enrolment,
  NETWORK,
  opened,
  propose,
  until,
  vote,
} from "../../testing/comet-calls.ts"
import { Cluster, type ClusterNode } from "../../testing/comet-cluster.ts"
import { seedOf } from "../../testing/network.ts"

const base64 = (bytes: Bytes) => Buffer.from(bytes).toString("base64")
const upperHex = (bytes: Bytes) => Buffer.from(bytes).toString("hex").toUpperCase()

interface CaseRow {
  readonly member: string
  readonly kind: string
  readonly height: number
  readonly status: string
}
interface Validators {
  readonly validators: readonly { readonly address: string; readonly voting_power: string }[]
}

/** Two precommits of one validator for two blocks of one height, as CometBFT's RPC takes them. */
async function duplicateVote(node: ClusterNode, member: string, height: number, salt: string) {
  const seed = seedOf(`${member} validator`)
  const address = upperHex(validatorAddress(publicKey(seed)))
  const at = { height: String(height) }
  const { block } = await node.rpc<{ block: { header: { time: string } } }>("block", at)
  const { validators } = await node.rpc<Validators>("validators", at)
  const voteFor = (hash: Bytes) => {
    const parts = { total: 1, hash: sha256(hash) }
    const time = { seconds: 1_700_000_000, nanos: 1 }
    const signed = voteSignBytes({ height, chainId: NETWORK }, { round: 0, blockId: { hash, parts } }, time)
    return {
      type: 2,
      height: String(height),
      round: 0,
      block_id: { hash: upperHex(hash), parts: { total: 1, hash: upperHex(parts.hash) } },
      timestamp: "2023-11-14T22:13:20.000000001Z",
      validator_address: address,
      validator_index: validators.findIndex((one) => one.address === address),
      signature: base64(sign(signed, seed)),
    }
  }
  const blocks = [sha256(utf8(`${salt} one`)), sha256(utf8(`${salt} two`))].sort(compareBytes)
  return {
    type: "tendermint/DuplicateVoteEvidence",
    value: {
      vote_a: voteFor(blocks[0]),
      vote_b: voteFor(blocks[1]),
      TotalVotingPower: "40",
      ValidatorPower: "10",
      Timestamp: block.header.time,
    },
  }
}

describe("a validator that signs twice", () => {
  let cluster: Cluster
  let first: ClusterNode
  let height: number
  let caseId: Bytes
  const cases = () => first.scan<CaseRow>("memberCases")
  const count = async () => (await first.ask<{ validators: number }>({ do: "details" })).validators
  const power = async () => {
    const { validators } = await first.rpc<Validators>("validators")
    return Object.fromEntries(validators.map((one) => [one.address, one.voting_power]))
  }
  const address = (member: string) => upperHex(validatorAddress(publicKey(seedOf(`${member} validator`))))

  before(async () => {
    cluster = await Cluster.start({ heartbeatMs: 400 })
    first = cluster.nodes[0]
    await accepted(first, propose(["city", "county", "clinic"].map(admission)))
    height = await accepted(first, enrolment("city"))
  })
  after(() => cluster?.end())

  it("opens a case in a block without transactions, and changes no power", async () => {
    const evidence = await duplicateVote(first, "county", height, "first")
    await cluster.node("clinic").rpc("broadcast_evidence", { evidence })
    const found = await until(async () => (await cases())[0])
    const { key, row } = found
    caseId = key[0] as Bytes
    assert.deepEqual(
      { ...row, time: 0 },
      { member: "county", kind: "duplicate_vote", height, time: 0, status: "open" },
    )
    const { height: tip } = await first.tip()
    const events = []
    for (let h = height + 1; h <= tip; h++) events.push(...(await first.events(h)))
    assert.deepEqual(events, [
      {
        height: (events[0] as unknown as { height: number }).height,
        transaction: 0,
        index: 0,
        contract: "governance",
        name: "validatorMisbehaved",
        data: { case: caseId, member: "county", kind: "duplicate_vote", height },
      },
    ])
    const at = (events[0] as unknown as { height: number }).height
    assert.equal((await first.transactions(at)).length, 0)
    await accepted(first, enrolment("county"))
    await first.reaches(at + 3)
    assert.equal((await power())[address("county")], "10")
    assert.equal(await count(), 4)
    assert.equal((await first.row<{ status: string }>("validators", ["county"]))?.status, "active")
  })

  it("loses its power by a ballot, which closes the case; the network goes on with three", async () => {
    const changes = [
      { do: "removeValidator", member: "county" },
      { do: "closeCase", case: caseId },
    ]
    const { id } = await opened(first, propose(changes))
    const second = await accepted(cluster.node("city"), vote(id, "city"))
    await first.reaches(second + 3)
    assert.equal((await power())[address("county")], "10")
    const { row } = (await cases())[0]
    assert.equal(row.status, "open")
    const third = await accepted(cluster.node("clinic"), vote(id, "clinic"))
    await until(async () => (await count()) === 3)
    assert.equal((await power())[address("county")], undefined)
    assert.equal((await cases())[0].row.status, "closed")
    const names = (await first.events(third)).map(({ name }) => name)
    assert.deepEqual(names, ["proposalPassed", "validatorChanged"])
    // The removed node follows the chain, and its member may still send.
    await accepted(cluster.node("county"), enrolment("county"))
    await cluster.agree()
  })

  it("opens no second case for the same height", async () => {
    const before = await first.tip()
    const evidence = await duplicateVote(first, "county", height, "second")
    await first.rpc("broadcast_evidence", { evidence })
    interface Found {
      readonly block: { readonly evidence: { readonly evidence: readonly unknown[] } }
    }
    let at = before.height
    await until(async () => {
      await first.reaches(++at)
      const { block } = await first.rpc<Found>("block", { height: String(at) })
      return block.evidence.evidence.length > 0
    })
    assert.deepEqual(await first.events(at), [])
    assert.deepEqual(
      (await cases()).map(({ row }) => row.status),
      ["closed"],
    )
    await accepted(first, enrolment("city"))
    await cluster.agree()
  })

  it("gives the same blocks again when a killed node executes them anew", async () => {
    const second = cluster.nodes[1]
    await second.kill()
    await second.start()
    await accepted(second, enrolment("city"))
    await cluster.agree()
  })
})
