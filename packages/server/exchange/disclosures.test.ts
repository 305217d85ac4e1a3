import assert from "node:assert/strict"
import { afterEach, beforeEach, describe, it } from "node:test"
import { disclosureLogs, disclosures as rows } from "@aceso/contracts"
import { type Bytes, nameOf, PlatformError, utf8 } from "@aceso/core"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { startLedger, TestCustodian, type TestLedger, WatchedClient } from "../testing/custodian.ts"
import { Disclosures } from "./disclosures.ts"

const DAY_MS = 86_400_000

describe("the disclosure log on its way to the ledger", () => {
  let ledger: TestLedger
  let client: WatchedClient
  let city: TestCustodian
  let disclosures: Disclosures
  let later: number
  beforeEach(async () => {
    ledger = await startLedger("city")
    client = new WatchedClient(ledger.engine, "city", seedOf("city"))
    city = new TestCustodian(ledger, "city", { client })
    later = 0
    disclosures = new Disclosures(city.vault, client, 60_000, () => Date.now() + later)
  })
  afterEach(async () => {
    await city.vault.close()
    await ledger.end()
  })

  const note = async (text: string): Promise<Bytes> =>
    (await disclosures.note(undefined, utf8(text), null)).promise.tag
  const size = async () => (await ledger.engine.read(disclosureLogs, ["city"]))?.size ?? 0
  const waiting = async () => (await city.vault.uncommittedDisclosures()).map(({ tag }) => nameOf(tag))
  const refuse = (code: string, when: (tags: readonly string[]) => boolean) => {
    client.before = async (_action, input) => {
      const { leaves } = input as { leaves: readonly { tag: Bytes }[] }
      if (when(leaves.map(({ tag }) => nameOf(tag)))) throw new PlatformError(code, "no")
    }
  }

  it("an entry that the ledger refuses is tried five times, and stops no other", async () => {
    for (let i = 0; i < 20; i++) await note(`before ${i}`)
    const bad = nameOf(await note("bad"))
    for (let i = 0; i < 20; i++) await note(`after ${i}`)
    refuse("tag_used", (tags) => tags.includes(bad))
    await assert.rejects(disclosures.flush(), { code: "tag_used" })
    assert.equal(await size(), 40)
    assert.deepEqual(await waiting(), [bad])
    const said: (string | undefined)[] = []
    for (let i = 0; i < 7; i++) {
      later += DAY_MS
      await disclosures.flush().then(
        () => said.push(undefined),
        (error: PlatformError) => said.push(error.code),
      )
    }
    assert.deepEqual(said, [
      "tag_used",
      "tag_used",
      "tag_used",
      "ledger_refuses",
      undefined,
      undefined,
      undefined,
    ])
    const sent = client.calls.length
    await note("one more")
    await disclosures.flush()
    assert.deepEqual([client.calls.length, await size()], [sent + 1, 41])
    assert.deepEqual(disclosures.setbacks.stopped(), ["tag_used"])
    client.before = async () => {}
    disclosures.setbacks.retry()
    await disclosures.flush()
    assert.deepEqual([await size(), await waiting()], [42, []])
  })

  it("a full quota holds all up for a while, and nothing is sent meanwhile", async () => {
    await note("one")
    refuse("quota_exceeded", () => true)
    await assert.rejects(disclosures.flush(), { code: "quota_exceeded" })
    await disclosures.flush()
    assert.deepEqual(client.calls, ["commit"])
    client.before = async () => {}
    later += 2_000
    await disclosures.flush()
    assert.equal(await size(), 1)
  })

  it("crash between the ledger's commit and the mark: it is recognised and not made twice", async () => {
    const tag = await note("one")
    client.after = () => Promise.reject(new Error("killed"))
    await assert.rejects(disclosures.flush(), /killed/)
    client.after = async () => {}
    await note("two")
    await disclosures.flush()
    assert.deepEqual([await size(), await waiting()], [2, []])
    assert.equal((await ledger.engine.read(rows, ["city", tag]))?.index, 0)
  })
})
