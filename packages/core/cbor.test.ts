import assert from "node:assert/strict"
import { describe, it } from "node:test"
import * as cborg from "cborg"
import fc from "fast-check"
import { fromHex, toHex } from "./bytes.ts"
import { type Cbor, decodeCbor, decodeTrusted, decodeViews, encodeCbor, MAX_DEPTH } from "./cbor.ts"
import { PlatformError } from "./errors.ts"

const fuzzRuns = Number(process.env.ACESO_FUZZ ?? 5000)

const text = fc.string({ unit: "binary", maxLength: 40 }).filter((value) => !value.startsWith("\ufeff"))
const { value: cbor } = fc.letrec<{ value: Cbor }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.constantFrom<Cbor>(null, true, false, 0, -1, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32),
    fc.maxSafeInteger(),
    text,
    fc.uint8Array({ maxLength: 70 }),
    fc.array(tie("value"), { maxLength: 30 }),
    fc.dictionary(text, tie("value"), { maxKeys: 30, noNullPrototype: true }),
  ),
}))

const refusedAs = (code: string) => (error: unknown) => error instanceof PlatformError && error.code === code

describe("deterministic CBOR", () => {
  it("gives back every value that it encodes", () => {
    fc.assert(
      fc.property(cbor, (value) => {
        const bytes = encodeCbor(value)
        assert.deepEqual(decodeCbor(bytes), value)
        assert.deepEqual(decodeTrusted(bytes), value)
        assert.deepEqual(decodeViews(bytes), value)
      }),
    )
  })

  it("gives long byte strings as views where that is asked for, never else", () => {
    // Not at the beginning of its memory, as what a socket received.
    const bytes = Uint8Array.from([
      0,
      0,
      ...encodeCbor([new Uint8Array(65).fill(1), new Uint8Array(64)]),
    ]).subarray(2)
    const memoryOf = (value: Cbor) => (value as Uint8Array[]).map(({ buffer }) => buffer === bytes.buffer)
    assert.deepEqual(memoryOf(decodeViews(bytes)), [true, false])
    for (const decode of [decodeCbor, decodeTrusted])
      assert.deepEqual(memoryOf(decode(bytes)), [false, false])
  })

  it("encodes as cborg does", () => {
    fc.assert(
      fc.property(cbor, (value) => assert.equal(toHex(encodeCbor(value)), toHex(cborg.encode(value)))),
    )
  })

  it("encodes the members of an object in one order, whatever order they were set in", () => {
    const entries = fc.uniqueArray(fc.tuple(text, fc.nat()), { selector: ([name]) => name, maxLength: 40 })
    fc.assert(
      fc.property(entries, (entries) => {
        const forward = encodeCbor(Object.fromEntries(entries))
        assert.deepEqual(encodeCbor(Object.fromEntries([...entries].reverse())), forward)
      }),
    )
  })

  it("refuses text that begins with a byte order mark, which decoders drop", () => {
    const bytes = encodeCbor("\ufeffa")
    assert.equal(toHex(bytes), "64efbbbf61")
    assert.throws(() => decodeCbor(bytes), PlatformError)
  })

  it("leaves a member that is undefined out, as its type allows it", () => {
    assert.deepEqual(decodeCbor(encodeCbor({ a: undefined, b: 1 })), { b: 1 })
  })

  // RFC 8949, appendix A
  const examples: readonly (readonly [string, Cbor])[] = [
    ["00", 0],
    ["17", 23],
    ["1818", 24],
    ["18ff", 255],
    ["190100", 256],
    ["1a000f4240", 1_000_000],
    ["1b000000e8d4a51000", 1_000_000_000_000],
    ["1b001fffffffffffff", Number.MAX_SAFE_INTEGER],
    ["3b001ffffffffffffe", Number.MIN_SAFE_INTEGER],
    ["20", -1],
    ["3903e7", -1000],
    ["f4", false],
    ["f5", true],
    ["f6", null],
    ["4401020304", Uint8Array.of(1, 2, 3, 4)],
    ["6449455446", "IETF"],
    ["62c3bc", "ü"],
    ["64f0908591", "\u{10151}"],
    ["83010203", [1, 2, 3]],
    ["a26161016162820203", { a: 1, b: [2, 3] }],
    ["a0", {}],
    ["80", []],
  ]
  for (const [hex, value] of examples)
    it(`reads and writes ${hex}`, () => {
      assert.equal(toHex(encodeCbor(value)), hex)
      assert.deepEqual(decodeCbor(fromHex(hex)), value)
    })
})

