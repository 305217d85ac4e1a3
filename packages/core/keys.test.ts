import assert from "node:assert/strict"
import { before, describe, it } from "node:test"
import { type Bytes, utf8 } from "./bytes.ts"
import { decodeCbor, encodeCbor } from "./cbor.ts"
import { cryptoReady, publicKey, randomBytes, sign } from "./crypto.ts"
import { PlatformError } from "./errors.ts"
import {
  CARD_LIFETIME_MS,
  type CardStatement,
  card,
  cardStatement,
  directoryRoot,
  makeCardStatement,
  type Practitioner,
  type PractitionerProof,
  practitionerProof,
  provePractitioner,
  signDocument,
  verifyCardStatement,
  verifyDocument,
  verifyPractitioner,
} from "./keys.ts"

before(() => cryptoReady)

const seedOf = (n: number): Bytes => new Uint8Array(32).fill(n)
const flipped = (bytes: Bytes) => bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte))
const has = (code: string) => (error: unknown) => error instanceof PlatformError && error.code === code

describe("practitioners", () => {
  const FROM = 1_000
  const TO = 2_000
  const directory = Array.from({ length: 7 }, (_, i) => ({
    practitioner: { key: publicKey(seedOf(i + 1)), role: i % 2 ? "nurse" : "physician", from: FROM, to: TO },
    salt: seedOf(100 + i),
  }))
  const root = directoryRoot(directory)
  const proof = provePractitioner(directory, 3)

  it("each is proven, in directories of 1 to 20", () => {
    for (let size = 1; size <= 20; size++) {
      const all = Array.from({ length: size }, (_, i) => ({ ...directory[i % 7], salt: seedOf(i) }))
      const root = directoryRoot(all)
      for (const i of all.keys()) assert.ok(verifyPractitioner(root, provePractitioner(all, i), FROM))
    }
  })

  it("the proof fits its schema, after a journey as CBOR", () => {
    const read = practitionerProof.parse(decodeCbor(encodeCbor(proof)))
    assert.ok(verifyPractitioner(root, read, FROM))
  })

  const times: readonly (readonly [comment: string, time: number, isValid: boolean])[] = [
    ["a millisecond before", FROM - 1, false],
    ["at the beginning", FROM, true],
    ["in the last millisecond", TO - 1, true],
    ["at the end", TO, false],
    ["never, for a time that is none", Number.NaN, false],
  ]
  for (const [comment, time, isValid] of times)
    it(`valid ${comment}: ${isValid}`, () => assert.equal(verifyPractitioner(root, proof, time), isValid))

  const person = (change: Partial<Practitioner>) => ({ practitioner: { ...proof.practitioner, ...change } })
  const changes: readonly (readonly [comment: string, change: Partial<PractitionerProof>])[] = [
    ["another salt", { salt: flipped(proof.salt) }],
    ["another index", { index: 2 }],
    ["an index beyond the size", { index: 7 }],
    ["a size with another path", { size: 16 }],
    ["a size of 0", { size: 0 }],
    ["a path cut short", { path: proof.path.slice(1) }],
    ["a longer path", { path: [...proof.path, root] }],
    ["a changed path", { path: [flipped(proof.path[0]), ...proof.path.slice(1)] }],
    ["another key", person({ key: publicKey(seedOf(9)) })],
    ["another role", person({ role: "physician" })],
    ["an earlier beginning", person({ from: FROM - 1 })],
    ["a later end", person({ to: TO + 1 })],
  ]
  for (const [comment, change] of changes)
    it(`refuses ${comment}`, () =>
      assert.equal(verifyPractitioner(root, { ...proof, ...change }, FROM + 1), false))

  it("refuses another root: one left out, added, reordered, resalted", () => {
    const others = [
      directory.slice(1),
      [...directory, directory[0]],
      directory.toReversed(),
      directory.map((one) => ({ ...one, salt: randomBytes(32) })),
      [],
    ]
    for (const other of others) assert.equal(verifyPractitioner(directoryRoot(other), proof, FROM), false)
  })

  it("the root does not show a known practitioner without the salt", () => {
    const [one] = directory
    const guess = { ...one, salt: new Uint8Array(32) }
    assert.notDeepEqual(directoryRoot([guess]), directoryRoot([one]))
  })
})

