import assert from "node:assert/strict"
import { after, before, beforeEach, describe, it } from "node:test"
import { type Bytes, type JsonObject, OBJECT_EXTENSION, parseJson, utf8 } from "@aceso/core"
import { FreshCustodians, type TestCustodian } from "../testing/custodian.ts"
import type { ImportSummary } from "./summary.ts"

const T1 = "2024-01-01T08:00:00Z"
const T2 = "2024-01-02T08:00:00Z"
const T3 = "2024-01-03T08:00:00Z"
const bytes = (value: unknown): Bytes => utf8(JSON.stringify(value))
const patient = (family: string, lastUpdated?: string) => ({
  resourceType: "Patient",
  id: "1",
  name: [{ family }],
  ...(lastUpdated && { meta: { lastUpdated } }),
})
const observation = (status: string, lastUpdated?: string) => ({
  resourceType: "Observation",
  id: "o",
  status,
  code: { text: "potassium" },
  subject: { reference: "Patient/1" },
  ...(lastUpdated && { meta: { lastUpdated } }),
})
const bundle = (type: string, ...entry: object[]) => ({ resourceType: "Bundle", type, entry })
const entry = (resource: object) => ({ resource })
const version = (status: string, lastUpdated?: string) => ({
  resource: observation(status, lastUpdated),
  request: { method: "PUT", url: "Observation/o" },
})
const ended = (lastModified?: string) => ({
  request: { method: "DELETE", url: "Observation/o" },
  ...(lastModified && { response: { lastModified } }),
})
const put = (resource: object) => ({ resource, request: { method: "PUT", url: "Observation/o" } })
const page = (...entries: object[]) => bundle("history", ...entries)
const lines = (...resources: object[]) =>
  new Uint8Array(Buffer.from(resources.map((one) => JSON.stringify(one)).join("\n")))

/** What comes, one after the other, in the order given; the status in the end (`-`: deleted), and how many are left out. */
const CASES: readonly (readonly [string, readonly unknown[], string, number])[] = [
  ["a newer one", [observation("preliminary", T1), observation("final", T2)], "final", 0],
  ["an older one", [observation("final", T2), observation("preliminary", T1)], "final", 1],
  ["one of the same moment", [observation("preliminary", T1), observation("final", T1)], "final", 0],
  [
    "the same moment in another zone",
    [observation("preliminary", T2), observation("final", "2024-01-02T09:00:00+01:00")],
    "final",
    0,
  ],
  [
    "an older one, as zones have it",
    [observation("final", "2024-01-02T00:30:00+02:00"), observation("preliminary", "2024-01-01T22:00:00Z")],
    "final",
    1,
  ],
  ["without a time", [observation("final", T2), observation("preliminary")], "preliminary", 0],
  [
    "a time without a zone",
    [observation("final", T2), observation("amended", "2024-01-01T08:00:00")],
    "amended",
    0,
  ],
  [
    "an older one after one without a time",
    [observation("final", T2), observation("amended"), observation("preliminary", T1)],
    "amended",
    1,
  ],
  [
    "a search after the search of a day later",
    [
      bundle("searchset", entry(observation("final", T2))),
      bundle("searchset", entry(observation("preliminary", T1))),
    ],
    "final",
    1,
  ],
  [
    "an older copy in a document",
    [
      observation("final", T2),
      {
        ...bundle(
          "document",
          entry({
            resourceType: "Composition",
            id: "c",
            status: "final",
            type: { text: "letter" },
            subject: { reference: "Patient/1" },
            date: T3,
            author: [{ display: "X" }],
            title: "letter",
          }),
          entry(observation("preliminary", T1)),
        ),
        identifier: { system: "urn:a", value: "1" },
      },
    ],
    "final",
    1,
  ],
  [
    "what a transaction asks for has no time of its own",
    [observation("final", T2), bundle("transaction", put(observation("amended", T1)))],
    "amended",
    0,
  ],
  [
    "an older one after a transaction",
    [
      observation("final", T2),
      bundle("transaction", put(observation("amended", T1))),
      observation("preliminary", T1),
    ],
    "amended",
    1,
  ],
  [
    "pages of a history, the newest first",
    [page(version("final", T3), version("amended", T2)), page(version("preliminary", T1))],
    "final",
    1,
  ],
  ["a page after the end", [page(ended(T3)), page(version("final", T2), version("preliminary", T1))], "-", 2],
  [
    "pages after the end of what was here",
    [observation("registered", T1), page(ended(T3)), page(version("final", T2), version("preliminary", T1))],
    "-",
    2,
  ],
  [
    "an end without a time",
    [observation("final", T2), page(ended()), page(version("final", T2), version("preliminary", T1))],
    "-",
    1,
  ],
  ["an end older than the newest", [observation("final", T2), page(ended(T1))], "final", 0],
  [
    "an end, and made again",
    [observation("preliminary", T1), page(ended(T2)), observation("final", T3)],
    "final",
    0,
  ],
  [
    "an end as HAPI writes it, first of all: the page says when",
    [{ ...page(ended()), meta: { lastUpdated: T3 } }, page(version("final", T2), version("preliminary", T1))],
    "-",
    2,
  ],
  [
    "an end without a time between others",
    [page(version("amended", T3), ended(), version("final", T2)), page(version("preliminary", T1))],
    "amended",
    1,
  ],
  [
    "made, ended and made again within one second",
    [page(version("final", T2), ended(T2), version("preliminary", T2))],
    "final",
    0,
  ],
  [
    "the time of the response is none, that of the resource is one",
    [
      page({ ...version("final", T2), response: { lastModified: "yesterday" } }),
      page({ ...version("preliminary", T1), response: { lastModified: "today" } }),
    ],
    "final",
    1,
  ],
  [
    "two versions in one search, whatever their order",
    [bundle("searchset", entry(observation("final", T2)), entry(observation("preliminary", T1)))],
    "final",
    0,
  ],
  [
    "two versions in lines, whatever their order",
    [lines(observation("final", T2), observation("preliminary", T1))],
    "final",
    0,
  ],
  [
    "a history whose last version is here already: what it brings besides is told",
    [
      observation("final"),
      page(version("final", T3), version("preliminary", T2)),
      observation("registered", T1),
    ],
    "final",
    2,
  ],
  [
    "an older one that names nobody is left out, not refused",
    [observation("final", T2), { ...observation("preliminary", T1), subject: undefined }],
    "final",
    1,
  ],
  [
    "a time that is five minutes ahead and more keeps nothing out",
    [observation("preliminary", new Date(Date.now() + 3_600_000).toISOString()), observation("final", T1)],
    "final",
    0,
  ],
  [
    "30 February is no time",
    [
      observation("final", T2),
      observation("amended", "2024-02-30T00:00:00Z"),
      observation("preliminary", T1),
    ],
    "amended",
    1,
  ],
  [
    "deletions of a bulk export",
    [
      observation("final", T2),
      lines(bundle("transaction", ended(), { request: { method: "DELETE", url: "Observation/x" } })),
    ],
    "-",
    0,
  ],
  [
    "a clock that is years ahead keeps nothing out",
    [
      observation("registered", "2999-01-01T00:00:00Z"),
      observation("preliminary", T1),
      observation("final", T2),
    ],
    "final",
    0,
  ],
  [
    "an old export after an end",
    [observation("final", T1), page(ended(T2)), bundle("collection", entry(observation("final", T1)))],
    "-",
    0,
  ],
]

