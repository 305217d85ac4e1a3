import assert from "node:assert/strict"
import { test } from "node:test"
import type { Coding } from "./clinical.ts"
import { clinicalTime, codings, dateRange, securityLabels } from "./clinical.ts"

type Fields = Record<string, unknown>

const times: readonly (readonly [type: string, fields: Fields, time: string | undefined])[] = [
  ["Observation", { issued: "2020-02-02T00:00:00Z", effectiveDateTime: "2020-01-01" }, "2020-01-01"],
  ["Observation", { effectivePeriod: { start: "2020-01", end: "2020-02" } }, "2020-01"],
  ["Observation", { effectivePeriod: { end: "2020-02" } }, "2020-02"],
  ["Observation", { effectiveInstant: "2020-01-01T01:02:03.456+01:00" }, "2020-01-01T01:02:03.456+01:00"],
  ["Observation", { effectiveTiming: { event: ["2020-03", "2020-04"] } }, "2020-03"],
  ["Observation", { effectiveTiming: { repeat: { boundsPeriod: { start: "2020-05" } } } }, "2020-05"],
  ["Observation", { issued: "2020-02-02T00:00:00Z" }, "2020-02-02T00:00:00Z"],
  ["Observation", { meta: { lastUpdated: "2020-02-02T00:00:00Z" } }, undefined],
  ["Observation", { effectiveDateTime: 2020, issued: "2021-01-01T00:00:00Z" }, "2021-01-01T00:00:00Z"],
  ["Condition", { recordedDate: "2021", onsetDateTime: "2020" }, "2020"],
  ["Condition", { recordedDate: "2021", onsetString: "as a child" }, "2021"],
  ["AllergyIntolerance", { onsetDateTime: "2004", recordedDate: "2014" }, "2014"],
  ["AllergyIntolerance", { onsetDateTime: "2004" }, "2004"],
  ["Encounter", { period: { start: "2020-01-01T08:00:00Z", end: "2020-01-02" } }, "2020-01-01T08:00:00Z"],
  ["MedicationRequest", { authoredOn: "2020" }, "2020"],
  ["MedicationAdministration", { effectivePeriod: { start: "2020" } }, "2020"],
  ["MedicationDispense", { whenPrepared: "2020-01-01", whenHandedOver: "2020-01-02" }, "2020-01-02"],
  ["Immunization", { recorded: "2021", occurrenceDateTime: "2020" }, "2020"],
  ["Procedure", { performedPeriod: { start: "2020" } }, "2020"],
  ["Procedure", { performedDateTime: "2020" }, "2020"],
  ["Claim", { billablePeriod: { start: "2019" }, created: "2020" }, "2020"],
  ["ExplanationOfBenefit", { created: "2020" }, "2020"],
  ["DiagnosticReport", { effectiveDateTime: "2020", issued: "2021-01-01T00:00:00Z" }, "2020"],
  ["CarePlan", { period: { start: "2020" }, created: "2019" }, "2020"],
  ["Goal", { startDate: "2020", statusDate: "2021" }, "2020"],
  ["Goal", { startCodeableConcept: { text: "admission" }, statusDate: "2021" }, "2021"],
  ["ImagingStudy", { started: "2020" }, "2020"],
  ["DocumentReference", { date: "2020-01-01T00:00:00Z" }, "2020-01-01T00:00:00Z"],
  ["Coverage", { period: { start: "2020" } }, "2020"],
  ["CoverageEligibilityRequest", { servicedDate: "2020", created: "2019" }, "2020"],
  ["Specimen", { collection: { collectedDateTime: "2020" }, receivedTime: "2021" }, "2020"],
  ["FamilyMemberHistory", { date: "2020", bornDate: "1950" }, "2020"],
  ["ResearchSubject", { period: { start: "2020" } }, "2020"],
  ["Patient", { birthDate: "1974-12-25", deceasedDateTime: "2015" }, undefined],
  ["valueOf", { date: "2020" }, "2020"],
]

