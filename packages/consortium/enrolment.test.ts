import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import {
  firstKeyAnswer,
  NewDevice,
  PatientClient,
  PatientEnrolment,
  type PatientPlace,
  personTold,
  post,
  type RegisterQuestion,
  StaffClient,
} from "@aceso/client"
import { handles, members } from "@aceso/contracts"
import {
  type Bytes,
  type Cbor,
  type EnrolmentInvitation,
  enrolmentLink,
  fromHex,
  genesisHash,
  handleSeed,
  PAIRING_TAG,
  PATIENT_TAG,
  type PlatformError,
  publicKey,
  randomBytes,
  readEnrolmentLink,
  STAFF_TAG,
  signFirstKey,
  signGenesis,
  toHex,
  utf8,
} from "@aceso/core"
import { layout, readJson } from "./files.ts"
import { DemoNetwork } from "./network.ts"

const CITY = "city-hospital"
const COUNTY = "county-hospital"
const APP = "http://localhost:5173"

let folder: string
let network: DemoNetwork
const desks = new Map<string, StaffClient>()
const faults: unknown[] = []
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "aceso-enrolment-"))
  network = await DemoNetwork.open({ folder, port: 0, onFault: (_, error) => faults.push(error) })
  for (const [member, short] of [
    [CITY, "city"],
    [COUNTY, "county"],
  ]) {
    const seed = randomBytes(32)
    const clerk = { name: "lin", key: publicKey(seed), isAdministrator: false, role: "clerk" }
    await staff(`${short}-admin`).people.add(clerk)
    desks.set(member, new StaffClient(urlOf(member), seed))
  }
})
after(async () => {
  await network.close()
  rmSync(folder, { recursive: true })
  assert.deepEqual(faults, [])
})

const urlOf = (member: string) => network.node(member).services.config.url
function staff(name: string): StaffClient {
  const { node, seed } = readJson(layout(folder).person(name)) as { node: string; seed: string }
  return new StaffClient(node, fromHex(seed))
}
const clerkAt = (member: string): StaffClient => {
  const found = desks.get(member)
  assert.ok(found)
  return found
}
let count = 0
/** Somebody who is registered, under a name of their own. */
async function registered(member: string): Promise<string> {
  const name = { family: `Family${String.fromCharCode(97 + count++)}`, given: ["Ana"] }
  const person = { name, birthDate: "1970-01-31", sex: "female", identifiers: [] } as const
  const { registered: found } = await clerkAt(member).desk.register(person)
  assert.ok(found)
  return found.alias
}
/** As far as the digits, which the clerk types. */
async function joining(member: string, alias: string): Promise<PatientEnrolment> {
  const { desk } = clerkAt(member)
  const { invitation } = await desk.invite(alias)
  const device = await PatientEnrolment.meet(readEnrolmentLink(enrolmentLink(APP, invitation)).invitation)
  const digits = await device.begin()
  assert.equal((await desk.state(invitation.code)).hasDevice, true)
  assert.equal(await desk.confirm(invitation.code, digits), alias)
  await device.confirmed()
  return device
}
const patientOf = (seed: Bytes, places: readonly PatientPlace[]) =>
  new PatientClient({ network: network.document.network, seed, places, policyDelayMs: 1 })
const rowOf = ({ custodian, handle }: PatientPlace) => network.engine.read(handles, [custodian, handle])
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => "done",
    (error: PlatformError) => error.code,
  )