describe("importer: what its source has changed since", () => {
  let custodians: FreshCustodians
  let city: TestCustodian
  before(async () => {
    custodians = await FreshCustodians.start()
  })
  after(() => custodians.end())
  beforeEach(() => {
    city = custodians.make()
  })

  const put1 = (source: string, one: unknown): Promise<ImportSummary> =>
    city.importer.importAll([
      one instanceof Uint8Array
        ? { input: one, where: "x", source, firstLine: 1 }
        : { input: bytes(one), where: "x", source },
    ])
  const standing = async (type: string, id: string): Promise<JsonObject | undefined> => {
    const places = await city.vault.newestPlaces(type, id)
    const record = places.find(({ operation }) => operation !== "delete")
    return record && (parseJson((await city.vault.content(record)).content) as JsonObject)
  }
  const status = async () => ((await standing("Observation", "o"))?.status ?? "-") as string

  for (const [name, inputs, expected, left] of CASES)
    it(name, async () => {
      await put1("house", patient("Ann"))
      let older = 0
      for (const one of inputs) {
        const said = await put1("house", one)
        assert.deepEqual(said.refused, [])
        older += said.older.length
      }
      assert.deepEqual([await status(), older], [expected, left])
    })

  it("says which, and when its source changed it", async () => {
    await put1("house", patient("Ann"))
    await put1("house", observation("final", T2))
    const { older, resources, unchanged } = await put1("house", observation("preliminary", T1))
    assert.deepEqual(older, [
      {
        where: "x",
        resource: "Observation/o",
        saidAt: "2024-01-01T08:00:00.000Z",
        newer: "2024-01-02T08:00:00.000Z",
      },
    ])
    assert.deepEqual([resources, unchanged], [0, 0])
  })
  it("what is newer and says the same moves its time on", async () => {
    await put1("house", patient("Ann"))
    for (const at of [T1, T3]) await put1("house", observation("final", at))
    assert.equal((await put1("house", observation("preliminary", T2))).older.length, 1)
    assert.equal(await status(), "final")
  })
  it("two sources' times are not compared", async () => {
    await put1("house", { ...patient("Ann", T2), identifier: [NHS], birthDate: "1970-01-01" })
    const other = { ...patient("Ann-Marie", T1), id: "9", identifier: [NHS], birthDate: "1970-01-01" }
    assert.deepEqual((await put1("other house", other)).older, [])
  })
  it("a Patient of two servers of one source is not compared", async () => {
    const at = (base: string, id: string, family: string, time: string) =>
      bundle("searchset", {
        fullUrl: `https://${base}.example/Patient/${id}`,
        resource: { ...patient(family, time), id, identifier: [NHS], birthDate: "1970-01-01" },
      })
    await put1("house", at("a", "1", "Ann", T2))
    assert.deepEqual((await put1("house", at("b", "2", "Ann", T1))).older, [])
    assert.equal((await put1("house", at("a", "1", "Anne", T1))).older.length, 1)
    assert.equal((await city.vault.patients()).length, 1)
  })
  it("an older Patient does not take the newer one's numbers away", async () => {
    await put1("house", { ...patient("Ann", T2), identifier: [NHS], birthDate: "1970-01-01" })
    await put1("house", { ...patient("Ann", T1), birthDate: "1970-01-01" })
    assert.deepEqual(city.vault.findNow("Patient", NHS).length, 1)
  })
  it("an older version of a Patient makes nobody, and takes no name", async () => {
    const BORN = { birthDate: "1970-01-01", gender: "female" }
    await put1("house", { ...patient("Bob"), id: "2", identifier: [NHS], ...BORN })
    await put1("house", { ...patient("Ann", T2), ...BORN })
    // Before it was corrected: another name, and Bob's number.
    const { older, patients, possibleDuplicates } = await put1("house", {
      ...patient("Bob", T1),
      identifier: [NHS],
      ...BORN,
    })
    assert.deepEqual([older.length, patients, possibleDuplicates], [1, 0, 0])
    await put1("house", observation("final", T3))
    const [ann] = (await city.vault.patients()).filter(({ fhirId }) => fhirId === "1")
    assert.deepEqual(
      (await city.vault.log(ann.handle)).map(({ type }) => type),
      ["Patient", "Observation"],
    )
  })
  it("of a history of a Patient the newest says who it is", async () => {
    const one = (family: string, birthDate: string, time: string) => ({
      resource: { ...patient(family, time), birthDate },
      request: { method: "PUT", url: "Patient/1" },
    })
    const said = await put1("house", page(one("Right", "1980-01-01", T2), one("Wrong", "1950-05-05", T1)))
    assert.deepEqual([said.refused, said.patients], [[], 1])
    assert.deepEqual((await standing("Patient", "1"))?.name, [{ family: "Right" }])
    assert.equal(await city.vault.newestVersion("Patient", "1"), 2)
  })
  it("times of two Patients of one source who are one person here are not compared", async () => {
    const named = (id: string, time: string, more: object = {}) => ({
      ...patient("Ann", time),
      id,
      identifier: [NHS],
      birthDate: "1970-01-01",
      ...more,
    })
    await put1("house", named("b", T3))
    const { older } = await put1("house", named("a", T1))
    assert.deepEqual(older, [])
    assert.deepEqual((await put1("house", named("a", T2, { deceasedBoolean: true }))).older, [])
    assert.equal((await standing("Patient", "b"))?.deceasedBoolean, true)
  })
  it("equal bytes from a second source teach that source's time", async () => {
    const ann = { ...patient("Ann"), identifier: [NHS], birthDate: "1970-01-01" }
    for (const source of ["house", "other"]) await put1(source, ann)
    await put1("house", observation("final", T2))
    const { duplicates } = await put1("other", observation("final", T2))
    assert.equal(duplicates, 1)
    assert.equal((await put1("other", observation("preliminary", T1))).older.length, 1)
  })
  it("an older version that cannot be stored is refused by its place, and the newer one stands", async () => {
    await put1("house", patient("Ann"))
    const { resource, request } = version("preliminary", T1)
    const old = { request, resource: { ...resource, extension: [{ url: OBJECT_EXTENSION }] } }
    const { refused, older } = await put1("house", page(version("final", T2), old))
    assert.deepEqual([await status(), older], ["final", []])
    assert.equal(refused.length, 1)
    assert.match(refused[0].detail, /^entry 1: Observation\/o: an extension urn:aceso:object/)
  })
  it("what is left out and stands here as an older version is no news", async () => {
    await put1("house", patient("Ann"))
    const all = page(version("final", T3), version("amended", T2), version("preliminary", T1))
    assert.equal((await put1("house", all)).resources, 1)
    const again = await put1("house", { ...all, total: 3 })
    assert.deepEqual([again.resources, again.unchanged, again.older], [0, 3, []])
  })
})

const NHS = { system: "https://fhir.nhs.uk/Id/nhs-number", value: "9449304130" }
