import assert from "node:assert/strict"
import { after, before, beforeEach, describe, it } from "node:test"
import { handles } from "@aceso/contracts"
import {
  type Bytes,
  type Cbor,
  handleSeed,
  makeEnvelope,
  PAIRING_MS,
  type PublicKey,
  publicKey,
  REKEY_MS,
  randomBytes,
  signFirstKey,
  toHex,
  utf8,
} from "@aceso/core"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { startLedger, TestCustodian, type TestLedger, WatchedClient } from "../testing/custodian.ts"
import { type Desk, deskOf } from "../testing/desk.ts"

const LIN = publicKey(seedOf("lin"))
const WANG = { name: "wang", key: publicKey(seedOf("wang")) }

let ledger: TestLedger
let client: WatchedClient
let city: TestCustodian
let desk: Desk
before(async () => {
  ledger = await startLedger("city", "county")
  client = new WatchedClient(ledger.engine, "city", seedOf("city"))
  city = new TestCustodian(ledger, "city", { client })
})
beforeEach(() => {
  desk = deskOf(city, client)
})
after(async () => {
  await city.vault.close()
  await ledger.end()
})

let count = 0
async function withoutKey(): Promise<{ alias: string; handle: Bytes }> {
  const id = `p${count++}`
  await city.importer.import(utf8(JSON.stringify({ resourceType: "Patient", id })), "test")
  await city.committer.flush()
  const found = await city.vault.patient({ fhirId: id })
  assert.ok(found)
  return found
}
/** A patient whose device has the first key. */
async function patient() {
  const { alias, handle } = await withoutKey()
  const device = await desk.join(alias)
  const { keySeed, key, envelope } = await desk.signed(device)
  await desk.enrolments.enrol(device.pairing, envelope)
  return { alias, handle, keySeed, key }
}
const rowOf = (handle: Bytes) => ledger.engine.read(handles, ["city", handle])
const nextOf = async (handle: Bytes) => (await rowOf(handle))?.next?.key ?? null
/** What a device that takes the place of a lost one does up to the ledger. */
async function begun(alias: string, seed?: Bytes) {
  const device = await desk.join(alias, { lostBy: LIN })
  const made = await desk.signed(device, seed)
  const answer = await desk.enrolments.enrol(device.pairing, made.envelope)
  return { device, ...made, ...answer }
}
const payload = (contract: string, action: string, input: object) => ({
  ...{ network: ledger.engine.network, contract, action, input: input as Cbor },
  expiry: Date.now() + 60_000,
})
/** @returns the rejection; null: the ledger took it */
async function submitted(
  contract: string,
  action: string,
  input: object,
  by: readonly Bytes[],
): Promise<string | null> {
  const { bytes } = makeEnvelope(payload(contract, action, input), [...by])
  const { result } = await ledger.engine.submit(bytes).catch((error: { code: string }) => ({
    result: { ok: false as const, rejection: error.code },
  }))
  return result.ok ? null : result.rejection
}
const heightNow = async () => (await ledger.engine.status()).checkpoint.height

