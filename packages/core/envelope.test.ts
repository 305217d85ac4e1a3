import assert from "node:assert/strict"
import { before, describe, it } from "node:test"
import { ed25519 } from "@noble/curves/ed25519.js"
import { sha512 } from "@noble/hashes/sha2.js"
import { encode } from "cborg"
import fc from "fast-check"
import { type Bytes, concat, equalBytes } from "./bytes.ts"
import { type Cbor, encodeCbor } from "./cbor.ts"
import { cryptoReady, publicKey, randomBytes, sign } from "./crypto.ts"
import {
  type EnvelopeRejection,
  encodePayload,
  envelopeHash,
  judgeEnvelope,
  MAX_ENVELOPE_BYTES,
  makeEnvelope,
  type Payload,
  payloadIdOf,
  readEnvelope,
  signedBytes,
} from "./envelope.ts"

const NETWORK = "test-net"
const seeds = Array.from({ length: 9 }, (_, i) => new Uint8Array(32).fill(i + 1))
const [one, two] = [...seeds.slice(0, 2)].sort((a, b) => Buffer.compare(publicKey(a), publicKey(b)))

const base: Payload = {
  network: NETWORK,
  contract: "records",
  action: "commit",
  input: { logs: [{ base: 3, entries: new Uint8Array(32) }] },
  expiry: 1_790_000_000_000,
  nonce: new Uint8Array(16).fill(7),
  signers: [one, two].map(publicKey),
}

const envelopeOf = (payload: Bytes, signatures: readonly Cbor[]) => encodeCbor([payload, [...signatures]])
/** An envelope of whatever payload, honestly signed by these. */
const signed = (payload: Bytes, ...by: readonly Bytes[]) =>
  envelopeOf(
    payload,
    by.map((seed) => sign(signedBytes(payload), seed)),
  )
const lie = (change: Partial<Payload>, ...by: readonly Bytes[]) =>
  signed(encodePayload({ ...base, ...change }), ...(by.length > 0 ? by : [one, two]))
const raw = (...items: readonly Cbor[]) => signed(encodeCbor([...items]), one, two)
const parts = (change: Partial<Record<keyof Payload, Cbor>>): Cbor[] =>
  Object.values({ ...base, ...change }) as Cbor[]

const good = lie({})
const payload = encodePayload(base)
const signatures = [one, two].map((seed) => sign(signedBytes(payload), seed))
const nested = (levels: number): Cbor => (levels === 0 ? 0 : [nested(levels - 1)])
const bytesOf = (size: number) => lie({ input: new Uint8Array(size) })
const spare = MAX_ENVELOPE_BYTES - bytesOf(200_000).length + 200_000

