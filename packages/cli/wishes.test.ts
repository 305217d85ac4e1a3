import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { resourceTypes } from "@aceso/core"
import { sentenceOf, whatIn } from "./commands/consent-words.ts"
import { classesOf, dateOf, datesOf, purposeOf } from "./commands/wishes.ts"
import { UsageError } from "./session.ts"

const isUsage = (says: RegExp) => (error: unknown) => error instanceof UsageError && says.test(error.message)

describe("words that are none are refused, with the nearest one", () => {
  const rows: readonly (readonly [comment: string, read: () => unknown, says: RegExp])[] = [
    ["a class in the plural", () => classesOf("Observations"), /did you mean Observation\?/],
    ["a class in small letters", () => classesOf("observation"), /did you mean Observation\?/],
    ["a class mistyped", () => classesOf("Claim,AllergyIntolerence"), /did you mean AllergyIntolerance\?/],
    ["a class of a later version", () => classesOf("MedicationUsage"), /no FHIR R4 type/],
    ["a data type", () => classesOf("HumanName"), /no FHIR R4 type/],
    ["no class", () => classesOf(""), /leave it away for all/],
    ["commas alone", () => classesOf(" , "), /leave it away for all/],
    ["more classes than fit", () => classesOf(resourceTypes().join(",")), /at most 50 types/],
    ["a purpose in small letters", () => purposeOf("treat"), /did you mean TREAT\?/],
    ["a purpose mistyped", () => purposeOf("HPAYMNT"), /did you mean HPAYMT\?/],
    ["a purpose that cannot be asked for", () => purposeOf("HMARKT"), /is no purpose/],
    ["a day that there is not", () => dateOf("2026-02-30", "--from"), /--from 2026-02-30/],
    ["the year nought", () => dateOf("0000", "--from"), /there is no year 0000/],
    [
      "a bound after the other",
      () => datesOf("2026-03-01", "2026-02"),
      /--from 2026-03-01 is after --to 2026-02/,
    ],
  ]
  for (const [comment, read, says] of rows) it(comment, () => assert.throws(read, isUsage(says)))
})

describe("what is taken", () => {
  it("classes once each, with spaces", () => {
    assert.deepEqual(classesOf("Claim, Observation,Claim"), ["Claim", "Observation"])
    assert.deepEqual(classesOf(undefined), [])
  })
  it("a moment, in the form that FHIR can read", () =>
    assert.equal(dateOf("2026-05-01T08:00+02:00", "--from"), "2026-05-01T06:00:00.000Z"))
  it("bounds that touch", () => {
    assert.deepEqual(datesOf("2026-03", "2026-03-01"), { from: "2026-03", to: "2026-03-01" })
    assert.deepEqual(datesOf(undefined, undefined), {})
  })
})

describe("what is about to be signed", () => {
  const terms = {
    grantee: "insurer",
    purpose: "HPAYMT",
    classes: ["Claim"],
    until: Date.parse("2027-01-31T00:00Z"),
  }
  it("in one sentence", () => {
    assert.equal(
      sentenceOf(
        { ...terms, dataFrom: "2025" },
        { custodian: "city-hospital", records: 57, opened: 12, together: 20, earlier: 0 },
      ),
      "At city-hospital, insurer may read only Claim from 2025 on, for payment (HPAYMT), until 2027-01-31 00:00 UTC: 12 of your 57 records of today; with your other consents 20.",
    )
    assert.match(
      sentenceOf(
        { ...terms, purpose: "TREAT", classes: [] },
        { custodian: "city-hospital", records: 1, opened: 1, together: 1, earlier: 3 },
      ),
      /may read everything, for treatment, emergencies too \(TREAT\), .*: 1 of your 1 record of today and 3 earlier or deleted versions of your records\.$/,
    )
  })
  it("with both bounds", () => assert.equal(whatIn([], "2025", "2026"), "everything from 2025 on up to 2026"))
})