for (const [resourceType, fields, time] of times) {
  test(`clinicalTime: ${resourceType} ${JSON.stringify(fields)}`, () => {
    assert.equal(clinicalTime({ resourceType, ...fields }), time)
  })
}

test("clinicalTime, codings and securityLabels of what is no resource", () => {
  for (const nothing of [undefined, null, "2020", [], 1]) {
    assert.equal(clinicalTime(nothing), undefined)
    assert.deepEqual(codings(nothing), [])
    assert.deepEqual(securityLabels(nothing), [])
  }
})

const ranges: readonly (readonly [value: string, from: string, to: string])[] = [
  ["2020", "2020-01-01T00:00:00.000Z", "2021-01-01T00:00:00.000Z"],
  ["2020-02", "2020-02-01T00:00:00.000Z", "2020-03-01T00:00:00.000Z"],
  ["2020-12", "2020-12-01T00:00:00.000Z", "2021-01-01T00:00:00.000Z"],
  ["2020-02-29", "2020-02-29T00:00:00.000Z", "2020-03-01T00:00:00.000Z"],
  ["2000-02-29", "2000-02-29T00:00:00.000Z", "2000-03-01T00:00:00.000Z"],
  ["0001", "0001-01-01T00:00:00.000Z", "0002-01-01T00:00:00.000Z"],
  ["0099-12-31", "0099-12-31T00:00:00.000Z", "0100-01-01T00:00:00.000Z"],
  ["9999", "9999-01-01T00:00:00.000Z", "+010000-01-01T00:00:00.000Z"],
  ["1905-08-23", "1905-08-23T00:00:00.000Z", "1905-08-24T00:00:00.000Z"],
  ["2020-01-01T10:20:30Z", "2020-01-01T10:20:30.000Z", "2020-01-01T10:20:31.000Z"],
  ["2020-01-01T00:30:00+01:00", "2019-12-31T23:30:00.000Z", "2019-12-31T23:30:01.000Z"],
  ["2020-01-01T23:30:00-05:30", "2020-01-02T05:00:00.000Z", "2020-01-02T05:00:01.000Z"],
  ["2020-01-01T00:00:00+14:00", "2019-12-31T10:00:00.000Z", "2019-12-31T10:00:01.000Z"],
  ["2020-01-01T00:00:00-00:00", "2020-01-01T00:00:00.000Z", "2020-01-01T00:00:01.000Z"],
  ["2020-01-01T10:20:30.5Z", "2020-01-01T10:20:30.500Z", "2020-01-01T10:20:30.600Z"],
  ["2020-01-01T10:20:30.05Z", "2020-01-01T10:20:30.050Z", "2020-01-01T10:20:30.060Z"],
  ["2020-01-01T10:20:30.500Z", "2020-01-01T10:20:30.500Z", "2020-01-01T10:20:30.501Z"],
  ["2020-01-01T10:20:30.123999Z", "2020-01-01T10:20:30.123Z", "2020-01-01T10:20:30.124Z"],
  ["2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z", "2017-01-01T00:00:01.000Z"],
]

for (const [value, from, to] of ranges) {
  test(`dateRange: ${value}`, () => {
    const { fromMs, toMs } = dateRange(value)
    const iso = [new Date(fromMs).toISOString(), new Date(toMs).toISOString()]
    assert.deepEqual(iso, [from, to])
  })
}

