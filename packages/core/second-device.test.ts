import assert from "node:assert/strict"
import { describe, it } from "node:test"
import {
  type Cbor,
  type DeviceOffer,
  deviceCommitment,
  deviceDigits,
  deviceLink,
  encodeCbor,
  isBoxWord,
  isCommitted,
  publicKey,
  randomBytes,
  readDeviceLink,
  signBox,
  toBase64Url,
} from "./index.ts"

const offer: DeviceOffer = {
  genesis: new Uint8Array(32).fill(7),
  box: publicKey(new Uint8Array(32).fill(8)),
  secret: new Uint8Array(32).fill(9),
}
const APP = "https://app.example"
const linkOf = (content: object): string =>
  `${APP}/#device=${toBase64Url(encodeCbor(content as unknown as Cbor))}`

describe("the link by which a second device comes", () => {
  it("has nothing but the app's origin before the mark that no browser sends, and is read back", () => {
    const link = deviceLink(APP, offer)
    assert.equal(link.split("#")[0], "https://app.example/")
    assert.ok(link.length < 300, "a QR of it is read from a screen")
    assert.deepEqual(readDeviceLink(link), { origin: APP, offer })
  })
  const rows: readonly (readonly [string, string])[] = [
    ["cut", deviceLink(APP, offer).slice(0, -3)],
    ["no mark", APP],
    ["of another version", linkOf({ v: 2, ...offer })],
    ["more than there is to say", linkOf({ v: 1, ...offer, url: APP })],
    ["a short secret", linkOf({ v: 1, ...offer, secret: new Uint8Array(16) })],
    ["an app without HTTPS", deviceLink(APP, offer).replace("https", "http")],
    ["too long", `${deviceLink(APP, offer)}${"A".repeat(600)}`],
  ]
  for (const [comment, link] of rows)
    it(`is none: ${comment}`, () => assert.throws(() => readDeviceLink(link), { code: "bad_link" }))
})

it("digits change with the box, the key and the nonce", () => {
  const [key, nonce] = [randomBytes(1216), randomBytes(32)]
  const digits = deviceDigits(offer.box, key, nonce)
  assert.match(digits, /^\d{6}$/)
  assert.equal(deviceDigits(offer.box, key, nonce), digits)
  const others = [
    deviceDigits(publicKey(randomBytes(32)), key, nonce),
    deviceDigits(offer.box, randomBytes(1216), nonce),
    deviceDigits(offer.box, key, randomBytes(32)),
  ]
  assert.ok(others.filter((one) => one === digits).length < 3)
  assert.ok(isCommitted(deviceCommitment(key), key))
  assert.ok(!isCommitted(deviceCommitment(key), nonce))
})

it("a word of a box counts for its app, its box, what it says and its letter alone", () => {
  const seed = randomBytes(32)
  const box = publicKey(seed)
  const letter = randomBytes(20)
  const signature = signBox(APP, "gift", box, seed, letter)
  const verdicts = [
    isBoxWord(APP, "gift", box, signature, letter),
    isBoxWord("https://app.south.example", "gift", box, signature, letter),
    isBoxWord(APP, "nonce", box, signature, letter),
    isBoxWord(APP, "gift", offer.box, signature, letter),
    isBoxWord(APP, "gift", box, signature, randomBytes(20)),
    isBoxWord(APP, "gift", box, signature),
  ]
  assert.deepEqual(verdicts, [true, false, false, false, false, false])
})
