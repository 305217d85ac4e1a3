import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { AppStore, openedPlaces, PublicClient, placesId, StaffClient, sealedPlaces } from "@aceso/client"
import { bootStory, type Story } from "@aceso/consortium/testing/story.ts"
import { handles } from "@aceso/contracts"
import {
  enrolmentLink,
  genesisHash,
  handleSeed,
  newRecoveryCode,
  publicKey,
  randomBytes,
  toHex,
} from "@aceso/core"
import { keptSeed } from "../keeping.ts"
import { knownPlaces } from "../patient/places.ts"
import type { KeptPerson } from "../protocol.ts"
import { deviceSession } from "./index.ts"

const CITY = "city-hospital"
const pages = mkdtempSync(join(tmpdir(), "aceso-enrol-device-"))
for (const name of ["app", "portal", "start"]) writeFileSync(join(pages, `${name}.html`), "")
let story: Story
let clerk: StaffClient
const { fetch } = globalThis
/** What does not reach the app's operator. */
let isAway: (url: string) => boolean = () => false
before(async () => {
  story = await bootStory({ pages })
  const seed = randomBytes(32)
  const lin = { name: "lin", key: publicKey(seed), isAdministrator: false, role: "clerk" as const }
  await story.staff("city-admin").people.add(lin)
  clerk = new StaffClient(story.node(CITY).services.config.url, seed)
  globalThis.fetch = ((url: string, init: RequestInit) =>
    isAway(String(url))
      ? Promise.reject(new TypeError("fetch failed"))
      : fetch(String(url).replace(origin(), app()), init)) as typeof fetch
})
after(async () => {
  globalThis.fetch = fetch
  await story.end()
  rmSync(pages, { recursive: true, force: true })
})

const app = () => (story.network.start ?? "").replace(/\/demo\/$/, "")
/** As the genesis has it; nobody listens there. */
const origin = () => story.network.document.app?.origins[0] ?? ""
const operator = () => new AppStore(app(), origin())
async function registered(given: string): Promise<string> {
  const { registered: one } = await clerk.desk.register({
    ...{ name: { family: "Half", given: [given] }, birthDate: "1970-01-31", sex: "female", identifiers: [] },
    evenSo: true,
  })
  return one?.alias ?? ""
}
const passkey = () => ({
  secret: { prf: randomBytes(32) },
  by: { what: "passkey" as const, credentialId: randomBytes(16) },
})
/** Somebody whom a device keeps already. */
async function kept(seed: Uint8Array): Promise<{ person: KeptPerson; secret: { prf: Uint8Array } }> {
  const { secret, by } = passkey()
  const genesis = genesisHash((await new PublicClient(app()).genesis()).signed)
  const person = { id: "1", kind: "patient" as const, name: "Me", by, genesis, app: app() }
  return { person: { ...person, ...(await keptSeed(seed, secret, by)) }, secret }
}
/** A device that has come to the desk, up to where the person says yes. */
async function atDesk(
  alias: string,
  isLost: boolean,
  begin: (device: ReturnType<typeof deviceSession>) => Promise<unknown>,
) {
  const { invitation } = await clerk.desk.invite(alias, { isLost })
  const device = deviceSession()
  await device.meet(app(), enrolmentLink(app(), invitation).split("#enrol=")[1])
  await begin(device)
  await clerk.desk.confirm(invitation.code, await device.beginEnrolment())
  return { device, told: await device.enrolmentConfirmed(app()) }
}
const hasKey = async (alias: string) => (await clerk.desk.standing(alias)).hasKey

describe("a device that joins where the app's operator fails", () => {
  it("signs nothing before the operator has room, and goes on when it has", async () => {
    const alias = await registered("Ana")
    const { secret, by } = passkey()
    const { device } = await atDesk(alias, false, (one) => one.make(secret, by))
    isAway = (url) => url.includes("/wrapped/put")
    await assert.rejects(device.prepare(app(), { by, secret }), { code: "node_unreachable" })
    assert.equal(await hasKey(alias), false)
    isAway = () => false
    await device.prepare(app(), { by, secret })
    await device.enrol()
    assert.equal(await hasKey(alias), true)
  })

  it("keeps the place before and after it signs, and brings it to the operator later", async () => {
    const alias = await registered("Bea")
    const seed = randomBytes(32)
    const { person, secret } = await kept(seed)
    const { device } = await atDesk(alias, false, (one) => one.unlock(person, secret))
    const prepared = await openedPlaces(seed, await device.prepare(app()))
    assert.deepEqual(
      prepared.places.map(({ custodian }) => custodian),
      [CITY],
    )
    assert.equal(await hasKey(alias), false)
    isAway = (url) => url.includes("/wrapped/")
    const places = await openedPlaces(seed, await device.enrol())
    assert.deepEqual(places.places, prepared.places)
    await assert.rejects(device.bring(app()), { code: "node_unreachable" })
    isAway = () => false
    // Tried again after whatever fault, it is the same key.
    assert.equal(device.mayBeThere(), true)
    assert.deepEqual((await openedPlaces(seed, await device.enrol())).places, places.places)
    await device.bring(app())
    assert.deepEqual((await operator().places(seed)).places, places.places)
  })
})