describe("card statements", () => {
  const seed = seedOf(1)
  const terms = {
    network: "aceso-test",
    custodian: "village-practice",
    handle: seedOf(2),
    organisation: "city-hospital",
    expiry: 1_000_000 + CARD_LIFETIME_MS,
    nonce: new Uint8Array(16).fill(3),
  }
  const made = makeCardStatement(terms, seed)

  it("verifies, and carries the key of its seed", () => {
    assert.ok(verifyCardStatement(made))
    assert.deepEqual(made.key, publicKey(seed))
    assert.ok(verifyCardStatement(cardStatement.parse(decodeCbor(encodeCbor(made)))))
  })
  it("lives 15 minutes", () => assert.equal(CARD_LIFETIME_MS, 900_000))

  const changes: Readonly<Record<keyof CardStatement, Partial<CardStatement>>> = {
    network: { network: "aceso-other" },
    custodian: { custodian: "other-practice" },
    handle: { handle: flipped(terms.handle) },
    organisation: { organisation: "other-hospital" },
    expiry: { expiry: terms.expiry + 1 },
    nonce: { nonce: flipped(terms.nonce) },
    key: { key: publicKey(seedOf(9)) },
    signature: { signature: flipped(made.signature) },
  }
  it("every field is in the table", () =>
    assert.deepEqual(Object.keys(changes).sort(), Object.keys(cardStatement.fields).sort()))
  for (const [field, change] of Object.entries(changes))
    it(`refuses another ${field}`, () => assert.equal(verifyCardStatement({ ...made, ...change }), false))

  it("refuses custodian and organisation exchanged", () => {
    const { custodian, organisation } = made
    assert.equal(verifyCardStatement({ ...made, custodian: organisation, organisation: custodian }), false)
  })
  it("refuses keys and signatures of another size", () => {
    assert.equal(verifyCardStatement({ ...made, key: made.key.subarray(1) }), false)
    assert.equal(verifyCardStatement({ ...made, signature: made.signature.subarray(1) }), false)
    assert.equal(verifyCardStatement({ ...made, signature: new Uint8Array(64) }), false)
  })
  it("refuses a key of small order", () => {
    for (const first of [0, 1])
      assert.equal(
        verifyCardStatement({
          ...made,
          key: Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? first : 0)),
          signature: Uint8Array.from({ length: 64 }, (_, i) => (i === 0 ? 1 : 0)),
        }),
        false,
      )
  })
  it("statements of one card share nothing but the organisation, the expiry and the network", () => {
    const other = makeCardStatement(
      { ...terms, custodian: "other-practice", handle: seedOf(5), nonce: randomBytes(16) },
      seedOf(6),
    )
    for (const field of ["custodian", "handle", "nonce", "key", "signature"] as const)
      assert.notDeepEqual(other[field], made[field])
  })
  it("a card has 1 to 64 statements", () => {
    assert.equal(card.parse({ statements: [made] }).statements.length, 1)
    assert.throws(() => card.parse({ statements: [] }), has("bad_input"))
    assert.throws(() => card.parse({ statements: Array(65).fill(made) }), has("bad_input"))
  })
})

describe("signDocument", () => {
  const seed = seedOf(1)
  const key = publicKey(seed)
  const document = { b: 1, a: [utf8("x"), null], c: "text" }
  const signature = signDocument("request", document, seed)

  it("verifies, whatever the order of members", () => {
    assert.ok(verifyDocument("request", document, signature, key))
    assert.ok(verifyDocument("request", { c: "text", a: [utf8("x"), null], b: 1 }, signature, key))
  })
  const others = [
    { ...document, b: 2 },
    { ...document, d: 1 },
    { ...document, a: ["x", null] },
    [document],
    null,
  ]
  for (const other of others)
    it(`refuses ${JSON.stringify(other)}`, () =>
      assert.equal(verifyDocument("request", other, signature, key), false))
  it("refuses another meaning, key or signature", () => {
    assert.equal(verifyDocument("answer", document, signature, key), false)
    assert.equal(verifyDocument("", document, signature, key), false)
    assert.equal(verifyDocument("request", document, signature, publicKey(seedOf(2))), false)
    assert.equal(verifyDocument("request", document, flipped(signature), key), false)
  })
  it("is never a signature over the bare bytes, nor a card statement's", () => {
    assert.notDeepEqual(signature, sign(encodeCbor(document), seed))
    const statement = {
      ...{ network: "n", custodian: "c", handle: seedOf(1), organisation: "o", expiry: 1 },
      nonce: new Uint8Array(16),
    }
    const { signature: ofCard, ...rest } = makeCardStatement(statement, seed)
    assert.equal(verifyDocument("card", rest, ofCard, key), false)
    assert.equal(verifyDocument("card", Object.values(rest), ofCard, key), false)
  })
  it("refuses to sign floats", () => assert.throws(() => signDocument("request", 0.5, seed), has("bad_cbor")))
})
