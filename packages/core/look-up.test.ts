import assert from "node:assert/strict"
import { describe, it } from "node:test"
import fc from "fast-check"
import { isSameCode, nameOfWanted, namesOfFound } from "./consent/systems.ts"
import type { JsonObject } from "./json.ts"
import { lookUpTerms } from "./look-up.ts"

const at = (text: string) => Date.parse(text)
const DAY_MS = 86_400_000

describe("what a resource is looked up by", () => {
  const rows: [
    comment: string,
    resource: JsonObject,
    codes: string[][],
    time?: [from: number, to: number],
  ][] = [
    [
      "a code by itself and with its system, under that system's one name",
      {
        resourceType: "Observation",
        code: { coding: [{ system: "urn:oid:2.16.840.1.113883.6.1", code: "4548-4" }] },
        effectiveDateTime: "2026-05-01T10:00:00+02:00",
      },
      [["4548-4"], ["4548-4", "loinc"]],
      [at("2026-05-01T08:00:00Z"), at("2026-05-01T08:00:01Z")],
    ],
    [
      "several codes, one in two systems, each name once; a day is the whole of it",
      {
        resourceType: "MedicationRequest",
        medicationCodeableConcept: {
          coding: [
            { system: "urn:a", code: "7" },
            { system: "urn:b", code: "7" },
            { code: "8" },
            { code: "7" },
          ],
        },
        authoredOn: "2026-05-01",
      },
      [["7"], ["7", "?urn:a"], ["7", "?urn:b"], ["8"]],
      [at("2026-05-01"), at("2026-05-01") + DAY_MS],
    ],
    [
      "a month",
      { resourceType: "Immunization", vaccineCode: { coding: [] }, occurrenceDateTime: "2024-02" },
      [],
      [at("2024-02-01"), at("2024-03-01")],
    ],
    [
      "the year that an unreadable time begins with",
      { resourceType: "Procedure", performedDateTime: "2025 in spring" },
      [],
      [at("2025-01-01"), at("2026-01-01")],
    ],
    ["a time that says nothing", { resourceType: "Procedure", performedString: "as a child" }, []],
    ["no time", { resourceType: "AllergyIntolerance", code: { text: "peanuts" } }, []],
    [
      "a code that is too long to be compared",
      { resourceType: "Condition", code: { coding: [{ code: "x".repeat(401) }] } },
      [],
    ],
    ["nothing that is a resource", {}, []],
  ]
  for (const [comment, resource, codes, time] of rows)
    it(comment, () => {
      const terms = lookUpTerms(resource)
      assert.deepEqual(terms.codes, codes)
      assert.deepEqual(terms.time, time && { fromMs: time[0], toMs: time[1] })
    })

  it("finds a code exactly where a consent and a filter take it for the same", () => {
    const coding = fc.record(
      {
        system: fc.constantFrom(
          "http://loinc.org",
          "LOINC.org/",
          "urn:oid:2.16.840.1.113883.6.1",
          "urn:own",
          "",
        ),
        code: fc.constantFrom("1", "2", "x".repeat(400), "x".repeat(401)),
      },
      { requiredKeys: ["code"] },
    )
    const name = (parts: readonly string[]) => JSON.stringify(parts)
    fc.assert(
      fc.property(coding, coding, (wanted, found) => {
        const isFound = namesOfFound(found).some((one) => name(one) === name(nameOfWanted(wanted)))
        assert.equal(isFound, isSameCode(wanted, found))
      }),
    )
  })
})
