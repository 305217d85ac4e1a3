import assert from "node:assert/strict"
import { DatabaseSync } from "node:sqlite"
import { after, before, describe, it } from "node:test"
import { EXCHANGE_TAG, encodeCbor, randomBytes, signRequest } from "@aceso/core"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { NodeMetrics } from "../metrics/node-metrics.ts"
import { type SeededNode, seededNode } from "../testing/seeded-node.ts"
import type { Vault } from "../vault/vault.ts"

/** Nothing that one request, timer or start does may cost in proportion to what the vault holds. */
let seeded: SeededNode
before(async () => {
  seeded = await seededNode(40)
})
after(() => seeded.end())

/** Indexes and tables that hold only rows that wait, or one row, or so many at most. */
const WAITING =
  /USING (COVERING )?INDEX (policies_pending|records_uncommitted|disclosures_uncommitted|promises_given_up)|^SCAN (steps|keyring_steps|unenrolled|staff_people)\b/
/** Once at a start the vault's sizes are compared with the ledger's (server/recovery/gap.ts). */
const COMPARED =
  /^SCAN (patients|records|lost_entries|\(subquery-\d\)|policies|disclosures|lost_disclosures)(?!\w)/

/** Every statement that this process prepares, until it was looked at. */
const asked: { readonly db: DatabaseSync; readonly sql: string }[] = []
const { prepare } = DatabaseSync.prototype
DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string) {
  asked.push({ db: this, sql })
  return prepare.call(this, sql)
}

/** Runs it, and returns the steps of statements that are new since then in which SQLite would go through a whole table. */
async function scansOf(work: () => Promise<unknown>): Promise<string[]> {
  await work()
  return asked.splice(0).flatMap(({ db, sql }) => {
    if (!db.isOpen || /^PRAGMA|sqlite_master/.test(sql)) return []
    const steps = prepare.call(db, `EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[]
    return steps
      .filter(({ detail }) => /^SCAN (?!CONSTANT)/.test(detail) && !WAITING.test(detail))
      .map(({ detail }) => `${detail}: ${sql}`)
  })
}

describe("no table of the vault is gone through by", () => {
  const denied = async () => {
    const path = "/exchange/fetch"
    const body = encodeCbor({})
    const request = { method: "POST", url: seeded.url + path, contentType: "application/cbor", body }
    const headers = { ...signRequest(request, seedOf("city"), EXCHANGE_TAG, Date.now()) }
    await (await fetch(request.url, { method: "POST", headers, body: body as BodyInit })).bytes()
  }
  const cases: [comment: string, work: () => Promise<unknown>][] = [
    ["a stranger's look at the status", () => seeded.staff.status()],
    ["the status for staff", () => seeded.staff.staffStatus()],
    ["one patient by alias", () => seeded.staff.patient("person-7")],
    ["one visitor by alias", () => seeded.staff.visitor("visitor-7")],
    ["a page of visitors", () => seeded.staff.visitors()],
    ["one patient's history", () => historyOf(3)],
    [
      "a look-up over all patients",
      () => seeded.staff.lookUp({ type: "Observation", code: { code: "2823-3" } }),
    ],
    ["a look-up of one patient", () => seeded.staff.lookUp({ type: "Observation", alias: "person-7" })],
    ["the list of members", () => seeded.staff.members()],
    ["a call between organisations", denied],
    ["an import of a patient", () => seeded.staff.import(PATIENT, "input")],
    ["a window of the committer, with a dummy", () => seeded.node.services.committer.flush()],
    ["a window of disclosures", () => seeded.node.services.disclosures.flush()],
    ["a window of promises", () => seeded.node.services.promises.check()],
    ["taking up policies at a start", () => seeded.node.services.policies.resume()],
    ["policies that are brought to the ledger", () => seeded.node.services.policies.flush()],
    ["the metrics", () => new NodeMetrics(seeded.node.services, () => undefined).text()],
    ["a page of patients", () => (seeded.node.services.vault as Vault).patientsPage(10, 10)],
  ]
  it("making and starting it, but for the one comparison with the ledger", async () =>
    assert.deepEqual(
      (await scansOf(async () => {})).filter((step) => !COMPARED.test(step)),
      [],
    ))
  for (const [comment, work] of cases) it(comment, async () => assert.deepEqual(await scansOf(work), []))

  it("but by what does so, which shows that it is noticed", async () => {
    const raw = Reflect.get(seeded.node.services.vault, "raw") as DatabaseSync
    const steps = await scansOf(async () => raw.prepare("SELECT * FROM records WHERE version > 7").all())
    assert.deepEqual(steps, ["SCAN records: SELECT * FROM records WHERE version > 7"])
  })
})

describe("the seeded state", () => {
  it("is counted, and served, as if it had been imported", async () => {
    const { patients, records, committed } = await seeded.node.services.vault
      .recordCount()
      .then(async (counts) => ({ ...counts, patients: await seeded.node.services.vault.patientCount() }))
    assert.ok(patients >= 40 && records >= 80 && committed >= 80)
    const { timeline, isComplete } = await historyOf(20)
    assert.equal(timeline.length, 2)
    assert.ok(
      isComplete && timeline.every(({ sources }) => sources.every(({ status }) => status === "verified")),
    )
  })
})

const historyOf = (patient: number) => {
  const handle = seeded.handleOf(patient)
  return seeded.staff.history([{ custodian: "city", handle }], "TREAT", { alsoOwn: handle })
}

const PATIENT = Buffer.from(
  JSON.stringify({
    resourceType: "Patient",
    id: `new-${Buffer.from(randomBytes(4)).toString("hex")}`,
    name: [{ family: "New" }],
  }),
)