const notDates: readonly (readonly [value: unknown, why: string])[] = [
  ["", "it has another form"],
  ["20", "it has another form"],
  ["2020-1-1", "it has another form"],
  ["20200101", "it has another form"],
  ["2020-01-01 ", "it has another form"],
  ["2020-01-01\n", "it has another form"],
  ["2020-01-01T10:20Z", "it has another form"],
  ["2020-01-01T10:20:30", "it has another form"],
  ["2020-01-01T10:20:30.Z", "it has another form"],
  ["2020-01-01t10:20:30z", "it has another form"],
  ["2020-01-01 10:20:30Z", "it has another form"],
  ["2020-01T10:20:30Z", "it has another form"],
  ["2020-01-01T10:20:30+0100", "it has another form"],
  ["2020Z", "it has another form"],
  ["+2020", "it has another form"],
  ["٢٠٢٠", "it has another form"],
  [2020, "it has another form"],
  [undefined, "it has another form"],
  ["0000", "there is no year 0000"],
  ["2020-00", "there is no month 00"],
  ["2020-13", "there is no month 13"],
  ["2020-01-00", "2020-01 has no day 00"],
  ["2020-04-31", "2020-04 has no day 31"],
  ["2019-02-29", "2019-02 has no day 29"],
  ["1900-02-29", "1900-02 has no day 29"],
  ["2020-01-01T24:00:00Z", "there is no hour 24"],
  ["2020-01-01T00:60:00Z", "there is no minute 60"],
  ["2020-01-01T00:00:61Z", "there is no second 61"],
  ["2020-01-01T00:00:00+14:01", "there is no zone +14:01"],
  ["2020-01-01T00:00:00-01:60", "there is no zone -01:60"],
]

for (const [value, why] of notDates) {
  test(`dateRange refuses ${JSON.stringify(value)}: ${why}`, () => {
    const isThat = (error: unknown) => error instanceof RangeError && error.message.includes(`: ${why}. `)
    assert.throws(() => dateRange(value as string), isThat)
  })
}

test("dateRange: the message says what is wrong and what to write", () => {
  assert.throws(() => dateRange("2019-02-29"), {
    name: "RangeError",
    message:
      'Not a FHIR date, dateTime or instant: "2019-02-29": 2019-02 has no day 29. ' +
      "Write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss, " +
      "the last with Z or ±hh:mm and, if need be, a .fraction before it.",
  })
})

const a: Coding = { system: "http://loinc.org", code: "29463-7" }
const b: Coding = { system: "http://snomed.info/sct", code: "27113001" }
const concept = { coding: [{ ...a, display: "Body weight", userSelected: true }, b], text: "Weight" }

const codes: readonly (readonly [type: string, fields: Fields, found: readonly Coding[]])[] = [
  ["Observation", { code: concept, category: [{ coding: [{ code: "vital-signs" }] }] }, [a, b]],
  ["Observation", { code: { text: "Weight" } }, []],
  ["Observation", { code: { coding: [{ code: "x" }, { system: "urn:s" }, null, "x"] } }, [{ code: "x" }]],
  ["Observation", { valueCodeableConcept: concept }, []],
  ["Immunization", { vaccineCode: { coding: [a] } }, [a]],
  ["MedicationRequest", { medicationCodeableConcept: { coding: [a] } }, [a]],
  ["MedicationRequest", { medicationReference: { reference: "#m" } }, []],
  ["Encounter", { type: [{ coding: [a] }, { coding: [b] }], class: { code: "AMB" } }, [a, b]],
  ["Claim", { type: { coding: [a] } }, [a]],
  ["AuditEvent", { type: a, subtype: [b] }, [a, b]],
  ["Questionnaire", { code: [a, b] }, [a, b]],
  ["FamilyMemberHistory", { condition: [{ code: { coding: [a] } }, { code: { coding: [b] } }] }, [a, b]],
  ["CarePlan", { category: [concept] }, []],
  ["SearchParameter", { code: "date" }, []],
  ["Observation", {}, []],
]

for (const [resourceType, fields, found] of codes) {
  test(`codings: ${resourceType} ${JSON.stringify(fields)}`, () => {
    assert.deepEqual(codings({ resourceType, ...fields }), found)
  })
}

const labels: readonly (readonly [comment: string, meta: unknown, found: readonly Coding[]])[] = [
  ["labels in their order", { security: [b, { ...a, display: "x" }] }, [b, a]],
  ["tags are no labels", { tag: [a] }, []],
  ["a label without a code", { security: [{ system: "urn:s" }] }, []],
  ["no meta", undefined, []],
]

for (const [comment, meta, found] of labels) {
  test(`securityLabels: ${comment}`, () => {
    assert.deepEqual(securityLabels({ resourceType: "Observation", meta }), found)
  })
}