describe("a person at the desk, with a phone", () => {
  it("is registered, joins, and acts by the key that only the phone has", async () => {
    const alias = await registered(CITY)
    const device = await joining(CITY, alias)
    const { name, ...whom } = device.joining
    const { network: net } = network.document
    assert.deepEqual(whom, { custodian: CITY, kind: "custodian", url: urlOf(CITY), network: net })
    assert.equal(name, (await network.engine.read(members, [CITY]))?.name)
    const told = await device.person()
    assert.match(told.name ?? "", /Ana Family/)
    assert.equal(told.birthDate, "1970-01-31")
    const seed = randomBytes(32)
    const place = await device.enrol(seed)
    assert.deepEqual((await rowOf(place))?.key, publicKey(handleSeed(seed, CITY, place.handle, 1)))
    assert.equal((await clerkAt(CITY).patient(alias))?.hasKey, true)
    const patient = patientOf(seed, [place])
    assert.deepEqual(await patient.inbox(), [])
    const [part] = await patient.account()
    assert.equal(part.custodian, CITY)
    assert.equal(await codeOf(clerkAt(CITY).desk.enrol(alias)), "key_exists")
  })

  it("joins a second hospital by the same seed, and nothing that either is sent links the two", async () => {
    const sent = new Map<string, string[]>([
      [CITY, []],
      [COUNTY, []],
    ])
    const seed = randomBytes(32)
    const places: PatientPlace[] = []
    const aliases = new Map<string, string>()
    for (const member of [CITY, COUNTY]) aliases.set(member, await registered(member))
    const plain = globalThis.fetch
    globalThis.fetch = (url, init) => {
      for (const [member, all] of sent)
        if (String(url).startsWith(urlOf(member)))
          all.push(JSON.stringify([url, init?.headers, toHex((init?.body ?? new Uint8Array(0)) as Bytes)]))
      return plain(url, init)
    }
    try {
      for (const member of [CITY, COUNTY]) {
        const device = await joining(member, String(aliases.get(member)))
        places.push(await device.enrol(seed))
      }
    } finally {
      globalThis.fetch = plain
    }
    const [city, county] = places
    const secret = ({ custodian, handle, keyNumber }: PatientPlace) => {
      const keySeed = handleSeed(seed, custodian, handle, keyNumber)
      return [handle, keySeed, publicKey(keySeed)].map(toHex)
    }
    const hears = (member: string) => sent.get(member)?.join("\n") ?? ""
    // The handle's own custodian is sent its key, so the search finds what there is.
    for (const [own, other] of [
      [city, county],
      [county, city],
    ]) {
      assert.ok(hears(own.custodian).includes(secret(own)[2]))
      for (const value of [...secret(other), toHex(seed), other.custodian])
        assert.ok(!hears(own.custodian).includes(value), `${own.custodian} was sent ${value}`)
      for (const value of [toHex(seed), secret(own)[1]]) assert.ok(!hears(own.custodian).includes(value))
    }
    // No word of one conversation comes again in the other: keys, nonces, commitments.
    const words = (member: string) => new Set(hears(member).match(/[0-9a-f]{64}/g))
    const shared = [...words(CITY)].filter((word) => words(COUNTY).has(word))
    assert.deepEqual(shared, [])
    const both = patientOf(seed, places)
    assert.equal((await both.account()).length, 2)
  })

  it("hears nothing as long as nobody has typed its digits, and joins whoever comes after it", async () => {
    const alias = await registered(CITY)
    const { desk } = clerkAt(CITY)
    const { invitation } = await desk.invite(alias)
    const device = await PatientEnrolment.meet(invitation)
    await device.begin()
    assert.equal(await codeOf(device.person()), "unknown_key")
    assert.equal(await codeOf((await PatientEnrolment.meet(invitation)).begin()), "code_used")
    const again = await joining(CITY, alias)
    assert.ok(await again.enrol(randomBytes(32)))
  })

  it("asks again where the answer is lost, and is answered as the first time", async () => {
    const alias = await registered(CITY)
    // The ledger gets no row of the handle meanwhile, for which the device would sign anew.
    await network.node(CITY).services.committer.flush()
    const device = await joining(CITY, alias)
    const plain = globalThis.fetch
    let lost = 0
    globalThis.fetch = async (url, init) => {
      const answer = await plain(url, init)
      if (!String(url).endsWith("/pairing/enrol")) return answer
      if (lost++ < 2) throw new TypeError("the line is gone")
      return answer
    }
    try {
      const place = await device.enrol(randomBytes(32))
      assert.ok((await rowOf(place))?.key)
    } finally {
      globalThis.fetch = plain
    }
    assert.equal(lost, 3)
  })
})