describe("decodeCbor refuses", () => {
  const refused: readonly (readonly [string, string])[] = [
    ["nothing at all", ""],
    ["23 in two bytes", "1817"],
    ["255 in three bytes", "1900ff"],
    ["65535 in five bytes", "1a0000ffff"],
    ["2^32 - 1 in nine bytes", "1b00000000ffffffff"],
    ["-1 in two bytes", "3800"],
    ["a byte string's length in two bytes", "580101"],
    ["a text's length in two bytes", "780161"],
    ["an array's length in two bytes", "980100"],
    ["a map's length in two bytes", "b801616100"],
    ["2^53", "1b0020000000000000"],
    ["-2^53", "3b001fffffffffffff"],
    ["keys in the wrong order", "a2616201616102"],
    ["a longer key before a shorter one", "a262616101616202"],
    ["keys in the wrong order further in", "81a2616201616102"],
    ["a key twice", "a2616101616102"],
    ["a key that is a number", "a10101"],
    ["a key that is a byte string", "a1416101"],
    ["a byte string of indefinite length", "5f4100ff"],
    ["text of indefinite length", "7f6161ff"],
    ["an array of indefinite length", "9f00ff"],
    ["a map of indefinite length", "bf616100ff"],
    ["a break on its own", "ff"],
    ["a float of 16 bits that is an integer", "f93c00"],
    ["a float of 16 bits", "f93e00"],
    ["a float of 32 bits", "fa47c35000"],
    ["a float of 32 bits that needs them", "fa7f7fffff"],
    ["a float of 64 bits", "fb3ff199999999999a"],
    ["2^53 as a float of 32 bits", "fa5a000000"],
    ["a float in an array", "81f93e00"],
    ["minus zero", "f98000"],
    ["not a number", "f97e00"],
    ["infinity", "f97c00"],
    ["a tag", "c11a514b67b0"],
    ["a tag in an array", "81c000"],
    ["a big number", "c249010000000000000000"],
    ["undefined", "f7"],
    ["undefined in a map", "a16161f7"],
    ["a simple value", "f0"],
    ["false in two bytes", "f814"],
    ["a simple value in two bytes", "f8ff"],
    ["reserved additional information", "1c"],
    ["a byte after the value", "0000"],
    ["a value after the value", "a0a0"],
    ["a byte string cut off", "4401"],
    ["an array cut off", "8201"],
    ["a map cut off after a key", "a16161"],
    ["a length beyond all memory", "5bffffffffffffffff"],
    ["an array longer than all memory", "9bffffffffffffffff"],
    ["text that is not UTF-8", "61ff"],
    ["text with half of a surrogate pair", "63eda080"],
  ]
  for (const [what, hex] of refused)
    it(what, () => assert.throws(() => decodeCbor(fromHex(hex)), refusedAs("bad_cbor")))
})

describe("depth", () => {
  const nest = (levels: number, inner: Cbor): Cbor => {
    let value = inner
    for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { a: value }
    return value
  }

  it(`takes ${MAX_DEPTH} levels, also twice side by side`, () => {
    const deepest = nest(MAX_DEPTH, 0)
    assert.deepEqual(decodeCbor(encodeCbor(deepest)), deepest)
    const twice = [nest(MAX_DEPTH - 1, 0), nest(MAX_DEPTH - 1, 0)]
    assert.deepEqual(decodeCbor(encodeCbor(twice)), twice)
  })

  const refused: readonly (readonly [string, Uint8Array])[] = [
    ["17 levels", encodeCbor(nest(17, 0))],
    ["17 levels, the innermost empty", encodeCbor(nest(16, []))],
    ["17 levels behind a shallow neighbour", encodeCbor([[[1, 2]], "text", nest(16, 0)])],
    ["17 levels in a map's last value", encodeCbor({ a: 1, b: [2], c: nest(16, 0) })],
    ["a hundred thousand levels", fromHex(`${"81".repeat(100_000)}00`)],
  ]
  for (const [what, bytes] of refused)
    it(`refuses ${what} as too deep`, () => assert.throws(() => decodeCbor(bytes), refusedAs("too_deep")))

  it("keeps deep nesting from the recursive decoder when an outer length is a lie", () => {
    for (const head of ["9a00ffffff", "ba00ffffff6161", "9b0000ffffffffffff"])
      assert.throws(
        () => decodeCbor(fromHex(head + "81".repeat(100_000))),
        (error) => error instanceof PlatformError && !(error.cause instanceof RangeError),
        head,
      )
  })
})

describe("fuzz", () => {
  const throwsOnlyPlatformErrors = (bytes: Uint8Array): void => {
    for (const decode of [decodeCbor, decodeTrusted, decodeViews])
      try {
        decode(bytes)
      } catch (error) {
        assert.ok(error instanceof PlatformError, `${toHex(bytes)} threw ${error}`)
      }
  }
  const head = fc.constantFrom(
    0x18,
    0x1b,
    0x3b,
    0x5b,
    0x5f,
    0x78,
    0x81,
    0x9b,
    0x9f,
    0xa1,
    0xb9,
    0xc0,
    0xf9,
    0xff,
  )
  const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), head)

  it(`${fuzzRuns} random byte strings never throw anything but a PlatformError`, () => {
    const bytes = fc.array(byte, { maxLength: 80 }).map((list) => Uint8Array.from(list))
    fc.assert(fc.property(bytes, throwsOnlyPlatformErrors), { numRuns: fuzzRuns })
  })

  it(`${fuzzRuns} mutated valid encodings never throw anything but a PlatformError`, () => {
    const edit = fc.record({ at: fc.nat(), byte, kind: fc.constantFrom("set", "insert", "remove", "cut") })
    const mutated = fc.tuple(cbor, fc.array(edit, { minLength: 1, maxLength: 4 })).map(([value, edits]) => {
      const bytes = [...encodeCbor(value)]
      for (const { at, byte, kind } of edits) {
        const place = at % (bytes.length + 1)
        if (kind === "set") bytes[Math.min(place, bytes.length)] = byte
        else if (kind === "insert") bytes.splice(place, 0, byte)
        else bytes.splice(place, kind === "remove" ? 1 : bytes.length)
      }
      return Uint8Array.from(bytes)
    })
    fc.assert(fc.property(mutated, throwsOnlyPlatformErrors), { numRuns: fuzzRuns })
  })
})
