import assert from "node:assert/strict"
import { before, describe, it } from "node:test"
import fc from "fast-check"
import { type Bytes, utf8 } from "./bytes.ts"
import { decodeCbor, encodeCbor } from "./cbor.ts"
import { cryptoReady, publicKey } from "./crypto.ts"
import { PlatformError } from "./errors.ts"
import {
  bodyHash,
  decodeChunk,
  encodeChunks,
  MAX_LINES,
  type Manifest,
  type ManifestBody,
  manifest,
  manifestBody,
  type ReleasedRecord,
  recordChunk,
  releasedRecord,
  sentHash,
  signManifest,
  supersededIndexes,
  verifyManifest,
} from "./manifest.ts"
import { auditEventHash, disclosureTag, makePromise } from "./promise.ts"
import { type EntryPreimage, LOG_START, recordCommitment } from "./record.ts"

before(() => cryptoReady)

const bytesOf = (n: number, size = 32): Bytes => new Uint8Array(size).fill(n)
const flipped = (bytes: Bytes) => bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte))
const has = (code: string) => (error: unknown) => error instanceof PlatformError && error.code === code

const entry = (id: number, version: number, operation: EntryPreimage["operation"] = "create") => ({
  recordId: bytesOf(id),
  version,
  operation,
  commitment: bytesOf(id + 100),
})
const seed = bytesOf(1)
const body: ManifestBody = {
  network: "aceso-test",
  requestHash: bytesOf(2),
  responder: "village-practice",
  recipient: "city-hospital",
  handle: bytesOf(3),
  purpose: "TREAT",
  time: 1_000,
  height: 5,
  policyVersion: 2,
  policyRoot: bytesOf(4),
  policyState: "current",
  pendingChange: null,
  pendingBefore: [],
  lines: [
    { entry: entry(1, 1), status: "released", sent: bytesOf(7) },
    { entry: entry(2, 1), status: "not_permitted", sent: null },
  ],
}
const auditEvent = utf8('{"resourceType":"AuditEvent"}')
const auditSalt = bytesOf(5)
const promised = makePromise(
  {
    custodian: body.responder,
    tag: disclosureTag(bytesOf(6), 1),
    event: auditEventHash(auditSalt, auditEvent),
    includeBy: 61_000,
    key: publicKey(seed),
  },
  body.network,
  seed,
)
const made = signManifest({ body, auditEvent, auditSalt, promise: promised }, seed)