describe("a patient whose device is lost for good", () => {
  it("gets another key, which waits; the old one counts on", async () => {
    const { alias, handle, key } = await patient()
    const { device, told, key: next, height } = await begun(alias)
    const { memberKey: _, ...rest } = told
    assert.deepEqual(rest, { custodian: "city", handle, keyNumber: 2, action: "rekey", auditEntries: 0 })
    const row = await rowOf(handle)
    assert.deepEqual([row?.key, row?.keyNumber, row?.next?.key], [key, 1, next])
    assert.ok(height > 0)
    const state = await desk.enrolments.state(device.code, "lin")
    assert.equal(state.isEnrolled, true)
    assert.equal(state.countsFrom, (row?.next?.since ?? 0) + 72 * 3_600_000)
  })

  it("is answered as the first time, also by a node that was started again", async () => {
    const { alias } = await patient()
    const { device, envelope, height, payloadId, first, keySeed } = await begun(alias)
    const fresh = signFirstKey(first, keySeed, Date.now() + 100_000)
    const restarted = deskOf(city, client)
    for (const one of [envelope, fresh])
      assert.deepEqual(await restarted.enrolments.enrol(device.pairing, one), { payloadId, height })
    assert.equal((await restarted.enrolments.person(device.pairing)).keyNumber, 2)
  })

  it("has the third key after the second, once that one counts", async () => {
    const { alias, handle, keySeed } = await patient()
    await begun(alias)
    await submitted("people", "cancelRekey", { custodian: "city", handle }, [keySeed])
    const row = await rowOf(handle)
    assert.ok(row)
    // As it stands once the key of three days ago has come into its place.
    const matured = { ...row, next: { key: publicKey(randomBytes(32)), since: Date.now() - 73 * 3_600_000 } }
    const read = ledger.engine.read.bind(ledger.engine)
    const double = Object.create(ledger.engine, {
      read: {
        value: (table: unknown, key: never) => (table === handles ? matured : read(table as never, key)),
      },
    })
    const later = deskOf(city, new WatchedClient(double, "city", client.seed))
    const device = await later.join(alias, { lostBy: LIN })
    const told = await later.enrolments.person(device.pairing)
    assert.deepEqual([told.action, told.keyNumber], ["rekey", 3])
  })
})

