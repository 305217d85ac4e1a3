import assert from "node:assert/strict"
import { chmodSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { postRaw, StaffClient } from "@aceso/client"
import {
  EXCHANGE_TAG,
  encodeCbor,
  equalBytes,
  type FetchRequest,
  makeOneTimeKey,
  type PlatformError,
  publicKey,
  randomBytes,
  signWord,
  toHex,
} from "@aceso/core"
import { readStaff } from "@aceso/server/home/staff.ts"
import type { AcesoNode } from "@aceso/server/node/node.ts"
import { tamper } from "@aceso/server/node/tamper.ts"
import { layout, readJson } from "./files.ts"
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
const isInFile = (name: string) => readStaff(county.services.config.folder).find((one) => one.name === name)

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
  it("can do nothing from that moment on, here or with an old proof elsewhere, and the file keeps it", async () => {
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

    const ended = await admin.endStaff("county-doctor", null)
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

    const shown = (await admin.people()).find(({ name }) => name === "county-doctor")
    assert.deepEqual([shown?.isInForce, shown?.to, shown?.role], [false, ended.to, "doctor"])
    const kept = isInFile("county-doctor")
    assert.deepEqual([kept?.to, kept?.practitioner?.to], [ended.to, ended.to])
  })

  it("is handed nothing that was being fetched for them in that moment", async () => {
    const doctor = story.staff("clinic-doctor")
    const clinic = story.node("community-clinic")
    const history = clinic.services.requester.history.bind(clinic.services.requester)
    clinic.services.requester.history = async (...question) => {
      const answer = await history(...question)
      await story.staff("clinic-admin").endStaff("clinic-doctor", null)
      return answer
    }
    const [place] = story.patient("patient-1").places
    const asked = [{ custodian: place.custodian, handle: place.handle }]
    assert.equal(await codeOf(doctor.history(asked, "TREAT")), "not_permitted")
  })

  it("ends nobody by themselves, and no administrator ends the last one", async () => {
    const doctor = story.staff("city-doctor")
    assert.equal(await codeOf(doctor.endStaff("city-admin", null)), "not_permitted")
    assert.equal(await codeOf(doctor.people()), "not_permitted")
    const admin = story.staff("city-admin")
    assert.equal(await codeOf(admin.endStaff("city-registrar", null)), "done")
    assert.equal(await codeOf(admin.endStaff("city-admin", null)), "last_administrator")
    assert.equal(await codeOf(admin.endStaff("nobody", null)), "unknown_person")
    assert.equal(await codeOf(admin.people()), "done")
  })

  it("an administrator may end themself once there is another, and gets the answer", async () => {
    const node = story.node("city-hospital")
    const seed = randomBytes(32)
    const entry = { name: "second-admin", key: toHex(publicKey(seed)), isAdministrator: true }
    const file = join(node.services.config.folder, "node.json")
    const given = JSON.parse(readFileSync(file, "utf8"))
    writeFileSync(file, JSON.stringify({ ...given, staff: [...given.staff, entry] }))
    await node.services.personnel.replace(readStaff(node.services.config.folder))
    const first = story.staff("city-admin")
    const { name } = await first.endStaff("city-admin", null)
    assert.equal(name, "city-admin")
    assert.equal(await codeOf(first.people()), "not_permitted")
    const second = new StaffClient(node.services.config.url, seed)
    assert.equal((await second.people()).find((one) => one.name === "city-admin")?.isInForce, false)
  })
})

describe("a reload", () => {
  it("that leaves no administrator changes nobody", async () => {
    const clinic = story.node("community-clinic")
    const before = clinic.services.staff.all
    await assert.rejects(clinic.services.personnel.replace([]), { code: "last_administrator" })
    assert.deepEqual(clinic.services.staff.all, before)
  })
})

describe("an end that cannot be kept", () => {
  it("holds in the process all the same, and says what a restart would undo", async () => {
    const insurer = story.node("insurer")
    const seed = randomBytes(32)
    const clerk = { name: "clerk", key: publicKey(seed), isAdministrator: false }
    await insurer.services.personnel.replace([...insurer.services.staff.all, clerk])
    const file = join(insurer.services.config.folder, "node.json")
    const content = readFileSync(file, "utf8")
    writeFileSync(file, "{ broken")
    const admin = story.staff("insurer")
    const refused = await admin.endStaff("clerk", null).catch((error) => error)
    assert.equal(refused.code, "end_not_kept")
    assert.match(
      refused.message,
      /clerk can do nothing here from now on, but node\.json could not be changed/,
    )
    assert.equal(await codeOf(new StaffClient(insurer.services.config.url, seed).patients()), "not_permitted")
    // A broken file leaves the people as they are; a whole one brings nobody back.
    assert.throws(() => readStaff(insurer.services.config.folder), { code: "bad_config" })
    const entry = { ...clerk, key: toHex(clerk.key) }
    const given = JSON.parse(content)
    writeFileSync(file, JSON.stringify({ ...given, staff: [...given.staff, entry] }), { mode: 0o600 })
    chmodSync(file, 0o600)
    await insurer.services.personnel.replace(readStaff(insurer.services.config.folder))
    assert.equal(await codeOf(new StaffClient(insurer.services.config.url, seed).patients()), "not_permitted")
    assert.equal((await admin.endStaff("clerk", null)).name, "clerk")
    assert.ok(readStaff(insurer.services.config.folder).find(({ name }) => name === "clerk")?.to)
  })
})

describe("a demo", () => {
  it("is one by its genesis alone: no node elsewhere can be tampered with by its own file", async () => {
    assert.equal(story.network.document.isDemo, true)
    const { vault, document } = county.services
    const { isDemo: _, ...real } = document
    await assert.rejects(tamper({ vault, document: real }), { code: "not_a_demo" })
    const status = await story.staff("county-admin").status()
    assert.equal(status.isDemo, true)
  })
})
