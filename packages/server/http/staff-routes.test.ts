import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { NewDevice, okAnswer, post, StaffClient } from "@aceso/client"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import {
  type Bytes,
  type Cbor,
  fromHex,
  newPairingCode,
  PATIENT_TAG,
  type PlatformError,
  publicKey,
  randomBytes,
  STAFF_TAG,
} from "@aceso/core"

const HOUR_MS = 3_600_000
const folder = mkdtempSync(join(tmpdir(), "aceso-staff-routes-"))
let network: DemoNetwork
let url: string
const seedOf = (name: string): Bytes =>
  fromHex(JSON.parse(readFileSync(join(folder, "people", `${name}.json`), "utf8")).seed)
const as = (name: string) => new StaffClient(url, seedOf(name))
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => "done",
    (error: PlatformError) => error.code,
  )
const others = (digits: string) => String((Number(digits) + 1) % 1_000_000).padStart(6, "0")

before(async () => {
  network = await DemoNetwork.open({ folder, port: 0 })
  url = network.node("city-hospital").services.config.url
})
after(async () => {
  await network.close()
  rmSync(folder, { recursive: true })
})

/** A device that comes with a code. */
async function come(code: string, seed = randomBytes(32)) {
  const device = await NewDevice.begin(url, code, seed, network.document.network)
  return { device, digits: device.digits, client: new StaffClient(url, seed) }
}

describe("who may ask about the people", () => {
  const key = publicKey(randomBytes(32))
  const code = newPairingCode()
  const [name, asOf] = ["intruder", null]
  const questions: Readonly<Record<string, Readonly<Record<string, Cbor>>>> = {
    list: {},
    add: { name, key, isAdministrator: true },
    invite: { name, isAdministrator: true },
    pairing: { code },
    confirm: { code, digits: "123456" },
    change: { name: "city-doctor", role: null, isAdministrator: true },
    absent: { name: "city-admin", until: Date.now() + HOUR_MS },
    end: { name: "city-registrar", asOf },
    "end-key": { name: "city-registrar", device: "device-1", asOf },
    waiting: {},
    second: { id: randomBytes(16), yes: true },
  }
  const callers: readonly (readonly [who: string, seed: () => Bytes, tag: string, code: string])[] = [
    ["nobody", () => randomBytes(32), STAFF_TAG, "not_permitted"],
    ["another tag", () => seedOf("city-admin"), PATIENT_TAG, "bad_signature"],
    ["a doctor of this organisation", () => seedOf("city-doctor"), STAFF_TAG, "not_permitted"],
    ["another organisation's administrator", () => seedOf("county-admin"), STAFF_TAG, "not_permitted"],
  ]
  for (const [who, seed, tag, wanted] of callers)
    it(`not ${who}`, async () => {
      const before = network.node("city-hospital").services.staff.all
      for (const [path, question] of Object.entries(questions)) {
        const call = post(`${url}/staff/${path}`, question, { seed: seed(), tag }, okAnswer)
        assert.equal(await codeOf(call), wanted, path)
      }
      assert.equal(network.node("city-hospital").services.staff.all, before)
    })

  it("everybody of the staff asks what they are themselves", async () => {
    const { from: _, ...doctor } = await as("city-doctor").people.me()
    const told = { name: "city-doctor", label: "device-1", isAdministrator: false, role: "doctor" }
    assert.deepEqual(doctor, told)
    assert.equal((await as("city-admin").people.me()).isAdministrator, true)
  })
})

describe("what is asked is bounded", () => {
  const rows: readonly (readonly [path: string, question: Readonly<Record<string, Cbor>>])[] = [
    ["invite", { name: "Capital", isAdministrator: false }],
    ["invite", { name: "x".repeat(65), isAdministrator: false }],
    ["invite", { name: "eve", isAdministrator: false, role: "King" }],
    ["invite", { name: "eve", isAdministrator: false, label: "my phone" }],
    ["invite", { name: "eve", isAdministrator: false, key: publicKey(randomBytes(32)) }],
    ["confirm", { code: newPairingCode(), digits: "12345" }],
    ["confirm", { code: "short", digits: "123456" }],
    ["change", { name: "city-doctor", isAdministrator: false }],
    ["absent", { name: "city-doctor", until: -1 }],
    ["absent", { name: "city-doctor", until: 1 }],
    ["end-key", { name: "city-doctor", device: "", asOf: null }],
    ["end-key", { name: "city-doctor", device: "x".repeat(65), asOf: null }],
    ["second", { id: randomBytes(15), yes: true }],
  ]
  for (const [path, question] of rows)
    it(`/staff/${path} ${Object.keys(question)}`, async () => {
      const call = post(
        `${url}/staff/${path}`,
        question,
        { seed: seedOf("city-admin"), tag: STAFF_TAG },
        okAnswer,
      )
      assert.equal(await codeOf(call), "bad_input")
    })
})

