import assert from "node:assert/strict"
import { before, describe, it } from "node:test"
import fc from "fast-check"
import { type Bytes, fromHex } from "./bytes.ts"
import {
  CARD_LEAST_MS,
  CARD_LIFETIME_MS,
  type Card,
  type CardStatement,
  type CardUse,
  card,
  cardLink,
  cardStatement,
  checkCard,
  checkCardStatement,
  MAX_CARD_STATEMENTS,
  makeCard,
  makeCardStatement,
  signCardList,
} from "./card.ts"
import { decodeCbor, encodeCbor } from "./cbor.ts"
import { cryptoReady, publicKey, randomBytes } from "./crypto.ts"
import { PlatformError } from "./errors.ts"
import { verifyDocument } from "./keys.ts"
import vector from "./vectors/generated/card.json" with { type: "json" }

before(() => cryptoReady)

const seedOf = (n: number): Bytes => new Uint8Array(32).fill(n)
const flipped = (bytes: Bytes) => bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte))
const has = (code: string) => (error: unknown) => error instanceof PlatformError && error.code === code
const refused = (f: () => void, code: string, says: RegExp) =>
  assert.throws(f, (error) => has(code)(error) && says.test((error as Error).message))

const NOW = 1_000_000
const use: CardUse = { network: "aceso-test", organisation: "county-hospital", now: NOW }
const placeOf = (n: number) => ({ custodian: `hospital-${n}`, handle: seedOf(100 + n), seed: seedOf(n) })
const ann = makeCard(use, [placeOf(1), placeOf(2), placeOf(3)])
const bob = makeCard(use, [placeOf(4), placeOf(5)])

/** The card with other statements and openings, signed again by a key that whoever makes it has. */
function forged(change: Partial<Card>, cardSeed = seedOf(66)): Card {
  const made = { ...ann, ...change, key: publicKey(cardSeed) }
  const { network, organisation } = use
  return { ...made, signature: signCardList(network, organisation, made.statements, cardSeed) }
}

describe("the vector of a card, from an independent program", () => {
  const parsed = card.parse(vector.card, "card", "json")
  const { network, organisation, now } = vector

  it("is valid", () => checkCard(parsed, { network, organisation, now }))

  it("is made again, byte for byte", () => {
    const statements = parsed.statements.map(({ key: _key, signature: _signature, ...terms }, i) =>
      makeCardStatement({ ...terms, link: cardLink(parsed.key, parsed.salts[i]) }, fromHex(vector.seeds[i])),
    )
    assert.deepEqual(statements, parsed.statements)
    const signature = signCardList(network, organisation, statements, fromHex(vector.cardSeed))
    assert.deepEqual(signature, parsed.signature)
  })
})

describe("card statements", () => {
  const [made] = ann.statements
  const changes: Readonly<Record<keyof CardStatement, readonly [Partial<CardStatement>, RegExp]>> = {
    network: [{ network: "aceso-other" }, /network aceso-other/],
    custodian: [{ custodian: "other-practice" }, /signature/],
    handle: [{ handle: flipped(made.handle) }, /signature/],
    organisation: [{ organisation: "other-hospital" }, /lets other-hospital ask/],
    expiry: [{ expiry: made.expiry + 1 }, /signature/],
    nonce: [{ nonce: flipped(made.nonce) }, /signature/],
    key: [{ key: publicKey(seedOf(9)) }, /signature/],
    link: [{ link: flipped(made.link) }, /signature/],
    signature: [{ signature: flipped(made.signature) }, /signature/],
  }

  it("holds, after a journey as CBOR", () =>
    checkCardStatement(cardStatement.parse(decodeCbor(encodeCbor(made))), use))
  it("every field is in the table", () =>
    assert.deepEqual(Object.keys(changes).sort(), Object.keys(cardStatement.fields).sort()))
  for (const [field, [change, says]] of Object.entries(changes))
    it(`refuses another ${field}`, () =>
      refused(() => checkCardStatement({ ...made, ...change }, use), "bad_card", says))

  it("refuses custodian and organisation exchanged", () => {
    const { custodian, organisation } = made
    const exchanged = { ...made, custodian: organisation, organisation: custodian }
    refused(() => checkCardStatement(exchanged, { ...use, organisation: custodian }), "bad_card", /signature/)
  })
  it("refuses keys and signatures of another size, and a key of small order", () => {
    const small = (first: number, size: number) =>
      Uint8Array.from({ length: size }, (_, i) => (i === 0 ? first : 0))
    for (const change of [
      { key: made.key.subarray(1) },
      { signature: made.signature.subarray(1) },
      { signature: new Uint8Array(64) },
      { key: small(0, 32), signature: small(1, 64) },
      { key: small(1, 32), signature: small(1, 64) },
    ])
      refused(() => checkCardStatement({ ...made, ...change }, use), "bad_card", /signature/)
  })
  it("is no signature under any document", () => {
    const { signature, ...rest } = made
    assert.equal(verifyDocument("card", rest, signature, made.key), false)
    assert.equal(verifyDocument("card", Object.values(rest), signature, made.key), false)
  })

  const [latest, clock] = [CARD_LIFETIME_MS, 60_000]
  const at = (expiry: number) => {
    const { key: _key, signature: _signature, ...terms } = made
    return makeCardStatement({ ...terms, expiry: NOW + expiry }, seedOf(1))
  }
  it("lives at most 15 minutes, and a minute for clocks that differ", () => {
    checkCardStatement(at(0), use)
    checkCardStatement(at(latest + clock), use)
    refused(() => checkCardStatement(at(-1), use), "card_expired", /show it again/)
    refused(() => checkCardStatement(at(latest + clock + 1), use), "bad_card", /15 minutes/)
  })
})

