import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { verifyCofactored } from "./cofactored.ts"
import { verify } from "./crypto.ts"
import { craftedClaims } from "./vectors/crafted-claims.ts"

describe("Ed25519 with the cofactor", () => {
  for (const { comment, claim, isGood } of craftedClaims)
    it(`${comment}: ${isGood ? "accepted" : "refused"}`, () => assert.equal(verifyCofactored(claim), isGood))

  it("accepts what libsodium accepts, and more", () => {
    const byLibsodium = craftedClaims.filter(({ claim }) => verify(claim.signature, claim.message, claim.key))
    assert.ok(byLibsodium.length > 1)
    for (const { comment, isGood } of byLibsodium) assert.ok(isGood, comment)
    assert.ok(craftedClaims.filter(({ isGood }) => isGood).length > byLibsodium.length)
  })
})
