import assert from "node:assert/strict"
import { describe, it } from "node:test"
import {
  canonicalJson,
  decide,
  factsOf,
  grantDocument,
  type JsonObject,
  MAX_DOCUMENTS,
  PlatformError,
  randomBytes,
  readPolicy,
  settledFactsOf,
  toJson,
} from "@aceso/core"
import { systemName } from "@aceso/core/consent/systems.ts"
import {
  bothWays,
  classes,
  concept,
  consent,
  decided,
  deny,
  type Fields,
  LOINC,
  NOW,
  permit,
  query,
  SNOMED,
} from "./deciding.ts"

/** What is decided of records and policies as large as they come; the numbers stand in docs/operations.md. */
const many = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i))
const document = (one: Fields) => ({ content: canonicalJson(toJson(one)), salt: randomBytes(32) })
const json = (record: Fields) => toJson(record) as JsonObject
const observation = { resourceType: "Observation", code: concept(LOINC, "1-8") }

describe("a record that holds more than 100,000 codes, labels, times, references and tenths of resources", () => {
  const kinds: Readonly<Record<string, (count: number) => Fields>> = {
    codes: (count) => ({ ...observation, component: many(count, (i) => ({ code: `c${i}` })) }),
    labels: (count) => ({ ...observation, meta: { security: many(count / 2, () => ({ code: "N" })) } }),
    references: (count) => ({ ...observation, hasMember: many(count, (i) => ({ reference: `X/${i}` })) }),
    times: (count) => ({ ...observation, effectiveTiming: { event: many(count, () => "2020") } }),
    "resources inside": (count) => ({ ...observation, contained: many(count / 10, () => observation) }),
    "resources inside resources": (count) => ({
      ...observation,
      contained: many(count / 200, () => ({ ...observation, contained: many(20, () => observation) })),
    }),
  }
  const criteria: readonly Fields[] = [
    { class: classes("Observation") },
    { code: [concept(SNOMED, "86406008")] },
    { dataPeriod: { start: "1999", end: "1999" } },
  ]
  const policyOf = (...consents: Fields[]) => readPolicy(consents.map(document))
  for (const [kind, make] of Object.entries(kinds))
    it(`${kind}: a permit of everything opens it, none with criteria, and each denial closes it`, () => {
      const facts = factsOf(json(make(101_000)))
      assert.equal(decide(policyOf(consent(permit())), query, facts), "permit")
      for (const one of criteria) {
        assert.equal(decide(policyOf(consent(permit(one))), query, facts), "none")
        assert.equal(decide(policyOf(consent(permit()), consent(deny(one))), query, facts), "deny")
      }
    })
  it("below that it is decided as any other", () => {
    const record = { ...observation, component: many(9_000, (i) => ({ code: `c${i}` })) }
    assert.deepEqual(bothWays({ class: classes("Observation") }, record), { permits: true, denies: true })
    assert.equal(bothWays({ code: [concept(SNOMED, "86406008")] }, record).denies, false)
  })
})

describe("criteria times resources of more than 200,000", () => {
  const codes = (count: number) => ({ code: many(count, (i) => concept(SNOMED, `${i}`)) })
  const inside = (count: number) => ({ ...observation, contained: many(count, () => observation) })
  for (const [criteria, resources, denies] of [
    [40, 1_000, false],
    [2_000, 20, false],
    [2_000, 100, true],
    [100, 3_000, true],
  ] as const)
    it(`a denial of ${criteria} codes, ${resources} resources inside`, () =>
      assert.equal(bothWays(codes(criteria), inside(resources)).denies, denies))
  it("documents for others do not count", () => {
    const others = consent(deny({ ...codes(2_000), purpose: [{ code: "HMARKT" }] }))
    const own = consent(permit({ class: classes("Observation") }))
    assert.equal(decided([others, own], inside(500)), "permit")
  })
})