describe("a card", () => {
  it("is valid for its organisation, after a journey as JSON", () =>
    checkCard(card.parse(JSON.parse(JSON.stringify(card.toJson(ann))), "card", "json"), use))

  const mixed = { statements: [...ann.statements, ...bob.statements], salts: [...ann.salts, ...bob.salts] }
  const [one, two, three] = ann.statements
  const own = makeCardStatement(
    { ...one, handle: seedOf(77), link: cardLink(publicKey(seedOf(66)), seedOf(7)) },
    seedOf(70),
  )
  const rows: readonly (readonly [comment: string, made: Card, says: RegExp])[] = [
    ["bob's valid statements under ann's card key, not signed again", { ...ann, ...mixed }, /not signed/],
    ["ann's and bob's valid statements under a third key", forged(mixed), /made for another card/],
    [
      "own statements with one of bob's, photographed, whose opening nobody can give",
      forged({ statements: [own, bob.statements[0]], salts: [seedOf(7), bob.salts[0]] }),
      /hospital-4 was made for another card/,
    ],
    ["the list signed by another key", { ...ann, key: publicKey(seedOf(9)) }, /not signed/],
    ["the list's signature changed", { ...ann, signature: flipped(ann.signature) }, /not signed/],
    ["a statement left out", { ...ann, statements: [one, two], salts: ann.salts.slice(0, 2) }, /not signed/],
    ["its statements in another order", { ...ann, statements: [two, one, three] }, /not signed/],
    ["its salts in another order", { ...ann, salts: ann.salts.toReversed() }, /made for another card/],
    ["a salt changed", { ...ann, salts: ann.salts.map(flipped) }, /hospital-1 was made for another card/],
    ["a salt missing", { ...ann, salts: ann.salts.slice(1) }, /one salt for each/],
    ["a salt too many", { ...ann, salts: [...ann.salts, seedOf(1)] }, /one salt for each/],
    [
      "a statement twice",
      { ...ann, statements: [one, two, one], salts: [ann.salts[0], ann.salts[1], ann.salts[0]] },
      /twice/,
    ],
    ["the name of another organisation", { ...ann, organisation: "insurer" }, /for insurer/],
  ]
  for (const [comment, made, says] of rows)
    it(`refuses ${comment}`, () => refused(() => checkCard(made, use), "bad_card", says))

  it("names the one statement that is wrong among valid ones", () => {
    const cardSeed = seedOf(66)
    const salt = seedOf(7)
    const good = makeCardStatement({ ...one, link: cardLink(publicKey(cardSeed), salt) }, seedOf(1))
    const wrong = { ...good, custodian: "hospital-9", handle: seedOf(9) }
    const made = forged({ statements: [good, wrong], salts: [salt, salt] }, cardSeed)
    refused(() => checkCard(made, use), "bad_card", /signature of its statement for hospital-9/)
  })

  it("is never made of statements of several cards, whichever are taken and whoever signs the list", () => {
    const carol = makeCard(use, [placeOf(6), placeOf(7)])
    const pool = [ann, bob, carol].flatMap(({ statements, salts }) =>
      statements.map((statement, i) => ({ statement, salt: salts[i] })),
    )
    const keys = [ann.key, bob.key, carol.key]
    fc.assert(
      fc.property(
        fc.shuffledSubarray(pool, { minLength: 1 }),
        fc.constantFrom(undefined, ...keys),
        (taken, key) => {
          const made = forged({
            statements: taken.map(({ statement }) => statement),
            salts: taken.map(({ salt }) => salt),
          })
          assert.throws(() => checkCard(key ? { ...made, key } : made, use), has("bad_card"))
        },
      ),
      { numRuns: 100 },
    )
  })

  it("says nothing to another organisation, network or time", () => {
    refused(() => checkCard(ann, { ...use, organisation: "insurer" }), "bad_card", /for county-hospital/)
    refused(() => checkCard(ann, { ...use, network: "aceso-other" }), "bad_card", /not signed/)
    refused(() => checkCard(ann, { ...use, now: NOW + CARD_LIFETIME_MS }), "card_expired", /show it again/)
  })

  it("has 1 to 64 statements", () => {
    const many = Array.from({ length: MAX_CARD_STATEMENTS + 1 }, (_, i) => placeOf(i))
    assert.equal(card.parse(makeCard(use, many.slice(1))).statements.length, 64)
    assert.throws(() => card.parse(makeCard(use, many)), has("bad_input"))
    assert.throws(() => card.parse(makeCard(use, [])), has("bad_input"))
  })

  it("links its statements by nothing that a custodian sees: no two equal expiries, nonces, keys or links", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: MAX_CARD_STATEMENTS }), (size) => {
        const places = Array.from({ length: size }, (_, i) => ({ ...placeOf(i), seed: randomBytes(32) }))
        const { statements } = makeCard(use, places)
        for (const field of ["custodian", "handle", "expiry", "nonce", "key", "link", "signature"] as const)
          assert.equal(new Set(statements.map((one) => String(one[field]))).size, size, field)
        for (const { expiry } of statements) {
          assert.ok(expiry >= NOW + CARD_LEAST_MS, "usable for ten minutes")
          assert.ok(expiry < NOW + CARD_LIFETIME_MS)
        }
      }),
      { numRuns: 50 },
    )
  })

  it("does not show its key by a link, without the salt", () => {
    for (const [i, { link }] of ann.statements.entries()) {
      assert.notDeepEqual(link, cardLink(ann.key, new Uint8Array(32)))
      assert.deepEqual(link, cardLink(ann.key, ann.salts[i]))
    }
  })
})
