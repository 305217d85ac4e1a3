import assert from "node:assert/strict"
import { after, before, beforeEach, describe, it } from "node:test"
import { type Bytes, canonicalText, compareBytes, utf8 } from "@aceso/core"
import { FreshCustodians, type TestCustodian } from "../testing/custodian.ts"
import { OWN_LOG } from "../vault/record-log.ts"
import { Importer } from "./importer.ts"
import { newestPatient } from "./people-here.ts"

const bytes = (value: unknown): Bytes => utf8(JSON.stringify(value))
const mrn = (value: string) => ({ system: "https://a.example/mrn", value })
const licence = (value: string) => ({ system: "https://a.example/licence", value })
const named = (family: string) => ({ name: [{ family, given: ["Kim"] }] })
const patient = (id: string | undefined, identifier: object[], more: object = {}) => ({
  resourceType: "Patient",
  ...(id !== undefined && { id }),
  identifier,
  ...more,
})
const post = (resource: { resourceType: string }) => ({
  resourceType: "Bundle",
  type: "transaction",
  entry: [{ resource, request: { method: "POST", url: resource.resourceType } }],
})
const observation = (id: string, reference: string) => ({
  resourceType: "Observation",
  id,
  status: "final",
  code: { text: "potassium" },
  subject: { reference },
})