describe("manifests", () => {
  it("verifies, also after a journey as CBOR", () => {
    assert.ok(verifyManifest(made))
    const read = manifest.parse(decodeCbor(encodeCbor(made as never)))
    assert.ok(verifyManifest(read))
    assert.deepEqual(bodyHash(read.body), bodyHash(body))
  })

  const [first, second] = body.lines
  const fields: Readonly<Record<keyof ManifestBody, readonly unknown[]>> = {
    network: ["aceso-other"],
    requestHash: [flipped(body.requestHash)],
    responder: ["other-practice", body.recipient],
    recipient: ["other-hospital"],
    handle: [flipped(body.handle)],
    purpose: ["HPAYMT"],
    time: [1_001],
    height: [6],
    policyVersion: [3],
    policyRoot: [bytesOf(9), null],
    policyState: ["pending"],
    pendingChange: [utf8("change")],
    pendingBefore: [[utf8("earlier")]],
    filter: [{ classes: ["Observation"], codes: [] }],
    view: [bytesOf(9)],
    drugs: [[], [{ reference: "Medication/m", sent: bytesOf(9) }]],
    object: [{ index: 1, commitment: bytesOf(9), root: bytesOf(8), size: 3 }],
    from: [LOG_START, { size: 1, peaks: [bytesOf(9)] }],
    lines: [
      [],
      [first],
      [second, first],
      [first, second, second],
      [{ ...first, status: "not_permitted" }, second],
      [{ ...first, status: "damaged" }, second],
      [first, { ...second, status: "released" }],
      [first, { ...second, status: "damaged" }],
      [{ ...first, sent: bytesOf(8) }, second],
      [{ ...first, sent: null }, second],
      [first, { ...second, sent: bytesOf(7) }],
      [{ ...first, entry: entry(1, 2) }, second],
      [{ ...first, entry: entry(7, 1) }, second],
      [{ ...first, entry: entry(1, 1, "delete") }, second],
      [{ ...first, entry: { ...first.entry, commitment: bytesOf(0) } }, second],
    ],
  }
  it("every field of the body is in the table", () =>
    assert.deepEqual(Object.keys(fields).sort(), Object.keys(manifestBody.fields).sort()))
  for (const [field, values] of Object.entries(fields))
    values.forEach((value, i) => {
      it(`refuses another ${field} (${i + 1})`, () => {
        const changed = { ...body, [field]: value } as ManifestBody
        assert.equal(verifyManifest({ ...made, body: changed }), false)
        assert.notDeepEqual(bodyHash(changed), bodyHash(body))
      })
    })

  const around: Readonly<Record<keyof Omit<Manifest, "body">, readonly Partial<Manifest>[]>> = {
    auditEvent: [{ auditEvent: utf8('{"resourceType":"AuditEvent" }') }],
    auditSalt: [{ auditSalt: flipped(auditSalt) }],
    promise: [
      { promise: { ...promised, includeBy: 61_001 } },
      { promise: { ...promised, custodian: "other-practice" } },
      { promise: { ...promised, tag: bytesOf(0, 16) } },
      { promise: { ...promised, event: bytesOf(0) } },
      { promise: { ...promised, key: bytesOf(0) } },
      { promise: { ...promised, signature: flipped(promised.signature) } },
    ],
    key: [{ key: publicKey(bytesOf(2)) }, { key: bytesOf(0) }],
    signature: [{ signature: flipped(made.signature) }, { signature: bytesOf(0, 64) }],
  }
  it("every field beside the body is in the table", () =>
    assert.deepEqual(["body", ...Object.keys(around)].sort(), Object.keys(manifest.fields).sort()))
  for (const [field, changes] of Object.entries(around))
    changes.forEach((change, i) => {
      it(`refuses another ${field} (${i + 1})`, () =>
        assert.equal(verifyManifest({ ...made, ...change }), false))
    })

  it("the schema refuses what does not belong there", () => {
    const parse = (change: object) => () => manifestBody.parse({ ...body, ...change })
    const line = { ...first, reason: "psychiatry" }
    for (const change of [
      { lines: [line] },
      { reason: "x" },
      { lines: [{ ...first, status: "forgotten" }] },
      { lines: [{ entry: first.entry }] },
      { lines: [{ entry: first.entry, status: "released" }] },
      { lines: [{ ...first, sent: bytesOf(7, 31) }] },
      { policyState: "old" },
      { pendingChange: undefined },
      { pendingChange: new Uint8Array(0) },
      { time: -1 },
      { handle: null },
    ])
      assert.throws(parse(change), has("bad_input"))
    assert.throws(() => releasedRecord.parse({ index: 0, salt: bytesOf(1), content: 1 }), has("bad_input"))
  })
})

describe("supersededIndexes", () => {
  const rows: readonly (readonly [
    comment: string,
    entries: readonly EntryPreimage[],
    superseded: number[],
  ])[] = [
    ["no lines", [], []],
    ["records with one version", [entry(1, 1), entry(2, 1), entry(3, 5)], []],
    ["an update", [entry(1, 1), entry(2, 1), entry(1, 2, "update")], [0]],
    ["several updates", [entry(1, 1), entry(1, 2, "update"), entry(1, 3, "update")], [0, 1]],
    ["a deletion stands in for what it deletes", [entry(1, 1), entry(1, 2, "delete")], [0]],
    ["an older version further down", [entry(1, 2, "update"), entry(1, 1)], [1]],
    ["the newest in the middle", [entry(1, 1), entry(1, 3, "update"), entry(1, 2, "update")], [0, 2]],
    ["newest first, oldest last", [entry(1, 3), entry(1, 2), entry(1, 1)], [1, 2]],
    ["one version twice: the later entry", [entry(1, 1), entry(1, 1)], [0]],
    ["two records interleaved", [entry(1, 1), entry(2, 1), entry(2, 2), entry(1, 2)], [0, 1]],
  ]
  for (const [comment, entries, superseded] of rows)
    it(comment, () => {
      const lines = entries.map((entry) => ({ entry, status: "released" as const, sent: null }))
      assert.deepEqual([...supersededIndexes({ lines })].sort(), superseded)
    })
})

describe("sentHash", () => {
  it("depends on salt and content, and tells where one ends", () => {
    const hashes = [
      sentHash(bytesOf(1), utf8("a")),
      sentHash(bytesOf(2), utf8("a")),
      sentHash(bytesOf(1), utf8("b")),
      sentHash(bytesOf(1), new Uint8Array(0)),
      sentHash(bytesOf(1, 31), Uint8Array.of(1, 97)),
    ]
    assert.equal(new Set(hashes.map((hash) => hash.join())).size, hashes.length)
    assert.deepEqual(sentHash(bytesOf(1), utf8("a")), hashes[0])
  })
  it("is no commitment: a requester cannot pass one off as the other", () =>
    assert.notDeepEqual(sentHash(bytesOf(1), utf8("a")), recordCommitment(bytesOf(1), utf8("a"))))
})

