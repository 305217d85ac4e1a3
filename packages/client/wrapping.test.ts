import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { randomBytes, toHex, WRAPPED_BYTES, wrappedId } from "@aceso/core"
import fc from "fast-check"
import {
  type KeptDelegation,
  MAX_DELEGATIONS,
  opened,
  openedPlaces,
  passphraseKey,
  placesId,
  prfKey,
  sealed,
  sealedPlaces,
  withDelegation,
  withoutDelegation,
} from "./wrapping.ts"

const secret = randomBytes(32)
const id = wrappedId("passkey", randomBytes(16))

describe("what a device keeps sealed", () => {
  it("opens by its key again, whatever it is, and has one size", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (plain) => {
        const content = await sealed(secret, id, plain)
        assert.equal(content.length, WRAPPED_BYTES)
        assert.deepEqual(await opened(secret, id, content), plain)
      }),
      { numRuns: 25 },
    )
  })

  it("is never the same twice, and shows nothing of what it holds", async () => {
    const seed = randomBytes(32)
    const [a, b] = [await sealed(secret, id, seed), await sealed(secret, id, seed)]
    assert.notDeepEqual(a, b)
    assert.ok(!toHex(a).includes(toHex(seed)))
  })

  it("is refused by another key, under another name, or with one bit changed", async () => {
    const content = await sealed(secret, id, randomBytes(32))
    const wrong = { code: "wrong_secret" }
    await assert.rejects(opened(randomBytes(32), id, content), wrong)
    await assert.rejects(opened(secret, wrappedId("random", randomBytes(32)), content), wrong)
    for (const at of [0, 11, 12, 500, WRAPPED_BYTES - 1]) {
      const changed = Uint8Array.from(content)
      changed[at] ^= 1
      await assert.rejects(opened(secret, id, changed), wrong)
    }
    await assert.rejects(opened(secret, id, content.slice(0, 100)), wrong)
  })

  it("has no room for more than it can hide", async () => {
    await assert.rejects(sealed(secret, id, new Uint8Array(WRAPPED_BYTES)), RangeError)
  })

  it("is sealed by another key for each kind of secret", () => {
    assert.notDeepEqual(prfKey(secret), passphraseKey(secret))
  })
})

it("places of 64 hospitals fit, and only their own seed opens them", async () => {
  const places = Array.from({ length: 64 }, (_, i) => ({
    custodian: `h${i}`.padEnd(32, "x"),
    handle: randomBytes(32),
    keyNumber: 1,
    url: `https://${"n".repeat(191)}.`.slice(0, 200),
  }))
  const [seed, other] = [randomBytes(32), randomBytes(32)]
  const content = await sealedPlaces(seed, { places })
  assert.deepEqual(await openedPlaces(seed, content), { places })
  await assert.rejects(openedPlaces(other, content), { code: "wrong_secret" })
  assert.notDeepEqual(placesId(seed), placesId(other))
})

it("for whom a seed acts is kept beside its own places, each person once, and the newest where there are too many", async () => {
  const of = (i: number, person = `person ${i}`): KeptDelegation => ({
    ...{
      custodian: "city",
      handle: new Uint8Array(32).fill(i),
      keyNumber: 1,
      url: "https://city.example",
      person,
    },
  })
  const seed = randomBytes(32)
  let kept = withDelegation({ places: [] }, of(1))
  kept = withDelegation(kept, of(1, "the same, once more"))
  assert.deepEqual(await openedPlaces(seed, await sealedPlaces(seed, kept)), kept)
  assert.deepEqual(kept.delegations, [of(1, "the same, once more")])
  for (let i = 2; i <= MAX_DELEGATIONS + 1; i++) kept = withDelegation(kept, of(i))
  assert.equal(kept.delegations?.length, MAX_DELEGATIONS)
  assert.equal(kept.delegations?.[0].person, "person 2")
  assert.equal(withoutDelegation(kept, of(2)).delegations?.length, MAX_DELEGATIONS - 1)
})
