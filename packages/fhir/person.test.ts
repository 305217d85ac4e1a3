import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type JsonObject, toJson } from "@aceso/core"
import { shownName, wordsOf } from "./names.ts"
import { compare, personOf, recordNumberOf, termsAsked, termsOf } from "./person.ts"

const rules = { configured: {}, now: Date.UTC(2026, 0, 1) }
const person = (patient: object) =>
  personOf(toJson({ resourceType: "Patient", ...patient }) as JsonObject, rules)
const mrn = (value: string, more: object = {}) => ({ system: "https://a.example/mrn", value, ...more })
const licence = (value: string) => ({ system: "https://a.example/licence", value })

describe("two people compared", () => {
  const rows: readonly {
    comment: string
    a: object
    b: object
    agree?: readonly string[]
    differ?: readonly string[]
    shares?: boolean
  }[] = [
    { comment: "nothing said", a: {}, b: {} },
    {
      comment: "one trusted number",
      a: { identifier: [mrn("1")] },
      b: { identifier: [mrn("1")] },
      agree: ["identifier"],
    },
    {
      comment: "one written otherwise",
      a: { identifier: [mrn("A-1 2")] },
      b: { identifier: [mrn("a.1-2")] },
      agree: ["identifier"],
    },
    {
      comment: "one that may be written otherwise",
      a: { identifier: [mrn("1-23")] },
      b: { identifier: [mrn("12-3")] },
      shares: true,
    },
    {
      comment: "another one",
      a: { identifier: [mrn("1")] },
      b: { identifier: [mrn("2")] },
      differ: ["identifier"],
    },
    {
      comment: "several of one system, one in common",
      a: { identifier: [mrn("1"), mrn("3")] },
      b: { identifier: [mrn("2"), mrn("3")] },
      agree: ["identifier"],
    },
    {
      comment: "numbers of two systems are no contradiction",
      a: { identifier: [mrn("1")] },
      b: { identifier: [{ system: "https://b.example/mrn", value: "2" }] },
    },
    {
      comment: "an old number",
      a: { identifier: [mrn("1", { use: "old" })] },
      b: { identifier: [mrn("1")] },
      shares: true,
    },
    {
      comment: "a licence",
      a: { identifier: [licence("1")] },
      b: { identifier: [licence("1")] },
      shares: true,
    },
    { comment: "two licences", a: { identifier: [licence("1")] }, b: { identifier: [licence("2")] } },
    {
      comment: "a birth date",
      a: { birthDate: "1950-01-02" },
      b: { birthDate: "1950-01-02" },
      agree: ["birth_date"],
    },
    {
      comment: "its month",
      a: { birthDate: "1950-01" },
      b: { birthDate: "1950-01-02" },
      agree: ["birth_date"],
    },
    {
      comment: "another day",
      a: { birthDate: "1950-01-03" },
      b: { birthDate: "1950-01-02" },
      differ: ["birth_date"],
    },
    { comment: "another sex", a: { gender: "male" }, b: { gender: "female" }, differ: ["sex"] },
    { comment: "an unknown sex", a: { gender: "unknown" }, b: { gender: "female" } },
    {
      comment: "a name in other writing",
      a: { name: [{ family: "Müller", given: ["Zoë"] }] },
      b: { name: [{ text: "ZOE  MULLER" }] },
      agree: ["name"],
    },
    {
      comment: "a name with a middle name",
      a: { name: [{ family: "Smith", given: ["Anna", "Maria"] }] },
      b: { name: [{ family: "Smith", given: ["Anna"] }] },
      agree: ["name"],
    },
    {
      comment: "a married name",
      a: { name: [{ family: "Smith", given: ["Anna"] }] },
      b: { name: [{ family: "Jones", given: ["Anna"] }] },
    },
    {
      comment: "another name",
      a: { name: [{ family: "Smith", given: ["Anna"] }] },
      b: { name: [{ family: "Jones", given: ["Bert"] }] },
      differ: ["name"],
    },
    {
      comment: "a nickname alone",
      a: { name: [{ given: ["Anna"] }] },
      b: { name: [{ family: "Smith", given: ["Anna"] }] },
    },
    {
      comment: "a name in characters, as text and in parts",
      a: { name: [{ text: "王小芳" }] },
      b: { name: [{ family: "王", given: ["小芳"] }] },
      agree: ["name"],
    },
    {
      comment: "one of two names",
      a: { name: [{ text: "王小芳" }, { text: "Wang Xiaofang" }] },
      b: { name: [{ text: "Xiaofang Wang" }] },
      agree: ["name"],
    },
  ]
  for (const { comment, a, b, agree = [], differ = [], shares = false } of rows)
    it(comment, () => {
      for (const [one, other] of [
        [a, b],
        [b, a],
      ]) {
        const found = compare(person(one), person(other))
        assert.deepEqual([[...found.agree], [...found.differ], found.shares], [agree, differ, shares])
      }
    })
})

