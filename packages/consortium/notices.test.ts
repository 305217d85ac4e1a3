import assert from "node:assert/strict"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import {
  acceptInvitation,
  noticeTag,
  OwnRecords,
  okAnswer,
  PatientNotices,
  type PatientPlace,
  patientCaller,
  post,
} from "@aceso/client"
import { handles } from "@aceso/contracts"
import { type Cbor, decodeCbor, delegateSeed, fromHex, publicKey, randomBytes, toHex } from "@aceso/core"
import { TestPushService } from "@aceso/server/testing/push-services.ts"
import { layout } from "./files.ts"
import { FOUNDER as AUTHORITY } from "./organisations.ts"
import { bootStory, type Story } from "./testing/story.ts"

const [CITY, COUNTY] = ["city-hospital", "county-hospital"]
const pages = mkdtempSync(join(tmpdir(), "aceso-no-pages-"))
for (const name of ["app", "portal", "start"]) writeFileSync(join(pages, `${name}.html`), "")

/** What went over the wire, as text: to whom, and the bytes. */
const sent: { readonly to: string; readonly body: Buffer }[] = []
const globalFetch = globalThis.fetch
let story: Story
let service: TestPushService
before(async () => {
  service = await TestPushService.open()
  story = await bootStory({ pages, pushServices: [service.host] })
  globalThis.fetch = (async (url: string, init?: RequestInit) => {
    sent.push({ to: new URL(url).origin, body: Buffer.from((init?.body ?? []) as Uint8Array) })
    return globalFetch(url, init)
  }) as typeof fetch
  for (const node of story.network.nodes.values()) {
    const outbound = node.services.outbound as { fetch: typeof node.services.outbound.fetch }
    const own = outbound.fetch
    outbound.fetch = (url, init) => {
      sent.push({ to: new URL(url).origin, body: Buffer.from(init.body ?? []) })
      return own(url, init)
    }
  }
})
after(async () => {
  globalThis.fetch = globalFetch
  await story.end()
  service.close()
  rmSync(pages, { recursive: true })
  assert.deepEqual(story.faults, [])
})

const app = () => (story.network.start ?? "").replace(/\/demo\/$/, "")
function deviceOf(alias: string, places: readonly PatientPlace[] = story.patient(alias).places) {
  const seed = fromHex(readFileSync(layout(story.network.folder).patientSeed(alias), "utf8").trim())
  const reader = new OwnRecords({ network: story.network.document.network, seed, places })
  return new PatientNotices(reader.calls, seed, app())
}
const placeAt = (alias: string, custodian: string) => {
  const place = story.patient(alias).places.find((one) => one.custodian === custodian)
  assert.ok(place)
  return place
}
/** A request that waits at City, by a doctor of County. */
const ask = (alias: string) =>
  story.staff("county-doctor").request(story.patient(alias).card(COUNTY, Date.now()), {
    ...{ purpose: "TREAT", classes: [], until: Date.now() + 86_400_000, reason: "a second opinion" },
  })
const levelsOf = (shown: readonly { readonly custodian: string; readonly level: string | null }[]) =>
  Object.fromEntries(shown.map(({ custodian, level }) => [custodian, level]))

