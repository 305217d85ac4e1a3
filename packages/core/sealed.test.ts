import assert from "node:assert/strict"
import { before, describe, it } from "node:test"
import { type Bytes, utf8 } from "./bytes.ts"
import { randomBytes } from "./crypto.ts"
import { PlatformError } from "./errors.ts"
import {
  decodeSealed,
  encodeSealed,
  makeOneTimeKey,
  type OneTimeKey,
  SUITE_MLKEM768_X25519,
  seal,
} from "./sealed.ts"
import type { SealedAnswer } from "./sealed-schemas.ts"

const SUITE = SUITE_MLKEM768_X25519
const info = ["village-practice", "city-hospital", "TREAT", 7]
const messages = [utf8("manifest"), new Uint8Array(0), utf8("first record"), utf8("second record")]

const has = (code: string) => (error: unknown) => error instanceof PlatformError && error.code === code
const flipped = (bytes: Bytes, at: number) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))

let key: OneTimeKey
let sealed: SealedAnswer
before(async () => {
  key = await makeOneTimeKey()
  sealed = await seal(SUITE, key.publicKey, info, messages)
})

describe("sealed answers", () => {
  it("open to the messages, in their order, also after a journey as CBOR", async () => {
    const opened = await key.open(info, decodeSealed(encodeSealed(sealed)))
    assert.deepEqual(
      opened.map((message) => Uint8Array.from(message)),
      messages,
    )
  })

  it("100 messages of any size, one encapsulation", async () => {
    const many = Array.from({ length: 100 }, (_, i) => randomBytes(i * 37))
    const answer = await seal(SUITE, key.publicKey, info, many)
    assert.deepEqual(
      (await key.open(info, answer)).map((message) => Uint8Array.from(message)),
      many,
    )
    for (const [i, message] of answer.messages.entries()) assert.equal(message.length, many[i].length + 16)
  })

  it("two of the same messages have nothing in common", async () => {
    const again = await seal(SUITE, key.publicKey, info, messages)
    assert.notDeepEqual(again.encapsulated, sealed.encapsulated)
    for (const [i, message] of again.messages.entries()) assert.notDeepEqual(message, sealed.messages[i])
  })

  it("keys are one-time: two are different", async () =>
    assert.notDeepEqual((await makeOneTimeKey()).publicKey, key.publicKey))
})

describe("unsealing_failed", () => {
  const [a, b, c, d] = [0, 1, 2, 3].map((i) => () => sealed.messages[i])
  const changed: readonly (readonly [comment: string, change: () => Partial<SealedAnswer>])[] = [
    ["two messages swapped", () => ({ messages: [a(), b(), d(), c()] })],
    ["the first left out", () => ({ messages: [b(), c(), d()] })],
    ["one left out of the middle", () => ({ messages: [a(), c(), d()] })],
    ["one twice", () => ({ messages: [a(), a(), b(), c(), d()] })],
    ["one more at the end", () => ({ messages: [a(), b(), c(), d(), new Uint8Array(16)] })],
    ["a message without its last byte", () => ({ messages: [a().subarray(0, -1)] })],
    ["a message shorter than its tag", () => ({ messages: [new Uint8Array(3)] })],
    ["an empty message", () => ({ messages: [new Uint8Array(0)] })],
    ["the first byte of a message changed", () => ({ messages: [flipped(a(), 0), b(), c(), d()] })],
    ["the tag of the last changed", () => ({ messages: [a(), b(), c(), flipped(d(), d().length - 1)] })],
    ["the encapsulation's first byte changed", () => ({ encapsulated: flipped(sealed.encapsulated, 0) })],
    [
      "the encapsulation's last byte changed",
      () => ({ encapsulated: flipped(sealed.encapsulated, sealed.encapsulated.length - 1) }),
    ],
    ["a short encapsulation", () => ({ encapsulated: sealed.encapsulated.subarray(1) })],
    ["no encapsulation", () => ({ encapsulated: new Uint8Array(0) })],
    ["an unknown suite", () => ({ suite: 99 })],
    ["suite 0", () => ({ suite: 0 })],
  ]
  for (const [comment, change] of changed)
    it(comment, () => assert.rejects(key.open(info, { ...sealed, ...change() }), has("unsealing_failed")))

  const infos = [
    ...[
      ["village-practice", "city-hospital", "TREAT", 8],
      ["village-practice", "city-hospital", "TREAT"],
    ],
    ...[
      ["city-hospital", "village-practice", "TREAT", 7],
      ["village-practicecity-hospital", "", "TREAT", 7],
    ],
    ...[[...info, null], null, "", []],
  ]
  for (const other of infos)
    it(`other info: ${JSON.stringify(other)}`, () =>
      assert.rejects(key.open(other, sealed), has("unsealing_failed")))

  it("another key", async () => {
    const other = await makeOneTimeKey()
    await assert.rejects(other.open(info, sealed), has("unsealing_failed"))
  })

  it("a message of another answer to the same key and info", async () => {
    const again = await seal(SUITE, key.publicKey, info, messages)
    const mixed = { ...sealed, messages: [sealed.messages[0], again.messages[1]] }
    await assert.rejects(key.open(info, mixed), has("unsealing_failed"))
  })

  it("a failure leaves the key as it was", async () => {
    await assert.rejects(key.open("other", sealed), has("unsealing_failed"))
    assert.equal((await key.open(info, sealed)).length, messages.length)
  })
})

