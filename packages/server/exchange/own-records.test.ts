import assert from "node:assert/strict"
import { StatementSync } from "node:sqlite"
import { after, before, describe, it } from "node:test"
import { type Bytes, randomBytes, utf8 } from "@aceso/core"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { FreshCustodians, type TestCustodian } from "../testing/custodian.ts"
import { ownRecordsPage } from "./own-records.ts"

/** Rows that statements of this process gave. */
let rows = 0
const { all } = StatementSync.prototype
StatementSync.prototype.all = function (this: StatementSync, ...given: unknown[]) {
  const found = all.apply(this, given as never)
  rows += found.length
  return found
} as typeof all

describe("a page of a patient's own records", () => {
  let world: FreshCustodians
  let city: TestCustodian
  let handle: Bytes
  const COUNT = 30
  before(async () => {
    world = await FreshCustodians.start()
    city = world.make()
    const put = (resource: { resourceType: string; id: string }) => ({
      resource,
      request: { method: "PUT", url: `${resource.resourceType}/${resource.id}` },
    })
    const entry = [
      put({ resourceType: "Patient", id: "ann" }),
      ...Array.from({ length: COUNT - 1 }, (_, i) => ({
        ...put({ resourceType: "Observation", id: `o${i}` }),
        resource: {
          ...{ resourceType: "Observation", id: `o${i}`, status: "final", code: { text: "seen" } },
          subject: { reference: "Patient/ann" },
        },
      })),
    ]
    await city.importer.import(
      utf8(JSON.stringify({ resourceType: "Bundle", type: "transaction", entry })),
      "test",
    )
    await city.committer.flush()
    handle = (await city.vault.patients())[0].handle
  })
  after(() => world.end())

  const page = async (from: number, limit: number) => {
    rows = 0
    const { records, size, next, lost } = await ownRecordsPage(city.vault, handle, from, limit)
    return { rows, size, next, lost, closed: records.map(({ content }) => content === null) }
  }

  it("closes one record that cannot be read, and no other", async () => {
    const [record] = await city.vault.committedFrom(handle, 3, 1)
    const { content } = await city.vault.content(record)
    city.vault.overwrite(record, utf8("{}"))
    assert.deepEqual((await page(2, 3)).closed, [false, true, false])
    city.vault.overwrite(record, content)
    assert.deepEqual((await page(2, 3)).closed, [false, false, false])
  })

  it("reads what it shows, also where thousands of the log are withheld or lost", async () => {
    const before = await page(10, 5)
    assert.deepEqual([before.closed.length, before.next, before.lost], [5, 15, 0])
    await city.vault.atomically(async () => {
      for (let i = 0; i < 2000; i++)
        await city.vault.addMisfiling({
          ...{ id: randomBytes(16), log: handle, recordId: randomBytes(32), type: "Basic", fhirId: `${i}` },
          ...{ state: "withheld", target: null, since: 1, ended: null, dueAt: null, content: seedOf("why") },
        })
      const lost = Array.from({ length: 2000 }, (_, i) => ({
        log: handle,
        index: COUNT + i,
        entry: seedOf("e"),
      }))
      await city.vault.addLostEntries(lost)
      await city.vault.addLostEntries(lost)
    })
    const after = await page(10, 5)
    assert.deepEqual([after.closed.length, after.next, after.size, after.lost], [5, 15, COUNT + 2000, 2000])
    assert.ok(after.rows <= before.rows + 5, `${after.rows} rows, ${before.rows} before`)
  })

  it("does not open what is withheld as somebody else's", async () => {
    const [record] = await city.vault.committedFrom(handle, 3, 1)
    await city.vault.addMisfiling({
      ...{ id: randomBytes(16), log: handle, recordId: record.recordId, type: record.type },
      ...{ fhirId: record.fhirId, state: "withheld", target: null, since: 1, ended: null, dueAt: null },
      content: seedOf("why"),
    })
    assert.deepEqual((await page(2, 3)).closed, [false, true, false])
  })
})
