import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { handles } from "@aceso/contracts"
import {
  type Bytes,
  type Cbor,
  encodePayload,
  equalBytes,
  handleSeed,
  makeEnvelope,
  PAIRING_MS,
  type PublicKey,
  payloadOf,
  publicKey,
  randomBytes,
  readEnvelope,
  signFirstKey,
  signPayload,
  utf8,
  withSignatures,
} from "@aceso/core"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { startLedger, TestCustodian, type TestLedger, WatchedClient } from "../testing/custodian.ts"
import { type Desk, deskOf } from "../testing/desk.ts"

let ledger: TestLedger
let client: WatchedClient
let city: TestCustodian
let desk: Desk
before(async () => {
  ledger = await startLedger("city", "county")
  client = new WatchedClient(ledger.engine, "city", seedOf("city"))
  city = new TestCustodian(ledger, "city", { client })
  desk = deskOf(city, client)
})
after(async () => {
  await city.vault.close()
  await ledger.end()
})

let count = 0
/** A patient without a key; `isThere`: the ledger has the handle. */
async function patient(isThere = true): Promise<{ alias: string; handle: Bytes }> {
  const id = `p${count++}`
  await city.importer.import(utf8(JSON.stringify({ resourceType: "Patient", id })), "test")
  if (isThere) await city.committer.flush()
  const found = await city.vault.patient({ fhirId: id })
  assert.ok(found)
  return found
}
const others = (digits: string) => String((Number(digits) + 1) % 1_000_000).padStart(6, "0")
const keyOf = async (handle: Bytes) => (await ledger.engine.read(handles, ["city", handle]))?.key ?? null
const hasKey = async (handle: Bytes) => (await city.vault.patient({ handle }))?.hasKey
const soon = () => Date.now() + 120_000

const signed = (device: { pairing: PublicKey }, seed?: Bytes) => desk.signed(device, seed)

describe("a device that comes to the desk", () => {
  it("is told the handle once the digits were typed, and enrols a key that follows from its seed", async () => {
    const { alias, handle } = await patient()
    const { code } = await desk.enrolments.invite(alias, "lin")
    assert.deepEqual(await desk.enrolments.state(code, "lin"), {
      ...{ hasDevice: false, isConfirmed: false, isEnrolled: false },
    })
    const { key: pairing, digits } = desk.come(code)
    await assert.rejects(desk.enrolments.person(pairing), { code: "unknown_key" })
    assert.equal((await desk.enrolments.state(code, "lin")).hasDevice, true)
    assert.equal(await desk.enrolments.confirm(code, digits, "lin"), alias)
    const { told, key, envelope } = await signed({ pairing })
    const { memberKey, ...rest } = told
    assert.deepEqual(rest, { custodian: "city", handle, keyNumber: 1, action: "enrolKey", auditEntries: 0 })
    assert.deepEqual(memberKey, publicKey(seedOf("city")))
    assert.deepEqual(await desk.enrolments.state(code, "lin"), {
      ...{ hasDevice: true, isConfirmed: true, isEnrolled: false },
    })
    const { height } = await desk.enrolments.enrol(pairing, envelope)
    assert.ok(height > 0)
    assert.deepEqual([await keyOf(handle), await hasKey(handle)], [key, true])
    assert.equal((await desk.enrolments.state(code, "lin")).isEnrolled, true)
  })

  it("enrols handle and key at once where the ledger has no row yet, and the committer goes on", async () => {
    const { alias, handle } = await patient(false)
    const device = await desk.join(alias)
    const { told, key, envelope } = await signed(device)
    assert.equal(told.action, "enrol")
    await desk.enrolments.enrol(device.pairing, envelope)
    assert.deepEqual(await keyOf(handle), key)
    assert.deepEqual(await city.vault.unenrolled(10), [])
    await city.committer.flush()
    assert.deepEqual(await city.differences(), [])
  })

  it("signs anew where the handle got its row meanwhile", async () => {
    const { alias, handle } = await patient(false)
    const device = await desk.join(alias)
    const seed = randomBytes(32)
    const before = await signed(device, seed)
    await city.committer.flush()
    await assert.rejects(desk.enrolments.enrol(device.pairing, before.envelope), { code: "handle_exists" })
    const again = await signed(device, seed)
    assert.equal(again.told.action, "enrolKey")
    const answer = await desk.enrolments.enrol(device.pairing, again.envelope)
    assert.deepEqual(await keyOf(handle), again.key)
    assert.deepEqual(await desk.enrolments.enrol(device.pairing, again.envelope), answer)
  })

  it("is answered as the first time, however often and by whatever envelope it comes again", async () => {
    const { alias } = await patient()
    const device = await desk.join(alias)
    const { first, keySeed, envelope } = await signed(device)
    const answer = await desk.enrolments.enrol(device.pairing, envelope)
    const fresh = signFirstKey(first, keySeed, soon())
    for (const one of [envelope, fresh, envelope])
      assert.deepEqual(await desk.enrolments.enrol(device.pairing, one), answer)
    const two = await patient()
    const twice = await desk.join(two.alias)
    const { envelope: same } = await signed(twice)
    const both = await Promise.all([1, 2].map(() => desk.enrolments.enrol(twice.pairing, same)))
    assert.deepEqual(both[0], both[1])
  })

  for (const where of ["before the ledger", "after it"])
    it(`is answered after a crash ${where}, by a node that remembers nothing else`, async () => {
      const { alias, handle } = await patient()
      const device = await desk.join(alias)
      const { key, envelope } = await signed(device)
      const submit = ledger.engine.submit.bind(ledger.engine)
      ledger.engine.submit = async (bytes) => {
        if (where === "after it") await submit(bytes)
        throw new Error("killed")
      }
      await assert.rejects(desk.enrolments.enrol(device.pairing, envelope), /killed/)
      ledger.engine.submit = submit
      assert.equal(await hasKey(handle), false)
      const restarted = deskOf(city, client)
      assert.equal((await restarted.enrolments.state(device.code, "lin")).isEnrolled, where === "after it")
      const answer = await restarted.enrolments.enrol(device.pairing, envelope)
      assert.deepEqual(answer.payloadId, readEnvelope(envelope).payloadId)
      assert.deepEqual([await keyOf(handle), await hasKey(handle)], [key, true])
      assert.deepEqual(await restarted.enrolments.enrol(device.pairing, envelope), answer)
    })

  it("has ten minutes from the moment at which the digits were typed", async () => {
    const { alias } = await patient()
    const own = deskOf(city, client)
    const device = await own.join(alias)
    const { envelope } = await signed(device)
    own.clock.later = PAIRING_MS
    for (const call of [
      () => own.enrolments.person(device.pairing),
      () => own.enrolments.enrol(device.pairing, envelope),
    ])
      await assert.rejects(call, { code: "unknown_key" })
    await assert.rejects(own.enrolments.state(device.code, "lin"), { code: "unknown_code" })
  })
})

