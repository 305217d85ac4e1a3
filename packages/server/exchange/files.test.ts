import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { after, before, describe, it } from "node:test"
import { type AccessQuery, concat, MEMBER_SYSTEM, readPolicy, utf8 } from "@aceso/core"
import { FreshCustodians } from "../testing/custodian.ts"
import { OWN_LOG } from "../vault/record-log.ts"
import { Selector } from "./selection.ts"

const content = Buffer.from("a letter")
const large = Buffer.alloc(300_000, 7)
const sha1 = (bytes: Buffer) => createHash("sha1").update(bytes).digest("base64")
const SNOMED = "http://snomed.info/sct"
const CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"

const patient = (id: string) => ({
  resourceType: "Patient",
  id,
  identifier: [{ system: "https://a.example/mrn", value: id }],
})
const file = (more: object = {}, bytes = content) => ({
  resourceType: "Binary",
  id: "f",
  contentType: "application/pdf",
  data: bytes.toString("base64"),
  ...more,
})
/** A document of a patient, whose attachment is elsewhere. */
const document = (attachment: object = {}, more: object = {}) => ({
  resourceType: "DocumentReference",
  id: "d",
  status: "current",
  type: { coding: [{ system: SNOMED, code: "1" }] },
  subject: { reference: "Patient/p" },
  content: [{ attachment: { url: "Binary/f", ...attachment } }],
  ...more,
})
const hashed = (more: object = {}) => document({ hash: sha1(content) }, more)
const other = { id: "e", type: { coding: [{ system: SNOMED, code: "2" }] } }
const of = (reference: string) => ({ securityContext: { reference } })
const label = (code: string) => ({ meta: { security: [{ system: CONFIDENTIALITY, code }] } })

const query: AccessQuery = {
  member: "county",
  practitioner: "ab".repeat(32),
  role: "physician",
  purpose: "TREAT",
  time: Date.now(),
}
const actor = [{ reference: { identifier: { system: MEMBER_SYSTEM, value: "county" } } }]
const all = { type: "permit", actor }
const type = (code: string) => [{ system: "http://hl7.org/fhir/resource-types", code }]
const code = (value: string) => [{ coding: [{ system: SNOMED, code: value }] }]
const policyOf = (...provisions: readonly object[]) =>
  readPolicy(
    provisions.map((provision, i) => ({
      content: utf8(JSON.stringify({ resourceType: "Consent", status: "active", provision })),
      salt: new Uint8Array(32).fill(i),
    })),
  )

interface Row {
  readonly comment: string
  readonly put: readonly object[]
  readonly provisions?: readonly object[]
  /** Of the record through which it is asked for. */
  readonly by?: string
  readonly reference?: string
  /** Absent: nothing is opened. */
  readonly opens?: Buffer
}
const is = content
const rows: readonly Row[] = [
  { comment: "the record says its SHA-1", put: [file(), hashed()], opens: is },
  { comment: "its context is the patient", put: [file(of("Patient/p")), document()], opens: is },
  { comment: "its context is the record", put: [file(of("DocumentReference/d")), document()], opens: is },
  {
    comment: "it is large",
    put: [file({}, large), document({ hash: sha1(large) })],
    opens: large,
  },
  {
    comment: "the record's class alone is permitted",
    put: [file(), hashed()],
    provisions: [{ ...all, class: type("DocumentReference") }],
    opens: is,
  },
  {
    comment: "the record's code alone is permitted",
    put: [file(), hashed()],
    provisions: [{ ...all, code: code("1") }],
    opens: is,
  },
  {
    comment: "it is named with the one version that there is",
    put: [file(), document({ url: "Binary/f/_history/1", hash: sha1(content) })],
    reference: "Binary/f/_history/1",
    opens: is,
  },
  {
    comment: "another record that is opened names it too",
    put: [file(), hashed(), hashed(other)],
    opens: is,
  },
  {
    comment: "a Bundle calls another so",
    put: [
      file(),
      hashed(),
      { resourceType: "Bundle", id: "b", type: "collection", entry: [{ resource: document({}, other) }] },
    ],
    opens: is,
  },
  { comment: "nothing says that it is the patient's", put: [file(), document()] },
  { comment: "the record says another SHA-1", put: [file(), document({ hash: sha1(large) })] },
  {
    comment: "the record says another SHA-1, although its context is the patient",
    put: [file(of("Patient/p")), document({ hash: sha1(large) })],
  },
  { comment: "its context is another patient", put: [patient("q"), file(of("Patient/q")), hashed()] },
  { comment: "its context is nothing here", put: [file(of("DocumentReference/x")), hashed()] },
  { comment: "there is none", put: [hashed()] },
  { comment: "it has no data", put: [file({ data: undefined }), hashed()] },
  {
    comment: "the record names another",
    put: [file(), file({ id: "g" }), hashed()],
    reference: "Binary/g",
  },
  {
    comment: "the record that is named does not refer to it",
    put: [file(), hashed(), document({ url: "https://a.example/x" }, other)],
    by: "e",
  },
  { comment: "nothing is permitted", put: [file(), hashed()], provisions: [] },
  {
    comment: "another class is permitted",
    put: [file(), hashed()],
    provisions: [{ ...all, class: type("Observation") }],
  },
  {
    comment: "the record is denied by its code",
    put: [file(), hashed()],
    provisions: [all, { type: "deny", code: code("1") }],
  },
  {
    comment: "another record that names it is denied by its code",
    put: [file(), hashed(), hashed(other)],
    provisions: [all, { type: "deny", code: code("2") }],
  },
  {
    comment: "another record that names it by a reference is denied by its class",
    put: [
      file(),
      hashed(),
      {
        resourceType: "DocumentManifest",
        id: "m",
        status: "current",
        subject: { reference: "Patient/p" },
        content: [{ reference: "Binary/f" }],
      },
    ],
    provisions: [all, { type: "deny", class: type("DocumentManifest") }],
  },
  {
    comment: "the record that is its context is denied",
    put: [file(of("DocumentReference/e")), hashed(), document({ url: "https://a.example/x" }, other)],
    provisions: [all, { type: "deny", code: code("2") }],
  },
  {
    comment: "Binaries are denied",
    put: [file(), hashed()],
    provisions: [all, { type: "deny", class: type("Binary") }],
  },
  {
    comment: "it is a record of the patient's own, and of another class than is permitted",
    put: [file(of("Patient/p")), hashed()],
    provisions: [{ ...all, class: type("DocumentReference") }],
  },
  {
    comment: "its label is denied",
    put: [file(label("R")), hashed()],
    provisions: [all, { type: "deny", securityLabel: [{ system: CONFIDENTIALITY, code: "R" }] }],
  },
  {
    comment: "what is permitted has another label",
    put: [file(label("R")), hashed(label("N"))],
    provisions: [{ ...all, securityLabel: [{ system: CONFIDENTIALITY, code: "N" }] }],
  },
  {
    comment: "it is named with a version, and there are two",
    put: [
      file({}, large),
      document({ url: "Binary/f/_history/1", hash: sha1(content) }),
      file({ meta: { versionId: "2" } }),
    ],
    reference: "Binary/f/_history/1",
  },
]