describe("a device that was not answered as it should be", () => {
  const rows: readonly (readonly [
    comment: string,
    answer: (plain: () => Promise<Response>) => Promise<Response>,
    code: string,
    mayBeThere: boolean,
  ])[] = [
    ["by a proxy", async () => new Response("Bad Gateway", { status: 502 }), "bad_answer", true],
    ["although it was done", async (plain) => new Response(`${(await plain()).status}`), "bad_cbor", true],
  ]
  for (const [comment, answer, code, mayBeThere] of rows)
    it(`${comment}: ${mayBeThere ? "the ledger may have it" : "nothing is there"}`, async () => {
      const device = await joining(CITY, await registered(CITY))
      const plain = globalThis.fetch
      globalThis.fetch = (url, init) =>
        String(url).endsWith("/pairing/enrol") ? answer(() => plain(url, init)) : plain(url, init)
      try {
        assert.equal(await codeOf(device.enrol(randomBytes(32))), code)
      } finally {
        globalThis.fetch = plain
      }
      assert.equal(device.mayBeThere, mayBeThere)
    })

  it("by a refusal: nothing is there", async () => {
    const alias = await registered(CITY)
    const [late, quick] = [await joining(CITY, alias), await joining(CITY, alias)]
    await quick.enrol(randomBytes(32))
    assert.equal(quick.mayBeThere, true)
    assert.equal(await codeOf(late.enrol(randomBytes(32))), "unknown_key")
    assert.equal(late.mayBeThere, false)
  })
})

describe("before it begins a device refuses", () => {
  const rows: readonly (readonly [
    comment: string,
    change: (invitation: EnrolmentInvitation) => Partial<EnrolmentInvitation>,
    code: string,
  ])[] = [
    ["a node of another member", () => ({ url: urlOf(COUNTY) }), "bad_url"],
    ["another network", () => ({ network: "other" }), "wrong_network"],
    ["another genesis", () => ({ genesis: randomBytes(32) }), "wrong_network"],
    ["an organisation that is no member", () => ({ custodian: "somebody" }), "unknown_member"],
    ["nobody at all", () => ({ url: "http://127.0.0.1:1" }), "node_unreachable"],
  ]
  for (const [comment, change, code] of rows)
    it(comment, async () => {
      const { desk } = clerkAt(CITY)
      const { invitation } = await desk.invite(await registered(CITY))
      assert.equal(await codeOf(PatientEnrolment.meet({ ...invitation, ...change(invitation) })), code)
      // Nothing was used up.
      assert.equal((await desk.state(invitation.code)).hasDevice, false)
    })

  it("another network than the one that it belongs to", async () => {
    const { invitation } = await clerkAt(CITY).desk.invite(await registered(CITY))
    const seed = randomBytes(32)
    const founder = { ...network.document.founder, key: publicKey(seed) }
    const other = signGenesis({ ...network.document, network: "other", founder }, seed)
    assert.notDeepEqual(genesisHash(other), invitation.genesis)
    assert.equal(await codeOf(PatientEnrolment.meet(invitation, other)), "wrong_network")
  })

  it("a code by which somebody is to work there", async () => {
    const { pairings } = network.node(CITY).services
    const { code } = pairings.open({ kind: "staff", by: "lin", take: async () => {} })
    const { invitation } = await clerkAt(CITY).desk.invite(await registered(CITY))
    const device = await PatientEnrolment.meet({ ...invitation, code })
    assert.equal(await codeOf(device.begin()), "wrong_recipient")
  })
})

