import assert from "node:assert/strict"
import { createHmac } from "node:crypto"
import { before, describe, it } from "node:test"
import fc from "fast-check"
import { type Bytes, fromHex, toHex, utf8 } from "./bytes.ts"
import { decodeCbor, encodeCbor } from "./cbor.ts"
import { cryptoReady, publicKey } from "./crypto.ts"
import {
  auditEventHash,
  type DisclosurePromise,
  disclosureTag,
  hmacSha256,
  makePromise,
  promise,
  verifyPromise,
} from "./promise.ts"

before(() => cryptoReady)

const seedOf = (n: number): Bytes => new Uint8Array(32).fill(n)
const flipped = (bytes: Bytes) => bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte))

describe("HMAC-SHA-256 (RFC 4231 section 4)", () => {
  const vectors: readonly (readonly [comment: string, key: Bytes, data: Bytes, mac: string])[] = [
    [
      "4.2: test case 1",
      fromHex("0b".repeat(20)),
      utf8("Hi There"),
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    ],
    [
      "4.3: test case 2, a key shorter than the output",
      utf8("Jefe"),
      utf8("what do ya want for nothing?"),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ],
    [
      "4.4: test case 3, data longer than a block with the key",
      fromHex("aa".repeat(20)),
      fromHex("dd".repeat(50)),
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
    ],
    [
      "4.5: test case 4",
      fromHex("0102030405060708090a0b0c0d0e0f10111213141516171819"),
      fromHex("cd".repeat(50)),
      "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
    ],
    [
      "4.6: test case 5, of which the first 16 bytes are used",
      fromHex("0c".repeat(20)),
      utf8("Test With Truncation"),
      "a3b6167473100ee06e0c796c2955552b",
    ],
    [
      "4.7: test case 6, a key longer than a block",
      fromHex("aa".repeat(131)),
      utf8("Test Using Larger Than Block-Size Key - Hash Key First"),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ],
    [
      "4.8: test case 7, key and data longer than a block",
      fromHex("aa".repeat(131)),
      utf8(
        "This is a test using a larger than block-size key and a larger than block-size data. " +
          "The key needs to be hashed before being used by the HMAC algorithm.",
      ),
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ],
  ]
  for (const [comment, key, data, mac] of vectors)
    it(comment, () => assert.equal(toHex(hmacSha256(key, data)).slice(0, mac.length), mac))

  it("agrees with node:crypto for keys of 0 to 200 bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }), (key, data) =>
        assert.equal(toHex(hmacSha256(key, data)), createHmac("sha256", key).update(data).digest("hex")),
      ),
      { numRuns: 300 },
    )
  })
})

describe("tags", () => {
  it("are the first 16 bytes of the MAC of the counter", () => {
    const mac = hmacSha256(seedOf(1), encodeCbor(["aceso/disclosure-tag/v1", 5]))
    assert.deepEqual(Uint8Array.from(disclosureTag(seedOf(1), 5)), mac.slice(0, 16))
  })
  it("differ for each counter and key", () => {
    const tags = [1, 2, 3].flatMap((key) =>
      Array.from({ length: 300 }, (_, n) => toHex(disclosureTag(seedOf(key), n))),
    )
    assert.equal(new Set(tags).size, 900)
    for (const tag of tags) assert.equal(tag.length, 32)
  })
  it("an event's hash depends on salt and event, and where one ends", () => {
    const hashes = [
      auditEventHash(seedOf(1), utf8("ab")),
      auditEventHash(seedOf(2), utf8("ab")),
      auditEventHash(seedOf(1), utf8("abc")),
      auditEventHash(Uint8Array.from([...seedOf(1), 0x61]), utf8("b")),
    ]
    assert.equal(new Set(hashes.map(toHex)).size, hashes.length)
  })
})

describe("promises", () => {
  const seed = seedOf(1)
  const made = makePromise(
    {
      custodian: "village-practice",
      tag: disclosureTag(seedOf(2), 1),
      event: auditEventHash(seedOf(3), utf8("{}")),
      includeBy: 60_000,
      key: publicKey(seed),
    },
    "aceso-test",
    seed,
  )
  it("verifies, also after a journey as CBOR", () => {
    assert.ok(verifyPromise(made, "aceso-test"))
    assert.ok(verifyPromise(promise.parse(decodeCbor(encodeCbor({ ...made }))), "aceso-test"))
  })
  const changes: Readonly<Record<keyof DisclosurePromise, Partial<DisclosurePromise>>> = {
    custodian: { custodian: "city-hospital" },
    tag: { tag: disclosureTag(seedOf(2), 2) },
    event: { event: flipped(made.event) },
    includeBy: { includeBy: 60_001 },
    key: { key: publicKey(seedOf(2)) },
    signature: { signature: flipped(made.signature) },
  }
  it("every field is in the table", () =>
    assert.deepEqual(Object.keys(changes).sort(), Object.keys(promise.fields).sort()))
  for (const [field, change] of Object.entries(changes))
    it(`refuses another ${field}`, () =>
      assert.equal(verifyPromise({ ...made, ...change }, "aceso-test"), false))
  it("refuses another network", () => assert.equal(verifyPromise(made, "aceso-other"), false))
  it("refuses a key that is not the seed's", () => {
    const { signature: _, ...rest } = made
    assert.equal(verifyPromise(makePromise(rest, "aceso-test", seedOf(2)), "aceso-test"), false)
  })
})