describe("importer: the right person", () => {
  let custodians: FreshCustodians
  let city: TestCustodian
  before(async () => {
    custodians = await FreshCustodians.start()
  })
  after(() => custodians.end())
  beforeEach(() => {
    city = custodians.make()
  })

  const put = (...resources: unknown[]) =>
    city.importer.importAll(resources.map((resource, i) => ({ input: bytes(resource), where: `${i}` })))
  const from = (source: string, ...resources: unknown[]) =>
    city.importer.importAll(resources.map((one, i) => ({ input: bytes(one), where: `${i}`, source })))
  const names = async () => {
    const found: string[] = []
    for (const { fhirId, handle } of await city.vault.patients()) {
      const one = await newestPatient(city.vault, fhirId)
      const [name] = (one?.name ?? []) as { family?: string }[]
      const types = (await city.vault.log(handle)).map(({ type, operation }) =>
        operation === "delete" ? "-" : type,
      )
      found.push(`${name?.family}: ${types.join(" ")}`)
    }
    return found
  }
  const pairs = () => city.vault.openDuplicates(0, 100)

  it("a shared number: two people, one pair, counted once, listed with what speaks for and against it", async () => {
    const ann = patient("a", [mrn("1"), licence("L")], { ...named("Ann"), gender: "female" })
    const bob = patient(undefined, [mrn("2"), licence("L")], { ...named("Bob"), gender: "male" })
    const { possibleDuplicates, patients } = await put(ann, bob)
    assert.deepEqual([possibleDuplicates, patients], [1, 2])
    const before = canonicalText((await newestPatient(city.vault, "a")) ?? null)
    const again = await put({ ...bob, active: true })
    assert.deepEqual([again.possibleDuplicates, again.patients, again.resources], [0, 0, 1])
    assert.deepEqual(await names(), ["Ann: Patient", "Bob: Patient Patient"])
    assert.equal(canonicalText((await newestPatient(city.vault, "a")) ?? null), before)
    const [{ pair, reasons }] = await pairs()
    assert.deepEqual([...reasons].sort(), ["other_identifier", "other_sex", "shared_identifier"])
    const handles = (await city.vault.patients()).map(({ handle }) => handle)
    for (const handle of handles) assert.ok(pair.some((one) => Buffer.from(one).equals(handle)))
  })

  it("what the organisation configures decides", async () => {
    const configured = { "https://a.example/licence": "unique", "https://a.example/mrn": "unknown" } as const
    const importer = new Importer(city.vault, Date.now, configured)
    const take = (resource: object) => importer.import(bytes(resource), "x")
    await take(patient("a", [mrn("1"), licence("L")], named("Ann")))
    assert.equal((await take(patient(undefined, [mrn("1")], named("Ann")))).patients, 1)
    assert.equal((await take(patient(undefined, [licence("L"), mrn("7")], named("Ann")))).patients, 0)
  })

  it("a correction frees a number at once, also in the same step and in a large input", async () => {
    const large = { text: { status: "generated", div: "x".repeat(64 * 2 ** 10) } }
    for (const more of [{}, large]) {
      city = custodians.make()
      await put(
        patient("a", [mrn("X")], { ...named("Ann"), ...more }),
        patient("a", [mrn("Y")], { ...named("Ann"), ...more }),
        patient(undefined, [mrn("X")], { ...named("Xu"), ...more }),
        patient(undefined, [mrn("Y")], { ...named("Ann"), ...more, active: true }),
      )
      assert.deepEqual(await names(), ["Ann: Patient Patient Patient", "Xu: Patient"])
      assert.deepEqual(await city.vault.findByIdentifier("Patient", mrn("X")), [
        (await city.vault.patients())[1].fhirId,
      ])
    }
  })

  it("other resources' identifiers are in step as well: a conditional create finds no former one", async () => {
    const organization = (value: string) => ({
      resourceType: "Organization",
      id: "o",
      identifier: [{ system: "urn:npi", value }],
    })
    await put(organization("1"), organization("2"))
    const entry = (value: string) => ({
      resourceType: "Bundle",
      type: "transaction",
      entry: [
        {
          resource: { ...organization(value), id: undefined },
          request: { method: "POST", url: "Organization", ifNoneExist: `identifier=urn:npi|${value}` },
        },
      ],
    })
    const found = await put(entry("2"), entry("1"))
    assert.deepEqual([found.existing, found.resources], [1, 1])
  })

  it("each source's Patient/77 is its own, over restarts", async () => {
    await from(
      "house",
      patient("77", [mrn("L77")], named("Local")),
      patient(undefined, [mrn("LEA")], named("Lea")),
    )
    await from("export", patient("77", [mrn("LEA")], { ...named("Lea"), gender: "female" }))
    city = await custodians.restart()
    await from("export", observation("o1", "Patient/77"))
    await from("house", observation("o2", "Patient/77"))
    assert.deepEqual(await names(), ["Local: Patient Observation", "Lea: Patient Patient Observation"])
    assert.deepEqual(await city.vault.log(OWN_LOG), [])
  })

  const LATE = named("Late")
  for (const [comment, late, is] of [
    ["a new patient", patient("77", [mrn("9")], LATE), "Late: Patient Observation"],
    [
      "a new patient without an id that counts",
      post(patient("77", [mrn("9")], LATE)),
      "Late: Patient Observation",
    ],
    ["one who is known by number", patient("77", [mrn("LEA")], named("Lea")), "Lea: Patient Observation"],
  ] as const)
    it(`of a source never heard of nothing goes to the local 77; it is filed with its Patient: ${comment}`, async () => {
      await from("house", patient("77", [mrn("L77")], named("Local")))
      await from("house", patient(undefined, [mrn("LEA")], named("Lea")))
      const { unfiled, refused } = await from("export", observation("o", "Patient/77"))
      assert.deepEqual(refused, [])
      assert.deepEqual(unfiled, [{ where: "0", resource: "Observation/o", reference: "Patient/77" }])
      assert.deepEqual(await names(), ["Local: Patient", "Lea: Patient"])
      // Told each time, and by no other source's Patient/77 filed.
      assert.equal((await from("export", observation("o", "Patient/77"))).unfiled.length, 1)
      assert.equal((await from("third", patient("77", [mrn("3")], named("Third")))).filed.length, 0)
      assert.equal((await from("export", late)).filed.length, 1)
      const all = await names()
      assert.ok(all.includes(is), all.join())
      assert.equal(all[0], "Local: Patient")
      const own = await city.vault.log(OWN_LOG)
      assert.deepEqual([own.at(-1)?.operation, own.at(-1)?.fhirId], ["delete", "o"])
      const again = await from("export", observation("o", "Patient/77"))
      assert.deepEqual([again.unfiled, again.resources, again.unchanged], [[], 0, 1])
      assert.deepEqual(await names(), all)
      assert.equal((await from("export", observation("o", "Patient/77"))).duplicates, 1)
    })

  it("what waits for two is filed with each when that one comes", async () => {
    const both = { ...observation("o", "Patient/a"), performer: [{ reference: "Patient/b" }] }
    assert.equal((await put(both)).unfiled.length, 1)
    const entry = ["a", "b"].map((id) => ({
      resource: patient(id, [mrn(`of ${id}`)], named(id)),
      request: { method: "PUT", url: `Patient/${id}` },
    }))
    assert.equal((await from("x", both)).unfiled.length, 1)
    const { filed } = await from("x", { resourceType: "Bundle", type: "transaction", entry })
    assert.equal(filed.length, 1)
    assert.deepEqual(await names(), ["a: Patient Observation", "b: Patient Observation"])
    city = custodians.make()
    await put(both)
    await put(patient("b", [mrn("2")], named("Bob")))
    assert.deepEqual(await names(), ["Bob: Patient Observation"])
    await put(patient("a", [mrn("1")], named("Ann")))
    assert.deepEqual(await names(), ["Bob: Patient Observation Observation", "Ann: Patient Observation"])
  })

  it("two laboratories' Observation/1 are two, also where others refer to them, and each is corrected by its own", async () => {
    const report = (id: string, of: string) => ({
      resourceType: "DiagnosticReport",
      id,
      result: [{ reference: "Observation/1" }],
      subject: { reference: of },
    })
    const of = async (id: string) => {
      const record = city.vault.newest("DiagnosticReport", id)
      assert.ok(record)
      return JSON.parse(Buffer.from((await city.vault.content(record)).content).toString())
    }
    await from("a", patient("p", [mrn("1")], named("Ann")))
    await from("b", report("rb", "Patient/q"))
    const a = await from("a", observation("1", "Patient/p"), report("ra", "Patient/p"))
    assert.equal(a.renamed, 1)
    await from("b", patient("q", [mrn("2")], named("Bob")))
    const b = await from("b", { ...observation("1", "Patient/q"), status: "amended" })
    assert.equal(b.renamed, 0)
    assert.deepEqual(await names(), [
      "Ann: Patient Observation DiagnosticReport",
      "Bob: Patient DiagnosticReport Observation",
    ])
    const [ofA, ofB] = [(await of("ra")).result[0].reference, (await of("rb")).result[0].reference]
    assert.notEqual(ofA, ofB)
    assert.equal(ofB, "Observation/1")
    await from("a", { ...observation("1", "Patient/p"), status: "corrected" })
    assert.deepEqual(await names(), [
      "Ann: Patient Observation DiagnosticReport Observation",
      "Bob: Patient DiagnosticReport Observation",
    ])
    const [, id] = ofA.split("/")
    assert.deepEqual(
      [await city.vault.newestVersion("Observation", id), await city.vault.newestVersion("Observation", "1")],
      [2, 1],
    )
  })

  it("two servers' Observation/1 in one transaction are two, and so are their patients who have not come", async () => {
    const at = (base: string) => ({
      fullUrl: `https://${base}.example/fhir/Observation/1`,
      resource: observation("1", "Patient/1"),
      request: { method: "PUT", url: "Observation/1" },
    })
    const said = await put({ resourceType: "Bundle", type: "transaction", entry: [at("north"), at("south")] })
    assert.deepEqual([said.resources, said.unfiled.length], [2, 2])
    const [{ entry }] = [post(patient(undefined, [mrn("S")], named("South")))]
    await put({
      resourceType: "Bundle",
      type: "transaction",
      entry: entry.map((one) => ({ ...one, fullUrl: "https://south.example/fhir/Patient/1" })),
    })
    assert.deepEqual(await names(), ["South: Patient Observation"])
  })

  it("a Patient that leaves things out takes nothing away: what was said before speaks against another one still", async () => {
    const ann = { ...named("Kim"), birthDate: "1950-01-01", gender: "female" }
    const bob = { ...named("Xu"), birthDate: "1980-01-01", gender: "male" }
    await from("ehr", patient("1", [mrn("S")], ann), observation("o", "Patient/1"))
    await from("lab", patient("2", [mrn("S")]))
    await from("clinic", patient("3", [mrn("S")], bob), observation("o", "Patient/3"))
    assert.equal((await city.vault.patients()).length, 2)
    assert.ok((await pairs()).length > 0)
  })

  it("nor does it take away a number that speaks against another one of its system", async () => {
    const ssn = { system: "http://hl7.org/fhir/sid/us-ssn", value: "078-05-1120" }
    await from("ehr", patient("1", [ssn, mrn("1")], named("Kim")))
    await from("lab", patient("2", [ssn]))
    await from("clinic", patient("3", [ssn, mrn("2")], named("Kim")))
    assert.equal((await city.vault.patients()).length, 2)
    assert.ok((await pairs()).length > 0)
  })

  it("the same bytes from two sources are one person only by a number", async () => {
    const unknown = { resourceType: "Patient", name: [{ family: "Unknown" }] }
    await from("a", unknown)
    await from("b", unknown)
    assert.equal((await city.vault.patients()).length, 2)
  })

  it("a create's id takes no name from whom its source called so", async () => {
    await from("x", patient("1", [mrn("1")], named("Bob")))
    const [{ entry }] = [post({ ...patient("1", [mrn("2")], named("Ann")) })]
    await from("x", { resourceType: "Bundle", type: "transaction", entry })
    await from("x", observation("o", "Patient/1"))
    assert.deepEqual((await names()).sort(), ["Ann: Patient", "Bob: Patient Observation"])
  })

  it("the same id and the same name from another source: another trusted number is another person", async () => {
    await from("a", patient("1", [mrn("1")], named("Kim")), observation("o", "Patient/1"))
    await from("b", patient("1", [mrn("2")], named("Kim")), observation("o", "Patient/1"))
    assert.deepEqual(await names(), ["Kim: Patient Observation", "Kim: Patient Observation"])
  })

  it("a foreign patient who is nobody here gets an id of its own where the house has that id", async () => {
    await from("house", patient("1", [mrn("1")], { ...named("Ann"), birthDate: "1950-01-01" }))
    const theirs = patient("1", [{ system: "https://b.example/mrn", value: "1" }], {
      ...named("Xu"),
      birthDate: "1999-09-09",
    })
    await from("export", theirs, observation("o", "Patient/1"))
    await from("export", { ...theirs, active: true })
    assert.deepEqual(await names(), ["Ann: Patient", "Xu: Patient Observation Patient"])
    assert.deepEqual(await pairs(), [])
  })

  it("a number of many people makes nobody new when they come again, and its pairs do not grow with the square", async () => {
    const many = Array.from({ length: 30 }, (_, i) =>
      patient(undefined, [mrn("M")], {
        name: [{ family: `Family${i}`, given: ["Kim"] }],
        birthDate: `19${50 + i}-01-01`,
      }),
    )
    const first = await put(...many)
    assert.equal(first.patients, 30)
    assert.ok(first.possibleDuplicates <= 3 * 30 + 28, String(first.possibleDuplicates))
    for (const more of [{ active: true }, { active: false }]) {
      const again = await put(...many.map((one) => ({ ...one, ...more })))
      assert.deepEqual([again.patients, again.resources], [0, 30])
    }
    assert.ok((await names()).every((one) => /^Family\d+: Patient Patient Patient$/.test(one)))
    // Of another number as well they are found, whatever else is new.
    await put({ ...many[7], identifier: [mrn("M"), { system: "https://b.example/mrn", value: "7" }] })
    const moved = patient(undefined, [mrn("M"), { system: "https://b.example/mrn", value: "7" }], {
      name: [{ family: "Family7", given: ["Kim", "Jo"] }],
      birthDate: "1957-01-01",
    })
    const before = (await city.vault.patients()).length
    assert.equal((await put(moved)).patients, 0)
    assert.equal((await city.vault.patients()).length, before)
  })

  it("what was refused of a batch is refused again when it comes again, and taken once it can be", async () => {
    const subject = { reference: "Patient?identifier=https://a.example/mrn|9" }
    const later = {
      resource: { ...observation("o", ""), subject },
      request: { method: "POST", url: "Observation" },
    }
    const { entry } = post(patient(undefined, [mrn("1")], named("Ann")))
    const batch = { resourceType: "Bundle", type: "batch", entry: [...entry, later] }
    for (const unchanged of [0, 1]) {
      const said = await put(batch)
      assert.deepEqual(
        said.refused.map(({ reason }) => reason),
        ["no_match"],
      )
      assert.deepEqual([said.unchanged, said.duplicates], [unchanged, 0])
    }
    await put(patient("late", [mrn("9")], named("Late")))
    assert.deepEqual((await put(batch)).refused, [])
    assert.deepEqual(await names(), ["Ann: Patient", "Late: Patient Observation"])
    assert.equal((await put(batch)).duplicates, 1)
  })

  it("the same bytes from another source are a duplicate that says what its ids mean", async () => {
    const ann = patient("77", [mrn("1")], named("Ann"))
    const all = {
      resourceType: "Bundle",
      type: "transaction",
      entry: [
        { resource: ann, request: { method: "PUT", url: "Patient/77" } },
        { resource: observation("1", "Patient/77"), request: { method: "PUT", url: "Observation/1" } },
        { resource: observation("2", "Patient/77"), request: { method: "POST", url: "Observation" } },
      ],
    }
    await from("monday", all)
    assert.equal((await from("tuesday", observation("3", "Patient/77"))).unfiled.length, 1)
    const again = await from("tuesday", all)
    assert.deepEqual([again.duplicates, again.resources, again.filed.length], [1, 0, 1])
    assert.deepEqual(await names(), ["Ann: Patient Observation Observation Observation"])
    // Also one file after the other, and what refers to them.
    await from("monday", patient("78", [mrn("2")], named("Bob")), observation("4", "Patient/78"))
    const bob = await from("tuesday", patient("78", [mrn("2")], named("Bob")), observation("4", "Patient/78"))
    assert.deepEqual([bob.duplicates, bob.renamed], [2, 0])
    await from(
      "tuesday",
      { ...observation("4", "Patient/78"), status: "amended" },
      observation("5", "Patient/78"),
    )
    assert.deepEqual((await names())[1], "Bob: Patient Observation Observation Observation")
    assert.equal(await city.vault.newestVersion("Observation", "4"), 2)
  })

  it("the same bytes about other people are other resources", async () => {
    const bytes = observation("1", "Patient/77")
    await from("a", patient("77", [mrn("1")], named("Ann")), bytes)
    await from("b", patient("77", [mrn("2")], named("Bob")))
    const said = await from("b", bytes)
    assert.deepEqual([said.duplicates, said.resources, said.renamed], [0, 1, 1])
    assert.deepEqual(await names(), ["Ann: Patient Observation", "Bob: Patient Observation"])
    assert.equal((await from("b", bytes)).duplicates, 1)
    assert.equal((await from("c", bytes)).unfiled.length, 1)
    assert.deepEqual(await names(), ["Ann: Patient Observation", "Bob: Patient Observation"])
  })

  it("the same bytes from another source, when what they set has a newer version, are taken again", async () => {
    const first = { ...observation("1", "Patient/77"), status: "final" }
    await from("monday", patient("77", [mrn("1")], named("Ann")), first)
    await from("monday", { ...first, status: "amended" })
    await from("tuesday", patient("77", [mrn("1")], named("Ann")))
    assert.equal((await from("tuesday", first)).resources, 1)
    assert.deepEqual(await names(), ["Ann: Patient Observation Observation Observation"])
  })

  it("joins through others are one group: what fits them all goes to the one whose data it is", async () => {
    const many = ["One", "Two", "Six"].map((family) => patient(undefined, [mrn("M")], named(family)))
    const entry = many.map((resource) => ({ resource, request: { method: "POST", url: "Patient" } }))
    await put({ resourceType: "Bundle", type: "transaction", entry })
    const [a, b, c] = (await city.vault.patients()).map(({ handle }) => handle)
    const told = () => put({ ...many[1], active: true, name: [{ family: "Two", given: ["Kim"] }] })
    for (const [i, pair] of [
      [a, b],
      [b, c],
    ].entries()) {
      const [first, second] = pair.sort(compareBytes)
      await city.vault.addJoin({ a: first, b: second, since: i + 1, ended: null, content: utf8("x") })
    }
    assert.deepEqual(
      [(await told()).patients, await names()],
      [0, ["One: Patient", "Two: Patient Patient", "Six: Patient"]],
    )
    const where = { method: "POST", url: "Patient", ifNoneExist: "identifier=https://a.example/mrn|M" }
    const { refused, existing } = await put({
      resourceType: "Bundle",
      type: "transaction",
      entry: [{ resource: many[0], request: where }],
    })
    assert.deepEqual([refused, existing], [[], 1])
  })

  it("a failed step leaves no pair, no source and no index", async () => {
    await put(patient("a", [mrn("1"), licence("L")], named("Ann")))
    const { vault } = city
    const append = vault.append.bind(vault)
    vault.append = () => Promise.reject(new Error("disk full"))
    const bob = patient("b", [mrn("2"), licence("L")], named("Bob"))
    await assert.rejects(put(bob), /disk full/)
    vault.append = append
    assert.deepEqual(await pairs(), [])
    assert.deepEqual(await vault.findByIdentifier("Patient", mrn("2")), [])
    const { own, isTaken } = await vault.sourcesOf("", { type: "Patient", id: "b", base: "" })
    assert.deepEqual([own, isTaken], [undefined, false])
    assert.equal((await put(bob)).possibleDuplicates, 1)
  })

  it("a patient whose newest version is damaged matches nobody by number, and is not overwritten", async () => {
    await put(patient("a", [mrn("1")], named("Ann")))
    const record = city.vault.newest("Patient", "a")
    assert.ok(record)
    city.vault.overwrite(record, utf8('{"resourceType":"Patient"}'))
    assert.equal((await put(patient(undefined, [mrn("1")], named("Ann")))).patients, 1)
    assert.equal(await city.vault.newestVersion("Patient", "a"), 1)
  })

  it("what the newest version says is found, what an older one said is not", async () => {
    await put(patient("a", [mrn("1")], named("Smith")), patient("a", [mrn("1")], named("Jones")))
    const search = async (term: string) => (await city.vault.searchPatients([[term]], 0, 10)).patients.length
    assert.deepEqual(
      [await search("name jones"), await search("name smith"), await search("number 1")],
      [1, 0, 1],
    )
  })
})