/** A signature that holds as well as the deterministic one: its r is chosen freely. */
function signAnew(message: Bytes, seed: Bytes): Bytes {
  const { scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(seed)
  const field = ed25519.Point.Fn
  const littleEndian = (bytes: Bytes) =>
    field.create(BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`))
  const r = littleEndian(randomBytes(64))
  const point = ed25519.Point.BASE.multiply(r).toBytes()
  const challenge = littleEndian(sha512(concat(point, pointBytes, message)))
  const s = field.create(r + challenge * scalar)
  return concat(point, Buffer.from(s.toString(16).padStart(64, "0"), "hex").reverse())
}

before(() => cryptoReady)

describe("an envelope is accepted", () => {
  const accepted: readonly (readonly [string, Bytes])[] = [
    ["with two signers", good],
    ["with one signer", lie({ signers: [publicKey(one)] }, one)],
    ["with exactly 262,144 bytes", bytesOf(spare)],
    ["with an input nested 15 levels below the payload", lie({ input: nested(15) })],
    ["with null as input", lie({ input: null })],
  ]
  for (const [what, bytes] of accepted)
    it(what, () => {
      const verdict = judgeEnvelope(bytes, NETWORK)
      assert.ok(verdict.ok, verdict.ok ? "" : `${verdict.rejection}: ${verdict.detail}`)
      assert.deepEqual(readEnvelope(bytes), verdict.envelope)
    })

  it("with eight signers, whatever order makeEnvelope is given their seeds in", () => {
    const { signers: _, nonce: __, ...rest } = base
    const { bytes, payloadId } = makeEnvelope(rest, seeds.slice(0, 8).reverse())
    const verdict = judgeEnvelope(bytes, NETWORK)
    assert.ok(verdict.ok)
    assert.equal(verdict.envelope.payload.signers.length, 8)
    assert.deepEqual(verdict.envelope.payloadId, payloadId)
  })
})

describe("an envelope is refused", () => {
  const eightSigners = seeds.slice(0, 8).map(publicKey).sort(Buffer.compare)
  const smallOrder = new Uint8Array(32).fill(0, 1)
  smallOrder[0] = 1
  const refused: Readonly<Record<EnvelopeRejection, readonly (readonly [what: string, bytes: Bytes])[]>> = {
    too_large: [
      ["one byte more than 262,144, otherwise good", bytesOf(spare + 1)],
      ["a million bytes that are no CBOR", new Uint8Array(1_000_000)],
    ],
    malformed: [
      ["nothing", new Uint8Array(0)],
      ["no CBOR", Uint8Array.of(0xff, 1, 2)],
      ["a byte after it", concat(good, Uint8Array.of(0))],
      ["a map", encodeCbor({ payload, signatures })],
      ["no signatures", encodeCbor([payload])],
      ["three parts", encodeCbor([payload, signatures, null])],
      ["a payload that is not in bytes", encodeCbor([parts({}), signatures])],
      ["a payload of six parts", raw(...parts({}).slice(0, 6))],
      ["a payload of eight parts", raw(...parts({}), null)],
      ["a payload with a byte after it", signed(concat(payload, Uint8Array.of(0)), one, two)],
      [
        "a payload with a length in two bytes",
        signed(concat(Uint8Array.of(0x98, 7), payload.subarray(1)), one, two),
      ],
      ["a network that is no name", raw(...parts({ network: "Test Net" }))],
      ["a contract that is no name", raw(...parts({ contract: "records/../people" }))],
      ["an action that is no name", raw(...parts({ action: "" }))],
      ["an expiry that is negative", raw(...parts({ expiry: -1 }))],
      ["an expiry that is text", raw(...parts({ expiry: "1790000000000" }))],
      ["a float in the input", signed(encode(parts({ input: { base: 1.5 } })), one, two)],
      ["a nonce of 15 bytes", raw(...parts({ nonce: new Uint8Array(15) }))],
      ["a nonce of 17 bytes", raw(...parts({ nonce: new Uint8Array(17) }))],
      ["an input nested too deep", lie({ input: nested(16) })],
      ["no signers", raw(...parts({ signers: [] }))],
      ["nine signers", lie({ signers: [...eightSigners, publicKey(seeds[8])] }, ...seeds)],
      ["a signer of 31 bytes", raw(...parts({ signers: [new Uint8Array(31)] }))],
      ["a signature of 63 bytes", envelopeOf(payload, [signatures[0], signatures[1].subarray(1)])],
      ["a signature that is null", envelopeOf(payload, [signatures[0], null])],
      ["nine signatures", envelopeOf(payload, Array(9).fill(signatures[0]))],
    ],
    wrong_network: [
      ["another network", lie({ network: "other-net" })],
      ["a network whose name begins like this one", lie({ network: "test-net-two" })],
    ],
    signers_not_sorted: [
      ["signers the other way round", lie({ signers: [two, one].map(publicKey) }, two, one)],
      ["the same signer twice", lie({ signers: [one, one].map(publicKey) }, one, one)],
    ],
    signature_count: [
      ["no signature", envelopeOf(payload, [])],
      ["one signature for two signers", envelopeOf(payload, [signatures[0]])],
      ["three signatures for two signers", envelopeOf(payload, [...signatures, signatures[0]])],
    ],
    bad_signature: [
      ["another's signature", signed(payload, one, seeds[2])],
      ["signatures in the wrong order", envelopeOf(payload, [...signatures].reverse())],
      ["one signature for both", envelopeOf(payload, [signatures[0], signatures[0]])],
      ["a signature over another payload", envelopeOf(encodePayload({ ...base, expiry: 1 }), signatures)],
      [
        "a signature over the payload without its domain",
        envelopeOf(
          payload,
          [one, two].map((seed) => sign(payload, seed)),
        ),
      ],
      ["zeros", envelopeOf(payload, [new Uint8Array(64), signatures[1]])],
      [
        "a key of small order that any signature would fit",
        envelopeOf(encodePayload({ ...base, signers: [smallOrder] }), [
          concat(smallOrder, new Uint8Array(32)),
        ]),
      ],
    ],
  }
  for (const [rejection, lies] of Object.entries(refused))
    describe(rejection, () => {
      for (const [what, bytes] of lies)
        it(what, () => {
          const verdict = judgeEnvelope(bytes, NETWORK)
          assert.equal(verdict.ok ? "accepted" : verdict.rejection, rejection)
        })
    })
})

describe("the payload's id", () => {
  it("stays when signatures are made anew, while the envelope's hash changes", () => {
    const anew = envelopeOf(
      payload,
      [one, two].map((seed) => signAnew(signedBytes(payload), seed)),
    )
    assert.ok(!equalBytes(anew, good))
    for (const bytes of [good, anew]) {
      const verdict = judgeEnvelope(bytes, NETWORK)
      assert.ok(verdict.ok)
      assert.deepEqual(verdict.envelope.payloadId, payloadIdOf(payload))
    }
    assert.notDeepEqual(envelopeHash(anew), envelopeHash(good))
  })

  const changes: readonly Partial<Payload>[] = [
    { network: "other-net" },
    { contract: "people" },
    { action: "enrol" },
    { input: null },
    { expiry: base.expiry + 1 },
    { nonce: new Uint8Array(16) },
    { signers: [publicKey(one)] },
  ]
  for (const change of changes)
    it(`changes with the ${Object.keys(change)}`, () =>
      assert.notDeepEqual(payloadIdOf(encodePayload({ ...base, ...change })), payloadIdOf(payload)))

  it("differs between two envelopes made from the same words, by their nonces", () => {
    const { signers: _, nonce: __, ...rest } = base
    assert.notDeepEqual(makeEnvelope(rest, [one]).payloadId, makeEnvelope(rest, [one]).payloadId)
  })
})

describe("a damaged envelope", () => {
  const mask = fc.integer({ min: 1, max: 255 })

  it("is refused wherever a byte is changed, and never throws", () => {
    fc.assert(
      fc.property(fc.array(mask, { minLength: good.length, maxLength: good.length }), (masks) => {
        for (let at = 0; at < good.length; at++) {
          const changed = Uint8Array.from(good)
          changed[at] ^= masks[at]
          assert.equal(judgeEnvelope(changed, NETWORK).ok, false, `byte ${at} xor ${masks[at]}`)
        }
      }),
      { numRuns: 20 },
    )
  })

  it("is refused wherever it is cut", () => {
    for (let size = 0; size < good.length; size++)
      assert.equal(judgeEnvelope(good.subarray(0, size), NETWORK).ok, false, `${size} bytes`)
  })

  it("never throws for bytes of any kind, in an envelope or in its payload", () => {
    const bytes = fc.uint8Array({ maxLength: 200 })
    fc.assert(
      fc.property(bytes, (bytes) => {
        assert.equal(judgeEnvelope(bytes, NETWORK).ok, false)
        assert.equal(judgeEnvelope(signed(bytes, one, two), NETWORK).ok, false)
      }),
      { numRuns: 1000 },
    )
  })
})
