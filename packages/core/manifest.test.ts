import assert from "node:assert/strict"
import { before, describe, it } from "node:test"
import { type Bytes, utf8 } from "./bytes.ts"
import { decodeCbor, encodeCbor } from "./cbor.ts"
import { cryptoReady, publicKey } from "./crypto.ts"
import { PlatformError } from "./errors.ts"
import {
  bodyHash,
  type Manifest,
  type ManifestBody,
  manifest,
  manifestBody,
  releasedRecord,
  signManifest,
  supersededIndexes,
  verifyManifest,
} from "./manifest.ts"
import { auditEventHash, disclosureTag, makePromise } from "./promise.ts"
import type { EntryPreimage } from "./record.ts"

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
  lines: [
    { entry: entry(1, 1), status: "released" },
    { entry: entry(2, 1), status: "not_permitted" },
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
    lines: [
      [],
      [first],
      [second, first],
      [first, second, second],
      [{ ...first, status: "not_permitted" }, second],
      [{ ...first, status: "damaged" }, second],
      [first, { ...second, status: "released" }],
      [first, { ...second, status: "damaged" }],
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
      { lines: [{ ...first, status: "lost" }] },
      { lines: [{ entry: first.entry }] },
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
      const lines = entries.map((entry) => ({ entry, status: "released" as const }))
      assert.deepEqual([...supersededIndexes(lines)].sort(), superseded)
    })
})