describe("whoever is not the patient", () => {
  it("had the code first: the digits are another's, and nothing is told", async () => {
    const { alias, handle } = await patient()
    const { code } = await desk.enrolments.invite(alias, "lin")
    const thief = desk.come(code)
    assert.throws(() => desk.come(code), { code: "code_used" })
    await assert.rejects(desk.enrolments.confirm(code, others(thief.digits), "lin"), {
      code: "digits_differ",
    })
    await assert.rejects(desk.enrolments.person(thief.key), { code: "unknown_key" })
    await assert.rejects(desk.enrolments.state(code, "lin"), { code: "unknown_code" })
    assert.equal(await keyOf(handle), null)
  })

  it("types no digits of a code that somebody else made, nor looks at it", async () => {
    const { alias } = await patient()
    const { code } = await desk.enrolments.invite(alias, "lin")
    const { digits } = desk.come(code)
    await assert.rejects(desk.enrolments.confirm(code, digits, "wang"), { code: "unknown_code" })
    await assert.rejects(desk.enrolments.state(code, "wang"), { code: "unknown_code" })
    await desk.enrolments.confirm(code, digits, "lin")
    await assert.rejects(desk.enrolments.state(code, "wang"), { code: "unknown_code" })
  })

  it("has a code of another kind", async () => {
    const take = () => assert.fail("a code for staff became a patient's")
    const { code } = desk.pairings.open({ kind: "staff", by: "lin", take })
    const { digits } = desk.come(code)
    await assert.rejects(desk.enrolments.confirm(code, digits, "lin"), { code: "unknown_code" })
    await assert.rejects(desk.enrolments.state(code, "lin"), { code: "unknown_code" })
  })

  it("comes second: one with a key gets no other, by whatever code was open", async () => {
    const { alias, handle } = await patient()
    const early = await desk.enrolments.invite(alias, "wang")
    const late = desk.come(early.code)
    const slow = await desk.join(alias)
    const { envelope: slowly } = await signed(slow)
    await assert.rejects(desk.enrolments.person(publicKey(randomBytes(32))), { code: "unknown_key" })
    const quick = await desk.join(alias)
    // The desk confirmed another device since.
    await assert.rejects(desk.enrolments.enrol(slow.pairing, slowly), { code: "unknown_key" })
    const { key, envelope } = await signed(quick)
    await desk.enrolments.enrol(quick.pairing, envelope)
    await assert.rejects(desk.enrolments.confirm(early.code, late.digits, "wang"), { code: "key_exists" })
    await assert.rejects(desk.enrolments.invite(alias, "lin"), { code: "key_exists" })
    assert.deepEqual(await keyOf(handle), key)
  })

  it("signed already, and so did another: the ledger takes one, and the other hears it", async () => {
    const { alias, handle } = await patient()
    const first = await desk.join(alias)
    const one = await signed(first)
    const submit = ledger.engine.submit.bind(ledger.engine)
    ledger.engine.submit = async () => {
      throw new Error("the engine is away")
    }
    await assert.rejects(desk.enrolments.enrol(first.pairing, one.envelope), /away/)
    ledger.engine.submit = submit
    const second = await desk.join(alias)
    const two = await signed(second)
    await desk.enrolments.enrol(second.pairing, two.envelope)
    await assert.rejects(desk.enrolments.enrol(first.pairing, one.envelope), { code: "key_exists" })
    await assert.rejects(desk.enrolments.state(first.code, "lin"), { code: "key_exists" })
    assert.deepEqual(await keyOf(handle), two.key)
  })

  it("pairs by one key for two patients", async () => {
    const seed = randomBytes(32)
    await desk.join((await patient()).alias, { seed })
    await assert.rejects(desk.join((await patient()).alias, { seed }), { code: "bad_pairing" })
  })

  it("asks for a patient who is not here", () =>
    assert.rejects(desk.enrolments.invite("nobody", "lin"), { code: "unknown_patient" }))
})

