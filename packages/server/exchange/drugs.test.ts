import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import {
  type AccessQuery,
  canonicalText,
  type JsonObject,
  MEMBER_SYSTEM,
  parseJson,
  readPolicy,
  utf8,
} from "@aceso/core"
import { FreshCustodians, type TestCustodian } from "../testing/custodian.ts"
import { asPolicySays, Drugs } from "./drugs.ts"

const SNOMED = "http://snomed.info/sct"
const medication = {
  resourceType: "Medication",
  id: "m",
  meta: { security: [{ system: "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", code: "R" }] },
  identifier: [{ system: "https://a.example/dispensed-to", value: "Ada Example" }],
  text: { status: "generated", div: "<div>for Ada Example</div>" },
  code: { coding: [{ system: SNOMED, code: "387207008" }], text: "ibuprofen 400 mg" },
  batch: { lotNumber: "Ada" },
  ingredient: [{ itemCodeableConcept: { text: "ibuprofen" }, itemReference: { display: "Ada" } }],
}
const record = {
  resourceType: "MedicationRequest",
  id: "r",
  status: "active",
  intent: "order",
  authoredOn: "2024-05-05",
  medicationReference: { reference: "Medication/m" },
  subject: { reference: "Patient/p" },
}
const query: AccessQuery = {
  member: "county",
  practitioner: "ab".repeat(32),
  role: "physician",
  purpose: "TREAT",
  time: Date.now(),
}
const type = (code: string) => [{ system: "http://hl7.org/fhir/resource-types", code }]
const actor = [{ reference: { identifier: { system: MEMBER_SYSTEM, value: "county" } } }]
const policyOf = (...provisions: readonly object[]) =>
  readPolicy(
    provisions.map((provision, i) => ({
      content: utf8(JSON.stringify({ resourceType: "Consent", status: "active", provision })),
      salt: new Uint8Array(32).fill(i),
    })),
  )

describe("a drug by reference, and what a policy says of it", () => {
  let custodians: FreshCustodians
  let city: TestCustodian
  before(async () => {
    custodians = await FreshCustodians.start()
    city = custodians.make()
    await city.importer.import(utf8(JSON.stringify(medication)), "m")
  })
  after(() => custodians.end())

  const named = async (...provisions: readonly object[]) => {
    const drugs = new Drugs(city.vault, asPolicySays(policyOf(...provisions), query))
    drugs.add(parseJson(JSON.stringify(record)) as JsonObject)
    return drugs.read()
  }
  const all = { type: "permit", actor }
  const label = (code: string) => [
    { system: "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", code },
  ]
  const rows: readonly (readonly [string, readonly object[], number])[] = [
    ["everything is permitted", [all], 1],
    ["the record's class is", [{ ...all, class: type("MedicationRequest") }], 1],
    ["the record's time is", [{ ...all, dataPeriod: { start: "2024-01-01", end: "2024-12-31" } }], 1],
    ["another time is", [{ ...all, dataPeriod: { start: "2025-01-01" } }], 0],
    ["another class is", [{ ...all, class: type("Observation") }], 0],
    ["what is less confidential is", [{ ...all, securityLabel: label("N") }], 0],
    ["Medications are denied", [all, { type: "deny", class: type("Medication") }], 0],
    [
      "its code is denied",
      [all, { type: "deny", code: [{ coding: [{ system: SNOMED, code: "387207008" }] }] }],
      0,
    ],
    ["its label is denied", [all, { type: "deny", securityLabel: label("R") }], 0],
    ["nothing is permitted", [], 0],
  ]
  for (const [comment, provisions, count] of rows)
    it(`${count === 1 ? "is named" : "is not named"} where ${comment}`, async () =>
      assert.equal((await named(...provisions)).length, count))

  it("says which drug it is, and nothing else of the Medication", async () => {
    const [{ reference, content }] = await named(all)
    assert.equal(reference, "Medication/m")
    const { code } = medication
    const ingredient = [{ itemCodeableConcept: { text: "ibuprofen" } }]
    const expected = parseJson(JSON.stringify({ resourceType: "Medication", code, ingredient }))
    assert.equal(Buffer.from(content).toString(), canonicalText(expected))
  })
})
