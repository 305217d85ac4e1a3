import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { gzipSync } from "node:zlib"
import { MAX_IMPORT_BYTES } from "@aceso/client/schemas.ts"
import { handles } from "@aceso/contracts"
import { type Bytes, canonicalText, equalBytes, fromUtf8, parseJson, toHex, utf8 } from "@aceso/core"
import { FreshCustodians, type TestCustodian } from "../testing/custodian.ts"
import { OWN_LOG } from "../vault/record-log.ts"
import type { StoredRecord } from "../vault/vault.ts"
import { EMPTY_SUMMARY } from "./importer.ts"

const NOW = Date.UTC(2024, 0, 2)
const bytes = (value: unknown): Bytes => utf8(JSON.stringify(value))
const urn = (n: number) => `urn:uuid:00000000-0000-4000-8000-${String(n).padStart(12, "0")}`
const ref = (reference: string) => ({ reference })
const post = (fullUrl: string, resource: { readonly resourceType: string }) => ({
  fullUrl,
  resource,
  request: { method: "POST", url: resource.resourceType },
})
const transaction = (...entry: unknown[]) => bytes({ resourceType: "Bundle", type: "transaction", entry })
function patient(id: string, more: object = {}): { resourceType: string } {
  const resource = { resourceType: "Patient", id, ...more }
  return resource
}
const observation = (id: string, subject: string | undefined, more: object = {}) => ({
  resourceType: "Observation",
  id,
  ...(subject && { subject: ref(subject) }),
  ...more,
})

