import assert from "node:assert/strict"
import { after, before, beforeEach, describe, it } from "node:test"
import {
  type Bytes,
  type Card,
  type CardStatement,
  type ConsentCopy,
  cardLink,
  grantDocument,
  makeCard,
  makeCardStatement,
  PlatformError,
  type PolicyDocument,
  policyPlace,
  policyRoot,
  publicKey,
  randomBytes,
  signCardList,
  utf8,
} from "@aceso/core"
import { enrol, handleOf, patientSeed, seedOf, send } from "@aceso/ledger/testing/network.ts"
import { startLedger, TestCustodian, type TestLedger } from "../testing/custodian.ts"
import type { VisitorPlace } from "../vault/vault-visitors.ts"
import { MAX_COPIES, MAX_COPIES_BYTES, mergeCopies, PROVEN_MS, WAITS_MS } from "./held-copies.ts"
import { KEPT_MS, NEW_VISITORS_PER_HOUR, Visitors } from "./visitors.ts"

const DAY_MS = 86_400_000
let ledger: TestLedger
/** The requester. */
let county: TestCustodian
let visitors: Visitors
/** Patients of a test of their own: ann and bob, both known at city and clinic. */
let [ann, bob] = ["", ""]
let count = 0

before(async () => {
  ledger = await startLedger("city", "clinic", "county")
  county = new TestCustodian(ledger, "county")
  visitors = new Visitors(county.vault, county.client)
})
after(async () => {
  await county.vault.close()
  await ledger.end()
})
beforeEach(async () => {
  count++
  ann = `ann ${count}`
  bob = `bob ${count}`
  for (const name of [ann, bob])
    for (const custodian of ["city", "clinic"]) await enrol(ledger.engine, custodian, name)
})

const placeOf = (name: string, custodian: string): VisitorPlace => ({
  custodian,
  handle: handleOf(`${name} at ${custodian}`),
})
const use = (organisation = "county", now = Date.now()) => ({
  network: ledger.engine.network,
  organisation,
  now,
})
const holder = (name: string, custodian: string) => ({
  ...placeOf(name, custodian),
  seed: patientSeed(name, custodian),
})
const cardOf = (name: string, how = use()) => makeCard(how, [holder(name, "city"), holder(name, "clinic")])

/** A card of any statements, signed by a card key that the attacker has. */
function listed(statements: readonly CardStatement[], salts: readonly Bytes[], cardSeed: Bytes): Card {
  const { network, organisation } = use()
  const signature = signCardList(network, organisation, statements, cardSeed)
  return { key: publicKey(cardSeed), organisation, statements, salts, signature }
}

/** A statement for the attacker's own card, signed by any seed at hand. */
function stated(place: VisitorPlace, seed: Bytes, cardSeed: Bytes, salt: Bytes): CardStatement {
  const { network, organisation, now } = use()
  const link = cardLink(publicKey(cardSeed), salt)
  const expiry = now + 700_000
  return makeCardStatement({ ...place, network, organisation, expiry, nonce: randomBytes(16), link }, seed)
}

const copiesAt = async (place: VisitorPlace) => (await county.vault.copies(place)).map(({ copy }) => copy)
const nobody = async (...places: readonly VisitorPlace[]) => {
  for (const place of places) {
    assert.equal(await county.vault.visitor({ place }), undefined)
    assert.deepEqual(await copiesAt(place), [])
  }
}
const all = () => [ann, bob].flatMap((name) => [placeOf(name, "city"), placeOf(name, "clinic")])
const refused = (work: Promise<unknown>, code: string, says: RegExp) =>
  assert.rejects(work, (error) => {
    assert.ok(error instanceof PlatformError, String(error))
    assert.equal(error.code, code, error.message)
    assert.match(error.message, says)
    return true
  })

