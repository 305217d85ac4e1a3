import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { compareBytes, nameOf } from "./bytes.ts"
import { randomBytes } from "./crypto.ts"
import { domainHash } from "./hash.ts"
import { EMPTY_ROOT, merkleRoot } from "./merkle.ts"
import { isInPolicy, MAX_DOCUMENTS, type PolicyDocument, policyPlace, policyRoot } from "./policy-tree.ts"

const documentsOf = (n: number): PolicyDocument[] =>
  Array.from({ length: n }, () => ({ content: randomBytes(40), salt: randomBytes(32) }))

describe("the policy root", () => {
  it("is that of RFC 6962 over 256 sorted leaves: the documents', and fillers from the policy's salt", () => {
    const documents = documentsOf(2)
    const salt = randomBytes(32)
    const leaves = [
      ...documents.map((one) => domainHash("policy-document", one.salt, one.content)),
      ...Array.from({ length: 254 }, (_, i) => domainHash("policy-filler", salt, i)),
    ]
    assert.deepEqual(policyRoot(documents, salt), merkleRoot(leaves.sort(compareBytes)))
    assert.deepEqual(policyRoot(documents.toReversed(), salt), policyRoot(documents, salt))
  })

  it("of an empty policy is known to nobody without its salt, and is never the same twice", () => {
    const roots = Array.from({ length: 50 }, () => nameOf(policyRoot([], randomBytes(32))))
    assert.equal(new Set(roots).size, 50)
    assert.ok(!roots.includes(nameOf(EMPTY_ROOT)))
  })

  it("does not come back when a policy does", () => {
    const documents = documentsOf(1)
    assert.notDeepEqual(policyRoot(documents, randomBytes(32)), policyRoot(documents, randomBytes(32)))
  })

  it("takes the greatest policy, and none beyond", () => {
    const salt = randomBytes(32)
    const documents = documentsOf(MAX_DOCUMENTS)
    const root = policyRoot(documents, salt)
    for (const document of [documents[0], documents[199]])
      assert.ok(isInPolicy(root, document, policyPlace(documents, salt, document)))
    assert.throws(() => policyRoot(documentsOf(MAX_DOCUMENTS + 1), salt), { code: "bad_input" })
  })

  it("proves each document at its place, and nothing else", () => {
    const documents = documentsOf(5)
    const salt = randomBytes(32)
    const root = policyRoot(documents, salt)
    for (const document of documents) {
      const place = policyPlace(documents, salt, document)
      assert.ok(isInPolicy(root, document, place))
      assert.ok(!isInPolicy(root, { ...document, salt: randomBytes(32) }, place))
      assert.ok(!isInPolicy(root, document, { ...place, index: place.index ^ 1 }))
      assert.ok(!isInPolicy(root, document, { ...place, path: place.path.slice(1) }))
      assert.ok(!isInPolicy(policyRoot(documents, randomBytes(32)), document, place))
    }
  })

  // The attack: a grantee counts the patient's other consents by the proof of its own.
  it("shows a grantee neither how many documents there are nor which one came last", () => {
    const seen = (n: number) => {
      const places = Array.from({ length: 200 }, () => {
        const documents = documentsOf(n)
        return policyPlace(documents, randomBytes(32), documents[n - 1])
      })
      assert.ok(places.every(({ path }) => path.length === 8))
      return places.map(({ index }) => index)
    }
    for (const n of [1, 3]) {
      const indexes = seen(n)
      // 200 draws from 256 places: one twice as often in one half has a chance below 1 in 10^15.
      const low = indexes.filter((index) => index < 128).length
      assert.ok(low > 45 && low < 155, `${low} of 200 lie in the lower half`)
    }
  })
})