describe("importer", () => {
  let custodians: FreshCustodians
  let city: TestCustodian
  before(async () => {
    custodians = await FreshCustodians.start()
  })
  after(() => custodians.end())

  /** Each test has a vault of its own at the same member. */
  const fresh = () => {
    city = custodians.make({ now: () => NOW })
  }
  const put = (...resources: unknown[]) =>
    city.importer.importAll(resources.map((resource, i) => ({ input: bytes(resource), where: `input ${i}` })))
  const logOf = async (fhirId?: string) =>
    city.vault.log(fhirId === undefined ? OWN_LOG : ((await city.vault.patient({ fhirId }))?.handle as Bytes))
  const namesOf = async (fhirId?: string) => (await logOf(fhirId)).map((one) => `${one.type}/${one.fhirId}`)
  const textOf = async (record: StoredRecord) => fromUtf8((await city.vault.content(record)).content)

  it("a patient is in the vault at once, and on the ledger, without a key, with the next commit", async () => {
    fresh()
    const summary = await put(patient("ann"))
    assert.deepEqual(summary, { ...EMPTY_SUMMARY, resources: 1, patients: 1 })
    const [ann, ...others] = await city.vault.patients()
    assert.deepEqual([ann.fhirId, ann.hasKey, ann.handle.length, others.length], ["ann", false, 32, 0])
    assert.equal(await custodians.ledger.engine.read(handles, ["city", ann.handle]), undefined)
    assert.deepEqual(await city.vault.unenrolled(10), [ann.handle])
    await city.committer.flush()
    assert.equal((await custodians.ledger.engine.read(handles, ["city", ann.handle]))?.key, null)
    assert.deepEqual(await city.vault.unenrolled(10), [])
  })

  it("an import that fails leaves no handle on the ledger", async () => {
    fresh()
    const { vault } = city
    const before = (await custodians.ledger.engine.status()).checkpoint.height
    const append = vault.append.bind(vault)
    vault.append = () => Promise.reject(new Error("disk full"))
    await assert.rejects(put(patient("ann")), /disk full/)
    vault.append = append
    assert.equal(await city.committer.flush(), 0)
    assert.equal((await custodians.ledger.engine.status()).checkpoint.height, before)
    assert.deepEqual(await vault.unenrolled(10), [])
  })

  it("puts the compartment's resources into the patient's log, the others into its own", async () => {
    fresh()
    const summary = await city.importer.import(
      transaction(
        post(urn(1), { resourceType: "Organization" }),
        post(urn(2), observation("theirs", urn(3))),
        post(urn(3), patient("theirs")),
        post(urn(4), { resourceType: "Medication" }),
      ),
      "a.json",
    )
    assert.deepEqual(summary, { ...EMPTY_SUMMARY, resources: 4, patients: 1 })
    const [ann] = await city.vault.patients()
    assert.deepEqual(
      (await logOf()).map(({ type, index }) => [type, index]),
      [
        ["Organization", 0],
        ["Medication", 1],
      ],
    )
    assert.deepEqual(
      (await logOf(ann.fhirId)).map(({ type, index }) => [type, index]),
      [
        ["Observation", 0],
        ["Patient", 1],
      ],
    )
    const [stored] = await logOf(ann.fhirId)
    assert.equal(
      await textOf(stored),
      `{"id":"${stored.fhirId}","meta":{"lastUpdated":"2024-01-02T00:00:00.000Z","versionId":"1"},"resourceType":"Observation","subject":{"reference":"Patient/${ann.fhirId}"}}`,
    )
  })

  it("a resource of several patients is in each one's log, under a record id of its own", async () => {
    fresh()
    await put(
      patient("ann"),
      patient("bob"),
      observation("o", "Patient/ann", { performer: [ref("Patient/bob")] }),
    )
    const [inAnn, inBob] = [(await logOf("ann"))[1], (await logOf("bob"))[1]]
    assert.deepEqual([inAnn.fhirId, inBob.fhirId], ["o", "o"])
    assert.equal(equalBytes(inAnn.recordId, inBob.recordId), false)
    assert.equal(equalBytes(inAnn.commitment, inBob.commitment), false)
    assert.equal(await textOf(inAnn), await textOf(inBob))
    await put(observation("o", "Patient/ann", { performer: [ref("Patient/bob")], status: "final" }))
    for (const [id, first] of [
      ["ann", inAnn],
      ["bob", inBob],
    ] as const) {
      const second = (await logOf(id))[2]
      assert.deepEqual([second.version, second.operation], [2, "update"])
      assert.deepEqual(second.recordId, first.recordId)
    }
  })

  it("the same bytes again are skipped and counted, gzipped or not, alone or as a bundle", async () => {
    fresh()
    const bundle = transaction(post(urn(1), { resourceType: "Organization" }))
    await city.importer.import(bundle, "a")
    for (const again of [bundle, gzipSync(bundle)])
      assert.deepEqual(await city.importer.import(again, "b"), { ...EMPTY_SUMMARY, duplicates: 1 })
    assert.equal((await put(patient("ann"), patient("ann"))).duplicates, 1)
    assert.deepEqual(await city.vault.recordCount(), { records: 2, committed: 0 })
  })

  it("the same bundle reverts a later change, and is a duplicate again after that", async () => {
    fresh()
    const entry = { resource: patient("ann"), request: { method: "PUT", url: "Patient/ann" } }
    const bundle = transaction(entry, post(urn(2), observation("o", "Patient/ann")))
    assert.equal((await city.importer.import(bundle, "a")).resources, 2)
    assert.equal((await city.importer.import(bundle, "a")).duplicates, 1)
    await put(patient("ann", { active: true }))
    const reverted = await city.importer.import(bundle, "a")
    assert.deepEqual(reverted, { ...EMPTY_SUMMARY, resources: 1, unchanged: 1 })
    assert.deepEqual(await city.importer.import(bundle, "a"), { ...EMPTY_SUMMARY, duplicates: 1 })
    const log = await logOf("ann")
    assert.deepEqual(
      log.map(({ type, version }) => [type, version]),
      [
        ["Patient", 1],
        ["Observation", 1],
        ["Patient", 2],
        ["Patient", 3],
      ],
    )
    assert.doesNotMatch(await textOf(log[3]), /active/)
  })

  it("what a bundle found equal counts as set by it", async () => {
    fresh()
    const again = utf8(`${JSON.stringify(patient("ann"))} `)
    await put(patient("ann"))
    assert.equal((await city.importer.import(again, "a")).unchanged, 1)
    assert.equal((await city.importer.import(again, "a")).duplicates, 1)
    await put(patient("ann", { active: true }))
    assert.equal((await city.importer.import(again, "a")).resources, 1)
  })

  it("a bundle that says two things of one resource, or of one address, is refused: which comes last nobody said", async () => {
    fresh()
    const entry = (more: object) => ({
      resource: patient("ann", more),
      request: { method: "PUT", url: "Patient/ann" },
    })
    const reasons = async (...entries: object[]) =>
      (await city.importer.import(transaction(...entries), "a")).refused.map(({ reason }) => reason)
    assert.deepEqual(await reasons(entry({}), entry({ active: true })), ["duplicate_entry"])
    const person = (family: string) => ({
      fullUrl: urn(1),
      resource: { resourceType: "Patient", name: [{ family }] },
      request: { method: "POST", url: "Patient" },
    })
    assert.deepEqual(await reasons(person("Ann"), person("Bob")), ["duplicate_entry"])
    assert.equal((await city.vault.patients()).length, 0)
  })

  it("two equal conditional creates in one bundle store one resource", async () => {
    fresh()
    const organization = { resourceType: "Organization", identifier: [{ system: "urn:npi", value: "150" }] }
    const request = { method: "POST", url: "Organization", ifNoneExist: "identifier=urn:npi|150" }
    const bundle = transaction(
      { fullUrl: urn(1), resource: organization, request },
      { fullUrl: urn(2), resource: organization, request },
    )
    const summary = await city.importer.import(bundle, "a")
    assert.deepEqual(summary, { ...EMPTY_SUMMARY, resources: 1, existing: 1 })
    assert.equal((await logOf()).length, 1)
  })

  describe("large inputs, which another thread reads", () => {
    const large = (id: string, more: object = {}) => patient(id, { text: "x".repeat(64 * 2 ** 10), ...more })

    it("are stored as small ones are", async () => {
      fresh()
      const identifier = [{ system: "urn:ssn", value: "9" }]
      const summary = await put(
        large("ann", { identifier }),
        observation("o", "Patient/ann"),
        large("theirs", { identifier, active: true }),
        large("bob"),
        large("bob"),
        { ...large("bad"), id: 7 },
      )
      assert.deepEqual(
        [summary.resources, summary.patients, summary.duplicates, summary.refused.map((one) => one.reason)],
        [4, 2, 1, ["bad_id"]],
      )
      assert.deepEqual(
        (await logOf("ann")).map(({ type, version }) => [type, version]),
        [
          ["Patient", 1],
          ["Observation", 1],
          ["Patient", 2],
        ],
      )
    })

    it("are refused for the same reasons", async () => {
      fresh()
      const cut = utf8(JSON.stringify(large("ann")).slice(0, -1))
      const { refused } = await city.importer.import(cut, "in.json")
      assert.deepEqual(
        refused.map(({ where, reason }) => [where, reason]),
        [["in.json", "bad_json"]],
      )
      assert.match(refused[0].detail, /line 1, column/)
    })

    it("that a failed step read ahead are let go, and can be imported again", async () => {
      fresh()
      const { vault } = city
      const append = vault.append.bind(vault)
      vault.append = () => Promise.reject(new Error("disk full"))
      const ids = Array.from({ length: 8 }, (_, i) => `p${i}`)
      await assert.rejects(put(...ids.map((id) => large(id))), /disk full/)
      vault.append = append
      assert.equal((await put(...ids.map((id) => large(id)))).patients, 8)
    })
  })

  it("a changed resource is a new version under the same record id; an equal one is unchanged", async () => {
    fresh()
    await put(patient("ann"))
    const changed = await put(patient("ann", { gender: "female" }))
    assert.deepEqual(changed, { ...EMPTY_SUMMARY, resources: 1 })
    // The same said in another order and with another server's meta.
    const equal = await put({
      gender: "female",
      meta: { versionId: "77", lastUpdated: "x" },
      ...patient("ann"),
    })
    assert.deepEqual(equal, { ...EMPTY_SUMMARY, unchanged: 1 })
    const log = await logOf("ann")
    assert.deepEqual(
      log.map(({ version, operation }) => [version, operation]),
      [
        [1, "create"],
        [2, "update"],
      ],
    )
    assert.equal(toHex(log[0].recordId), toHex(log[1].recordId))
    assert.match(await textOf(log[1]), /"versionId":"2"/)
    assert.match(await textOf(log[0]), /"versionId":"1"/)
  })

  it("1.0 and 1.00 are not equal", async () => {
    fresh()
    await city.importer.import(utf8('{"resourceType":"Basic","id":"b","x":1.0}'), "a")
    const { resources } = await city.importer.import(utf8('{"resourceType":"Basic","id":"b","x":1.00}'), "b")
    assert.equal(resources, 1)
    assert.match(await textOf((await logOf())[1]), /"x":1\.00\b/)
  })

  it("what was there before is taken back: a third version", async () => {
    fresh()
    const [first, second] = [patient("ann"), patient("ann", { gender: "female" })]
    for (const version of [first, second, { ...first, id: "ann", active: true }]) await put(version)
    assert.deepEqual(
      (await logOf("ann")).map(({ version }) => version),
      [1, 2, 3],
    )
  })

  it("a person who is known by an identifier is not enrolled twice", async () => {
    fresh()
    const identifier = [{ system: "urn:ssn", value: "9" }]
    await put(patient("ann", { identifier }))
    const summary = await city.importer.import(
      transaction(
        post(urn(1), patient("x", { identifier, active: true })),
        post(urn(2), observation("o", urn(1))),
      ),
      "b",
    )
    assert.deepEqual([summary.patients, summary.resources], [0, 2])
    assert.deepEqual(
      (await logOf("ann")).map(({ type, version }) => [type, version]),
      [
        ["Patient", 1],
        ["Patient", 2],
        ["Observation", 1],
      ],
    )
  })

  it("an entry whose conditional create finds something is counted as existing", async () => {
    fresh()
    const organization = {
      resourceType: "Organization",
      identifier: [{ system: "urn:npi", value: "150" }],
    }
    const request = { method: "POST", url: "Organization", ifNoneExist: "identifier=urn:npi|150" }
    const entry = { fullUrl: urn(1), resource: organization, request }
    await city.importer.import(transaction(entry), "a")
    const again = await city.importer.import(
      transaction(entry, post(urn(2), { ...observation("o", undefined), performer: [ref(urn(1))] } as never)),
      "b",
    )
    assert.deepEqual([again.existing, again.resources], [1, 1])
    const [stored, referring] = await logOf()
    assert.match(await textOf(referring), new RegExp(`"Organization/${stored.fhirId}"`))
  })

  it("a resource of an unknown patient goes into its own log; the reference is kept and reported", async () => {
    fresh()
    const summary = await put(observation("o", "Patient/nobody"))
    assert.deepEqual(await namesOf(), ["Observation/o"])
    assert.match(await textOf((await logOf())[0]), /"Patient\/nobody"/)
    assert.deepEqual(summary.unresolved, ["Patient/nobody"])
  })

  it("another server's Patient with an id that is given here too is not our patient", async () => {
    fresh()
    await put(patient("1"), observation("o", "https://elsewhere.example/fhir/Patient/1"))
    assert.deepEqual(await namesOf("1"), ["Patient/1"])
    assert.deepEqual(await namesOf(), ["Observation/o"])
  })

  it("a resource that was filed under the wrong patient is ended in that log", async () => {
    fresh()
    await put(patient("ann"), patient("bob"), observation("o", "Patient/ann"))
    await put(observation("o", "Patient/bob"))
    assert.deepEqual(
      (await logOf("bob")).map(({ type, version }) => [type, version]),
      [
        ["Patient", 1],
        ["Observation", 2],
      ],
    )
    const last = (await logOf("ann")).at(-1)
    assert.deepEqual([last?.operation, last?.version], ["delete", 2])
  })

  it("a resource that moves away and back keeps its record id in a log", async () => {
    fresh()
    await put(patient("ann"), patient("bob"), observation("o", "Patient/ann"))
    await put(observation("o", "Patient/bob"))
    await put(observation("o", "Patient/ann", { status: "final" }))
    const ids = (await logOf("ann"))
      .filter(({ fhirId }) => fhirId === "o")
      .map(({ recordId }) => toHex(recordId))
    assert.ok(ids.length >= 2)
    assert.equal(new Set(ids).size, 1)
  })

  it("several inputs are one step: a fault in the last leaves nothing of the first", async () => {
    fresh()
    const { vault } = city
    const append = vault.append.bind(vault)
    vault.append = async (records) => {
      await append(records)
      if (records[0].fhirId === "bob") throw new Error("disk full")
    }
    await assert.rejects(put(patient("ann"), patient("bob")), /disk full/)
    assert.deepEqual(await vault.recordCount(), { records: 0, committed: 0 })
    assert.deepEqual(await vault.patients(), [])
    vault.append = append
    assert.equal((await put(patient("ann"), patient("bob"))).patients, 2)
  })

  it("an update whose transaction failed can be imported again", async () => {
    fresh()
    await put(patient("ann"))
    const { vault } = city
    const append = vault.append.bind(vault)
    vault.append = () => Promise.reject(new Error("disk full"))
    await assert.rejects(put(patient("ann", { active: true })), /disk full/)
    vault.append = append
    assert.equal((await put(patient("ann", { active: true }))).resources, 1)
  })

  const nested = (depth: number) =>
    utf8(`{"resourceType":"Basic","id":"b","x":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`)
  const refusals: readonly { comment: string; input: () => Bytes; reason: string }[] = [
    { comment: "97 MiB", input: () => new Uint8Array(97 * 2 ** 20).fill(32), reason: "too_large" },
    { comment: "one byte over", input: () => new Uint8Array(MAX_IMPORT_BYTES + 1), reason: "too_large" },
    {
      comment: "a gzip bomb of 97 MiB",
      input: () => gzipSync(new Uint8Array(97 * 2 ** 20)),
      reason: "too_large",
    },
    { comment: "a gzip that is cut off", input: () => gzipSync("{}").subarray(0, 15), reason: "bad_gzip" },
    { comment: "gzip by its first bytes alone", input: () => Uint8Array.of(0x1f, 0x8b), reason: "bad_gzip" },
    { comment: "nothing", input: () => new Uint8Array(0), reason: "bad_json" },
    { comment: "half an object", input: () => utf8('{"resourceType":"Basic"'), reason: "bad_json" },
    { comment: "two documents (NDJSON)", input: () => utf8("{}\n{}"), reason: "bad_json" },
    { comment: "nested 65 deep", input: () => nested(65), reason: "bad_json" },
    { comment: "nested 100,000 deep", input: () => nested(100_000), reason: "bad_json" },
    { comment: "a key twice", input: () => utf8('{"id":"a","id":"b"}'), reason: "bad_json" },
    {
      comment: "a key twice by an escape",
      input: () => utf8('{"id":"a","\\u0069d":"b"}'),
      reason: "bad_json",
    },
    { comment: "__proto__", input: () => utf8('{"__proto__":{"a":1}}'), reason: "bad_json" },
    { comment: "NaN", input: () => utf8('{"resourceType":"Basic","x":NaN}'), reason: "bad_json" },
    { comment: "bytes that are no UTF-8", input: () => Uint8Array.of(0x7b, 0xff, 0x7d), reason: "bad_utf8" },
    { comment: "a list", input: () => utf8("[]"), reason: "no_resource" },
    { comment: "a number", input: () => utf8("1"), reason: "no_resource" },
    { comment: "XML", input: () => utf8("<Patient/>"), reason: "not_json" },
    {
      comment: "UTF-16",
      input: () => Buffer.from("\ufeff{}", "utf16le"),
      reason: "not_utf8",
    },
    { comment: "two byte order marks", input: () => utf8("\ufeff\ufeff{}"), reason: "bad_json" },
    {
      comment: "a zip archive, in gzip as well",
      input: () => gzipSync(Uint8Array.of(0x50, 0x4b, 3, 4, 0)),
      reason: "zip_archive",
    },
    { comment: "no type", input: () => utf8("{}"), reason: "unknown_type" },
    { comment: "an id with a space", input: () => bytes(patient("a b")), reason: "bad_id" },
    {
      comment: "a transaction with one bad entry",
      input: () => transaction(post(urn(1), patient("x")), {}),
      reason: "no_request",
    },
    {
      comment: "a conditional create with a broken percent code",
      input: () =>
        transaction({
          resource: patient("x"),
          request: { method: "POST", url: "Patient", ifNoneExist: "identifier=a|%" },
        }),
      reason: "bad_condition",
    },
  ]
  for (const { comment, input, reason } of refusals)
    it(`${comment}: ${reason}`, async () => {
      fresh()
      const summary = await city.importer.import(input(), "in.json")
      assert.deepEqual(
        summary.refused.map((refusal) => [refusal.where, refusal.reason]),
        [["in.json", reason]],
      )
      assert.notEqual(summary.refused[0].detail, "")
      assert.deepEqual({ ...summary, refused: [] }, EMPTY_SUMMARY)
      assert.deepEqual(await city.vault.recordCount(), { records: 0, committed: 0 })
    })

  it("nested 64 deep is taken", async () => {
    fresh()
    assert.equal((await city.importer.import(nested(64), "a")).resources, 1)
  })

  it("what was refused can be sent again when it is mended elsewhere", async () => {
    fresh()
    const batch = bytes({
      resourceType: "Bundle",
      type: "batch",
      entry: [post(urn(1), patient("x")), { resource: {} }],
    })
    const summary = await city.importer.import(batch, "a")
    assert.deepEqual([summary.resources, summary.refused.length], [1, 1])
  })

  it("the same canonical bytes are read back", async () => {
    fresh()
    const text = '{"b":[1.50,-0,1E+3],"a":"\\u00e9\\u2028\\"","id":"x","resourceType":"Basic"}'
    await city.importer.import(utf8(text), "a")
    const stored = await textOf((await logOf())[0])
    assert.equal(
      stored,
      '{"a":"é\u2028\\"","b":[1.50,-0,1E+3],"id":"x","meta":{"lastUpdated":"2024-01-02T00:00:00.000Z","versionId":"1"},"resourceType":"Basic"}',
    )
    assert.equal(canonicalText(parseJson(stored)), stored)
  })
})
