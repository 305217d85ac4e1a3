import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { after, before, describe, it } from "node:test"
import { acceptInvitation, errorBody, NewDevice, patientCaller } from "@aceso/client"
import { layout, readJson } from "@aceso/consortium/files.ts"
import { bootStory, type Story } from "@aceso/consortium/testing/story.ts"
import {
  type Bytes,
  decodeCbor,
  delegateSeed,
  fromHex,
  HANDLE_FIELD,
  type HandlePlace,
  handleField,
  handleSeed,
  PATIENT_TAG,
  randomBytes,
  STAFF_TAG,
  signRequest,
  utf8,
} from "@aceso/core"
import { makeApp } from "../http/app.ts"
import { makeEdge } from "../http/edge.ts"
import { Shares } from "../http/shares.ts"
import { Ears } from "../testing/ears.ts"

const [CITY, COUNTY] = ["city-hospital", "county-hospital"]
const DAY_MS = 86_400_000

let story: Story
before(async () => {
  story = await bootStory()
})
after(() => story.end())

const nodeOf = (member: string) => story.node(member)
const urlOf = (member: string) => nodeOf(member).services.config.url
const staffSeed = (name: string): Bytes =>
  fromHex((readJson(layout(story.network.folder).person(name)) as { seed: string }).seed)
const placeAt = (alias: string, custodian: string) => {
  const place = story.patient(alias).places.find((one) => one.custodian === custodian)
  assert.ok(place)
  return place
}
const seedAt = (alias: string, custodian: string): Bytes => {
  const { seedFile } = readJson(layout(story.network.folder).person(alias)) as { seedFile: string }
  const place = placeAt(alias, custodian)
  return handleSeed(fromHex(readFileSync(seedFile, "utf8").trim()), custodian, place.handle, place.keyNumber)
}

async function staff(name: string, member: string): Promise<Ears> {
  return Ears.at(`${urlOf(member)}/staff/live`, { seed: staffSeed(name), tag: STAFF_TAG })
}
async function patient(alias: string, member = CITY): Promise<Ears> {
  const caller = patientCaller(seedAt(alias, member), placeAt(alias, member))
  return Ears.at(`${urlOf(member)}/patient/live`, caller)
}

/** Who listens while something is done, and what each has to hear and may not. */
async function tells(
  ears: Readonly<Record<string, Promise<Ears>>>,
  work: () => Promise<unknown>,
  expected: Readonly<Record<string, readonly string[]>>,
  silent: Readonly<Record<string, readonly string[]>> = {},
): Promise<void> {
  const open = new Map<string, Ears>()
  for (const [name, one] of Object.entries(ears)) open.set(name, await one)
  try {
    await work()
    for (const [name, topics] of Object.entries(expected)) await open.get(name)?.hears(topics)
    for (const [name, topics] of Object.entries(silent))
      for (const topic of topics)
        assert.ok(!open.get(name)?.heard.includes(topic), `${name} heard ${open.get(name)?.heard}`)
  } finally {
    for (const one of open.values()) await one.end()
  }
}

const wish = () => ({
  purpose: "TREAT" as const,
  classes: [],
  until: Date.now() + DAY_MS,
  reason: "Chest pain",
})

