import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type JsonObject, toJson } from "@aceso/core"
import type { Meaning } from "./identifier-meaning.ts"
import { byType } from "./identifiers.table.ts"
import { knownIdentifiers, meaningOf } from "./identifiers.ts"

const V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
const typed = (code: string, system = "https://a.example/numbers", table = V2) =>
  toJson({ system, value: "1234", type: { coding: [{ system: table, code }] } }) as JsonObject

describe("what identifiers are worth, by HL7 table 0203", () => {
  const rows: Readonly<Record<Meaning, readonly string[]>> = {
    unique: ["MR", "PI", "PE", "PN", "NI", "NNDEU", "NNCHN", "SS", "JHN"],
    shared: ["DL", "PPN", "MB", "SN", "MI", "MRT", "PNT", "LN", "NPI", "AN", "VN"],
    unknown: ["SB", "MC", "HC", "TAX", "U", "XX", "NNX", "NNdeu", "mr", "toString", ""],
  }
  for (const [meaning, codes] of Object.entries(rows))
    it(`${meaning}: ${codes.join(", ")}`, () => {
      for (const code of codes) assert.equal(meaningOf(typed(code), {}), meaning, code)
    })
  it("the table has no code twice as something else, and its older names are known", () => {
    for (const [code, meaning] of Object.entries(byType))
      for (const table of [V2, "http://hl7.org/fhir/v2/0203", "urn:oid:2.16.840.1.113883.18.108"])
        assert.equal(meaningOf(typed(code, undefined, table), {}), meaning)
    assert.equal(meaningOf(typed("MR", undefined, "https://a.example/types"), {}), "unknown")
  })
  it("of several types the careful one counts", () => {
    const coding = ["MR", "DL"].map((code) => ({ system: V2, code }))
    assert.equal(
      meaningOf(toJson({ system: "urn:x:y", value: "1", type: { coding } }) as JsonObject, {}),
      "shared",
    )
  })
})

describe("what identifiers are worth, by their system", () => {
  const rows: readonly (readonly [Meaning, string])[] = [
    ["unique", "http://hl7.org/fhir/sid/us-ssn"],
    ["unique", "urn:oid:2.16.840.1.113883.4.1"],
    ["unique", "https://fhir.nhs.uk/Id/nhs-number"],
    ["unique", "urn:oid:2.16.156.10011.1.3"],
    ["shared", "http://hl7.org/fhir/sid/us-medicare"],
    ["shared", "http://hl7.org/fhir/sid/passport-DEU"],
    ["shared", "urn:oid:2.16.840.1.113883.4.3.25"],
    ["unique", "https://hospital.example/mrn"],
    ["unique", "https://bugs.example/mrn12d"],
    ["unique", "https://hospital.example/fhir/medical-record-number"],
    ["unique", "https://hospital.example/Patient-ID/main"],
    ["unique", "urn:ssn"],
    ["shared", "https://bugs.example/licence"],
    ["shared", "https://bugs.example/driver-license/mrn"],
    ["shared", "http://standardhealthrecord.org/fhir/StructureDefinition/passportNumber"],
    ["shared", "https://insurer.example/member"],
    ["unknown", "https://mrn.example"],
    ["unknown", "https://mrn.example/numbers"],
    ["unknown", "https://github.com/synthetichealth/synthea"],
    ["unknown", "urn:oid:1.2.3.4"],
  ]
  for (const [meaning, system] of rows)
    it(`${system}: ${meaning}`, () => assert.equal(meaningOf({ system, value: "1" }, {}), meaning))
  it("a known system goes before an identifier's own type, what is configured before both", () => {
    const passport = typed("MR", "http://hl7.org/fhir/sid/passport-DEU")
    assert.equal(meaningOf(passport, {}), "shared")
    assert.equal(meaningOf(passport, { "http://hl7.org/fhir/sid/passport-DEU": "unique" }), "unique")
    assert.equal(meaningOf(typed("MR"), { "https://a.example/numbers": "shared" }), "shared")
    assert.equal(meaningOf(typed("MR"), { "https://a.example/mrn": "shared" }), "unique")
  })
  it("a system that everybody may mean something else by is worth nothing, whatever its type", () => {
    for (const system of ["MRN", "mrn", "hospital", "urn:ietf:rfc:3986", "http://example.org", V2])
      assert.equal(meaningOf(typed("MR", system), {}), "unknown", system)
    assert.equal(meaningOf(typed("MR", "MRN"), { MRN: "unique" }), "unique")
  })
})

describe("identifiers of a resource", () => {
  const NOW = Date.UTC(2026, 5, 15)
  const known = (identifier: object) =>
    knownIdentifiers(toJson({ identifier: [identifier] }) as JsonObject, { configured: {}, now: NOW })
  const mrn = { system: "https://a.example/mrn", value: "17" }
  it("need a system and a value", () => {
    for (const one of [{ system: mrn.system }, { value: "17" }, { ...mrn, value: "" }, { ...mrn, value: 17 }])
      assert.deepEqual(known(one), [])
    assert.equal(known(mrn).length, 1)
  })
  for (const [comment, more, isCurrent] of [
    ["usual", { use: "usual" }, true],
    ["old", { use: "old" }, false],
    ["a period that is over", { period: { end: "2026-06-13" } }, false],
    ["a period that ends today", { period: { end: "2026-06-15" } }, true],
    ["a period that ends later", { period: { start: "2020", end: "2027" } }, true],
    ["a month that is over", { period: { end: "2026-05" } }, false],
    ["this month", { period: { end: "2026-06" } }, true],
    ["last year", { period: { end: "2025" } }, false],
    ["this year", { period: { end: "2026" } }, true],
    ["a moment before", { period: { end: "2026-06-14T23:59:00Z" } }, false],
    ["no date", { period: { end: "some time" } }, true],
  ] as const)
    it(`${comment}: ${isCurrent ? "current" : "over"}`, () =>
      assert.equal(known({ ...mrn, ...more })[0].isCurrent, isCurrent))
  it("placeholders are nobody's number", () => {
    const usual = ["0000", "999-99-9999", "123456789", "unknown", "N/A", "n.a.", "none", "XX", "0"]
    const words = ["PENDING", "Unknown MRN", "not known", "无", "無", "不详", "未知"]
    for (const value of [...usual, ...words, "***-**-6789", "XXX-XX-1111", "???"])
      assert.equal(known({ ...mrn, value })[0].meaning, "unknown", value)
    for (const value of ["X", "9", "17", "0017", "999-44-4693", "A1"])
      assert.equal(known({ ...mrn, value })[0].meaning, "unique", value)
  })
})