// HPKE does not say where a sequence ends: whoever opens compares with the manifest's released lines.
it("messages left out at the end are not noticed here", async () => {
  const opened = await key.open(info, { ...sealed, messages: sealed.messages.slice(0, 2) })
  assert.equal(opened.length, 2)
})

describe("bad_key", () => {
  const keys: readonly (readonly [string, () => Bytes])[] = [
    ["empty", () => new Uint8Array(0)],
    ["of Ed25519's size", () => randomBytes(32)],
    ["a byte short", () => key.publicKey.subarray(1)],
    ["a byte long", () => Uint8Array.from([...key.publicKey, 0])],
    ["an X25519 part of zeros", () => key.publicKey.map((byte, i) => (i >= 1184 ? 0 : byte))],
    ["an ML-KEM part out of range", () => key.publicKey.map((byte, i) => (i < 1152 ? 0xff : byte))],
  ]
  for (const [comment, publicKey] of keys)
    it(comment, () => assert.rejects(seal(SUITE, publicKey(), info, messages), has("bad_key")))
})

describe("unknown_suite", () => {
  for (const suite of [0, 2, 99, -1, Number.NaN])
    it(`${suite}`, async () => {
      await assert.rejects(makeOneTimeKey(suite), has("unknown_suite"))
      await assert.rejects(seal(suite, key.publicKey, info, messages), has("unknown_suite"))
    })
})

describe("decodeSealed", () => {
  it("refuses what is cut off, at any byte of the first 60 and the last", () => {
    const bytes = encodeSealed(sealed)
    for (const size of [...Array(60).keys(), bytes.length - 1])
      assert.throws(() => decodeSealed(bytes.subarray(0, size)), has("bad_cbor"), `${size} bytes`)
  })

  const rows: readonly (readonly [string, Partial<Record<keyof SealedAnswer | "more", unknown>>])[] = [
    ["no messages", { messages: [] }],
    ["a message shorter than a tag", { messages: [new Uint8Array(15)] }],
    ["no encapsulation", { encapsulated: new Uint8Array(0) }],
    ["too long an encapsulation", { encapsulated: new Uint8Array(4097) }],
    ["too large a suite", { suite: 0x10000 }],
    ["a member more", { more: 1 }],
  ]
  for (const [comment, change] of rows)
    it(`refuses ${comment}`, () =>
      assert.throws(
        () => decodeSealed(encodeSealed({ ...sealed, ...change } as SealedAnswer)),
        has("bad_input"),
      ))
})
