import assert from "node:assert/strict"
import { before, describe, it } from "node:test"
import fc from "fast-check"
import { type Bytes, concat, toBase64 } from "./bytes.ts"
import { cryptoReady, sha256 } from "./crypto.ts"
import { PlatformError } from "./errors.ts"
import { canonicalText, isObject, type Json, type JsonObject, parseJson } from "./json.ts"
import {
  assembled,
  attachmentsIn,
  chunksOf,
  largeObject,
  MAX_OBJECT_BYTES,
  OBJECT_CHUNK_BYTES,
  OBJECT_EXTENSION,
  objectsIn,
  withoutLargeData,
} from "./large-object.ts"

before(() => cryptoReady)

const has = (code: string) => (error: unknown) => error instanceof PlatformError && error.code === code
const bytesOf = (size: number, seed = 1): Bytes =>
  Uint8Array.from({ length: size }, (_, i) => (i * 31 + seed * 7 + (i >> 8)) & 0xff)
const large = (seed = 1) => bytesOf(200_000, seed)
const document = (data: string, more: object = {}) =>
  parseJson(
    JSON.stringify({
      resourceType: "DocumentReference",
      content: [{ attachment: { contentType: "application/pdf", title: "scan", data, ...more } }],
    }),
  ) as JsonObject

/** What `withoutLargeData` took out, put back. */
function withData(value: Json, contentOf: (root: Bytes) => Bytes): Json {
  if (Array.isArray(value)) return value.map((one) => withData(one, contentOf))
  if (!isObject(value)) return value
  const [own] = objectsIn({ _data: value._data ?? null })
  const { _data: _, ...rest } = value
  const mapped = Object.entries(own ? rest : value).map(([name, one]) => [name, withData(one, contentOf)])
  return { ...Object.fromEntries(mapped), ...(own && { data: toBase64(contentOf(own.root)) }) }
}

describe("large data of a resource", () => {
  it("is taken out where it is large, and named by root and size; nothing else changes", () => {
    for (const sizes of [[200_000], [300_000, 250_000], [200_000, 10]]) {
      const contents = sizes.map((size, i) => bytesOf(size, i))
      const resource = parseJson(
        JSON.stringify({
          resourceType: "Media",
          value: 1.5,
          content: contents.map((one) => ({ contentType: "image/png", data: toBase64(one) })),
        }),
      ) as JsonObject
      const { resource: kept, objects } = withoutLargeData(resource)
      assert.deepEqual(
        objects.map(({ content }) => content),
        contents.filter(({ length }) => length > 196_608),
      )
      assert.deepEqual(
        attachmentsIn(kept)
          .filter(({ object }) => object)
          .map(({ size, contentType }) => [size, contentType]),
        objects.map(({ size }) => [size, "image/png"]),
      )
      assert.ok(canonicalText(kept).length < 2_000)
      const find = (root: Bytes) => objects.find((one) => String(one.root) === String(root))?.content as Bytes
      assert.equal(canonicalText(withData(kept, find)), canonicalText(resource))
    }
  })

  const stays: readonly (readonly [string, string, object?])[] = [
    ["what is small", toBase64(bytesOf(100_000))],
    ["what has stray bits at its end", `${"A".repeat(400_000)}AB==`],
    ["what is no base64", "1.5 2.5 ".repeat(50_000)],
    ["samples, whose digits are base64 too", "1000 1001 1002 1003 ".repeat(20_000)],
    ["samples without spaces", "1000".repeat(80_000), { dimensions: 1 }],
    ["base64url", "_-".repeat(200_000)],
  ]
  for (const [comment, data, more] of stays)
    it(`leaves ${comment} as it is`, () => {
      const resource = document(data, more)
      const { resource: kept, objects } = withoutLargeData(resource)
      assert.equal(kept, resource)
      assert.deepEqual(objects, [])
    })

  it("takes out what is broken into lines too", () => {
    const lines = toBase64(large()).replace(/(.{76})/g, "$1\r\n")
    const { objects } = withoutLargeData(document(`${lines}\n`))
    assert.deepEqual(
      objects.map(({ content }) => content),
      [large()],
    )
  })

  it("keeps what stood beside the data", () => {
    const beside = { extension: [{ url: "http://a.example/x", valueString: "y" }], id: "d" }
    const { resource } = withoutLargeData(document(toBase64(large()), { _data: beside }))
    const text = canonicalText(resource)
    assert.match(text, /"id":"d"/)
    assert.match(text, /http:\/\/a\.example\/x.*urn:aceso:object/)
    assert.equal(objectsIn(resource).length, 1)
  })

  it("refuses a resource that says itself that its data lies elsewhere in this vault, wherever it says so", () => {
    const root = { url: "root", valueString: "ab".repeat(32) }
    const mark = { extension: [{ url: OBJECT_EXTENSION, extension: [root] }] }
    const data = toBase64(large())
    const rows: readonly (readonly [string, object])[] = [
      ["without data", { _data: mark }],
      ["behind data that is taken out", { data, _data: mark }],
      ["before data that is taken out", { _data: mark, data }],
      ["at another element", { data, _title: mark }],
      ["deep in an extension", { extension: [{ url: "http://a.example", extension: mark.extension }] }],
    ]
    for (const [comment, attachment] of rows) {
      const resource = parseJson(
        JSON.stringify({ resourceType: "Binary", content: [{ attachment }] }),
      ) as JsonObject
      assert.throws(() => withoutLargeData(resource), has("reserved_extension"), comment)
    }
  })

  it("refuses more than 64 MiB", () => {
    for (const more of [1, 2, 3]) {
      const data = toBase64(new Uint8Array(MAX_OBJECT_BYTES + more))
      assert.throws(() => withoutLargeData(document(data)), has("object_too_large"), `${more}`)
    }
    const [object] = withoutLargeData(document(toBase64(new Uint8Array(MAX_OBJECT_BYTES)))).objects
    assert.equal(object.size, MAX_OBJECT_BYTES)
  })

  it("finds nothing in marks that are none", () => {
    for (const part of [{}, { url: "root", valueString: "zz" }, { url: "root", valueString: 1 }])
      assert.deepEqual(
        objectsIn({ _data: { extension: [{ url: OBJECT_EXTENSION, extension: [part] }] } } as never),
        [],
      )
  })
})

