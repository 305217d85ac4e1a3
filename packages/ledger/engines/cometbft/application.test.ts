import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { after, afterEach, describe, it } from "node:test"
import { type Bytes, encodeCbor } from "@aceso/core"
import { Request } from "cosmjs-types/tendermint/abci/types"
import { Chain } from "../../chain.ts"
import { included, START } from "../../testing/blocks.ts"
import { admission } from "../../testing/comet-calls.ts"
import { FOUNDER, handleOf, makeGenesis, rules, seedOf, temporaryFolder } from "../../testing/network.ts"
import { VerdictPool } from "../../verdicts/pool.ts"
import { Application } from "./application.ts"
import { StateSync } from "./state-sync.ts"

const { genesis } = makeGenesis({ engine: "cometbft", time: START - 1000 })
const founded = included({
  contract: "governance",
  action: "propose",
  input: { changes: [admission("city")] },
  by: [seedOf(FOUNDER)],
})
let people = 0
const enrolments = (count: number) =>
  Array.from({ length: count }, () =>
    included({
      contract: "people",
      action: "enrolWithoutKey",
      input: { handles: [handleOf(`somebody ${people++}`)] },
      by: [seedOf("city")],
    }),
  )

const time = (ms: number) => ({ seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1_000_000 })
const finalize = (height: number, at: number, txs: readonly Bytes[]) =>
  Request.fromPartial({
    finalizeBlock: { txs: [...txs], height: BigInt(height), time: time(at), misbehavior: [] },
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
    const block = finalize(
      2,
      START + 1000,
      enrolments(400).map(({ bytes }) => bytes),
    )
    const [first, second] = await Promise.all([application.handle(block), application.handle(block)])
    assert.deepEqual(first, second)
    await application.handle(commit)
    assert.equal(chain.tip.height, 2)
    assert.equal(chain.block(2).results.filter(({ ok }) => ok).length, 400)
  })
})