describe("chunks of records", () => {
  const CHUNK_BYTES = 128 * 1024
  const recordOf = (index: number, size: number): ReleasedRecord => ({
    index,
    salt: bytesOf(index % 256),
    content: bytesOf(index % 251, size),
  })
  const sizes = fc.oneof(
    fc.nat(200),
    fc.nat(2 * CHUNK_BYTES),
    fc.constantFrom(0, CHUNK_BYTES - 64, CHUNK_BYTES),
  )

  it("property: round trip, in order, no chunk empty and each as full as it may be", () => {
    fc.assert(
      fc.property(fc.array(sizes, { maxLength: 12 }), (all) => {
        const records = all.map((size, i) => recordOf(i, size))
        const chunks = encodeChunks(records).map(decodeChunk)
        assert.deepEqual(chunks.flat(), records)
        const room = (chunk: readonly ReleasedRecord[]) =>
          chunk.reduce((sum, { content }) => sum + content.length + 64, 0)
        for (const [i, chunk] of chunks.entries()) {
          assert.ok(chunk.length > 0)
          assert.ok(room(chunk.slice(0, -1)) < CHUNK_BYTES, "only the last record may go beyond")
          if (i < chunks.length - 1) assert.ok(room(chunk) >= CHUNK_BYTES, "the next began too early")
        }
      }),
      { numRuns: 60 },
    )
  })
  it("no chunk is longer than the mark and its last record", () => {
    for (const size of [0, 1, 200, 70_000, CHUNK_BYTES, 2 ** 20])
      for (const chunk of encodeChunks(Array.from({ length: 20 }, (_, i) => recordOf(i + 2 ** 20, size))))
        assert.ok(chunk.length <= CHUNK_BYTES + size + 1024, `${size}: ${chunk.length}`)
  })
  it("no records: no chunk", () => assert.deepEqual(encodeChunks([]), []))
  it("takes nothing along that is no part of a record", () => {
    const record = { ...recordOf(1, 3), resource: "psychiatry" }
    assert.deepEqual(decodeChunk(encodeChunks([record])[0]), [recordOf(1, 3)])
  })

  const record = recordOf(1, 3)
  const refusals: readonly (readonly [comment: string, value: unknown])[] = [
    ["an empty chunk", []],
    ["no list", record],
    ["a record with a field more", [{ ...record, x: 1 }]],
    ["a record without a salt", [{ index: 1, content: record.content }]],
    ["a salt too short", [{ ...record, salt: bytesOf(1, 31) }]],
    ["a negative index", [{ ...record, index: -1 }]],
    ["a content that is text", [{ ...record, content: "x" }]],
    ["one record that is none", [record, null]],
  ]
  for (const [comment, value] of refusals)
    it(`refuses ${comment}`, () =>
      assert.throws(() => decodeChunk(encodeCbor(value as never)), has("bad_input")))
  it("refuses a content of more than 16 MiB", () => {
    const most = 16 * 2 ** 20
    assert.equal(decodeChunk(encodeChunks([recordOf(1, most)])[0])[0].content.length, most)
    assert.throws(() => decodeChunk(encodeChunks([recordOf(1, most + 1)])[0]), has("bad_input"))
  })
  it("refuses more records than a manifest has lines", () => {
    assert.equal(recordChunk.parse(Array(MAX_LINES).fill(record)).length, MAX_LINES)
    assert.throws(() => recordChunk.parse(Array(MAX_LINES + 1).fill(record)), has("bad_input"))
  })
  it("property: any bytes are records or refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          assert.ok(decodeChunk(bytes).length > 0)
        } catch (error) {
          assert.ok(has("bad_cbor")(error) || has("bad_input")(error), String(error))
        }
      }),
      { numRuns: 1000 },
    )
  })
  it("refuses bytes behind the list and a chunk that is cut", () => {
    const [chunk] = encodeChunks([record])
    assert.throws(() => decodeChunk(Uint8Array.of(...chunk, 0)), has("bad_cbor"))
    for (let end = 0; end < chunk.length; end++)
      assert.throws(() => decodeChunk(chunk.subarray(0, end)), has("bad_cbor"), `${end}`)
  })
})
