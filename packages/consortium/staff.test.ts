import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { okAnswer, post, postRaw, StaffClient } from "@aceso/client"
import {
  EXCHANGE_TAG,
  encodeCbor,
  equalBytes,
  type FetchRequest,
  fromHex,
  handleSeed,
  makeOneTimeKey,
  PATIENT_TAG,
  type PlatformError,
  publicKey,
  randomBytes,
  STAFF_TAG,
  signWord,
  toHex,
} from "@aceso/core"
import type { AcesoNode } from "@aceso/server/node/node.ts"
import { staffModule } from "@aceso/server/node/staff.module.ts"
import { tamper } from "@aceso/server/node/tamper.ts"
import { layout, readJson } from "./files.ts"
import { DemoNetwork } from "./network.ts"
import { bootStory, type Story } from "./testing/story.ts"

const DAY_MS = 86_400_000
let story: Story
let county: AcesoNode

before(async () => {
  story = await bootStory()
  county = story.node("county-hospital")
})
after(() => story.end())

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => "done",
    (error: PlatformError) => error.code,
  )
const seedOf = (name: string) =>
  (readJson(layout(story.network.folder).person(name)) as { seed: string }).seed
const inVault = async (name: string) =>
  (await county.services.staffTable.all()).find((one) => one.name === name)

/** What the ended doctor of county sends to city with the organisation's help and an old proof. */
async function sendsAnyway(proof: FetchRequest["practitioner"]["proof"], seed: Uint8Array): Promise<string> {
  const [place] = story.patient("patient-1").places.filter(({ custodian }) => custodian === "city-hospital")
  const nonce = randomBytes(16)
  const time = Date.now()
  const key = await makeOneTimeKey()
  const request: FetchRequest = {
    network: story.network.engine.network,
    custodian: "city-hospital",
    handle: place.handle,
    purpose: "TREAT",
    time,
    nonce,
    practitioner: { proof, signature: signWord("city-hospital", "TREAT", place.handle, nonce, time, seed) },
    suite: key.suite,
    oneTimeKey: key.publicKey,
  }
  const url = `${story.node("city-hospital").services.config.url}/exchange/fetch`
  const caller = { seed: county.services.ledger.seed, tag: EXCHANGE_TAG }
  return codeOf(postRaw(url, encodeCbor(request as never), caller))
}

describe("a practitioner whose time is ended", () => {
  it("can do nothing from that moment on, here or with an old proof elsewhere, and the vault keeps it", async () => {
    const doctor = story.staff("county-doctor")
    const admin = story.staff("county-admin")
    const patient = story.patient("patient-1")
    const [granted] = await patient.grant(
      { grantee: "county-hospital", purpose: "TREAT", classes: [], until: Date.now() + DAY_MS },
      "city-hospital",
    )
    await patient.deliver(county.services.config.url, [granted.copy])
    const place = { custodian: "city-hospital", handle: granted.copy.handle }
    const answer = await doctor.history([place], "TREAT")
    assert.equal(answer.custodians[0].outcome, "answered")
    const proof = await doctor.proof()
    const seed = Buffer.from(seedOf("county-doctor"), "hex")
    assert.equal(await sendsAnyway(proof, seed), "done")

    const ended = await admin.people.end("county-doctor", null)
    assert.equal(ended.isPublished, true)
    assert.equal(await codeOf(doctor.history([place], "TREAT")), "not_permitted")
    for (const call of [doctor.patients(), doctor.visitors(), doctor.proof(), doctor.proposals(true)])
      assert.equal(await codeOf(call), "not_permitted")
    assert.equal(await sendsAnyway(proof, seed), "unknown_practitioner")
    // What was shown to the organisation stays the organisation's.
    assert.ok(
      (await admin.visitors()).visitors.some(({ places }) =>
        places.some(
          ({ custodian, handle }) => custodian === place.custodian && equalBytes(handle, place.handle),
        ),
      ),
    )

    const shown = (await admin.people.all()).find(({ name }) => name === "county-doctor")
    assert.deepEqual([shown?.isInForce, shown?.to, shown?.role], [false, ended.to, "doctor"])
    const kept = await inVault("county-doctor")
    assert.deepEqual([kept?.to, kept?.devices[0].to, kept?.terms[0].to], [ended.to, ended.to, ended.to])
  })

  it("is handed nothing that was being fetched for them in that moment", async () => {
    const doctor = story.staff("clinic-doctor")
    const clinic = story.node("community-clinic")
    const history = clinic.services.requester.history.bind(clinic.services.requester)
    clinic.services.requester.history = async (...question) => {
      const answer = await history(...question)
      await story.staff("clinic-admin").people.end("clinic-doctor", null)
      return answer
    }
    const [place] = story.patient("patient-1").places
    const asked = [{ custodian: place.custodian, handle: place.handle }]
    assert.equal(await codeOf(doctor.history(asked, "TREAT")), "not_permitted")
  })

  it("ends nobody by themselves, and no administrator ends the last one", async () => {
    const doctor = story.staff("city-doctor")
    assert.equal(await codeOf(doctor.people.end("city-admin", null)), "not_permitted")
    assert.equal(await codeOf(doctor.people.all()), "not_permitted")
    const admin = story.staff("city-admin")
    assert.equal(await codeOf(admin.people.end("city-registrar", null)), "done")
    assert.equal(await codeOf(admin.people.end("city-admin", null)), "last_administrator")
    assert.equal(await codeOf(admin.people.end("nobody", null)), "unknown_person")
    assert.equal(await codeOf(admin.people.all()), "done")
  })

  it("an administrator may end themself once there is another, and gets the answer", async () => {
    const node = story.node("city-hospital")
    const seed = randomBytes(32)
    const first = story.staff("city-admin")
    await first.people.add({ name: "second-admin", key: publicKey(seed), isAdministrator: true })
    const { name } = await first.people.end("city-admin", null)
    assert.equal(name, "city-admin")
    assert.equal(await codeOf(first.people.all()), "not_permitted")
    const second = new StaffClient(node.services.config.url, seed)
    assert.equal((await second.people.all()).find((one) => one.name === "city-admin")?.isInForce, false)
  })
})