describe("a Binary to which a record refers by url", () => {
  let custodians: FreshCustodians
  before(async () => {
    custodians = await FreshCustodians.start()
  })
  after(() => custodians.end())

  const made = async (inputs: readonly { readonly resource: object; readonly source: string }[]) => {
    const city = custodians.make()
    for (const { resource, source } of inputs) {
      const { refused } = await city.importer.import(utf8(JSON.stringify(resource)), "x", source)
      assert.deepEqual(refused, [])
    }
    // The custodians of these tests are one member, whose own log on the ledger is the first one's.
    await city.vault.markCommitted(OWN_LOG, (await city.vault.logSize(OWN_LOG)) - 1, 1)
    await city.committer.flush()
    const selector = new Selector(city.vault, city.client)
    const recordOf = async (id: string) => {
      for (const { handle } of await city.vault.patients())
        for (const record of await city.vault.log(handle)) if (record.fhirId === id) return { handle, record }
      throw new Error(`there is no ${id}`)
    }
    const ask = async (id: string, reference: string, provisions: readonly object[]) => {
      const { handle, record } = await recordOf(id)
      const { checkpoint } = await city.client.engine.status()
      const inForce = { version: 1, root: null, pending: [], policy: policyOf(...provisions) }
      const sought = { handle, height: checkpoint.height, inForce, query }
      const opened = (await selector.file(sought, { index: record.index, reference }))?.opened
      return opened && { opened, bytes: Buffer.from(concat(...opened.object.chunks)) }
    }
    return { city, ask, recordOf }
  }
  const ofOne = (put: readonly object[]) =>
    made([patient("p"), ...put].map((resource) => ({ resource, source: "s" })))

  for (const { comment, put, provisions = [all], by = "d", reference = "Binary/f", opens } of rows)
    it(`${opens ? "is opened" : "is not opened"} where ${comment}`, async () => {
      const { ask } = await ofOne(put)
      const found = await ask(by, reference, provisions)
      assert.deepEqual(found?.bytes, opens)
      if (found) assert.equal(found.opened.object.reference, reference)
    })

  it("of another source is another one, whatever it is called", async () => {
    const { ask, recordOf, city } = await made([
      { resource: patient("p"), source: "s" },
      { resource: file(of("Patient/p")), source: "s" },
      { resource: document(), source: "s" },
      { resource: patient("q"), source: "t" },
      {
        resource: document({ hash: sha1(content) }, { id: "z", subject: { reference: "Patient/q" } }),
        source: "t",
      },
    ])
    assert.deepEqual((await ask("d", "Binary/f", [all]))?.bytes, content)
    assert.equal(await ask("z", "Binary/f", [all]), undefined)
    const { record } = await recordOf("z")
    const [, reference] =
      /"url":"(Binary\/[^"]+)"/.exec(Buffer.from((await city.vault.content(record)).content).toString()) ?? []
    assert.ok(reference && reference !== "Binary/f")
    assert.equal(await ask("z", reference, [all]), undefined)
  })

  it("of one patient is not opened through a record of another that names it", async () => {
    const { ask } = await made(
      [
        patient("p"),
        patient("q"),
        file(of("Patient/p")),
        document({ hash: sha1(content) }, { id: "z", subject: { reference: "Patient/q" } }),
      ].map((resource) => ({ resource, source: "s" })),
    )
    assert.equal(await ask("z", "Binary/f", [all]), undefined)
  })

  it("is not opened where a record cannot be read, which may name it", async () => {
    const { ask, recordOf, city } = await ofOne([file(), hashed(), document({ url: "x" }, other)])
    assert.deepEqual((await ask("d", "Binary/f", [all]))?.bytes, content)
    city.vault.overwrite((await recordOf("e")).record, utf8("{}"))
    assert.equal(await ask("d", "Binary/f", [all]), undefined)
  })
})