describe("what one resource inside has of those around it is not copied", () => {
  it("each has its own references and identifiers alone", () => {
    const count = 500
    const bundle = {
      resourceType: "Bundle",
      identifier: many(count, (i) => ({ value: `${i}` })),
      link: many(count, (i) => ({ reference: `Encounter/${i}` })),
      entry: many(count, (i) => ({
        resource: {
          ...observation,
          identifier: [{ value: `o${i}` }],
          subject: { reference: `Patient/${i}` },
        },
      })),
    }
    const facts = settledFactsOf(json(bundle))
    assert.equal(facts.references.size, count)
    assert.equal(facts.insideCount, count)
    for (const inside of facts.nested) {
      assert.equal(inside.references.size, 1)
      assert.equal(inside.identifiers.size, 1)
      assert.equal(inside.outer, facts)
    }
  })
  it("one reference that is written in many ways is looked up at once", () => {
    const record = {
      ...observation,
      hasMember: many(1_000, (i) => ({ reference: `http://s${i}/Encounter/e1` })),
    }
    const [spellings, ...others] = factsOf(json(record)).references.values()
    assert.deepEqual([spellings?.size, others.length], [1_000, 0])
  })
})

describe("a system or reference of any length", () => {
  it("a long system is compared as it stands: nothing is looked for in it", () => {
    for (const system of [`http://${"/".repeat(80_000)}x`, `${"|".repeat(80_000)}\n`, " ".repeat(80_000)])
      assert.equal(systemName(system), `?${system}`)
  })
  it("slashes at the end, a bar and what follows it make no difference", () => {
    for (const system of [
      "http://loinc.org",
      "https://loinc.org//",
      " HTTP://LOINC.ORG|2.7\n",
      "urn:oid:2.16.840.1.113883.6.1",
    ])
      assert.equal(systemName(system), "loinc")
  })
  it("a long reference ends with its type and id", () => {
    const reference = `http://x/${"a/".repeat(50_000)}Encounter/e1`
    const data = { data: [{ meaning: "dependents", reference: { reference: "Encounter/e1" } }] }
    const record = { ...observation, encounter: { reference } }
    assert.deepEqual(bothWays(data, record), { permits: false, denies: true })
  })
})

describe("a policy that is too large is refused", () => {
  const isRefused = (why: RegExp) => (error: unknown) =>
    error instanceof PlatformError && error.code === "policy_unknown" && why.test(error.message)
  it("more than 1 MiB", () => {
    const documents = many(20, () => document(consent(permit({ note: "x".repeat(60_000) }))))
    assert.throws(() => readPolicy(documents), isRefused(/ bytes, more than 1048576: take some back/))
  })
  it("more than 10,000 criteria", () => {
    const documents = many(4, () => document(consent(deny({ code: many(1_400, () => concept(LOINC, "1")) }))))
    assert.throws(() => readPolicy(documents), isRefused(/criteria, more than 10000: take some back/))
  })
  it(`${MAX_DOCUMENTS} grants of ten classes each are not`, () => {
    const grant = grantDocument({
      custodian: "city-hospital",
      grantee: query.member,
      purpose: "TREAT",
      classes: many(10, () => "Observation"),
      now: NOW - 1,
      until: NOW + 1_000,
    })
    const policy = readPolicy(many(MAX_DOCUMENTS, () => ({ ...grant, salt: randomBytes(32) })))
    assert.equal(decide(policy, query, factsOf(json(observation))), "permit")
  })
})

describe("a record's codes in other spellings", () => {
  const denied = { code: [concept(SNOMED, "86406008")] }
  const record = (...codes: readonly string[]): Fields => ({
    resourceType: "Basic",
    code: { coding: codes.map((code) => ({ system: "urn:x", code })) },
  })
  it("of more than 32 words and codes one may be any", () => {
    assert.equal(bothWays(denied, record(many(31, (i) => `w${i}`).join(" "))).denies, false)
    assert.equal(bothWays(denied, record(many(33, (i) => `w${i}`).join(" "))).denies, true)
  })
  it("of more than 100,000 each may be any", () => {
    const code = (i: number) => many(30, (j) => `w${i}x${j}`).join(",")
    assert.equal(bothWays(denied, record(...many(2_000, code))).denies, false)
    assert.equal(bothWays(denied, record(...many(3_400, code))).denies, true)
  })
})
