import assert from "node:assert/strict"
import { cpSync } from "node:fs"
import { afterEach, beforeEach, describe, it } from "node:test"
import { type Cbor, entryPreimage, PlatformError, utf8 } from "@aceso/core"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { startLedger, TestCustodian, type TestLedger, WatchedClient } from "../testing/custodian.ts"
import { OWN_LOG } from "../vault/record-log.ts"

const put = (resource: object) => ({ input: utf8(JSON.stringify(resource)), where: "test" })
const patient = (id: string) => put({ resourceType: "Patient", id })
const observation = (id: string, subject?: string) =>
  put({
    resourceType: "Observation",
    id,
    ...(subject && { subject: { reference: `Patient/${subject}` } }),
  })

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

  it("nothing is sent of an import that is not finished and then fails", async () => {
    await city.importer.importAll([patient("ann")])
    await city.committer.flush()
    client.calls.length = 0
    const { promise: gate, resolve: letFail } = Promise.withResolvers<void>()
    const { promise: waiting, resolve: arrived } = Promise.withResolvers<void>()
    const { vault } = city
    const setPlaces = vault.setPlaces.bind(vault)
    vault.setPlaces = async () => {
      arrived()
      await gate
      throw new Error("disk full")
    }
    const importing = city.importer.importAll([observation("o", "ann"), patient("bob")])
    await waiting
    const flushing = city.committer.flush()
    letFail()
    await assert.rejects(importing, /disk full/)
    assert.equal(await flushing, 0)
    vault.setPlaces = setPlaces
    assert.deepEqual(client.calls, [])
    await everythingIsThere(1)
  })

  it("an import ends although the ledger takes nothing", async () => {
    const { promise: gate, resolve: goOn } = Promise.withResolvers<void>()
    const { promise: standsStill, resolve: arrived } = Promise.withResolvers<void>()
    client.before = () => {
      arrived()
      return gate
    }
    await city.importer.importAll([patient("ann"), observation("o", "ann")])
    const flushing = city.committer.flush()
    await standsStill
    await city.importer.importAll([patient("bob"), observation("o2", "bob")])
    assert.deepEqual(await city.vault.recordCount(), { records: 4, committed: 0 })
    goOn()
    await flushing
    await city.committer.flush()
    await everythingIsThere(4)
  })

  it("handles come before entries, a thousand at once", async () => {
    await city.importer.importAll(Array.from({ length: 1_001 }, (_, i) => patient(`p${i}`)))
    await city.committer.flush()
    assert.deepEqual(client.calls, ["enrolWithoutKey", "enrolWithoutKey", "commit"])
    await everythingIsThere(1_001)
  })

  it("crash between the enrolment and its mark: the handle is this custodian's own, and it goes on", async () => {
    await city.importer.importAll(["ann", "bob"].map(patient))
    client.after = async (action) => {
      if (action === "enrolWithoutKey") throw new Error("killed")
    }
    await assert.rejects(city.committer.flush(), /killed/)
    await reopen()
    await city.importer.importAll([patient("eve")])
    await city.committer.flush()
    await everythingIsThere(3)
    assert.deepEqual(await city.vault.unenrolled(10), [])
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

  const HOUR_MS = 3_600_000
  const refuse = (code: string, when: (action: string, input: Cbor) => boolean) => {
    client.before = async (action, input) => {
      if (when(action, input)) throw new PlatformError(code, "no")
    }
  }

  for (const code of ["engine_unreachable", "quota_exceeded", "busy"])
    it(`${code}: what waits stays, and is sent again after a while that grows, without end`, async () => {
      await city.importer.importAll([patient("ann"), observation("own")])
      refuse(code, () => true)
      const waits: number[] = []
      for (let i = 0; i < 12; i++) {
        const sent = client.calls.length
        await assert.rejects(city.committer.flush(), { code })
        assert.equal(client.calls.length, sent + 1)
        const before = city.later
        for (;;) {
          assert.equal(await city.committer.flush(), 0)
          assert.equal(client.calls.length, sent + 1)
          city.later += 500
          if (!city.committer.setbacks.isHeld("all")) break
        }
        waits.push(city.later - before)
      }
      assert.ok(waits[0] <= 1_500 && waits[11] > 50_000 && waits[11] <= 60_500, waits.join())
      client.before = async () => {}
      assert.equal(await city.committer.flush(), 2)
      await everythingIsThere(2)
    })

  /** Flushes once an hour. @returns codes of what each said */
  async function hours(n: number): Promise<(string | undefined)[]> {
    const said: (string | undefined)[] = []
    for (let i = 0; i < n; i++) {
      city.later += 24 * HOUR_MS
      await city.committer.flush().then(
        () => said.push(undefined),
        (error: PlatformError) => said.push(error.code),
      )
    }
    return said
  }

  it("one log that the ledger refuses is tried five times, and stops no other", async () => {
    await city.importer.importAll(Array.from({ length: 40 }, (_, i) => patient(`p${i}`)))
    const bad = (await city.vault.patient({ fhirId: "p17" }))?.handle as Uint8Array
    refuse("contract_fault", (action, input) => {
      const { logs = [] } = input as { logs?: { handle: Uint8Array }[] }
      return action === "commit" && logs.some(({ handle }) => Buffer.compare(handle, bad) === 0)
    })
    await assert.rejects(city.committer.flush(), { code: "contract_fault" })
    assert.deepEqual(await city.vault.recordCount(), { records: 40, committed: 39 })
    assert.ok(client.calls.length < 16, "one bad log among 40 is found in few steps")
    const sent = client.calls.length
    assert.deepEqual(await hours(8), [
      ...Array(3).fill("contract_fault"),
      "ledger_refuses",
      ...Array(4).fill(undefined),
    ])
    assert.equal(client.calls.length, sent + 4)
    assert.deepEqual(city.committer.setbacks.stopped(), ["contract_fault"])
    // What comes to other logs goes on; what comes to this one waits with it.
    await city.importer.importAll([observation("a", "p3"), observation("b", "p17")])
    assert.equal(await city.committer.flush(), 1)
    client.before = async () => {}
    assert.equal(city.committer.setbacks.retry(), 1)
    assert.equal(await city.committer.flush(), 2)
    await everythingIsThere(42)
  })

  it("a member that may send nothing is tried five times, not its logs one by one", async () => {
    await city.importer.importAll(["ann", "bob", "eve"].map(patient))
    refuse("member_suspended", () => true)
    const said = await hours(8)
    assert.deepEqual(said, [
      ...Array(4).fill("member_suspended"),
      "ledger_refuses",
      ...Array(3).fill(undefined),
    ])
    assert.equal(client.calls.length, 5)
    await reopen()
    assert.equal(await city.committer.flush(), 3)
    await everythingIsThere(3)
  })

  it("where every log is refused, few of them are tried", async () => {
    await city.importer.importAll(Array.from({ length: 1_000 }, (_, i) => patient(`p${i}`)))
    refuse("contract_fault", (action) => action === "commit")
    await hours(12)
    assert.ok(client.calls.length < 1_000, `${client.calls.length} transactions`)
    const sent = client.calls.length
    await hours(5)
    assert.equal(client.calls.length, sent)
    assert.deepEqual(city.committer.setbacks.stopped(), ["contract_fault"])
  })

  it("a handle that the ledger refuses stops neither others nor their entries", async () => {
    await city.importer.importAll(["ann", "bob", "eve"].map(patient))
    const bad = (await city.vault.patient({ fhirId: "bob" }))?.handle as Uint8Array
    refuse("bad_input", (action, input) => {
      const { handles = [] } = input as { handles?: Uint8Array[] }
      return action === "enrolWithoutKey" && handles.some((one) => Buffer.compare(one, bad) === 0)
    })
    await assert.rejects(city.committer.flush(), { code: "bad_input" })
    assert.deepEqual(await city.vault.recordCount(), { records: 3, committed: 2 })
    assert.deepEqual(await city.vault.unenrolled(10), [bad])
  })

  it("inside of a vault's transaction nothing is submitted", async () => {
    await assert.rejects(
      city.vault.atomically(() => client.call("people", "enrolWithoutKey", { handles: [seedOf("x")] })),
      /transaction waits for the ledger/,
    )
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
