// needs: cometbft
import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { toHex } from "@aceso/core"
import { bootStory, type Story } from "./testing/story.ts"

const CITY = "city-hospital"
const COUNTY = "county-hospital"
/** Two hours at 30 s. */
const HEARTBEATS = 240
const HEARTBEAT_MS = 100

/** What the validators sign of a height: the application hash is made of these two. */
const hashes = ({ network }: Story, height: number) => {
  const { stateRoot, historyHash, envelopes } = network.engine.chain.block(height)
  return { hash: `${toHex(stateRoot)} ${toHex(historyHash)}`, transactions: envelopes.length }
}

describe("a consortium of four validators at rest", () => {
  let story: Story
  before(async () => {
    story = await bootStory({ engine: "cometbft", heartbeatMs: HEARTBEAT_MS })
  })
  after(() => story.end())

  it(`makes ${HEARTBEATS} empty blocks, each with the application hash of the one before`, async () => {
    const { chain } = story.network.engine
    let before = hashes(story, chain.durableHeight).hash
    // Dummy entries may come in between: their blocks are not empty.
    for (let height = chain.durableHeight + 1, empty = 0; empty < HEARTBEATS; height++) {
      while (chain.durableHeight < height) await new Promise((resolve) => setTimeout(resolve, HEARTBEAT_MS))
      const { hash, transactions } = hashes(story, height)
      if (transactions === 0) {
        assert.equal(hash, before)
        empty++
      }
      before = hash
    }
  })

  it("then commits a patient's grant, and the custodian releases", async () => {
    const before = story.network.engine.chain.durableHeight
    const patient = story.patient("patient-1")
    const places = patient.places.filter(({ custodian }) => custodian === CITY)
    const ask = () => story.staff("county-doctor").history(places, "TREAT")
    assert.equal((await ask()).timeline.length, 0)
    const [granted] = await patient.grant(
      { grantee: COUNTY, purpose: "TREAT", classes: [], until: Date.now() + 86_400_000 },
      CITY,
    )
    await patient.deliver(story.node(COUNTY).services.config.url, [granted.copy])
    await story.node(CITY).services.policies.flush()
    assert.ok((await ask()).timeline.length > 0)
    assert.ok(story.network.engine.chain.durableHeight > before)
    assert.deepEqual(story.faults, [])
  })
})