describe("a notice", () => {
  it("comes when a request waits, signed by the operator's key and without content", async () => {
    const device = deviceOf("patient-1")
    const found = await device.on(`${service.origin}/ok/anna`, "decisions")
    assert.deepEqual(new Set(found.map(({ level }) => level)), new Set(["decisions"]))
    assert.equal((await device.key()).length, 65)
    // The one by which the operator knows that there is a device, and the one of the request.
    await service.until("/ok/anna")
    await ask("patient-1")
    const pushed = await service.until("/ok/anna", 2)
    assert.equal(pushed.length, 2)
    assert.deepEqual(pushed[1], {
      ...{
        path: "/ok/anna",
        bodyBytes: 0,
        ttl: "86400",
        urgency: "normal",
        topic: "aceso",
        fault: undefined,
      },
    })
  })

  // PRIVACY.md, The patient's app: no custodian learns where a patient's device is reached.
  it("is rung by a custodian that never had the endpoint, and shares no tag with another", async () => {
    const nodes = new Map(
      [...story.network.nodes].map(([member, { services }]) => [services.config.url, member]),
    )
    const holds = (one: { body: Buffer }) => one.body.includes("/ok/anna")
    const receivers = new Set(sent.filter(holds).map(({ to }) => nodes.get(to) ?? "the app"))
    assert.deepEqual(receivers, new Set(["the app"]))
    const tags = new Set<string>()
    for (const { custodian, handle } of story.patient("patient-1").places) {
      const { bell } = story.node(custodian).services
      const key = (await story.network.engine.read(handles, [custodian, handle]))?.key
      assert.ok(key)
      const wish = await bell.wish(handle, key)
      assert.ok(wish)
      assert.deepEqual(Object.keys(wish).sort(), ["level", "tag", "until"])
      tags.add(toHex(wish.tag))
      const folder = join(layout(story.network.folder).node(custodian), "vault")
      for (const name of readdirSync(folder))
        assert.equal(readFileSync(join(folder, name)).includes("/ok/anna"), false, `${custodian} ${name}`)
    }
    assert.equal(tags.size, 2)
    // The operator got the tag alone, and of those it knows 16.
    const rings = sent.filter(({ body }) => [...tags].some((tag) => body.includes(Buffer.from(fromHex(tag)))))
    const ofCity = rings.filter(({ to }) => nodes.get(to) === AUTHORITY)
    assert.ok(ofCity.length > 0)
    for (const { body } of ofCity) assert.deepEqual(Object.keys(decodeCbor(body) as object), ["tag"])
    const [registration] = sent
      .filter(holds)
      .map(({ body }) => decodeCbor(body) as unknown as { secrets: Uint8Array[] })
    assert.equal(registration.secrets.length, 16)
    const registered = new Set(registration.secrets.map((secret) => toHex(noticeTag(secret))))
    assert.ok([...tags].every((tag) => registered.has(tag)))
  })

  it("of accesses comes to whoever wants each of them, and not to others", async () => {
    await deviceOf("patient-2").on(`${service.origin}/ok/bo`, "accesses")
    await deviceOf("patient-3").on(`${service.origin}/ok/cai`, "decisions")
    for (const name of ["bo", "cai"]) await service.until(`/ok/${name}`)
    for (const alias of ["patient-3", "patient-2"]) {
      const place = placeAt(alias, CITY)
      // Without a consent: a denial, which stands in the audit.
      await story.staff("county-doctor").history([place], "TREAT")
    }
    await service.until("/ok/bo", 2)
    assert.equal(service.pushedTo("/ok/cai").length, 1)
  })

  it("has other tags everywhere as soon as the person is at another hospital", async () => {
    const [city, ...others] = story.patient("patient-4").places
    const endpoint = `${service.origin}/ok/dai`
    const before = sent.length
    await deviceOf("patient-4", [city]).on(endpoint, "decisions")
    await deviceOf("patient-4").renew(endpoint)
    const registrations = sent
      .slice(before)
      .filter(({ body }) => body.includes(endpoint))
      .map(({ body }) => (decodeCbor(body) as unknown as { secrets: Uint8Array[] }).secrets.map(toHex))
    assert.deepEqual(
      registrations.map(({ length }) => length),
      [16, 16],
    )
    assert.deepEqual(
      registrations[0].filter((one) => registrations[1].includes(one)),
      [],
    )
    const shown = levelsOf(await deviceOf("patient-4").shown())
    assert.ok(others.length > 0)
    assert.deepEqual(new Set(Object.values(shown)), new Set(["decisions"]))
  })

  // The attack: who may only decide, or acts no more, learns by notices of each look.
  it("of accesses is not for a delegate who may only decide, and none for one whose time is over", async () => {
    const patient = story.patient("patient-2")
    const place = placeAt("patient-2", CITY)
    const { bell, clock } = story.node(CITY).services
    const enter = async (may: "decide" | "read") => {
      const seed = randomBytes(32)
      const scope = { name: "Ex", relation: "carer", may: [may], until: Date.now() + 86_400_000 }
      const invitation = await patient.delegates.invite(place, "the patient", scope as never)
      await patient.delegates.enter(acceptInvitation(invitation, seed, 1))
      const own = delegateSeed(seed, CITY, place.handle, 1)
      const set = (level: string) =>
        post(
          `${place.url}/patient/notice/set`,
          { handle: place.handle, tag: randomBytes(32), level },
          patientCaller(own, place),
          okAnswer,
        )
      return { set, key: publicKey(own) }
    }
    const decides = await enter("decide")
    await assert.rejects(decides.set("accesses"), { code: "not_permitted" })
    await decides.set("decisions")
    const reads = await enter("read")
    await reads.set("accesses")
    assert.ok(await bell.wish(place.handle, reads.key))
    const now = clock.now
    clock.now = () => Date.now() + 2 * 86_400_000
    try {
      bell.ring(place.handle, "audit")
      while (await bell.wish(place.handle, reads.key)) await new Promise((done) => setTimeout(done, 20))
    } finally {
      clock.now = now
    }
  })

  it("is renewed only where it is wanted", async () => {
    assert.equal(await deviceOf("patient-5").renew(`${service.origin}/ok/none`), false)
    const { register } = story.node(AUTHORITY).services.pushes ?? assert.fail("the authority serves the app")
    const before = await register.count()
    assert.equal(await deviceOf("patient-1").renew(`${service.origin}/ok/anna`), true)
    assert.equal(await register.count(), before)
  })

  it("ends for one device, and for the custodians with the last one", async () => {
    const device = deviceOf("patient-6")
    const [phone, tablet] = ["fei", "fei-tablet"].map((name) => `${service.origin}/ok/${name}`)
    await device.on(phone, "decisions")
    await device.on(tablet, "decisions")
    for (const name of ["fei", "fei-tablet"]) await service.until(`/ok/${name}`)
    const first = await device.off(phone)
    assert.equal(first.isElsewhere, true)
    assert.ok(first.places.every(({ level }) => level === "decisions"))
    await ask("patient-6")
    await service.until("/ok/fei-tablet", 2)
    assert.equal(service.pushedTo("/ok/fei").length, 1)
    const last = await device.off(tablet)
    assert.equal(last.isElsewhere, false)
    assert.ok((await device.shown()).every(({ level }) => level === null))
  })

  it("goes no more to a device that its push service does not know any more", async () => {
    await deviceOf("patient-7").on(`${service.origin}/gone/guo`, "decisions")
    await service.until("/gone/guo")
    const { register } = story.node(AUTHORITY).services.pushes ?? assert.fail("the authority serves the app")
    const holds = async () => {
      const secrets = sent.findLast(({ body }) => body.includes("/gone/guo"))?.body as Buffer
      const [secret] = (decodeCbor(secrets) as unknown as { secrets: Uint8Array[] }).secrets
      return (await register.of(noticeTag(secret))).length === 0
    }
    while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20))
  })
})

