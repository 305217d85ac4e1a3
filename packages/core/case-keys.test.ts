import assert from "node:assert/strict"
import { hkdfSync } from "node:crypto"
import { describe, it } from "node:test"
import { toHex } from "./bytes.ts"
import { caseKeyStock, makeStock, verifyStock } from "./case-keys.ts"
import { decodeCbor, encodeCbor } from "./cbor.ts"
import { publicKey, sha256 } from "./crypto.ts"
import { caseSeed, delegateSeed, handleSeed } from "./person-keys.ts"

const seedOf = (n: number) => sha256(Uint8Array.of(n))

describe("seeds of keys for one handle", () => {
  const all = { handle: handleSeed, case: caseSeed, delegate: delegateSeed }
  for (const [what, derive] of Object.entries(all)) {
    it(`${what}: HKDF-SHA-256 with custodian, handle and number as info`, () => {
      const info = encodeCbor([`aceso/${what}/v1`, "village-practice", seedOf(2), 0])
      const expected = new Uint8Array(hkdfSync("sha256", seedOf(1), new Uint8Array(0), info, 32))
      assert.deepEqual(derive(seedOf(1), "village-practice", seedOf(2), 0), expected)
    })
    it(`${what}: differ for seed, custodian, handle and number`, () => {
      const seeds = [
        derive(seedOf(1), "village-practice", seedOf(2), 0),
        derive(seedOf(3), "village-practice", seedOf(2), 0),
        derive(seedOf(1), "city-hospital", seedOf(2), 0),
        derive(seedOf(1), "village-practice", seedOf(4), 0),
        derive(seedOf(1), "village-practice", seedOf(2), 1),
      ]
      assert.equal(new Set(seeds.map(toHex)).size, seeds.length)
    })
  }
  it("those of one number differ by what they are for", () => {
    const seeds = Object.values(all).map((derive) => toHex(derive(seedOf(1), "city", seedOf(2), 0)))
    assert.equal(new Set(seeds).size, 3)
  })
})

describe("a stock of case keys", () => {
  const place = { network: "test-net", custodian: "city", handle: seedOf(2) }
  const ownKey = handleSeed(seedOf(1), "city", seedOf(2), 1)
  const made = makeStock(seedOf(1), ownKey, { ...place, from: 3, count: 4 })

  it("has the person's keys from that number on, and passes over a line", () => {
    assert.deepEqual(
      made.keys,
      [3, 4, 5, 6].map((j) => publicKey(caseSeed(seedOf(1), "city", seedOf(2), j))),
    )
    const passed = caseKeyStock.parse(decodeCbor(encodeCbor({ ...made, keys: [...made.keys] })), "stock")
    assert.ok(verifyStock(passed, publicKey(ownKey)))
  })

  const other = publicKey(seedOf(9))
  const changes: Readonly<Record<string, object>> = {
    network: { network: "other-net" },
    custodian: { custodian: "county" },
    handle: { handle: seedOf(3) },
    from: { from: 4 },
    "a key": { keys: [other, ...made.keys.slice(1)] },
    "the order of the keys": { keys: made.keys.toReversed() },
    "a key more": { keys: [...made.keys, other] },
    "a key less": { keys: made.keys.slice(1) },
    "no proofs": { proofs: [] },
    "a proof less": { proofs: made.proofs.slice(1) },
    "proofs in another order": { proofs: made.proofs.toReversed() },
  }
  for (const [what, change] of Object.entries(changes))
    it(`changed is not what was signed: ${what}`, () => {
      assert.equal(verifyStock({ ...made, ...change }, publicKey(ownKey)), false)
    })
  it("another key did not sign it", () => {
    assert.equal(verifyStock(made, other), false)
  })
})
