import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { randomBytes, utf8 } from "@aceso/core"
import { LENGTH_BYTES, NONCE_BYTES, openWith, padded, sealWith, TAG_BYTES, unpadded } from "./aes-gcm.ts"

const key = randomBytes(32)
const bound = utf8("a place")
const plain = utf8("what is kept")

describe("what a device seals", () => {
  it("opens with the same key, bound to the same", async () => {
    const sealed = await sealWith(key, bound, plain)
    assert.equal(sealed.length, NONCE_BYTES + plain.length + TAG_BYTES)
    assert.deepEqual(await openWith(key, bound, sealed), plain)
  })

  it("is never sealed the same twice", async () => {
    assert.notDeepEqual(await sealWith(key, bound, plain), await sealWith(key, bound, plain))
  })

  it("opens with no other key, for nothing else, and not after one changed bit anywhere", async () => {
    const sealed = await sealWith(key, bound, plain)
    assert.equal(await openWith(randomBytes(32), bound, sealed), undefined)
    assert.equal(await openWith(key, utf8("another place"), sealed), undefined)
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = sealed.map((byte, i) => (i === at ? byte ^ 1 : byte))
      assert.equal(await openWith(key, bound, changed), undefined, `byte ${at}`)
    }
  })

  it("opens nothing that was cut, wherever", async () => {
    const sealed = await sealWith(key, bound, plain)
    for (let size = 0; size < sealed.length; size += 1)
      assert.equal(await openWith(key, bound, sealed.slice(0, size)), undefined, `${size} bytes`)
  })
})

describe("padding", () => {
  for (const size of [0, 1, 59, 60])
    it(`gives ${size} bytes the size of all others, and back`, () => {
      const all = padded(randomBytes(size), 64)
      assert.equal(all.length, 64)
      assert.equal(unpadded(all)?.length, size)
      assert.deepEqual(unpadded(all), all.slice(LENGTH_BYTES, LENGTH_BYTES + size))
    })

  it("refuses a length that is not there", () => {
    assert.throws(() => padded(randomBytes(61), 64), RangeError)
    const all = padded(randomBytes(60), 64)
    assert.equal(unpadded(all.slice(0, 63)), undefined)
    assert.equal(unpadded(all.slice(0, 3)), undefined)
    assert.equal(unpadded(new Uint8Array(0)), undefined)
  })
})