describe("a card", () => {
  it("that is wholly valid makes its places one visitor's, and the same again", async () => {
    const { visitor, folded } = await visitors.keepCard(cardOf(ann))
    assert.deepEqual([visitor.places.length, folded.length], [2, 0])
    assert.equal((await visitors.keepCard(cardOf(ann))).visitor.alias, visitor.alias)
    await nobody(placeOf(bob, "city"))
  })

  it("with bob's statements, photographed, among ann's is refused: nobody has their openings", async () => {
    const [mine, theirs] = [cardOf(ann), cardOf(bob)]
    const statements = [...mine.statements, ...theirs.statements]
    const salts = [...mine.salts, ...theirs.salts]
    // Ann's device made her card and has its key: it signs any list.
    await refused(visitors.keepCard({ ...mine, statements, salts }), "bad_card", /not signed/)
    await refused(
      visitors.keepCard(listed(statements, salts, randomBytes(32))),
      "bad_card",
      /city was made for another card/,
    )
    const [cardSeed, salt] = [randomBytes(32), randomBytes(32)]
    const own = stated(placeOf(ann, "city"), patientSeed(ann, "city"), cardSeed, salt)
    for (const opening of [salt, theirs.salts[1], randomBytes(32)])
      await refused(
        visitors.keepCard(listed([own, theirs.statements[1]], [salt, opening], cardSeed)),
        "bad_card",
        /clinic was made for another card/,
      )
    await nobody(...all())
  })

  it("with one forged statement among valid ones is refused as a whole, whoever's the handle is", async () => {
    const [cardSeed, salt] = [randomBytes(32), randomBytes(32)]
    const own = stated(placeOf(ann, "city"), patientSeed(ann, "city"), cardSeed, salt)
    const salts = [salt, salt]
    const forged: readonly (readonly [VisitorPlace, Bytes, RegExp])[] = [
      [placeOf(bob, "clinic"), randomBytes(32), /clinic is not signed by the key that the ledger has/],
      [placeOf(bob, "clinic"), patientSeed(ann, "city"), /clinic is not signed by the key/],
      [placeOf("invented", "clinic"), randomBytes(32), /clinic is not signed by the key/],
      [{ ...placeOf(bob, "clinic"), custodian: "nowhere" }, patientSeed(bob, "clinic"), /nowhere is not/],
    ]
    for (const [place, seed, says] of forged)
      await refused(
        visitors.keepCard(listed([own, stated(place, seed, cardSeed, salt)], salts, cardSeed)),
        "bad_card",
        says,
      )
    const theirs = stated(placeOf(bob, "clinic"), patientSeed(ann, "city"), cardSeed, salt)
    const changed = { ...theirs, key: publicKey(patientSeed(bob, "clinic")) }
    await refused(
      visitors.keepCard(listed([own, changed], salts, cardSeed)),
      "bad_card",
      /signature of its statement for clinic/,
    )
    await nobody(...all())
  })

  it("for another organisation, an old one, and one from the future are refused", async () => {
    await refused(visitors.keepCard(cardOf(ann, use("clinic"))), "bad_card", /for clinic/)
    const old = cardOf(ann, use("county", Date.now() - 15 * 60_000))
    await refused(visitors.keepCard(old), "card_expired", /show it again/)
    const early = cardOf(ann, use("county", Date.now() + 7 * 60_000))
    await refused(visitors.keepCard(early), "bad_card", /15 minutes/)
    await nobody(...all())
  })

  it("by a key that the ledger does not have yet is refused", async () => {
    const handle = randomBytes(32)
    const input = { handles: [handle] }
    const call = { contract: "people", action: "enrolWithoutKey", input }
    assert.deepEqual((await send(ledger.engine, call, seedOf("city"))).result, { ok: true })
    const made = makeCard(use(), [{ custodian: "city", handle, seed: randomBytes(32) }])
    await refused(visitors.keepCard(made), "bad_card", /not signed by the key/)
  })

  it("folds visitors that it shows to be one person, and keeps the older alias", async () => {
    const first = await visitors.keepCopies(await granted(ann, "city"), keyOf(ann, "city"))
    const second = await visitors.keepCopies(await granted(ann, "clinic"), keyOf(ann, "clinic"))
    assert.notEqual(first.alias, second.alias)
    const { visitor, folded } = await visitors.keepCard(cardOf(ann))
    assert.deepEqual([visitor.alias, folded, visitor.also], [first.alias, [second.alias], [second.alias]])
    assert.equal((await copiesAt(placeOf(ann, "clinic"))).length, 1)
  })

  it("beyond 64 places of one person is refused, and changes nothing", async () => {
    const many = Array.from({ length: 65 }, (_, i) => `${ann} ${i}`)
    await Promise.all(many.map((name) => enrol(ledger.engine, "city", name)))
    const of = (names: readonly string[]) =>
      makeCard(
        use(),
        names.map((name) => holder(name, "city")),
      )
    const { visitor } = await visitors.keepCard(of(many.slice(0, 64)))
    await refused(visitors.keepCard(of(many.slice(63))), "bad_card", /more than 64 places/)
    assert.equal((await county.vault.visitor({ alias: visitor.alias }))?.places.length, 64)
    await nobody(placeOf(many[64], "city"))
  })

  it("shown many times at once, beside another's, makes two visitors", async () => {
    const made = await Promise.all([ann, bob, ann, bob, ann].map((name) => visitors.keepCard(cardOf(name))))
    assert.equal(new Set(made.map(({ visitor }) => visitor.alias)).size, 2)
  })
})