describe("what is new is told", () => {
  it("a request to the patient whose it is, and the decision to who asked", async () => {
    const ann = story.patient("patient-1")
    const card = ann.card(COUNTY, Date.now())
    await tells(
      {
        ann: patient("patient-1"),
        bob: patient("patient-2"),
        registry: staff("county-admin", COUNTY),
      },
      () => story.staff("county-doctor").request(card, wish()),
      { ann: ["requests", "audit"], registry: ["visitors"] },
      { bob: ["requests", "audit"], registry: ["requests"] },
    )
    const requests = await ann.inbox()
    const atCity = requests.find(({ place }) => place.custodian === CITY)
    assert.ok(atCity)
    await tells(
      {
        ann: patient("patient-1"),
        doctor: staff("county-doctor", COUNTY),
        other: staff("county-admin", COUNTY),
      },
      async () => {
        const { copy } = await ann.approve(atCity)
        await ann.deliver(urlOf(COUNTY), [copy])
      },
      { ann: ["requests", "policy", "audit"], doctor: ["requests", "visitors"] },
      { other: ["requests"] },
    )
    const another = requests.find(({ place }) => place.custodian !== CITY)
    assert.ok(another)
    await tells(
      { ann: patient("patient-1", another.place.custodian) },
      () => ann.decline(another),
      { ann: ["requests"] },
      { ann: ["policy"] },
    )
  })

  it("a grant and its end", async () => {
    const bob = story.patient("patient-2")
    const end = Date.now() + DAY_MS
    await tells(
      { bob: patient("patient-2") },
      () => bob.grant({ grantee: COUNTY, purpose: "TREAT", classes: [], until: end }, CITY),
      { bob: ["policy", "audit"] },
    )
    // Who reads is seen as well.
    await tells(
      { bob: patient("patient-2") },
      () => story.staff("county-doctor").history([placeAt("patient-2", CITY)], "TREAT"),
      { bob: ["audit"] },
      { bob: ["policy", "requests"] },
    )
  })

  it("records to their patient once the ledger has them, and to who looked at the patient", async () => {
    const place = placeAt("patient-1", CITY)
    const known = await nodeOf(CITY).services.vault.patient({ handle: place.handle })
    assert.ok(known)
    const doctor = story.staff("city-doctor")
    await doctor.history([place], "TREAT", { alsoOwn: place.handle })
    const observation = {
      resourceType: "Observation",
      id: "live-1",
      status: "final",
      code: { text: "Weight" },
      subject: { reference: `Patient/${known.fhirId}` },
    }
    const admin = story.staff("city-admin")
    await tells(
      {
        ann: patient("patient-1"),
        bob: patient("patient-2"),
        doctor: staff("city-doctor", CITY),
        admin: staff("city-admin", CITY),
      },
      async () => {
        await admin.import(utf8(JSON.stringify(observation)), "a file", { source: randomBytes(32) })
        await admin.commit()
      },
      { ann: ["records"], doctor: ["patient"] },
      { bob: ["records"], admin: ["patient"] },
    )
  })

  it("work to all who work here, and a device to who made its code", async () => {
    const { inbox, pairings, config } = nodeOf(CITY).services
    const id = randomBytes(32)
    await tells(
      { doctor: staff("city-doctor", CITY), county: staff("county-doctor", COUNTY) },
      () => inbox.put({ id, capability: "messages", role: "administrator", what: {}, since: 1, dueAt: null }),
      { doctor: ["inbox"] },
      { county: ["inbox"] },
    )
    await tells({ doctor: staff("city-doctor", CITY) }, () => inbox.done(id, 2), { doctor: ["inbox"] })
    let digits = ""
    const { code } = pairings.open({ kind: "patient", by: "city-registrar", take: async () => {} })
    await tells(
      { registrar: staff("city-registrar", CITY), admin: staff("city-admin", CITY) },
      async () => {
        const network = story.network.document.network
        digits = (await NewDevice.begin(config.url, code, randomBytes(32), network)).digits
      },
      { registrar: ["desk"] },
      { admin: ["desk"] },
    )
    await tells(
      { registrar: staff("city-registrar", CITY) },
      () => pairings.confirm(code, digits, "patient", "city-registrar"),
      { registrar: ["desk"] },
    )
  })
})

