import assert from "node:assert/strict"
import { before, describe, it } from "node:test"
import { type Bytes, utf8 } from "./bytes.ts"
import { decodeCbor, encodeCbor } from "./cbor.ts"
import { cryptoReady, publicKey, randomBytes, sign } from "./crypto.ts"
import { PlatformError } from "./errors.ts"
import {
  directoryRoot,
  type Practitioner,
  type PractitionerProof,
  practitionerProof,
  provePractitioner,
  signDocument,
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

  it("a name stands in the leaf where there is one, and no other does", () => {
    const named = directory.map(({ practitioner, salt }, i) => ({
      practitioner: { ...practitioner, name: `person-${i}` },
      salt,
    }))
    const opening = practitionerProof.parse(decodeCbor(encodeCbor(provePractitioner(named, 3))))
    assert.equal(opening.practitioner.name, "person-3")
    assert.ok(verifyPractitioner(directoryRoot(named), opening, FROM))
    for (const name of ["person-4", undefined]) {
      const other = { ...opening, practitioner: { ...opening.practitioner, name } }
      assert.ok(!verifyPractitioner(directoryRoot(named), other, FROM))
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
    ["a name where the leaf has none", person({ name: "county-doctor" })],
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
  it("is never a signature over the bare bytes", () =>
    assert.notDeepEqual(signature, sign(encodeCbor(document), seed)))
  it("refuses to sign floats", () => assert.throws(() => signDocument("request", 0.5, seed), has("bad_cbor")))
})