describe("the desk is not for", () => {
  const person: RegisterQuestion = {
    ...{ name: { family: "Nobody", given: [] }, birthDate: "1970-01-31" },
    ...{ sex: "unknown", identifiers: [] },
  }
  const calls = (client: StaffClient, alias: string, code: string) => [
    client.desk.register(person),
    client.desk.enrol(alias),
    client.desk.state(code),
    client.desk.confirm(code, "123456"),
  ]
  const others: readonly (readonly [
    comment: string,
    client: () => StaffClient | Promise<StaffClient>,
    code: string,
  ])[] = [
    ["a doctor", () => staff("city-doctor"), "not_permitted"],
    [
      "somebody of another organisation",
      () => new StaffClient(urlOf(CITY), randomBytes(32)),
      "not_permitted",
    ],
    [
      "a clerk of another organisation",
      () => new StaffClient(urlOf(CITY), seedOf("county-admin")),
      "not_permitted",
    ],
    [
      "a clerk whose time has ended",
      async () => {
        const seed = randomBytes(32)
        const admin = staff("city-admin")
        await admin.people.add({ name: "gone", key: publicKey(seed), isAdministrator: false, role: "clerk" })
        await admin.people.end("gone", null)
        return new StaffClient(urlOf(CITY), seed)
      },
      "not_permitted",
    ],
  ]
  const seedOf = (name: string) => fromHex((readJson(layout(folder).person(name)) as { seed: string }).seed)
  for (const [comment, client, code] of others)
    it(comment, async () => {
      const alias = await registered(CITY)
      const { code: open } = await clerkAt(CITY).desk.enrol(alias)
      for (const call of calls(await client(), alias, open)) assert.equal(await codeOf(call), code)
    })

  it("an organisation that keeps no records", async () => {
    const { services } = network.node("insurer")
    const client = staff("insurer")
    assert.equal(await codeOf(client.desk.register(person)), "keeps_no_records")
    assert.equal(await services.vault.patientCount(), 0)
  })

  it("patients, by whatever key they sign", async () => {
    const alias = await registered(CITY)
    const device = await joining(CITY, alias)
    const seed = randomBytes(32)
    const place = await device.enrol(seed)
    const keySeed = handleSeed(seed, CITY, place.handle, 1)
    for (const path of ["register", "enrol", "enrol/pairing", "enrol/confirm"])
      for (const tag of [PATIENT_TAG, PAIRING_TAG, STAFF_TAG]) {
        const caller = { seed: keySeed, tag, place }
        const call = post(`${urlOf(CITY)}/staff/${path}`, { alias } as Cbor, caller, personTold)
        assert.match(await codeOf(call), /^(not_permitted|bad_signature)$/)
      }
  })
})

describe("a pairing key", () => {
  const ask = (seed: Bytes, what: string, question: object = {}, tag = PAIRING_TAG, member = CITY) =>
    codeOf(post(`${urlOf(member)}/pairing/${what}`, question as Cbor, { seed, tag }, firstKeyAnswer))

  it("is nobody's before the digits, with another tag, at another custodian, or for what patients ask", async () => {
    const seed = randomBytes(32)
    const { desk } = clerkAt(CITY)
    const { invitation } = await desk.invite(await registered(CITY))
    assert.equal(await ask(seed, "person"), "unknown_key")
    const device = await NewDevice.begin(urlOf(CITY), invitation.code, seed, invitation.network)
    assert.equal(await ask(seed, "person"), "unknown_key")
    assert.equal(await ask(seed, "enrol", { envelope: utf8("x") }), "unknown_key")
    await desk.confirm(invitation.code, device.digits)
    for (const tag of [PATIENT_TAG, STAFF_TAG])
      assert.equal(await ask(seed, "person", {}, tag), "bad_signature")
    assert.equal(await ask(seed, "person", {}, PAIRING_TAG, COUNTY), "unknown_key")
    assert.equal(await ask(seed, "enrol", { envelope: utf8("x") }), "bad_enrolment")
    assert.equal(await ask(seed, "enrol", { envelope: new Uint8Array(5000) }), "bad_input")
    assert.equal(await ask(seed, "enrol", { envelope: new Uint8Array(50_000) }), "too_large")
    const told = await post(`${urlOf(CITY)}/pairing/person`, {}, { seed, tag: PAIRING_TAG }, personTold)
    const place = { custodian: CITY, handle: told.handle }
    for (const what of ["requests", "account", "policy"]) {
      const caller = { seed, tag: PATIENT_TAG, place }
      const call = post(`${urlOf(CITY)}/patient/${what}`, { handle: told.handle }, caller, personTold)
      // The ledger has a row of the handle by now, or has none yet.
      assert.match(await codeOf(call), /^(patient_has_no_key|unknown_patient)$/)
    }
    // And what another custodian would have to sign.
    const { memberKey } = told
    const elsewhere = { network: invitation.network, ...told, custodian: COUNTY, memberKey }
    const envelope = signFirstKey(elsewhere, randomBytes(32), Date.now() + 60_000)
    assert.equal(await ask(seed, "enrol", { envelope }), "bad_enrolment")
  })
})