describe("the search for people", () => {
  const anna = {
    name: [{ family: "Müller-Lüdenscheidt", given: ["Änne", "M."] }, { text: "王小芳" }],
    birthDate: "1950-01-02",
    identifier: [mrn("A-17"), licence("L1"), mrn("OLD", { use: "old" })],
  }
  const finds = (search: string) => {
    const terms = new Set(termsOf(person(anna)))
    return termsAsked(search).every((group) => group.some((term) => terms.has(term)))
  }
  const found = [
    "müller-lüdenscheidt",
    "MULLER",
    "anne ludenscheidt",
    "王小芳",
    "王小",
    "小芳",
    "1950-01-02",
    "Änne 1950-01-02 a17",
    "A-17",
    "  a 17".replace(" 17", "17"),
  ]
  for (const search of found) it(`finds her by ${search}`, () => assert.ok(finds(search)))
  for (const search of ["mull", "anna", "王芳", "1950", "1951-01-02", "Änne 1951-01-02", "L1", "OLD", "A-1"])
    it(`does not by ${search}`, () => assert.ok(!finds(search)))
  for (const [name, shown] of [
    [{ prefix: ["Mr."], given: ["Fabian"], family: "Murray" }, "Mr. Fabian Murray"],
    [{ given: ["Ann"], family: "Lee", suffix: ["Jr.", "PhD"] }, "Ann Lee Jr. PhD"],
    [{ prefix: ["Frau", "Dr. med."], given: ["Jana"], family: "Ihle" }, "Frau Dr. med. Jana Ihle"],
    [{ family: "王", given: ["芳"], suffix: ["女士"] }, "王芳 女士"],
    [{ prefix: ["Sr."], given: ["Juan"], family: "Mora" }, "Sr. Juan Mora"],
  ] as const)
    it(`finds ${shown} as the list shows it, and without what stands around the name`, () => {
      const patient = { name: [name] }
      assert.equal(shownName(toJson(patient) as JsonObject), shown)
      const terms = new Set(termsOf(person(patient)))
      const all = shown.split(" ")
      for (const search of [shown, all.slice(1).join(" "), all.slice(0, -1).join(" ")])
        assert.ok(
          termsAsked(search).every((group) => group.some((term) => terms.has(term))),
          search,
        )
    })
  it("two people have no name in common by a title alone", () => {
    const titled = (family: string) => person({ name: [{ prefix: ["Mr."], family }] })
    assert.ok(compare(titled("Murray"), titled("Lee")).differ.has("name"))
  })
  it("nothing but spaces asks for nothing; a long text for a bounded number of terms", () => {
    assert.deepEqual(termsAsked("  "), [])
    assert.ok(termsAsked("a ".repeat(1000)).length <= 32)
    const names = Array.from({ length: 1000 }, (_, i) => ({ text: `name${i} `.repeat(30) }))
    assert.ok(termsOf(person({ name: names })).length <= 400)
  })
})

describe("what staff sees", () => {
  const name = (...names: object[]) => shownName(toJson({ name: names }) as JsonObject)
  it("the official name, else one in use, else a former one, as such", () => {
    assert.equal(
      name({ use: "usual", text: "Jim" }, { use: "official", given: ["Peter"], family: "C" }),
      "Peter C",
    )
    assert.equal(name({ use: "maiden", family: "W" }, { given: ["Jim"] }), "Jim")
    assert.equal(name({ use: "old", family: "W" }), "formerly W")
    assert.equal(name({ family: "王", given: ["小芳"] }), "王小芳")
    assert.equal(name(), undefined)
    assert.equal(name({ text: "" }, {}), undefined)
  })
  it("the record number: by its type, else by its system, else any trusted one", () => {
    const V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
    const ssn = { system: "http://hl7.org/fhir/sid/us-ssn", value: "999-44-4693" }
    const mr = { system: "urn:oid:1.2.3", value: "7", type: { coding: [{ system: V2, code: "MR" }] } }
    const of = (...identifier: object[]) => recordNumberOf(person({ identifier }))
    assert.equal(of(ssn, mrn("1"), mr), "7")
    assert.equal(of(ssn, mrn("1")), "1")
    assert.equal(of(licence("9"), ssn), "999-44-4693")
    assert.equal(of(licence("9"), mrn("2", { use: "old" })), undefined)
  })
})

it("marks around a word are not its own, those inside are, however many", () => {
  const long = `a${"'".repeat(100_000)}b`
  assert.deepEqual(wordsOf(`'O'Neill’ -- ‐Li-${long}-`), ["o'neill", `li-${long}`])
})