describe("a device in place of a lost one", () => {
  it("makes a secret that the lost one does not have, also where it came back by the printed code", async () => {
    const alias = await registered("Eve")
    const stolen = randomBytes(32)
    const { person, secret } = await kept(stolen)
    const first = await atDesk(alias, false, (one) => one.unlock(person, secret))
    await first.device.prepare(app())
    await first.device.enrol()
    await first.device.bring(app())
    await operator().addPlace(stolen, {
      custodian: "county-hospital",
      handle: randomBytes(32),
      keyNumber: 1,
      // Where it never was: the ledger says where it is.
      url: "https://county.example",
    })

    const back = await atDesk(alias, true, (one) => one.unlock(person, secret))
    assert.equal(back.told.mustBeNew, true)
    assert.deepEqual(back.told.others, ["County Hospital"])
    await assert.rejects(back.device.prepare(app()), { code: "known_secret" })
    // Nor by a device that knows nothing of the place, and asks nobody.
    await assert.rejects(back.device.enrol(), { code: "known_secret" })

    const fresh = passkey()
    await back.device.make(fresh.secret, fresh.by)
    await back.device.prepare(app(), fresh)
    await back.device.enrol()
    await back.device.bring(app())
    const [{ handle }] = (await operator().places(stolen)).places
    const row = await story.network.engine.read(handles, [CITY, handle])
    assert.ok(row?.next)
    const thiefs = [1, 2, 3].map((n) => toHex(publicKey(handleSeed(stolen, CITY, handle, n))))
    assert.equal(thiefs.includes(toHex(row.next.key)), false)
    // Should it be taken back, the earlier secret counts on by its own number.
    assert.deepEqual(
      (await operator().places(stolen)).places.map(({ keyNumber }) => keyNumber),
      [1, 1],
    )
  })
})

describe("whoever has the seed writes another key and another address to the operator", () => {
  const evil = "http://127.0.0.1:9"

  it("and a device that knows better goes by the ledger, which the record shows again as well", async () => {
    const alias = await registered("Ida")
    const seed = randomBytes(32)
    const { person: known, secret } = await kept(seed)
    const person = { ...known, app: origin() }
    const { device } = await atDesk(alias, false, (one) => one.unlock(person, secret))
    await device.prepare(app())
    const places = await device.enrol()
    await device.bring(app())
    const { places: honest } = await openedPlaces(seed, places)
    const asked: string[] = []
    isAway = (url) => {
      asked.push(url)
      return false
    }
    const id = placesId(seed)
    for (const lie of [{ keyNumber: 9 }, { url: evil }, { keyNumber: 9, url: evil }]) {
      const { version = 0 } = (await operator().get(id)) ?? {}
      await operator().put(
        seed,
        id,
        await sealedPlaces(seed, { places: [{ ...honest[0], ...lie }] }),
        version + 1,
      )
      assert.deepEqual((await knownPlaces({ ...person, places }, seed)).kept.places, honest)
      assert.deepEqual((await operator().places(seed)).places, honest)
      // Nor does a device that knows nothing go there.
      await operator().put(
        seed,
        id,
        await sealedPlaces(seed, { places: [{ ...honest[0], ...lie }] }),
        version + 3,
      )
      const { kept: found } = await knownPlaces(person, seed)
      assert.equal(found.places[0].url, honest[0].url)
    }
    isAway = () => false
    assert.ok(asked.some((url) => url.endsWith("/patient/rows")))
    assert.ok(!asked.some((url) => url.startsWith(evil)))
  })
})

describe("a way back by which nothing is found", () => {
  const good = newRecoveryCode()
  const other = (symbol: string) => (symbol === "A" ? "B" : "A")
  const rows: readonly (readonly [
    string,
    Parameters<ReturnType<typeof deviceSession>["restore"]>[1],
    string,
  ])[] = [
    // Of the two that check the others: one of a thousand secrets with another letter has the same.
    ["another letter", { code: good.slice(0, -1) + other(good.slice(-1)) }, "mistyped_code"],
    ["a letter too few", { code: good.slice(0, -1) }, "mistyped_code"],
    ["two codes at once", { code: good + good }, "mistyped_code"],
    ["nothing", { code: " " }, "mistyped_code"],
    ["a code that nobody printed", { code: good.toLowerCase() }, "code_not_kept"],
    ["a passkey of elsewhere", { credentialId: randomBytes(16), prf: randomBytes(32) }, "passkey_not_kept"],
  ]
  for (const [comment, by, code] of rows)
    it(`${comment}: ${code}`, () => assert.rejects(deviceSession().restore(app(), by), { code }))

  it("says that the operator cannot be reached where that is why", async () => {
    isAway = (url) => url.includes("/wrapped/")
    await assert.rejects(deviceSession().restore(app(), { code: good }), { code: "node_unreachable" })
    isAway = () => false
  })
})