describe("a device that signs something else", () => {
  type Made = Awaited<ReturnType<typeof signed>>
  const input = ({ told, key }: Made) => ({ custodian: "city", handle: told.handle, key })
  /** Signed by these, where a sound device's is signed by its key alone and names the custodian's beside it. */
  function envelopeOf(
    made: Made,
    change: {
      payload?: Partial<Parameters<typeof payloadOf>[0]>
      signers?: readonly Bytes[]
      by?: readonly Bytes[]
    },
  ): Bytes {
    const { first, key, keySeed } = made
    const payload = payloadOf(
      {
        ...{
          network: first.network,
          contract: "people",
          action: "enrolKey",
          input: input(made),
          expiry: soon(),
        },
        ...change.payload,
      },
      change.signers ?? [key, first.memberKey],
    )
    const by = change.by ?? [keySeed]
    return withSignatures(
      payload,
      by.map((seed) => ({ key: publicKey(seed), signature: signPayload(payload, seed) })),
    )
  }
  const somebody = randomBytes(32)
  const county = seedOf("county")
  const changed = (change: (made: Made) => Parameters<typeof envelopeOf>[1]) => (made: Made) =>
    envelopeOf(made, change(made))
  const withInput = (change: (made: Made) => object) =>
    changed((made) => ({ payload: { input: { ...input(made), ...change(made) } as Cbor } }))
  let ann: Bytes
  before(async () => {
    ann = (await patient()).handle
  })

  const rows: readonly (readonly [comment: string, envelope: (made: Made) => Bytes])[] = [
    ["for another handle", withInput(() => ({ handle: ann }))],
    ["for another custodian", withInput(() => ({ custodian: "county" }))],
    ["in another network", changed(() => ({ payload: { network: "other" } }))],
    ["of another contract", changed(() => ({ payload: { contract: "policy" } }))],
    ["another action", changed(() => ({ payload: { action: "enrolWithoutKey" } }))],
    ["a key that does not sign", withInput(() => ({ key: publicKey(somebody) }))],
    ["no key", changed(({ told }) => ({ payload: { input: { custodian: "city", handle: told.handle } } }))],
    ["more than an enrolment says", withInput(() => ({ keyNumber: 7 }))],
    ["that nobody else signs", changed(({ key }) => ({ signers: [key] }))],
    ["that another member signs", changed(({ key }) => ({ signers: [key, publicKey(county)] }))],
    [
      "that a third one signs",
      changed(({ key, first }) => ({ signers: [key, first.memberKey, publicKey(somebody)] })),
    ],
    ["without a signature", changed(() => ({ by: [] }))],
    ["by somebody else", changed(() => ({ by: [somebody] }))],
    ["with two signatures", changed(({ keySeed }) => ({ by: [keySeed, somebody] }))],
    ["that has expired", changed(() => ({ payload: { expiry: Date.now() - 1000 } }))],
    ["for next year", changed(() => ({ payload: { expiry: Date.now() + 365 * 86_400_000 } }))],
    ["no envelope", () => utf8("enrol me")],
    ["nothing", () => new Uint8Array(0)],
    [
      "with the custodian's own key as the patient's",
      ({ first }) => {
        const { memberKey } = first
        const payload = encodePayload({
          ...{ network: first.network, contract: "people", action: "enrolKey" },
          input: { custodian: "city", handle: first.handle, key: memberKey },
          ...{ expiry: soon(), nonce: randomBytes(16), signers: [memberKey] },
        })
        return withSignatures(payload, [{ key: memberKey, signature: new Uint8Array(64) }])
      },
    ],
  ]
  for (const [comment, envelope] of rows)
    it(`is refused: ${comment}`, async () => {
      const { alias, handle } = await patient()
      const device = await desk.join(alias)
      const made = await signed(device)
      await assert.rejects(desk.enrolments.enrol(device.pairing, envelope(made)), { code: "bad_enrolment" })
      assert.equal(await keyOf(handle), null)
      assert.equal(await keyOf(ann), null)
      // Nothing of it stands in the way of what is sound.
      await desk.enrolments.enrol(device.pairing, made.envelope)
      assert.deepEqual(await keyOf(handle), made.key)
    })

  it("is refused by the ledger: by the key of a member", async () => {
    const { alias, handle } = await patient()
    const device = await desk.join(alias)
    const { first } = await signed(device)
    const envelope = signFirstKey(first, county, soon())
    await assert.rejects(desk.enrolments.enrol(device.pairing, envelope), { code: "key_of_a_member" })
    assert.deepEqual([await keyOf(handle), await hasKey(handle)], [null, false])
  })

  it("is refused: a second key, whatever became of the first", async () => {
    const { alias, handle } = await patient()
    const device = await desk.join(alias)
    const one = await signed(device)
    const submit = ledger.engine.submit.bind(ledger.engine)
    ledger.engine.submit = async () => {
      throw new Error("the engine is away")
    }
    await assert.rejects(desk.enrolments.enrol(device.pairing, one.envelope), /away/)
    ledger.engine.submit = submit
    const two = await signed(device)
    assert.equal(equalBytes(one.key, two.key), false)
    await assert.rejects(desk.enrolments.enrol(device.pairing, two.envelope), { code: "bad_enrolment" })
    await desk.enrolments.enrol(device.pairing, one.envelope)
    await assert.rejects(desk.enrolments.enrol(device.pairing, two.envelope), { code: "key_exists" })
    assert.deepEqual(await keyOf(handle), one.key)
  })

  it("without end", async () => {
    const { alias } = await patient()
    const device = await desk.join(alias)
    const { first, keySeed } = await signed(device)
    const submit = ledger.engine.submit.bind(ledger.engine)
    ledger.engine.submit = async () => {
      throw new Error("the engine is away")
    }
    const tried = () => desk.enrolments.enrol(device.pairing, signFirstKey(first, keySeed, soon()))
    for (let i = 0; i < 16; i++) await assert.rejects(tried, /away/)
    await assert.rejects(tried, { code: "too_many_requests" })
    ledger.engine.submit = submit
  })
})

it("the vault follows the ledger where a key came there by another way", async () => {
  const { handle } = await patient(false)
  const keySeed = handleSeed(randomBytes(32), "city", handle, 1)
  const input = { custodian: "city", handle, key: publicKey(keySeed) }
  const { network } = ledger.engine
  const { bytes } = makeEnvelope({ network, contract: "people", action: "enrol", input, expiry: soon() }, [
    keySeed,
    client.seed,
  ])
  await client.submit(bytes)
  assert.equal(await hasKey(handle), false)
  await desk.enrolments.follow(handle)
  assert.equal(await hasKey(handle), true)
  assert.deepEqual(await city.vault.unenrolled(10), [])
  await desk.enrolments.follow(randomBytes(32))
})