describe("the attachments of a record", () => {
  const small = bytesOf(5)
  const shown = (data: string, more: object = {}) =>
    attachmentsIn(document(data, more)).map(({ object, data, ...rest }) => ({
      ...rest,
      isBeside: object !== undefined,
      hasData: data !== undefined,
    }))
  const said = { contentType: "application/pdf", title: "scan", saidSize: undefined, saidHash: undefined }

  it("are those in it and those beside it, in the order of the document", () => {
    const { resource } = withoutLargeData({
      resourceType: "Media",
      contained: [document(toBase64(small)), document(toBase64(large())), document(toBase64(small))],
    })
    assert.deepEqual(
      attachmentsIn(resource).map(({ size, object }) => [size, object !== undefined]),
      [
        [5, false],
        [200_000, true],
        [5, false],
      ],
    )
  })

  it("come with what their record says of them, numbers as they stand there", () => {
    const resource = parseJson(
      canonicalText(document(toBase64(small), { hash: "aGFzaA==" })).replace('"title"', '"size":5.0,"title"'),
    )
    const [one] = attachmentsIn(resource)
    assert.deepEqual(
      [one.saidSize, one.saidHash, one.size, one.data],
      ["5.0", "aGFzaA==", 5, toBase64(small)],
    )
  })

  const rows: readonly (readonly [comment: string, data: string, more: object, size: number | undefined])[] =
    [
      ["base64", toBase64(small), {}, 5],
      ["base64 in lines", "AAAA\r\nAAAA\n", {}, 6],
      ["of samples", "1000", { origin: { value: 0 } }, undefined],
      ["of no base64", "1 2 3", {}, undefined],
      ["with stray bits", "AB==", {}, undefined],
      ["without anything", "", {}, undefined],
    ]
  for (const [comment, data, more, size] of rows)
    it(`data ${comment}: ${size === undefined ? "none" : `${size} bytes`}`, () =>
      assert.deepEqual(
        shown(data, more),
        size === undefined ? [] : [{ ...said, size, isBeside: false, hasData: true }],
      ))
})

describe("an object from its chunks", () => {
  const sizes = fc.nat(3 * OBJECT_CHUNK_BYTES)
  it("is what it was", () =>
    fc.assert(
      fc.property(sizes, (size) => {
        const one = largeObject(bytesOf(size))
        const chunks = chunksOf(one.content)
        assert.deepEqual(assembled(one, chunks.map(sha256), chunks), one.content)
      }),
      { numRuns: 10 },
    ))

  it("is refused when anything of it is another", () => {
    const one = largeObject(bytesOf(2 * OBJECT_CHUNK_BYTES + 5))
    const chunks = chunksOf(one.content)
    const hashes = chunks.map(sha256)
    const flipped = (bytes: Bytes) => bytes.with(0, bytes[0] ^ 1)
    const rows: readonly (readonly [string, () => Bytes])[] = [
      ["a chunk", () => assembled(one, hashes, chunks.with(1, flipped(chunks[1])))],
      [
        "a chunk and its hash",
        () => assembled(one, hashes.with(1, sha256(flipped(chunks[1]))), chunks.with(1, flipped(chunks[1]))),
      ],
      ["one chunk less", () => assembled(one, hashes, chunks.slice(0, 2))],
      ["one chunk and its hash less", () => assembled(one, hashes.slice(0, 2), chunks.slice(0, 2))],
      ["one chunk more", () => assembled(one, hashes, [...chunks, chunks[0]])],
      ["their order", () => assembled(one, hashes, chunks.toReversed())],
      ["the order of both", () => assembled(one, hashes.toReversed(), chunks.toReversed())],
      ["the size", () => assembled({ ...one, size: one.size - 1 }, hashes, chunks)],
      ["the root", () => assembled({ ...one, root: flipped(one.root) }, hashes, chunks)],
      ["all in one chunk", () => assembled(one, [sha256(one.content)], [concat(...chunks)])],
    ]
    for (const [comment, make] of rows) assert.throws(make, has("object_differs"), comment)
  })
})