describe("nobody else gets a key in place of a patient's", () => {
  it("without the desk's word that the device is lost, or where none can be", async () => {
    const { alias } = await patient()
    await assert.rejects(desk.enrolments.invite(alias, "lin"), { code: "key_exists" })
    await assert.rejects(desk.enrolments.invite((await withoutKey()).alias, "lin", LIN), {
      code: "patient_has_no_key",
    })
    await begun(alias)
    await assert.rejects(desk.enrolments.invite(alias, "lin", LIN), { code: "rekey_pending" })
  })

  it("without digits that were typed", async () => {
    const { alias, handle, key } = await patient()
    const { code } = await desk.enrolments.invite(alias, "lin", LIN)
    const { key: pairing } = desk.come(code)
    const keySeed = randomBytes(32)
    const first = {
      network: ledger.engine.network,
      custodian: "city",
      handle,
      memberKey: client.key as PublicKey,
    }
    const envelope = signFirstKey({ ...first, action: "rekey" }, keySeed, Date.now() + 60_000)
    await assert.rejects(desk.enrolments.enrol(pairing, envelope), { code: "unknown_key" })
    await assert.rejects(desk.enrolments.enrol(randomBytes(32), envelope), { code: "unknown_key" })
    assert.deepEqual([(await rowOf(handle))?.key, await nextOf(handle)], [key, null])
  })

  it("a quicker device's, by one that came for the first key", async () => {
    const { alias, handle } = await withoutKey()
    const slow = await desk.join(alias)
    const { first, envelope, keySeed } = await desk.signed(slow)
    const submit = ledger.engine.submit.bind(ledger.engine)
    ledger.engine.submit = async () => {
      throw new Error("the engine is away")
    }
    await assert.rejects(desk.enrolments.enrol(slow.pairing, envelope), /away/)
    ledger.engine.submit = submit
    const quick = await desk.join(alias)
    await desk.enrolments.enrol(quick.pairing, (await desk.signed(quick)).envelope)
    const rekey = signFirstKey({ ...first, action: "rekey" }, keySeed, Date.now() + 60_000)
    await assert.rejects(desk.enrolments.enrol(slow.pairing, rekey), { code: "bad_enrolment" })
    assert.equal(await nextOf(handle), null)
  })

  type Made = Awaited<ReturnType<Desk["signed"]>>
  const somebody = randomBytes(32)
  let other: Bytes
  before(async () => {
    desk = deskOf(city, client)
    other = (await patient()).handle
  })
  const soon = () => Date.now() + 60_000
  const rows: readonly (readonly [
    comment: string,
    code: string,
    envelope: (made: Made, old: Bytes) => Bytes,
  ])[] = [
    [
      "a first key",
      "bad_enrolment",
      ({ first, keySeed }) => signFirstKey({ ...first, action: "enrolKey" }, keySeed, soon()),
    ],
    [
      "for another's handle",
      "bad_enrolment",
      ({ first, keySeed }) => signFirstKey({ ...first, handle: other }, keySeed, soon()),
    ],
    [
      "at another custodian",
      "bad_enrolment",
      ({ first, keySeed }) => signFirstKey({ ...first, custodian: "county" }, keySeed, soon()),
    ],
    ["the desk's own key", "bad_enrolment", ({ first }) => signFirstKey(first, client.seed, soon())],
    ["another member's key", "key_of_a_member", ({ first }) => signFirstKey(first, seedOf("county"), soon())],
    ["the key that is lost", "key_exists", ({ first }, old) => signFirstKey(first, old, soon())],
    [
      "without a signature of the new key",
      "bad_enrolment",
      ({ first, key }) =>
        makeEnvelope(payload("people", "rekey", { custodian: "city", handle: first.handle, key }), [
          somebody,
          client.seed,
        ]).bytes,
    ],
  ]
  for (const [comment, code, envelope] of rows)
    it(`by signing something else: ${comment}`, async () => {
      const { alias, handle, key, keySeed } = await patient()
      const device = await desk.join(alias, { lostBy: LIN })
      const made = await desk.signed(device)
      await assert.rejects(desk.enrolments.enrol(device.pairing, envelope(made, keySeed)), { code })
      const row = await rowOf(handle)
      assert.deepEqual([row?.key, row?.next], [key, null])
      assert.equal(await nextOf(other), null)
    })

  it("after ten minutes", async () => {
    const { alias, handle } = await patient()
    const device = await desk.join(alias, { lostBy: LIN })
    const { envelope } = await desk.signed(device)
    desk.clock.later = PAIRING_MS
    await assert.rejects(desk.enrolments.enrol(device.pairing, envelope), { code: "unknown_key" })
    assert.equal(await nextOf(handle), null)
  })

  it("where another one was quicker", async () => {
    const { alias, handle } = await patient()
    const slow = await desk.join(alias, { lostBy: LIN })
    const made = await desk.signed(slow)
    const submit = ledger.engine.submit.bind(ledger.engine)
    ledger.engine.submit = async () => {
      throw new Error("the engine is away")
    }
    await assert.rejects(desk.enrolments.enrol(slow.pairing, made.envelope), /away/)
    ledger.engine.submit = submit
    const quick = await begun(alias)
    await assert.rejects(desk.enrolments.enrol(slow.pairing, made.envelope), { code: "rekey_pending" })
    await assert.rejects(desk.enrolments.state(slow.code, "lin"), { code: "rekey_pending" })
    await assert.rejects(desk.enrolments.person(slow.pairing), { code: "rekey_pending" })
    assert.deepEqual(await nextOf(handle), quick.key)
  })
})