const keyOf = (name: string, custodian: string) => publicKey(patientSeed(name, custodian))
const documentOf = (custodian: string, until = Date.now() + DAY_MS): PolicyDocument =>
  grantDocument({
    custodian,
    grantee: "county",
    purpose: "TREAT",
    classes: [],
    until,
    now: Date.now(),
  })

const SALT = seedOf("policy")
const copiesOf = (place: VisitorPlace, documents: readonly PolicyDocument[], version = 1): ConsentCopy[] =>
  documents.map((document) => ({
    ...place,
    document,
    version,
    ...policyPlace(documents, SALT, document),
  }))

/** A copy of a consent that the ledger has. */
async function granted(name: string, custodian: string, until?: number): Promise<ConsentCopy[]> {
  const documents = [documentOf(custodian, until)]
  await decide(name, custodian, 0, documents)
  return copiesOf(placeOf(name, custodian), documents)
}

async function decide(name: string, custodian: string, base: number, documents: readonly PolicyDocument[]) {
  const input = { ...placeOf(name, custodian), base, root: policyRoot(documents, SALT) }
  const call = { contract: "policy", action: "grant", input }
  assert.deepEqual((await send(ledger.engine, call, patientSeed(name, custodian))).result, { ok: true })
}

describe("copies of consents", () => {
  it("of one own handle and invented ones of another are refused: nothing is kept", async () => {
    const own = await granted(ann, "city")
    const theirs = await granted(bob, "clinic")
    const invented = copiesOf(placeOf(bob, "clinic"), [documentOf("clinic")], 2)
    for (const others of [theirs, invented, copiesOf(placeOf(ann, "clinic"), [documentOf("clinic")])])
      await refused(visitors.keepCopies([...own, ...others], keyOf(ann, "city")), "bad_input", /several/)
    for (const copies of [theirs, invented])
      await refused(visitors.keepCopies(copies, keyOf(ann, "city")), "not_permitted", /not sent by/)
    await nobody(...all())
  })

  it("of 63 invented handles, 64 KiB each, are refused: nothing is kept", async () => {
    const content = utf8(JSON.stringify({ resourceType: "Consent", provision: {}, x: "x".repeat(65_000) }))
    const seed = randomBytes(32)
    for (let i = 0; i < 63; i++) {
      const place = placeOf(`invented ${count} ${i}`, "city")
      const copies = copiesOf(place, [{ content, salt: randomBytes(32) }], 0)
      await refused(visitors.keepCopies(copies, publicKey(seed)), "not_permitted", /not sent by/)
      await nobody(place)
    }
  })

  it("of one place are two visitors' with those of another, until a card says else", async () => {
    const city = await visitors.keepCopies(await granted(ann, "city"), keyOf(ann, "city"))
    const clinic = await visitors.keepCopies(await granted(ann, "clinic"), keyOf(ann, "clinic"))
    assert.notEqual(city.alias, clinic.alias)
    const places = [placeOf(ann, "city"), placeOf(ann, "clinic")]
    await refused(visitors.mustBeOne(places), "not_one_person", /card/)
    await refused(visitors.mustBeOne(places.toReversed()), "not_one_person", /card/)
    await visitors.mustBeOne([places[0], places[0]])
    await visitors.keepCard(cardOf(ann))
    await visitors.mustBeOne(places)
    await refused(visitors.mustBeOne([...places, placeOf(bob, "city")]), "not_one_person", /card/)
  })

  const key = () => keyOf(ann, "city")
  const place = () => placeOf(ann, "city")

  it("are proven where the ledger has that version, and refused where it says else", async () => {
    const [copy] = await granted(ann, "city")
    for (const change of [{ document: documentOf("city") }, { index: (copy.index + 1) % 256 }])
      await refused(visitors.keepCopies([{ ...copy, ...change }], key()), "bad_input", /not in the policy/)
    await nobody(place())
    await visitors.keepCopies([copy], key())
    assert.deepEqual(await copiesAt(place()), [copy])
  })

  it("of a version that waits for the ledger are the patient's word; one too far ahead is none", async () => {
    const documents = [documentOf("city")]
    await refused(
      visitors.keepCopies(copiesOf(place(), documents, 0), key()),
      "bad_input",
      /not in the policy/,
    )
    await refused(visitors.keepCopies(copiesOf(place(), documents, 17), key()), "bad_input", /at most 16/)
    await nobody(place())
    await visitors.keepCopies(copiesOf(place(), documents, 16), key())
    assert.equal((await copiesAt(place())).length, 1)
  })

  it("of a version before the ledger's say nothing any more: nobody becomes known by them", async () => {
    const [copy] = await granted(ann, "city")
    await refused(
      visitors.keepCopies([{ ...copy, version: 0 }], key()),
      "policy_changed_meanwhile",
      /city than the ledger has \(version 1\)/,
    )
    await nobody(place())
  })

  it("invented ones, under a handle without a policy, have an end, whatever they say of themselves", async () => {
    const endless = { resourceType: "Consent", provision: { type: "permit" } }
    const document = { content: utf8(JSON.stringify(endless)), salt: randomBytes(32) }
    await visitors.keepCopies(copiesOf(place(), [document], 16), key())
    await visitors.tidy(Date.now() + WAITS_MS - DAY_MS)
    assert.equal((await copiesAt(place())).length, 1)
    await visitors.tidy(Date.now() + WAITS_MS + 1)
    await nobody(place())
  })

  it("invented ones are gone as soon as the ledger says else", async () => {
    await visitors.keepCopies(copiesOf(place(), [documentOf("city")], 1), key())
    await granted(ann, "city")
    await visitors.tidy(Date.now() + DAY_MS)
    assert.deepEqual(await copiesAt(place()), [])
    await visitors.tidy(Date.now() + WAITS_MS + 1)
    await nobody(place())
  })

  it("that the ledger proves later stay while they are in force, and while the ledger says so", async () => {
    const documents = [documentOf("city", Date.now() + 3 * PROVEN_MS)]
    await visitors.keepCopies(copiesOf(place(), documents), key())
    await decide(ann, "city", 0, documents)
    for (const later of [DAY_MS, WAITS_MS + DAY_MS, DAY_MS + PROVEN_MS])
      await visitors.tidy(Date.now() + later)
    assert.equal((await copiesAt(place())).length, 1)
    await decide(ann, "city", 1, [])
    await visitors.tidy(Date.now() + 2 * PROVEN_MS)
    assert.equal((await copiesAt(place())).length, 1, "it was proven then")
    await visitors.tidy(Date.now() + 3 * PROVEN_MS)
    await nobody(place())
  })

  it("of one custodian's patients have a total, by places and by bytes; others' and cards go on", async () => {
    const city = [ann, bob].map((name) => ({ name, custodian: "city" }))
    const copies = await Promise.all(
      [...city, { name: ann, custodian: "clinic" }].map(({ name, custodian }) => granted(name, custodian)),
    )
    const { places, bytes } = await county.vault.copyTotals("city")
    for (const maxHeld of [
      { places: places + 1, bytes: 2 ** 30 },
      { places: 10_000, bytes: bytes + 1500 },
    ]) {
      const bounded = new Visitors(county.vault, county.client, maxHeld)
      await bounded.keepCopies(copies[0], keyOf(ann, "city"))
      await refused(bounded.keepCopies(copies[1], keyOf(bob, "city")), "too_many_requests", /city's patients/)
      await nobody(placeOf(bob, "city"))
      await bounded.keepCopies(copies[0], keyOf(ann, "city"))
      await bounded.keepCopies(copies[2], keyOf(ann, "clinic"))
      await bounded.keepCard(cardOf(ann))
    }
  })

  it("that are no FHIR Consent are refused", async () => {
    for (const text of ["{}", "no JSON", '{"resourceType":"Patient","provision":{}}']) {
      const document = { content: utf8(text), salt: randomBytes(32) }
      await refused(visitors.keepCopies(copiesOf(place(), [document]), key()), "policy_unknown", /Consent/)
    }
    await nobody(place())
  })

  it("fill no vault, however many a patient sends of the own handle", async () => {
    const content = (n: number) =>
      utf8(JSON.stringify({ resourceType: "Consent", provision: { n }, x: "x".repeat(65_000) }))
    for (let n = 0; n < 20; n++) {
      const document = { content: content(n), salt: randomBytes(32) }
      await visitors.keepCopies(copiesOf(place(), [document], 1 + (n % 16)), key())
    }
    const kept = await copiesAt(place())
    const sizeBytes = kept.reduce((sum, { document }) => sum + document.content.length, 0)
    assert.ok(sizeBytes <= MAX_COPIES_BYTES, `${sizeBytes} bytes`)
    assert.equal(kept[0].version, 16)
  })

  it("make at most 500 visitors known within an hour by each custodian's patients; a card still does", async () => {
    await county.vault.atomically(async () => {
      for (let i = 0; i < NEW_VISITORS_PER_HOUR; i++)
        await county.vault.joinPlaces([{ custodian: "city", handle: randomBytes(32) }], {
          now: Date.now(),
          keptUntil: Date.now() + DAY_MS,
          byCopyFrom: "city",
        })
    })
    const copies = await granted(ann, "city")
    await refused(visitors.keepCopies(copies, key()), "too_many_requests", /500 patients of city/)
    await nobody(place())
    await visitors.keepCopies(await granted(ann, "clinic"), keyOf(ann, "clinic"))
    await visitors.keepCard(cardOf(ann))
    await visitors.keepCopies(copies, key())
    assert.equal((await copiesAt(place())).length, 1)
  })

  it("and cards that are over are forgotten; a visitor with a consent in force stays", async () => {
    await visitors.keepCard(cardOf(ann))
    await visitors.keepCopies(await granted(bob, "clinic", Date.now() + 2 * KEPT_MS), keyOf(bob, "clinic"))
    const soon = Date.now() + KEPT_MS + DAY_MS
    // So many at a time: those of the test before were more.
    const tidy = async (now: number) => {
      for (let i = 0; i < 3; i++) await visitors.tidy(now)
    }
    await tidy(soon)
    await nobody(placeOf(ann, "city"), placeOf(ann, "clinic"))
    assert.equal((await copiesAt(placeOf(bob, "clinic"))).length, 1)
    await tidy(soon + 2 * KEPT_MS)
    await nobody(placeOf(bob, "clinic"))
  })
})

describe("mergeCopies", () => {
  const place = { custodian: "city", handle: new Uint8Array(32) }
  const documents = Array.from({ length: 40 }, () => documentOf("city"))
  const copy = (n: number, version: number) => ({
    copy: copiesOf(place, [documents[n]], version)[0],
    isProven: false,
    until: 1,
  })
  const told = (held: readonly { copy: ConsentCopy }[]) =>
    held.map(({ copy: { document, version } }) => [documents.indexOf(document), version])

  it("has each document in its newest version, newest first", () => {
    const old = [copy(0, 3), copy(1, 2)]
    assert.deepEqual(told(mergeCopies(old, [copy(1, 4), copy(0, 1), copy(2, 3)])), [
      [1, 4],
      [0, 3],
      [2, 3],
    ])
  })
  it("has at most 32, of the newest versions", () => {
    const merged = mergeCopies(
      documents.slice(0, 30).map((_, i) => copy(i, i)),
      documents.slice(30).map((_, i) => copy(30 + i, 30 + i)),
    )
    assert.deepEqual(
      [merged.length, merged[0].copy.version, merged.at(-1)?.copy.version],
      [MAX_COPIES, 39, 8],
    )
  })
})
