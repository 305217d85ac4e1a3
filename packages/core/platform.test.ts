import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { before, describe, it } from "node:test"
import { ed25519 } from "@noble/curves/ed25519.js"
import fc from "fast-check"
import { fromHex, toHex } from "./bytes.ts"
import { platform as browser } from "./platform/browser.ts"
import { platform as node } from "./platform/node.ts"

type Fixture = { readonly comment: string } & Readonly<Record<string, string>>

const fixtures = <T = Fixture>(name: string): readonly T[] =>
  JSON.parse(readFileSync(new URL(`./vectors/generated/${name}.json`, import.meta.url), "utf8"))

interface Sha256Vector {
  readonly comment: string
  readonly message: string
  readonly repeat?: number
  readonly digest: string
}

interface EdgeCase {
  readonly comment: string
  readonly message: string
  readonly publicKey: string
  readonly signature: string
  readonly libsodium: boolean
  readonly zip215: boolean
}

// novifinancial/ed25519-speccheck: the vectors of "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko).
const edgeCases = fixtures<EdgeCase>("taming-the-many-eddsas")
const edDsaVectors = fixtures("rfc8032-ed25519")
const platforms = { node, browser }

before(() => Promise.all([node.ready, browser.ready]))

for (const [name, platform] of Object.entries(platforms)) {
  describe(`platform ${name}`, () => {
    describe("SHA-256 (FIPS 180-4)", () => {
      for (const { comment, message, repeat = 1, digest } of fixtures<Sha256Vector>("fips180-sha256"))
        it(comment, () => assert.equal(toHex(platform.sha256(fromHex(message.repeat(repeat)))), digest))
    })

    describe("HKDF-SHA-256 (RFC 5869)", () => {
      for (const { comment, secret, salt, info, output } of fixtures("rfc5869-hkdf-sha256"))
        it(comment, () => {
          const made = platform.hkdf(fromHex(secret), fromHex(salt), fromHex(info), output.length / 2)
          assert.equal(toHex(made), output)
        })
    })

    describe("Ed25519 (RFC 8032 section 7.1)", () => {
      for (const { comment, seed, publicKey, message, signature } of edDsaVectors)
        it(comment, () => {
          assert.equal(toHex(platform.publicKey(fromHex(seed))), publicKey)
          assert.equal(toHex(platform.sign(fromHex(message), fromHex(seed))), signature)
          assert.equal(platform.verify(fromHex(signature), fromHex(message), fromHex(publicKey)), true)
        })

      it("refuses a signature with any bit flipped, over another message or by another key", () => {
        const [, two, three] = edDsaVectors
        const signature = fromHex(two.signature)
        const verify = (s: Uint8Array, m: string, k: string) => platform.verify(s, fromHex(m), fromHex(k))
        for (let bit = 0; bit < 512; bit++) {
          const changed = Uint8Array.from(signature)
          changed[bit >> 3] ^= 1 << (bit & 7)
          assert.equal(verify(changed, two.message, two.publicKey), false, `bit ${bit}`)
        }
        assert.equal(verify(signature, three.message, two.publicKey), false)
        assert.equal(verify(signature, two.message, three.publicKey), false)
      })

      it("answers false for signatures and keys of a wrong size", () => {
        const { signature, message, publicKey } = edDsaVectors[1]
        for (const size of [0, 1, 31, 33, 63, 65])
          assert.equal(platform.verify(new Uint8Array(size), fromHex(message), fromHex(publicKey)), false)
        for (const size of [0, 1, 31, 33, 64])
          assert.equal(platform.verify(fromHex(signature), fromHex(message), new Uint8Array(size)), false)
      })
    })

    describe("Taming the many EdDSAs, libsodium's rule", () => {
      for (const { comment, message, publicKey, signature, libsodium } of edgeCases)
        it(`${comment}: ${libsodium ? "accepted" : "refused"}`, () => {
          const verdict = platform.verify(fromHex(signature), fromHex(message), fromHex(publicKey))
          assert.equal(verdict, libsodium)
        })
    })

    it("gives random bytes of the size asked for, not twice the same", () => {
      for (const size of [0, 1, 16, 32, 1000]) assert.equal(platform.randomBytes(size).length, size)
      assert.notDeepEqual(platform.randomBytes(32), platform.randomBytes(32))
    })

    it("signs with the bytes that the seed holds now, also when its buffer held another before", () => {
      const seed = new Uint8Array(32).fill(1)
      const before = platform.publicKey(seed)
      seed.fill(2)
      assert.notDeepEqual(platform.publicKey(seed), before)
      assert.equal(platform.verify(platform.sign(seed, seed), seed, platform.publicKey(seed.slice())), true)
    })

    it("gives plain Uint8Arrays", () => {
      const seed = fromHex(edDsaVectors[0].seed)
      const empty = new Uint8Array(0)
      const made = [
        platform.sha256(seed),
        platform.publicKey(seed),
        platform.sign(seed, seed),
        platform.hkdf(seed, empty, empty, 32),
        platform.randomBytes(8),
      ]
      for (const bytes of made) assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype)
    })
  })
}

describe("Taming the many EdDSAs, ZIP-215 as CometBFT verifies", () => {
  for (const { comment, message, publicKey, signature, zip215 } of edgeCases)
    it(`${comment}: ${zip215 ? "accepted" : "refused"}`, () => {
      const options = { zip215: true }
      const verdict = ed25519.verify(fromHex(signature), fromHex(message), fromHex(publicKey), options)
      assert.equal(verdict, zip215)
    })
})

describe("both platforms", () => {
  it("agree on every vector", () => {
    for (const { comment, message, publicKey, signature } of [...edgeCases, ...edDsaVectors]) {
      const [s, m, k] = [signature, message, publicKey].map(fromHex)
      assert.equal(browser.verify(s, m, k), node.verify(s, m, k), comment)
    }
  })

  const seed = fc.uint8Array({ minLength: 32, maxLength: 32 })
  const message = fc.uint8Array({ maxLength: 200 })

  it("agree on random seeds and messages, also when a byte of the signature or key is changed", () => {
    fc.assert(
      fc.property(seed, message, fc.nat(95), fc.integer({ min: 1, max: 255 }), (seed, message, at, mask) => {
        const key = node.publicKey(seed)
        const signature = node.sign(message, seed)
        assert.deepEqual(browser.publicKey(seed), key)
        assert.deepEqual(browser.sign(message, seed), signature)
        assert.equal(browser.verify(signature, message, key), true)
        if (at < 64) signature[at] ^= mask
        else key[at - 64] ^= mask
        assert.equal(browser.verify(signature, message, key), node.verify(signature, message, key))
      }),
      { numRuns: 200 },
    )
  })

  it("agree on SHA-256 and HKDF of anything", () => {
    fc.assert(
      fc.property(message, message, message, fc.integer({ min: 1, max: 200 }), (secret, salt, info, size) => {
        assert.deepEqual(browser.sha256(secret), node.sha256(secret))
        assert.deepEqual(browser.hkdf(secret, salt, info, size), node.hkdf(secret, salt, info, size))
      }),
      { numRuns: 300 },
    )
  })
})