describe("what nobody may", () => {
  const anybody = { seed: randomBytes(32), tag: "none" }
  const anything = { parse: (value: unknown) => value, toJson: (value: unknown) => value, jsonSchema: {} }
  const call = (path: string, question: object) =>
    post(app() + path, question as unknown as Cbor, anybody, anything)
  const secrets = [randomBytes(32)]

  const wrong: readonly (readonly [string, object, string])[] = [
    ["an address of this machine", { endpoint: "http://127.0.0.1:1/x", secrets }, "bad_endpoint"],
    ["metadata of a cloud", { endpoint: "http://169.254.169.254/latest", secrets }, "bad_endpoint"],
    [
      "a push service of the usual ones that this operator leaves out",
      { endpoint: "https://fcm.googleapis.com/x", secrets },
      "bad_endpoint",
    ],
    ["no secret", { endpoint: "https://fcm.googleapis.com/x", secrets: [] }, "bad_input"],
    [
      "17 secrets",
      {
        endpoint: "https://fcm.googleapis.com/x",
        secrets: Array.from({ length: 17 }, () => randomBytes(32)),
      },
      "bad_input",
    ],
    ["a long endpoint", { endpoint: `https://fcm.googleapis.com/${"x".repeat(1000)}`, secrets }, "bad_input"],
  ]
  for (const [comment, question, code] of wrong)
    it(`register ${comment}`, async () => {
      await assert.rejects(call("/app/notices", question), { code })
    })

  it("ring who is no member, or at a member that does not serve the app", async () => {
    const authority = story.node(AUTHORITY).services.config.url
    await assert.rejects(
      post(
        `${authority}/exchange/notices/send`,
        { tag: randomBytes(32) },
        { ...anybody, tag: "aceso/exchange/v1" },
        anything,
      ),
      (error: { code?: string }) =>
        error.code === "unknown_key" || error.code === "not_permitted" || error.code === "unknown_member",
    )
    const { ledger, config } = story.node(CITY).services
    const member = { seed: ledger.seed, tag: "aceso/exchange/v1" }
    await assert.rejects(
      post(`${config.url}/exchange/notices/send`, { tag: randomBytes(32) }, member, anything),
      {
        code: "no_notices",
      },
    )
    for (const tag of [randomBytes(32), randomBytes(32)])
      assert.deepEqual(await post(`${authority}/exchange/notices/send`, { tag }, member, anything), {
        ok: true,
      })
  })

  it("find the operator's routes for devices at a hospital, or at the operator's own node", async () => {
    for (const member of [CITY, AUTHORITY]) {
      const { url } = story.node(member).services.config
      assert.equal((await globalFetch(`${url}/app/notices`, { method: "POST" })).status, 404)
      assert.equal((await globalFetch(`${url}/app/notices/key`)).status, 404)
    }
  })
})