interface Asked {
  readonly tag?: string
  readonly path?: string
  readonly place?: HandlePlace
  readonly body?: Uint8Array
  readonly url?: string
}
function signed(
  seed: Bytes,
  { tag = STAFF_TAG, path = "/staff/live", place, body, url = urlOf(CITY) }: Asked = {},
) {
  const request = {
    ...{ method: "GET", url: url + path, contentType: "application/cbor" },
    body: body ?? new Uint8Array(0),
  }
  return {
    ...signRequest(request, seed, tag, Date.now()),
    ...(place && { [HANDLE_FIELD]: handleField(place) }),
  } as Record<string, string>
}
const refusalOf = async (response: Response) => ({
  status: response.status,
  ...errorBody.parse(decodeCbor(new Uint8Array(await response.arrayBuffer())), "answer"),
})

describe("who may listen", () => {
  const ask = (headers: Record<string, string>, path = "/staff/live") =>
    fetch(urlOf(CITY) + path, { headers })
  const patientPath = { tag: PATIENT_TAG, path: "/patient/live" }

  it("a stranger hears the same of every handle, whether it exists or not", async () => {
    const stranger = randomBytes(32)
    const said = new Set<string>()
    const there = placeAt("patient-1", CITY)
    for (const handle of [there.handle, placeAt("patient-2", CITY).handle, randomBytes(32)]) {
      const headers = signed(stranger, {
        ...patientPath,
        place: { custodian: CITY, handle: handle as never },
      })
      const { status, code, message } = await refusalOf(await ask(headers, "/patient/live"))
      said.add(`${status} ${code} ${message}`)
    }
    assert.deepEqual([...said], ["403 not_permitted there is nothing to hear for this key"])
  })

  const others: readonly (readonly [string, () => readonly [Record<string, string>, string?], string])[] = [
    ["nobody's key", () => [signed(randomBytes(32))], "not_permitted"],
    [
      "another patient's key",
      () => [
        signed(seedAt("patient-2", CITY), { ...patientPath, place: placeAt("patient-1", CITY) }),
        "/patient/live",
      ],
      "not_permitted",
    ],
    [
      "a key of a handle elsewhere",
      () => [
        signed(randomBytes(32), {
          ...patientPath,
          place: { ...placeAt("patient-1", CITY), custodian: COUNTY },
        }),
        "/patient/live",
      ],
      "wrong_recipient",
    ],
    ["no handle", () => [signed(seedAt("patient-1", CITY), patientPath), "/patient/live"], "unknown_key"],
    [
      "a doctor's key as a patient's",
      () => [
        signed(staffSeed("city-doctor"), { ...patientPath, place: placeAt("patient-1", CITY) }),
        "/patient/live",
      ],
      "not_permitted",
    ],
    [
      "a signature for another way of calling",
      () => [signed(staffSeed("city-doctor"), { tag: PATIENT_TAG })],
      "bad_signature",
    ],
    [
      "a signature for another address",
      () => [signed(staffSeed("city-doctor"), { path: "/staff/inbox" })],
      "bad_signature",
    ],
    ["a digest of something", () => [signed(staffSeed("city-doctor"), { body: utf8("x") })], "bad_signature"],
    ["no signature", () => [{}], "bad_signature"],
  ]
  for (const [what, asked, expected] of others)
    it(`not with ${what}`, async () => {
      const [headers, path] = asked()
      assert.equal((await refusalOf(await ask(headers, path))).code, expected)
    })

  it("a request counts once; the answer is a stream that nobody keeps, and pages of the app may read it", async () => {
    const headers = { ...signed(staffSeed("city-doctor")), origin: urlOf(CITY) }
    const response = await ask(headers)
    assert.equal(response.status, 200)
    assert.equal(response.headers.get("content-type"), "text/event-stream")
    assert.equal(response.headers.get("cache-control"), "no-store, no-transform")
    assert.equal(response.headers.get("access-control-allow-origin"), urlOf(CITY))
    assert.equal(response.headers.get("set-cookie"), null)
    await response.body?.cancel()
    assert.equal((await refusalOf(await ask(headers))).code, "nonce_used")
    const post = await fetch(`${urlOf(CITY)}/staff/live`, {
      method: "POST",
      headers: signed(staffSeed("city-doctor")),
    })
    assert.equal(post.status, 404)
    await post.body?.cancel()
  })

  it("nobody has more than a share of the streams, and what ends makes room", async () => {
    const edge = makeEdge()
    const live = new Shares(3, 2)
    const app = makeApp(nodeOf(CITY), { edge: { ...edge, calls: { ...edge.calls, live } } })
    const listen = async (name: string) => app.request("/staff/live", { headers: signed(staffSeed(name)) })
    const open = [await listen("city-doctor"), await listen("city-doctor")]
    assert.deepEqual(
      open.map(({ status }) => status),
      [200, 200],
    )
    const third = await listen("city-doctor")
    assert.deepEqual([third.status, third.headers.get("retry-after")], [503, "5"])
    assert.match((await refusalOf(third)).message, /too many pages listen/)
    const other = await listen("city-admin")
    assert.equal(other.status, 200)
    assert.equal((await listen("city-registrar")).status, 503)
    await open[0].body?.cancel()
    assert.equal(live.held, 2)
    const again = await listen("city-registrar")
    assert.equal(again.status, 200)
    for (const one of [open[1], other, again]) await one.body?.cancel()
    assert.equal(live.held, 0)
  })

  // The attack: whoever was let in keeps the person from hearing, or from calling, by holding what the handle has.
  it("a delegate takes what is the delegates' and leaves the person all streams of their own", async () => {
    const edge = makeEdge()
    const [live, delegates] = [new Shares(100, 2), new Shares(100, 3)]
    const app = makeApp(nodeOf(CITY), { edge: { ...edge, calls: { ...edge.calls, live, delegates } } })
    const place = placeAt("patient-2", CITY)
    const person = story.patient("patient-2")
    const enter = async () => {
      const seed = randomBytes(32)
      const scope = { name: "Ex", relation: "carer", may: ["read"], until: Date.now() + DAY_MS }
      const invitation = await person.delegates.invite(place, "the patient", scope as never)
      await person.delegates.enter(acceptInvitation(invitation, seed, 1))
      return delegateSeed(seed, CITY, place.handle, 1)
    }
    const open: Response[] = []
    const listen = async (seed: Bytes) => {
      const headers = signed(seed, { ...patientPath, place })
      const answer = await app.request("/patient/live", { headers })
      if (answer.status === 200) open.push(answer)
      return answer.status
    }
    const [one, another] = [await enter(), await enter()]
    const asked: number[] = []
    for (const seed of [one, one, one, another, another]) asked.push(await listen(seed))
    assert.deepEqual(asked, [200, 200, 503, 200, 503])
    const own = seedAt("patient-2", CITY)
    assert.deepEqual([await listen(own), await listen(own), await listen(own)], [200, 200, 503])
    for (const { body } of open) await body?.cancel()
    assert.deepEqual([live.held, delegates.held], [0, 0])
  })

  it("whose time here ends hears nothing from that moment on", async () => {
    const doctor = await staff("clinic-doctor", "community-clinic")
    const { personnel } = nodeOf("community-clinic").services
    await personnel.end("clinic-doctor", Date.now())
    await doctor.hears(["not_permitted"])
    await doctor.end()
  })
})

it("a node that ends ends its streams, and takes no more", async () => {
  const own = await bootStory()
  const url = `${own.node(CITY).services.config.url}/staff/live`
  const seed = fromHex((readJson(layout(own.network.folder).person("city-doctor")) as { seed: string }).seed)
  const headers = signed(seed, { url: own.node(CITY).services.config.url })
  const response = await fetch(url, { headers })
  const reader = response.body?.getReader()
  assert.equal((await reader?.read())?.done, false)
  const { live } = own.node(CITY).services
  assert.equal(live.open, 1)
  await own.end()
  const last = await reader?.read().catch(() => ({ done: true }))
  assert.equal(last?.done, true)
  assert.equal(live.open, 0)
  assert.equal(live.listen({ staff: "x" }, { topics: new Set() }, {} as never), undefined)
})
