import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import {
  accessAnswer,
  consentsAnswer,
  grantFor,
  patientCaller,
  placeOf,
  placeOfLine,
  post,
  type SourceLine,
  StaffClient,
} from "@aceso/client"
import {
  type AccessRequest,
  type Card,
  type Cbor,
  type ConsentCopy,
  documentId,
  fromHex,
  type Handle,
  handleSeed,
  isSamePlace,
  makeCard,
  PlatformError,
  publicKey,
  randomBytes,
  STAFF_TAG,
  signCardList,
  summarise,
  toHex,
} from "@aceso/core"
import type { Outbound } from "@aceso/server/node/outbound.ts"
import { layout, readJson, secretAt } from "./files.ts"
import { bootStory, type Story } from "./testing/story.ts"

const COUNTY = "county-hospital"
const DAY_MS = 86_400_000

/** Cards, copies and visitors over HTTP, on nodes as they run; packages/server/exchange/visitors.test.ts has each lie. */
describe("at a desk", () => {
  let story: Story
  before(async () => {
    story = await bootStory()
  })
  after(() => story.end())

  const wish = () => ({
    purpose: "TREAT" as const,
    classes: [],
    until: Date.now() + DAY_MS,
    reason: "Chest pain",
  })
  const cardOf = (name: string, organisation = COUNTY) => story.patient(name).card(organisation, Date.now())
  const doctor = () => story.staff("county-doctor")
  const placesOf = (card: Card) => card.statements.map(({ custodian, handle }) => ({ custodian, handle }))
  const code = (expected: string, says?: RegExp) => (error: unknown) => {
    assert.ok(error instanceof PlatformError, String(error))
    assert.equal(error.code, expected, error.message)
    if (says) assert.match(error.message, says)
    return true
  }
  /** Requests that wait at any custodian of these places. */
  const waiting = async (card: Card) => {
    const all = await Promise.all(
      placesOf(card).map(({ custodian, handle }) => story.node(custodian).services.vault.requests(handle, 0)),
    )
    return all.flat().length
  }
  const visitors = async () => (await doctor().visitors()).visitors.map(({ alias }) => alias)

  it("a card with another's photographed statements is refused: nothing is kept, nothing is sent", async () => {
    const [ann, bob] = [cardOf("patient-1"), cardOf("patient-2")]
    const statements = [...ann.statements, ...bob.statements]
    const cardSeed = randomBytes(32)
    const network = story.network.document.network
    const signature = signCardList(network, COUNTY, statements, cardSeed)
    const salts = [...ann.salts, ...bob.salts]
    const mixed = { ...ann, key: publicKey(cardSeed), statements, salts, signature }
    await assert.rejects(doctor().request(mixed, wish()), code("bad_card", /another card/))
    const forged = ann.statements.map((one, i) =>
      i === 0 ? { ...one, handle: bob.statements[0].handle } : one,
    )
    await assert.rejects(doctor().request({ ...ann, statements: forged }, wish()), code("bad_card"))
    await assert.rejects(
      story.staff("insurer").request(ann, { ...wish(), purpose: "HPAYMT" }),
      code("bad_card", /for county-hospital/),
    )
    const url = `${story.node(COUNTY).services.config.url}/staff/request`
    const caller = { seed: seedOf("county-doctor"), tag: STAFF_TAG }
    const wordless = { card: ann, wish: wish(), words: [word()] } as unknown as Cbor
    await assert.rejects(
      post(url, wordless, caller, accessAnswer),
      code("bad_input", /one for each statement/),
    )
    assert.deepEqual([await visitors(), await waiting(ann), await waiting(bob)], [[], 0, 0])
  })

  it("a history merges only what a card showed to be one person's", async () => {
    const card = cardOf("patient-1")
    assert.ok(card.statements.length >= 2)
    await assert.rejects(doctor().history(placesOf(card), "TREAT"), code("not_one_person", /aceso request/))
    const { visitor, folded, outcomes } = await doctor().request(card, wish())
    assert.deepEqual([visitor, folded], ["visitor-1", []])
    assert.ok(outcomes.every(({ outcome }) => outcome === "pending"))
    assert.equal(await waiting(card), card.statements.length)
    const { custodians } = await doctor().history(placesOf(card), "TREAT")
    assert.equal(custodians.length, card.statements.length)
    const [other] = placesOf(cardOf("patient-2"))
    await assert.rejects(
      doctor().history([...placesOf(card), other], "TREAT"),
      code("not_one_person", /aceso request/),
    )
    const here = await story.node(COUNTY).services.vault.patient({ alias: "patient-2" })
    if (here)
      await assert.rejects(
        doctor().history(placesOf(card), "TREAT", { alsoOwn: here.handle }),
        code("not_one_person"),
      )
    const found = await doctor().visitor("visitor-1")
    assert.deepEqual(found?.places.length, card.statements.length)
    assert.equal(await doctor().visitor("visitor-2"), null)
  })

  it("each custodian is sent its own statement, and nothing of the card", async () => {
    const card = cardOf("patient-3")
    const sent: { readonly to: string; readonly body: Buffer }[] = []
    const { outbound } = story.node(COUNTY).services
    const original = outbound.fetch
    Reflect.set(outbound, "fetch", ((url, init) => {
      if (init.body) sent.push({ to: url, body: Buffer.from(init.body) })
      return original(url, init)
    }) satisfies Outbound["fetch"])
    try {
      await doctor().request(card, wish())
    } finally {
      Reflect.set(outbound, "fetch", original)
    }
    for (const { custodian, handle, link } of card.statements) {
      const url = `${story.node(custodian).services.config.url}/exchange/request`
      const [one, ...more] = sent.filter(({ to }) => to === url)
      assert.equal(more.length, 0)
      const has = (part: Uint8Array) => one.body.includes(Buffer.from(part))
      assert.ok(has(handle) && has(link))
      for (const secret of [card.key, card.signature, ...card.salts]) assert.equal(has(secret), false)
      for (const other of card.statements)
        if (other.custodian !== custodian)
          for (const part of [other.handle, other.nonce, other.key, other.link])
            assert.equal(has(part), false, `${custodian} learns of ${other.custodian}`)
    }
  })

  it("an organisation asks nobody for what it has itself, and refuses to be asked by itself", async () => {
    const names = Array.from({ length: 12 }, (_, i) => `patient-${i + 1}`)
    const name = names.find((one) => {
      const all = story.patient(one).places.map(({ custodian }) => custodian)
      return all.length > 1 && all.includes(COUNTY)
    })
    assert.ok(name)
    const card = cardOf(name)
    const { outcomes, visitor } = await doctor().request(card, wish())
    const others = card.statements.filter(({ custodian }) => custodian !== COUNTY)
    assert.deepEqual(
      outcomes.map(({ custodian }) => custodian),
      others.map(({ custodian }) => custodian),
    )
    assert.ok((await story.patient(name).inbox()).every(({ place }) => place.custodian !== COUNTY))
    const { places = [] } = (await doctor().visitor(visitor)) ?? {}
    assert.equal(places.length, card.statements.length, "its own is one of the places of this person")

    const { services } = story.node(COUNTY)
    const { requester, custodian } = services
    const original = requester.request.bind(requester)
    let asked: AccessRequest | undefined
    Reflect.set(requester, "request", (all: readonly AccessRequest[]) => {
      asked = all[0]
      return original(all)
    })
    await doctor().request(cardOf(name), wish())
    Reflect.set(requester, "request", original)
    const statement = cardOf(name).statements.find((one) => one.custodian === COUNTY)
    assert.ok(asked && statement)
    await assert.rejects(custodian.request({ ...asked, statement }, COUNTY), code("bad_input", /own records/))
  })

  it("a patient's change answers no other patient's request", async () => {
    const card = cardOf("patient-6")
    await doctor().request(card, wish())
    const [request] = await story.patient("patient-6").inbox()
    const other = story.patient("patient-1")
    const place = other.places.find(({ custodian }) => custodian === request.place.custodian)
    const changes = Reflect.get(other, "changes") as { make: (...question: unknown[]) => Promise<unknown> }
    const same = ({ documents }: { documents: unknown }) => documents
    const state = async () => {
      const { vault } = story.node(request.place.custodian).services
      const all = await vault.requests(request.place.handle, 0)
      return all.find(({ id }) => Buffer.compare(id, request.requestId) === 0)?.state
    }
    await changes.make(place, "grant", same, request.requestId)
    assert.equal(await state(), "open")
    await story.patient("patient-6").approve(request)
    assert.equal(await state(), "approved")
  })

  it("copies are taken from the key of their handle alone, and join nothing; a card folds the visitors", async () => {
    const patient = story.patient("patient-4")
    const insurer = story.staff("insurer")
    const url = story.node("insurer").services.config.url
    const granted = await patient.grant({
      grantee: "insurer",
      purpose: "HPAYMT",
      classes: ["Claim"],
      until: Date.now() + DAY_MS,
    })
    const copies = granted.map(({ copy }) => copy)
    assert.ok(copies.length >= 2)
    const theirs = cardOf("patient-5", "insurer").statements[0]
    const invented: ConsentCopy = { ...copies[0], custodian: theirs.custodian, handle: theirs.handle }
    const seed = keyOf("patient-4", copies[0])
    const hand = (all: readonly ConsentCopy[]) =>
      post(
        `${url}/consents`,
        { copies: all } as unknown as Cbor,
        patientCaller(seed, copies[0]),
        consentsAnswer,
      )
    await assert.rejects(hand([copies[0], invented]), code("bad_input", /several handles/))
    await assert.rejects(hand([invented]), code("not_permitted"))
    await assert.rejects(hand(copies), code("bad_input", /several handles/))
    assert.deepEqual((await insurer.visitors()).visitors, [])

    await patient.deliver(url, copies)
    const first = await insurer.visitors(0, 1)
    const second = await insurer.visitors(first.next ?? 0, 1)
    assert.deepEqual(
      [...first.visitors, ...second.visitors].map(({ alias, places }) => [alias, places.length]),
      copies.slice(0, 2).map((_, i) => [`visitor-${i + 1}`, 1]),
    )
    const card = cardOf("patient-4", "insurer")
    const { visitor, folded } = await insurer.request(card, { ...wish(), purpose: "HPAYMT" })
    assert.deepEqual([visitor, folded], ["visitor-1", copies.slice(1).map((_, i) => `visitor-${i + 2}`)])
    const found = await insurer.visitor("visitor-2")
    assert.deepEqual([found?.alias, found?.places.length], ["visitor-1", card.statements.length])
    const open = copies.map(({ custodian }) => custodian).sort()
    assert.deepEqual(found?.consents.map(({ custodian }) => custodian).sort(), open)
    // When a consent ends, not how long its copy is kept.
    const ends = copies.map(({ document }) => Date.parse(summarise(document).until))
    const isAnEnd = (until: number | null) => ends.some((end) => Math.abs((until ?? 0) - end) <= 1000)
    assert.ok(found?.consents.every(({ until }) => isAnEnd(until)))
    const { custodians } = await insurer.history(found?.places ?? [], "HPAYMT")
    assert.ok(custodians.every(({ outcome }) => outcome === "answered"))
  })

  it("lines of two handles at one custodian are named apart, and each leads to its own", async () => {
    const CITY = "city-hospital"
    const both = ["patient-1", "patient-2"].map((name) => {
      const place = story.patient(name).places.find(({ custodian }) => custodian === CITY)
      assert.ok(place)
      return { name, place }
    })
    const office = story.staff("visa-officer")
    const network = story.network.document.network
    const card = makeCard(
      { network, organisation: "visa-office", now: Date.now() },
      both.map(({ name, place }) => ({ ...place, seed: keyOf(name, place) })),
    )
    await office.request(card, { ...wish(), purpose: "PATRQT" })
    for (const { name, place } of both) {
      const terms = {
        grantee: "visa-office",
        purpose: "PATRQT",
        classes: [],
        until: Date.now() + DAY_MS,
      } as const
      const { copy } = await story.patient(name).grantAt(place, terms)
      await story.patient(name).deliver(story.node("visa-office").services.config.url, [copy])
    }
    const places = placesOf(card)
    const { timeline } = await office.history(places, "PATRQT")
    const lines = timeline.flatMap(({ sources, older }) => [...sources, ...older])
    const names = lines.map(placeOf)
    assert.equal(new Set(names).size, names.length)
    for (const { place } of both) {
      const own = lines.filter((line) => isSamePlace(placeOfLine(line, places), place))
      const alone = await office.history([place], "PATRQT")
      const ids = alone.timeline.flatMap(({ sources, older }) => [...sources, ...older].map(recordOf))
      assert.ok(ids.length > 3, String(ids.length))
      assert.deepEqual(own.map(recordOf).sort(), ids.sort())
    }
  })

  const recordOf = ({ recordId, version }: SourceLine) => `${toHex(recordId)} ${version}`

  function keyOf(name: string, { custodian, handle }: { custodian: string; handle: Handle }) {
    const seed = secretAt(layout(story.network.folder).patientSeed(name))
    const { keyNumber } = story.patient(name).places.find((one) => one.custodian === custodian) ?? {
      keyNumber: 1,
    }
    return handleSeed(seed, custodian, handle, keyNumber)
  }

  const seedOf = (name: string) =>
    fromHex((readJson(layout(story.network.folder).person(name)) as { seed: string }).seed)
  const word = () => ({ requestId: randomBytes(16), time: Date.now(), signature: randomBytes(64) })

  it("visitors are for staff alone", async () => {
    const stranger = new StaffClient(story.node(COUNTY).services.config.url, randomBytes(32))
    await assert.rejects(stranger.visitors(), code("not_permitted"))
    await assert.rejects(stranger.visitor("visitor-1"), code("not_permitted"))
  })

  it("a request for what is open already is answered, and nothing is signed twice", async () => {
    const patient = story.patient("patient-7")
    await doctor().request(cardOf("patient-7"), wish())
    const [request] = await patient.inbox()
    const { place, requestId } = request
    const [{ copy }] = await patient.grant(
      { grantee: COUNTY, purpose: "TREAT", classes: [], until: Date.now() + 365 * DAY_MS },
      place.custodian,
    )
    const preview = await patient.preview(grantFor(request), place)
    assert.deepEqual(
      preview.standing.map(({ relation }) => relation),
      ["covers"],
    )
    const approved = await patient.approve(request)
    const { documents } = await patient.policy(place)
    assert.equal(documents.length, 1)
    assert.equal(documentId(approved.copy.document), documentId(copy.document))
    const all = await story.node(place.custodian).services.vault.requests(place.handle, 0)
    assert.equal(all.find(({ id }) => Buffer.compare(id, requestId) === 0)?.state, "approved")
    await patient.deliver(story.node(COUNTY).services.config.url, [approved.copy])
    await assert.rejects(
      patient.grant(
        { grantee: place.custodian, purpose: "TREAT", classes: [], until: Date.now() + DAY_MS },
        place.custodian,
      ),
      code("bad_input", /without your consent/),
    )
  })
})
