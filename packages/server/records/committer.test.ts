import assert from "node:assert/strict"
import { cpSync } from "node:fs"
import { afterEach, beforeEach, describe, it } from "node:test"
import { type Cbor, entryPreimage, PlatformError, utf8 } from "@aceso/core"
import type { Submitted } from "@aceso/ledger"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { LedgerClient } from "../node/ledger-client.ts"
import { startLedger, TestCustodian, type TestLedger } from "../testing/custodian.ts"
import { OWN_LOG } from "../vault/vault.ts"

const put = (resource: object) => ({ input: utf8(JSON.stringify(resource)), where: "test" })
const patient = (id: string) => put({ resourceType: "Patient", id })
const observation = (id: string, subject?: string) =>
  put({
    resourceType: "Observation",
    id,
    ...(subject && { subject: { reference: `Patient/${subject}` } }),
  })

/** A ledger client whose calls a test can watch, hold up or make fail. */
class WatchedClient extends LedgerClient {
  readonly calls: string[] = []
  before: (action: string) => Promise<void> = async () => {}
  after: (action: string) => Promise<void> = async () => {}

  override async call(contract: string, action: string, input: Cbor): Promise<Submitted> {
    this.calls.push(action)
    await this.before(action)
    const done = await super.call(contract, action, input)
    await this.after(action)
    return done
  }
}