describe("while the other key waits", () => {
  it("is taken back by the old key or the desk, by nobody else, and the device does not begin again", async () => {
    const { alias, handle, keySeed } = await patient()
    const input = { custodian: "city", handle }
    const { device, keySeed: next, envelope, first } = await begun(alias)
    const delegate = handleSeed(randomBytes(32), "city", handle, 1)
    for (const [by, code] of [
      [next, "unknown_key"],
      [randomBytes(32), "unknown_key"],
      [delegate, "unknown_key"],
      [seedOf("county"), "not_permitted"],
    ] as const)
      assert.equal(await submitted("people", "cancelRekey", input, [by]), code)
    assert.ok(await nextOf(handle))
    assert.equal(await submitted("people", "cancelRekey", input, [keySeed]), null)
    for (const one of [envelope, signFirstKey(first, next, Date.now() + 60_000)])
      await assert.rejects(desk.enrolments.enrol(device.pairing, one), { code: "no_rekey" })
    await assert.rejects(desk.enrolments.state(device.code, "lin"), { code: "no_rekey" })
    assert.equal(await nextOf(handle), null)
    // The person may come again.
    const again = await begun(alias)
    assert.deepEqual(await nextOf(handle), again.key)
    await desk.rekeys.cancelAtDesk(alias, WANG)
    assert.equal(await nextOf(handle), null)
    await assert.rejects(desk.rekeys.cancelAtDesk(alias, WANG), { code: "no_rekey" })
    await assert.rejects(desk.rekeys.cancelAtDesk("nobody", WANG), { code: "unknown_patient" })
  })

  it("the desk sees how a patient stands, as the ledger has it", async () => {
    // The ledger does not have the handle, then has it without a key.
    const id = `p${count++}`
    await city.importer.import(utf8(JSON.stringify({ resourceType: "Patient", id })), "test")
    const bare = (await city.vault.patient({ fhirId: id }))?.alias ?? ""
    assert.deepEqual(await desk.enrolments.standing(bare), { hasKey: false })
    await city.committer.flush()
    assert.deepEqual(await desk.enrolments.standing(bare), { hasKey: false })
    const { alias, handle } = await patient()
    assert.deepEqual(await desk.enrolments.standing(alias), { hasKey: true })
    await begun(alias)
    const pendingFrom = ((await rowOf(handle))?.next?.since ?? 0) + REKEY_MS
    assert.deepEqual(await desk.enrolments.standing(alias), { hasKey: true, pendingFrom })
    await desk.rekeys.cancelAtDesk(alias, WANG)
    assert.deepEqual(await desk.enrolments.standing(alias), { hasKey: true })
    await assert.rejects(desk.enrolments.standing("nobody"), { code: "unknown_patient" })
  })

  it("nothing is granted on the ledger, and revocations pass", async () => {
    const { alias, handle, keySeed } = await patient()
    await begun(alias)
    const input = { custodian: "city", handle, base: 0, root: randomBytes(32) }
    for (const action of ["grant", "restrict"])
      assert.equal(await submitted("policy", action, input, [keySeed]), "rekey_pending")
    assert.equal(await submitted("policy", "revoke", input, [keySeed]), null)
  })
})

describe("the patient's audit says", () => {
  it("who at the desk put another key in place, once, and who took it back", async () => {
    const { alias, handle, keySeed } = await patient()
    const before = await city.vault.disclosureCount(handle)
    const first = await begun(alias)
    for (let i = 0; i < 2; i++) await desk.react("rekeyBegun", handle, first.height)
    await desk.rekeys.cancelAtDesk(alias, WANG)
    await desk.react("rekeyCancelled", handle, await heightNow())
    const second = await begun(alias)
    // A node that was down meanwhile hears both later.
    await submitted("people", "cancelRekey", { custodian: "city", handle }, [keySeed])
    const cancelledAt = await heightNow()
    const restarted = deskOf(city, client)
    await restarted.react("rekeyBegun", handle, second.height)
    await restarted.react("rekeyCancelled", handle, cancelledAt)
    const said = [...desk.noted, ...restarted.noted].map(
      ({ rekey, requester, practitionerName, practitioner, isChange }) => ({
        ...{ rekey, requester, practitionerName, practitioner, isChange },
      }),
    )
    const by = (name: string, key: PublicKey) => ({
      ...{ requester: "city", practitionerName: name, practitioner: toHex(key), isChange: false },
    })
    assert.deepEqual(said, [
      { rekey: "begun", ...by("lin", LIN) },
      { rekey: "cancelled", ...by("wang", WANG.key) },
      { rekey: "begun", ...by("lin", LIN) },
      {
        ...{ rekey: "cancelled", requester: toHex(handle), practitionerName: undefined },
        ...{ practitioner: "?", isChange: false },
      },
    ])
    assert.equal((await city.vault.disclosureCount(handle)) - before, 4)
  })

  it("nothing of another custodian's", async () => {
    const { handle } = await patient()
    await desk.rekeys.note({
      ...{ contract: "people", name: "rekeyBegun", height: 1, transaction: 0, index: 0 },
      data: { custodian: "county", handle },
    })
    assert.deepEqual(desk.noted, [])
  })
})
