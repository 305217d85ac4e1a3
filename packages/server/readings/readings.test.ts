import assert from "node:assert/strict"
import { afterEach, beforeEach, describe, it } from "node:test"
import { disclosures as rows } from "@aceso/contracts"
import {
  type Bytes,
  disclosureTag,
  type Handle,
  MAX_READINGS,
  readAuditEvent,
  readingsRoot,
  toHex,
} from "@aceso/core"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { Disclosures } from "../exchange/disclosures.ts"
import { startLedger, TestCustodian, type TestLedger } from "../testing/custodian.ts"
import { READER } from "../testing/readings.ts"
import type { Reader } from "./reading-event.ts"
import { Readings, readingMigrations } from "./readings.ts"

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** Noon of some day. */
const NOON = Date.parse("2026-11-29T12:00:00Z")

describe("looks of the own staff", () => {
  let ledger: TestLedger
  let city: TestCustodian
  let disclosures: Disclosures
  let readings: Readings
  let eve: Handle
  let bob: Handle
  beforeEach(async () => {
    ledger = await startLedger("city")
    city = new TestCustodian(ledger, "city")
    disclosures = new Disclosures(city.vault, city.client, 60_000)
    readings = fresh()
    eve = await patient("eve")
    bob = await patient("bob")
  })
  afterEach(async () => {
    await city.vault.close()
    await ledger.end()
  })
  const patient = async (fhirId: string): Promise<Handle> => {
    await city.vault.addPatient({ handle: seedOf(fhirId), fhirId, hasKey: false })
    return seedOf(fhirId)
  }
  const fresh = (log: Pick<Disclosures, "note"> = disclosures) =>
    new Readings({
      database: city.vault.moduleDatabase("readings", readingMigrations),
      ...{ disclosures: log, member: "city", dayMs: DAY_MS },
    })
  const leaves = async (handle: Handle) =>
    city.vault.disclosures(handle, { fromN: 1, limit: 100, maxBytes: 2 ** 20 })
  const whats = async (handle: Handle) =>
    (await readings.open(handle)).map(({ auditEvent }) => readAuditEvent(auditEvent)?.reading)

  it("are there at once, for their patient and no other, with who, what for and when", async () => {
    await readings.note([eve], READER, NOON)
    assert.deepEqual(await readings.open(bob), [])
    const [{ auditEvent }] = await readings.open(eve)
    const facts = readAuditEvent(auditEvent)
    const { practitioner, practitionerName, role, purpose, time, reading, requester } = facts ?? {}
    assert.deepEqual(
      { practitioner, practitionerName, role, purpose, time, reading, requester },
      {
        ...{ practitioner: toHex(READER.key), practitionerName: "Dr. Chen", role: "doctor" },
        ...{ purpose: "TREAT", time: "2026-11-29T12:00:00.000Z", reading: "history", requester: "city" },
      },
    )
  })

  const again: readonly [string, Partial<Reader>, number, number][] = [
    ["the same within the hour", {}, HOUR_MS - 1, 1],
    ["the same an hour later", {}, HOUR_MS, 2],
    ["somebody else", { key: new Uint8Array(32).fill(0xbb) }, 1, 2],
    ["for something else", { purpose: "HPAYMT" }, 1, 2],
    ["in another role", { role: "nurse" }, 1, 2],
    ["at something else", { what: "attachment 3" }, 1, 2],
  ]
  for (const [comment, more, laterMs, expected] of again)
    it(`${comment}: ${expected}`, async () => {
      await readings.note([eve], READER, NOON)
      await readings.note([eve], { ...READER, ...more }, NOON + laterMs)
      assert.equal((await readings.open(eve)).length, expected)
    })

  it("stand as one leaf for each patient once the day is over, under the patient's next tag", async () => {
    await readings.note([eve, bob], READER, NOON)
    await readings.note([eve], { ...READER, what: "search" }, NOON)
    await readings.close(NOON + DAY_MS / 2 - 1)
    assert.deepEqual(await leaves(eve), [])
    const day = await readings.open(eve)
    await readings.close(NOON + DAY_MS / 2)
    const [leaf, ...none] = await leaves(eve)
    assert.deepEqual(none, [])
    assert.equal(toHex(leaf.tag), toHex(disclosureTag(city.vault.auditKey(eve), 1)))
    assert.deepEqual(readAuditEvent(leaf.auditEvent)?.readings, { count: 2, root: toHex(readingsRoot(day)) })
    assert.deepEqual(await readings.under(leaf.tag), day)
    assert.deepEqual(await readings.open(eve), [])
    assert.equal((await leaves(bob)).length, 1)
    await disclosures.flush()
    assert.notEqual(await ledger.engine.read(rows, ["city", leaf.tag]), undefined)
    await readings.close(NOON + 3 * DAY_MS)
    assert.equal((await leaves(eve)).length, 1)
  })

  it("of a day that is closed, by a clock that was set back, stand as another leaf", async () => {
    await readings.note([eve], READER, NOON)
    await readings.close(NOON + DAY_MS)
    await readings.note([eve], { ...READER, what: "search" }, NOON + 1)
    assert.deepEqual(await whats(eve), ["search"])
    await readings.close(NOON + DAY_MS)
    const all = await leaves(eve)
    assert.equal(all.length, 2)
    const counts = await Promise.all(all.map(async ({ tag }) => (await readings.under(tag)).length))
    assert.deepEqual(counts, [1, 1])
  })

  it("of a clock that was ahead hold up nothing", async () => {
    await readings.note([eve], READER, NOON + 1000 * DAY_MS)
    await readings.note([eve], READER, NOON)
    await readings.close(NOON + DAY_MS)
    assert.equal((await leaves(eve)).length, 1)
    assert.equal((await readings.open(eve)).length, 1)
  })

  it("of a very long day stand as several leaves, each with as many as it takes", async () => {
    for (let i = 0; i <= MAX_READINGS; i++)
      await readings.note([eve], { ...READER, what: `attachment ${i}` }, NOON)
    assert.deepEqual(await whats(eve), [`attachment ${MAX_READINGS}`])
    const [leaf] = await leaves(eve)
    assert.equal((await readings.under(leaf.tag)).length, MAX_READINGS)
  })

  it("are all there, or none, when the node ends between the leaf and what it stands for", async () => {
    await readings.note([eve, bob], READER, NOON)
    const note = async (handle: Bytes, event: Bytes, body: null) => {
      await disclosures.note(handle, event, body)
      throw new Error("ended")
    }
    await assert.rejects(fresh({ note } as never).close(NOON + DAY_MS), /ended/)
    assert.deepEqual([await leaves(eve), await leaves(bob)], [[], []])
    assert.equal((await readings.open(eve)).length, 1)
    await readings.close(NOON + DAY_MS)
    assert.equal((await leaves(eve)).length, 1)
  })

  it("are closed for all others where one cannot be, in rounds, and the one is told", async () => {
    const stranger = seedOf("nobody here")
    await readings.note([stranger, eve, bob], READER, NOON)
    await assert.rejects(readings.close(NOON + DAY_MS, 2), { code: "unknown_patient" })
    await assert.rejects(readings.close(NOON + DAY_MS, 2), { code: "unknown_patient" })
    await assert.rejects(readings.close(NOON + DAY_MS, 2), { code: "unknown_patient" })
    assert.deepEqual([(await leaves(eve)).length, (await leaves(bob)).length], [1, 1])
  })

  it("of two at one moment are one", async () => {
    await Promise.all(Array.from({ length: 8 }, () => readings.note([eve], READER, NOON)))
    assert.equal((await readings.open(eve)).length, 1)
  })
})
