import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { after, afterEach, describe, it } from "node:test"
import { contractRules, contracts } from "@aceso/contracts"
import {
  accept,
  action,
  type Bytes,
  type Contract,
  encodeCbor,
  MAX_LIFETIME_MS,
  object,
  reject,
  tables,
  text,
} from "@aceso/core"
import {
  Request,
  ResponseProcessProposal_ProposalStatus as Verdict,
} from "cosmjs-types/tendermint/abci/types"
import { Chain } from "../../chain.ts"
import { included, START } from "../../testing/blocks.ts"
import { admission } from "../../testing/comet-calls.ts"
import { FOUNDER, handleOf, makeGenesis, seedOf, temporaryFolder } from "../../testing/network.ts"
import { VerdictPool } from "../../verdicts/pool.ts"
import { Application } from "./application.ts"
import { StateSync } from "./state-sync.ts"

/** A contract that names nobody who pays, for the reason that the caller wishes. */
const refuser: Contract = {
  name: "refuser",
  version: 1,
  tables: tables(),
  events: [],
  reads: [],
  actions: {
    refuse: action({
      input: object({ reason: text(40) }),
      callers: "nobody",
      calledBy: (_state, { reason }) => reject(reason),
      apply: () => accept([]),
    }),
  },
}
const rules = { ...contractRules, contracts: [...contracts, refuser] }
const { genesis } = makeGenesis({
  engine: "cometbft",
  time: START - 1000,
  contracts: [{ name: "refuser", version: 1, sources: new Uint8Array(32) }],
})
const founded = included({
  contract: "governance",
  action: "propose",
  input: { changes: [admission("city")] },
  by: [seedOf(FOUNDER)],
})
let people = 0
const enrolment = (lifeMs = 60_000) =>
  included({
    contract: "people",
    action: "enrolWithoutKey",
    input: { handles: [handleOf(`somebody ${people++}`)] },
    by: [seedOf("city")],
    expiry: START + lifeMs,
  })
const enrolments = (count: number) => Array.from({ length: count }, () => enrolment().bytes)

const time = (ms: number) => ({ seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1_000_000 })
const finalize = (height: number, at: number, txs: readonly Bytes[]) =>
  Request.fromPartial({
    finalizeBlock: { txs: [...txs], height: BigInt(height), time: time(at), misbehavior: [] },
  })
const proposal = (at: number, txs: readonly Bytes[]) =>
  Request.fromPartial({
    processProposal: { txs: [...txs], height: 2n, time: time(at), misbehavior: [] },
  })
const commit = Request.fromPartial({ commit: {} })

describe("the application", () => {
  const folder = temporaryFolder()
  const pool = new VerdictPool(genesis.network, 1)
  const chains: Chain[] = []
  afterEach(async () => {
    for (const chain of chains.splice(0)) await chain.close()
  })
  after(async () => {
    await pool.close()
    rmSync(folder, { recursive: true })
  })

  async function started() {
    const chain = Chain.open(mkdtempSync(join(folder, "chain-")), genesis, rules)
    chains.push(chain)
    const stateSync = new StateSync(chain, folder, 1_000_000)
    const application = new Application(chain, pool, encodeCbor([]), stateSync, () => true)
    await application.handle(finalize(1, START, [founded.bytes]))
    await application.handle(commit)
    return { chain, application }
  }

  it("computes a block once, though it is asked for it again while it waits for verdicts", async () => {
    const { chain, application } = await started()
    const block = finalize(2, START + 1000, enrolments(400))
    const [first, second] = await Promise.all([application.handle(block), application.handle(block)])
    assert.deepEqual(first, second)
    await application.handle(commit)
    assert.equal(chain.tip.height, 2)
    assert.equal(chain.block(2).results.filter(({ ok }) => ok).length, 400)
  })

  const refused = (reason: string) =>
    included({ contract: "refuser", action: "refuse", input: { reason }, by: [seedOf("city")] })
  const twice = enrolment(1000)
  const nobodys = refused("unknown_key")
  const at = START + 500
  for (const [what, all, status] of [
    ["a sound transaction", [twice], Verdict.ACCEPT],
    ["none", [], Verdict.ACCEPT],
    ["one that expires with the block", [enrolment(500)], Verdict.REJECT],
    ["one that lives too long", [enrolment(MAX_LIFETIME_MS + 501)], Verdict.REJECT],
    ["one that a block holds already", [founded], Verdict.REJECT],
    ["the same one twice", [twice, twice], Verdict.REJECT],
    ["one that nobody pays for, twice", [nobodys, nobodys], Verdict.REJECT],
    ["one that nobody pays for", [nobodys], Verdict.ACCEPT],
    // A contract may use the ledger's words: what it says follows from this node's state.
    ...["expired", "expiry_too_far", "duplicate", "malformed", "bad_signature"].map(
      (reason) => [`one that a contract calls ${reason}`, [refused(reason)], Verdict.ACCEPT] as const,
    ),
  ] as const)
    it(`${status === Verdict.ACCEPT ? "lets" : "does not let"} others propose ${what}`, async () => {
      const { application } = await started()
      const txs = all.map(({ bytes }) => bytes)
      const { processProposal } = await application.respond(proposal(at, txs))
      assert.equal(processProposal?.status, status)
    })

  it("lets itself propose what it chose, and nothing that was put in its place", async () => {
    const { application } = await started()
    const all = enrolments(3)
    const asked = { txs: all, maxTxBytes: 1_000_000n, height: 2n, time: time(at), misbehavior: [] }
    const { prepareProposal } = await application.respond(Request.fromPartial({ prepareProposal: asked }))
    assert.deepEqual(prepareProposal?.txs.map(Buffer.from), all.map(Buffer.from))
    const judged = async (txs: readonly Bytes[]) =>
      (await application.respond(proposal(at, txs))).processProposal?.status
    assert.equal(await judged(all), Verdict.ACCEPT)
    const forged = Uint8Array.from(all[1])
    forged[forged.length - 1] ^= 1
    assert.equal(await judged([all[0], forged, all[2]]), Verdict.REJECT)
  })
})