describe("a person who is invited", () => {
  it("makes the key on the own device, and acts once the digits were typed", async () => {
    const admin = as("city-admin")
    const invited = await admin.people.invite({
      ...{ name: "dr-li", role: "doctor", isAdministrator: false, label: "phone" },
    })
    assert.equal(invited.isNew, true)
    assert.deepEqual(await admin.people.pairing(invited.code), { hasDevice: false, isConfirmed: false })
    assert.equal(await codeOf(admin.people.confirm(invited.code, "123456")), "no_device_yet")
    const { device, digits, client } = await come(invited.code)
    assert.deepEqual([device.begun.kind, device.begun.member], ["staff", "city-hospital"])
    assert.deepEqual(await admin.people.pairing(invited.code), { hasDevice: true, isConfirmed: false })
    assert.equal(await codeOf(client.people.me()), "not_permitted")
    const changed = await admin.people.confirm(invited.code, digits)
    assert.deepEqual(changed, { name: "dr-li", isPublished: true, waitsForSecond: false })
    await device.confirmed()
    const { from: _, ...me } = await client.people.me()
    assert.deepEqual(me, { name: "dr-li", label: "phone", isAdministrator: false, role: "doctor" })
    assert.equal((await client.proof()).practitioner.name, "dr-li")
    assert.equal(await codeOf(client.patients()), "done")
    const shown = (await admin.people.all()).find(({ name }) => name === "dr-li")
    assert.deepEqual(
      shown?.devices.map(({ label, by, isInForce }) => [label, by, isInForce]),
      [["phone", "city-admin", true]],
    )
    assert.equal(await codeOf(admin.people.confirm(invited.code, digits)), "code_used")
  })

  it("gets a further device, and loses one: the other one goes on", async () => {
    const admin = as("city-registrar")
    const { code, isNew } = await admin.people.invite({ name: "dr-li", isAdministrator: false })
    assert.equal(isNew, false)
    const { digits, client } = await come(code)
    await admin.people.confirm(code, digits)
    assert.deepEqual(
      [(await client.people.me()).label, (await client.people.me()).role],
      ["device-2", "doctor"],
    )
    const ended = await admin.people.endKey("dr-li", "device-2", null)
    assert.deepEqual([ended.label, ended.isPublished], ["device-2", true])
    assert.equal(await codeOf(client.patients()), "not_permitted")
    const shown = (await admin.people.all()).find(({ name }) => name === "dr-li")
    assert.deepEqual(
      shown?.devices.map(({ isInForce }) => isInForce),
      [true, false],
    )
    assert.equal(shown?.isInForce, true)
  })

  it("is confirmed by whoever invited, and by nobody else", async () => {
    const { code } = await as("city-admin").people.invite({ name: "eve", isAdministrator: false })
    const { digits, client } = await come(code)
    assert.equal(await codeOf(as("city-registrar").people.confirm(code, digits)), "unknown_code")
    assert.equal(await codeOf(as("city-doctor").people.confirm(code, digits)), "not_permitted")
    assert.equal(await codeOf(client.people.confirm(code, digits)), "not_permitted")
    assert.equal(await codeOf(as("city-admin").people.confirm(code, others(digits))), "digits_differ")
    assert.equal(await codeOf(as("city-admin").people.confirm(code, digits)), "unknown_code")
    assert.equal(await codeOf(client.people.me()), "not_permitted")
  })

  it("is refused where somebody else came meanwhile with the name, or the name has gone", async () => {
    const admin = as("city-admin")
    const [a, b] = [
      await admin.people.invite({ name: "twin", isAdministrator: false }),
      await admin.people.invite({ name: "twin", isAdministrator: false }),
    ]
    assert.deepEqual([a.isNew, b.isNew], [true, true])
    const [first, second] = [await come(a.code), await come(b.code)]
    assert.equal(await codeOf(admin.people.confirm(a.code, first.digits)), "done")
    assert.equal(await codeOf(admin.people.confirm(b.code, second.digits)), "person_exists")
    assert.equal(await codeOf(second.client.people.me()), "not_permitted")
    const device = await admin.people.invite({ name: "twin", isAdministrator: false })
    const third = await come(device.code)
    await admin.people.end("twin", null)
    assert.equal(await codeOf(admin.people.confirm(device.code, third.digits)), "person_ended")
    assert.equal(await codeOf(admin.people.invite({ name: "twin", isAdministrator: false })), "person_ended")
    assert.equal(
      await codeOf(admin.people.invite({ name: "dr-li", role: "nurse", isAdministrator: false })),
      "person_exists",
    )
  })

  it("cannot bring somebody else's key, nor one whose time has ended", async () => {
    const admin = as("city-admin")
    const invite = async () => (await admin.people.invite({ name: "thief", isAdministrator: true })).code
    for (const [seed, code] of [
      [seedOf("city-doctor"), "person_exists"],
      [seedOf("county-admin"), "done"],
    ] as const) {
      const invited = await invite()
      const { digits } = await come(invited, seed)
      assert.equal(await codeOf(admin.people.confirm(invited, digits)), code)
    }
  })
})

describe("changes of somebody who is there", () => {
  it("another role, administrator or no more, absence: each at once", async () => {
    const admin = as("city-admin")
    const doctor = as("city-doctor")
    await admin.people.change("city-doctor", "nurse", true)
    assert.deepEqual([(await doctor.people.me()).role, await codeOf(doctor.people.all())], ["nurse", "done"])
    assert.equal((await doctor.proof()).practitioner.role, "nurse")
    await admin.people.change("city-doctor", null, false)
    assert.deepEqual(
      [await codeOf(doctor.people.all()), await codeOf(doctor.proof())],
      ["not_permitted", "not_a_practitioner"],
    )
    assert.equal(await codeOf(doctor.patients()), "done")
    await admin.people.absent("city-doctor", Date.now() + HOUR_MS)
    assert.equal(await codeOf(doctor.patients()), "not_permitted")
    const shown = (await admin.people.all()).find(({ name }) => name === "city-doctor")
    assert.equal(shown?.isInForce, false)
    assert.ok(shown?.absentUntil !== undefined && shown.absentUntil > Date.now())
    assert.equal(shown.terms.length, 4)
  })

  it("an administrator may take the own rights, and is answered", async () => {
    const registrar = as("city-registrar")
    assert.equal(
      (await registrar.people.change("city-registrar", "patient-relations", false)).name,
      "city-registrar",
    )
    assert.equal(await codeOf(registrar.people.all()), "not_permitted")
  })
})