describe("committer", () => {
  let ledger: TestLedger
  let client: WatchedClient
  let city: TestCustodian
  let opened: TestCustodian[]
  beforeEach(async () => {
    ledger = await startLedger("city")
    client = new WatchedClient(ledger.engine, "city", seedOf("city"))
    opened = []
    city = open()
  })
  afterEach(async () => {
    for (const custodian of opened) await custodian.vault.close()
    await ledger.end()
  })
  function open(choices: { dummyRate?: number; vaultFolder?: string } = {}): TestCustodian {
    const custodian = new TestCustodian(ledger, "city", { client, ...choices })
    opened.push(custodian)
    return custodian
  }
  async function reopen(choices: { dummyRate?: number } = {}): Promise<void> {
    await city.vault.close()
    opened = opened.filter((one) => one !== city)
    client.before = client.after = async () => {}
    city = open(choices)
  }
  async function everythingIsThere(records: number): Promise<void> {
    assert.deepEqual(await city.vault.recordCount(), { records, committed: records })
    assert.deepEqual(await city.differences(), [])
  }

  it("every entry is acknowledged, and every log is the ledger's", async () => {
    await city.importer.importAll([
      ...["ann", "bob"].map(patient),
      ...Array.from({ length: 30 }, (_, i) => observation(`o${i}`, ["ann", "bob", undefined][i % 3])),
    ])
    const progress: number[] = []
    assert.equal(await city.committer.flush((done) => progress.push(done)), 32)
    assert.deepEqual(progress, [32])
    await everythingIsThere(32)
    for (const log of await city.logs())
      for (const { height } of await city.vault.log(log)) assert.ok(height !== null && height > 0)
    assert.equal(client.calls.filter((action) => action === "commit").length, 1)
  })

  it("nothing waits: nothing is sent", async () => {
    assert.equal(await city.committer.flush(), 0)
    assert.deepEqual(client.calls, [])
  })

  it("2,501 records and more: several transactions, parts of one log in order", async () => {
    const entry = Array.from({ length: 5600 }, (_, i) => ({
      resource: { resourceType: "Observation", ...(i < 3000 && { subject: { reference: "Patient/ann" } }) },
      request: { method: "POST", url: "Observation" },
    }))
    await city.importer.importAll([
      patient("ann"),
      put({ resourceType: "Bundle", type: "transaction", entry }),
    ])
    assert.equal(await city.committer.flush(), 5601)
    assert.ok(client.calls.filter((action) => action === "commit").length >= 3)
    await everythingIsThere(5601)
  })

  it("flushes at the same time commit nothing twice", async () => {
    await city.importer.importAll([patient("ann"), observation("o", "ann")])
    const done = await Promise.all([city.committer.flush(), city.committer.flush(), city.committer.flush()])
    assert.deepEqual(done, [2, 0, 0])
    await everythingIsThere(2)
  })

  it("imports and flushes at the same time", async () => {
    for (let round = 0; round < 5; round++)
      await Promise.all([
        city.importer.importAll([patient(`p${round}`), observation(`a${round}`, `p${round}`)]),
        city.committer.flush(),
        city.importer.importAll([observation(`b${round}`, "p0")]),
      ])
    await city.committer.flush()
    await everythingIsThere(15)
  })

  it("nothing is committed of an import that is not finished and then fails", async () => {
    await city.importer.importAll([patient("ann")])
    await city.committer.flush()
    const { promise: gate, resolve: letFail } = Promise.withResolvers<void>()
    const { promise: waiting, resolve: arrived } = Promise.withResolvers<void>()
    client.before = async (action) => {
      if (action !== "enrolWithoutKey") return
      arrived()
      await gate
      throw new Error("ledger is away")
    }
    const importing = city.importer.importAll([observation("o", "ann"), patient("bob")])
    await waiting
    setTimeout(letFail, 300)
    const flushing = city.committer.flush()
    await assert.rejects(importing, /ledger is away/)
    await flushing
    client.before = async () => {}
    await city.committer.flush()
    await everythingIsThere(1)
  })

  it("crash between the vault's commit and the ledger's: the next start commits it", async () => {
    await city.importer.importAll([patient("ann"), observation("o", "ann"), observation("own")])
    await reopen()
    assert.equal(await city.committer.flush(), 3)
    await everythingIsThere(3)
  })

  async function commitUnmarked(): Promise<void> {
    client.after = async (action) => {
      if (action === "commit") throw new Error("killed")
    }
    await assert.rejects(city.committer.flush(), /killed/)
    assert.equal((await city.vault.recordCount()).committed, 0)
    await reopen()
  }

  it("crash between the ledger's commit and the mark: it is recognised and not made twice", async () => {
    await city.importer.importAll([patient("ann"), observation("o", "ann"), observation("own")])
    await commitUnmarked()
    assert.equal(await city.committer.flush(), 3)
    await everythingIsThere(3)
  })

  it("the same, and more was imported to the same log before the next flush", async () => {
    await city.importer.importAll([patient("ann"), observation("o", "ann")])
    await commitUnmarked()
    await city.importer.importAll([observation("o2", "ann")])
    await city.committer.flush()
    await everythingIsThere(3)
  })

  it("the same, and more was imported to other logs before the next flush", async () => {
    await city.importer.importAll([patient("ann"), observation("o", "ann")])
    await commitUnmarked()
    await city.importer.importAll([patient("bob"), observation("o2")])
    await city.committer.flush()
    await everythingIsThere(4)
  })

  it("the same, and a dummy comes on top", async () => {
    await city.importer.importAll([patient("ann"), observation("o", "ann")])
    await commitUnmarked()
    await reopen({ dummyRate: 1 })
    await city.committer.flush()
    await everythingIsThere(3)
  })

  it("the ledger is away: what waits stays and is committed later", async () => {
    await city.importer.importAll([patient("ann"), observation("own")])
    client.before = async () => {
      throw new PlatformError("unavailable", "away")
    }
    await assert.rejects(city.committer.flush(), { code: "unavailable" })
    assert.equal((await city.vault.recordCount()).committed, 0)
    client.before = async () => {}
    assert.equal(await city.committer.flush(), 2)
    await everythingIsThere(2)
  })

  for (const { comment, more } of [
    { comment: "with fewer new records than are missing", more: 1 },
    { comment: "with as many new records as are missing", more: 2 },
    { comment: "with more new records than are missing", more: 3 },
  ])
    it(`a vault from an old backup is vault_behind, ${comment}`, async () => {
      await city.importer.importAll([observation("o0")])
      await city.committer.flush()
      await city.vault.close()
      opened = []
      cpSync(`${ledger.folder}/city`, `${ledger.folder}/old`, { recursive: true })
      city = open()
      await city.importer.importAll([observation("o1"), observation("o2")])
      await city.committer.flush()
      city = open({ vaultFolder: `${ledger.folder}/old` })
      await city.importer.importAll(Array.from({ length: more }, (_, i) => observation(`n${i}`)))
      await assert.rejects(city.committer.flush(), { code: "vault_behind" })
      assert.equal((await city.vault.recordCount()).committed, 1)
      assert.equal((await city.onLedger(OWN_LOG)).size, 3)
    })

  describe("dummies", () => {
    it("one comes with each flush at rate 1, none at rate 0, and none without patients", async () => {
      await reopen({ dummyRate: 1 })
      assert.equal(await city.committer.flush(), 0)
      await city.importer.importAll([patient("ann")])
      assert.equal(await city.committer.flush(), 2)
      assert.equal(await city.committer.flush(), 1)
      await everythingIsThere(3)
      await reopen()
      assert.equal(await city.committer.flush(), 0)
    })

    it("look on the ledger, and in the preimage of their entry, like any created record", async () => {
      await reopen({ dummyRate: 1 })
      await city.importer.importAll([patient("ann")])
      for (let i = 0; i < 20; i++) {
        await city.importer.importAll([observation(`o${i}`, "ann")])
        await city.committer.flush()
      }
      const [ann] = await city.vault.patients()
      const log = await city.vault.log(ann.handle)
      const dummies = log.filter(({ type }) => type === "")
      assert.equal(dummies.length, 20)
      const shapeOf = ({ recordId, version, operation, commitment }: (typeof log)[number]) => ({
        ...entryPreimage.parse({ recordId, version, operation, commitment }, "entry"),
        recordId: recordId.length,
        commitment: commitment.length,
      })
      const shapes = new Set(log.map((record) => JSON.stringify(shapeOf(record))))
      assert.deepEqual(
        [...shapes],
        [JSON.stringify({ recordId: 32, version: 1, operation: "create", commitment: 32 })],
      )
      assert.equal(new Set(log.map(({ recordId }) => recordId.join())).size, log.length)
      assert.equal(new Set(log.map(({ commitment }) => commitment.join())).size, log.length)
      for (const dummy of dummies) assert.equal((await city.vault.content(dummy)).content.length, 0)
    })

    it("go to the patients' logs at random", async () => {
      await reopen({ dummyRate: 1 })
      await city.importer.importAll(["a", "b", "c"].map(patient))
      for (let i = 0; i < 30; i++) await city.committer.flush()
      for (const { handle } of await city.vault.patients())
        assert.ok((await city.vault.logSize(handle)) > 1, "30 dummies left one of 3 logs out")
      assert.equal(await city.vault.logSize(OWN_LOG), 0)
      await everythingIsThere(33)
    })
  })
})