describe("somebody who is taken on at a running node", () => {
  const seed = randomBytes(32)
  const nurse = { name: "night-nurse", key: publicKey(seed), isAdministrator: false, role: "nurse" }
  const client = () => new StaffClient(county.services.config.url, seed)

  it("acts at once, and others take their word", async () => {
    const admin = story.staff("county-admin")
    assert.equal(await codeOf(client().patients()), "not_permitted")
    assert.deepEqual(await admin.people.add(nurse), {
      ...{ name: "night-nurse", isPublished: true, waitsForSecond: false },
    })
    assert.equal(await codeOf(client().patients()), "done")
    assert.equal(await sendsAnyway(await client().proof(), seed), "done")
    const shown = (await admin.people.all()).find(({ name }) => name === "night-nurse")
    assert.deepEqual([shown?.isInForce, shown?.role, shown?.devices[0].by], [true, "nurse", "county-admin"])
    assert.equal((await inVault("night-nurse"))?.devices[0].by, "county-admin")
  })

  it("is taken on by an administrator alone", async () => {
    const other = { name: "intruder", key: publicKey(randomBytes(32)), isAdministrator: true }
    for (const key of [seed, fromHex(seedOf("city-admin")), randomBytes(32)]) {
      const asking = new StaffClient(county.services.config.url, key)
      assert.equal(await codeOf(asking.people.add(other)), "not_permitted")
    }
    assert.equal(await inVault("intruder"), undefined)
  })

  it("is not asked about by a patient of the organisation, with whichever tag", async () => {
    const { seedFile } = readJson(layout(story.network.folder).person("patient-1")) as { seedFile: string }
    const seed = fromHex(readFileSync(seedFile, "utf8").trim())
    const [place] = story.patient("patient-1").places.filter(({ custodian }) => custodian === "city-hospital")
    const key = handleSeed(seed, place.custodian, place.handle, place.keyNumber)
    const { url } = story.node("city-hospital").services.config
    const paths = staffModule.setup(story.node("city-hospital").services).routes?.map(({ path }) => path)
    assert.ok(paths && paths.length >= 13)
    for (const path of paths) {
      assert.equal(
        await codeOf(post(url + path, {}, { seed: key, tag: STAFF_TAG }, okAnswer)),
        "not_permitted",
      )
      const asPatient = { seed: key, tag: PATIENT_TAG, place }
      assert.equal(await codeOf(post(url + path, {}, asPatient, okAnswer)), "bad_signature", path)
    }
  })

  it("has a name and a key of their own, also when two are taken on at once", async () => {
    const admin = story.staff("county-admin")
    const [a, b] = [1, 2].map(() => ({ ...nurse, key: publicKey(randomBytes(32)) }))
    assert.equal(await codeOf(admin.people.add(a)), "person_exists")
    assert.equal(await codeOf(admin.people.add({ ...nurse, name: "day-nurse" })), "person_exists")
    const both = [a, b].map((one) => codeOf(admin.people.add({ ...one, name: "twin" })))
    assert.deepEqual((await Promise.all(both)).sort(), ["done", "person_exists"])
    for (const wrong of [
      { ...a, name: "Capital" },
      { ...a, name: "king", role: "King" },
    ])
      assert.equal(await codeOf(admin.people.add(wrong)), "bad_input")
  })

  it("is out for good once ended: the key comes back under no name", async () => {
    const admin = story.staff("county-admin")
    assert.equal((await admin.people.end("night-nurse", null)).isPublished, true)
    assert.equal(await codeOf(client().patients()), "not_permitted")
    const back = { ...nurse, name: "nurse-again", isAdministrator: true }
    assert.equal(await codeOf(admin.people.add(back)), "person_ended")
  })
})

describe("a demo", () => {
  it("that is started again has its people as they were: who was ended stays so, nobody is there twice", async () => {
    const folder = mkdtempSync(join(tmpdir(), "aceso-demo-staff-"))
    const open = () => DemoNetwork.open({ folder, port: 0, onFault: (_, error) => assert.ifError(error) })
    const admin = (network: DemoNetwork) => {
      const { services } = network.node("county-hospital")
      const { seed } = readJson(layout(folder).person("county-admin")) as { seed: string }
      return new StaffClient(services.config.url, fromHex(seed))
    }
    let network = await open()
    const before = await admin(network).people.all()
    await admin(network).people.end("county-doctor", null)
    await network.close()
    network = await open()
    const after = await admin(network).people.all()
    assert.deepEqual(
      after.map(({ name, devices }) => [name, toHex(devices[0].key)]),
      before.map(({ name, devices }) => [name, toHex(devices[0].key)]),
    )
    assert.deepEqual(
      after.map(({ isInForce }) => isInForce),
      [true, false],
    )
    await network.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it("is one by its genesis alone: no node elsewhere can be tampered with by its own file", async () => {
    assert.equal(story.network.document.isDemo, true)
    const { vault, document } = county.services
    const { isDemo: _, ...real } = document
    await assert.rejects(tamper({ vault, document: real }), { code: "not_a_demo" })
    const status = await story.staff("county-admin").status()
    assert.equal(status.isDemo, true)
  })
})
