import assert from "node:assert/strict"
import { describe, it } from "node:test"
import fc from "fast-check"
import { bothWays, consent, decided, deny, type Fields, permit } from "./deciding.ts"

/**
 * R4 Consent.provision.dataPeriod, "clinical or operational relevant period of time that bounds the data". A permit
 * wants all of a record's time inside, a denial any part of it. The period is March 2026.
 */
const MARCH = { dataPeriod: { start: "2026-03-01", end: "2026-03-31" } }
const IN = "2026-03-10"
const OUT = "2025-12-24"
const record = (resourceType: string, fields: Fields): Fields => ({ resourceType, ...fields })

type Row = readonly [section: string, record: Fields, permits: boolean, denies: boolean]
const rows: readonly Row[] = [
  ["Encounter.period inside", record("Encounter", { period: { start: IN, end: IN } }), true, true],
  ["Encounter.period begins before", record("Encounter", { period: { start: OUT, end: IN } }), false, true],
  ["Encounter.period without an end goes on", record("Encounter", { period: { start: IN } }), false, true],
  [
    "Encounter.period without an end, from before",
    record("Encounter", { period: { start: OUT } }),
    false,
    true,
  ],
  ["Encounter.period without a start", record("Encounter", { period: { end: IN } }), false, true],
  ["Encounter.period, empty", record("Encounter", { period: {} }), false, true],
  ["Encounter.period over before", record("Encounter", { period: { start: OUT, end: OUT } }), false, false],
  [
    "Encounter.location.period outside",
    record("Encounter", { period: { start: IN, end: IN }, location: [{ period: { start: OUT, end: OUT } }] }),
    false,
    true,
  ],
  [
    "Claim.billablePeriod outside, created inside",
    record("Claim", { created: IN, billablePeriod: { start: OUT, end: OUT } }),
    false,
    true,
  ],
  [
    "Claim.item.servicedDate outside",
    record("Claim", { created: IN, item: [{ servicedDate: IN }, { servicedDate: OUT }] }),
    false,
    true,
  ],
  [
    "Claim, all inside",
    record("Claim", {
      created: IN,
      billablePeriod: { start: IN, end: IN },
      item: [{ servicedPeriod: { start: IN, end: IN } }],
    }),
    true,
    true,
  ],
  [
    "ExplanationOfBenefit.item.servicedPeriod outside",
    record("ExplanationOfBenefit", { created: IN, item: [{ servicedPeriod: { start: OUT, end: IN } }] }),
    false,
    true,
  ],
  [
    "DocumentReference.context.period outside, date inside",
    record("DocumentReference", { date: `${IN}T00:00:00Z`, context: { period: { start: OUT, end: OUT } } }),
    false,
    true,
  ],
  [
    "DocumentReference.context.period inside, date after: P.4.5, a denial means what was written then as well",
    record("DocumentReference", {
      date: "2026-05-01T00:00:00Z",
      context: { period: { start: IN, end: IN } },
    }),
    true,
    true,
  ],
  [
    "DocumentReference.context.event is what was done, not when",
    record("DocumentReference", {
      context: { event: [{ coding: [{ code: "x" }] }], period: { start: IN, end: IN } },
    }),
    true,
    true,
  ],
  [
    "Observation.issued counts where nothing else dates it",
    record("Observation", { issued: `${IN}T00:00:00Z` }),
    true,
    true,
  ],
  [
    "Observation.issued is paperwork beside an effective time",
    record("Observation", { effectiveDateTime: IN, issued: "2026-04-02T00:00:00Z" }),
    true,
    true,
  ],
  [
    "Observation.valueDateTime outside",
    record("Observation", { effectiveDateTime: IN, valueDateTime: OUT }),
    false,
    true,
  ],
  [
    "Observation.effectiveTiming: every event",
    record("Observation", { effectiveTiming: { event: [IN, OUT] } }),
    false,
    true,
  ],
  [
    "Observation.effectiveTiming: bounds",
    record("Observation", { effectiveTiming: { repeat: { boundsPeriod: { start: IN } } } }),
    false,
    true,
  ],
  [
    "Observation.effectiveTiming: events inside its bounds",
    record("Observation", {
      effectiveTiming: { event: [IN], repeat: { boundsPeriod: { start: IN, end: IN } } },
    }),
    true,
    true,
  ],
  [
    "Observation.effectiveTiming: repeated without an end",
    record("Observation", {
      effectiveTiming: { event: [IN], repeat: { frequency: 1, period: 1, periodUnit: "d" } },
    }),
    false,
    true,
  ],
  [
    "Observation.effectiveTiming without any time",
    record("Observation", { effectiveTiming: { repeat: { frequency: 3 } } }),
    false,
    true,
  ],
  [
    "AllergyIntolerance.onset outside",
    record("AllergyIntolerance", { recordedDate: IN, onsetDateTime: OUT }),
    false,
    true,
  ],
  [
    "AllergyIntolerance.lastOccurrence outside",
    record("AllergyIntolerance", { onsetDateTime: OUT, lastOccurrence: IN }),
    false,
    true,
  ],
  [
    "AllergyIntolerance.onsetAge",
    record("AllergyIntolerance", { recordedDate: IN, onsetAge: { value: 9 } }),
    false,
    true,
  ],
  [
    "Condition, onset and abatement inside",
    record("Condition", { onsetDateTime: IN, abatementDateTime: IN }),
    true,
    true,
  ],
  [
    "Condition without abatement: assumed to be valid still",
    record("Condition", { onsetDateTime: OUT, recordedDate: OUT }),
    false,
    true,
  ],
  [
    "Condition.abatement long before",
    record("Condition", { onsetDateTime: "2019", abatementDateTime: OUT }),
    false,
    false,
  ],
  [
    "Condition from before until after",
    record("Condition", { onsetDateTime: OUT, abatementDateTime: "2026-05-01" }),
    false,
    true,
  ],
  [
    "Condition.onsetString",
    record("Condition", { onsetString: "as a child", recordedDate: IN }),
    false,
    true,
  ],
  [
    "Condition.abatementAge",
    record("Condition", { onsetDateTime: OUT, abatementAge: { value: 30 } }),
    false,
    true,
  ],
  [
    "Condition.onsetDateTime that is absent for a reason",
    record("Condition", { _onsetDateTime: { extension: [] }, abatementDateTime: IN }),
    false,
    true,
  ],
  [
    "Composition.event.period outside",
    record("Composition", { date: IN, event: [{ period: { start: OUT, end: OUT } }] }),
    false,
    true,
  ],
  ["Procedure.performedAge", record("Procedure", { performedAge: { value: 40 } }), false, true],
  [
    "Immunization.occurrenceString",
    record("Immunization", { recorded: IN, occurrenceString: "in spring" }),
    false,
    true,
  ],
  [
    "Immunization.expirationDate is the vaccine's",
    record("Immunization", { occurrenceDateTime: IN, expirationDate: "2030-01-01" }),
    true,
    true,
  ],
  [
    "MedicationRequest.dosageInstruction.timing outside",
    record("MedicationRequest", {
      authoredOn: IN,
      dosageInstruction: [{ timing: { repeat: { boundsPeriod: { start: IN, end: "2026-09-01" } } } }],
    }),
    false,
    true,
  ],
  [
    "MedicationRequest, how often says not when",
    record("MedicationRequest", {
      authoredOn: IN,
      dosageInstruction: [{ timing: { repeat: { frequency: 3 } } }],
    }),
    true,
    true,
  ],
  ["Patient.birthDate dates no record", record("Patient", { birthDate: IN }), false, true],
  [
    "Identifier.period is the identifier's",
    record("Procedure", { performedDateTime: IN, identifier: [{ period: { start: OUT } }] }),
    true,
    true,
  ],
  [
    "Meta.lastUpdated is the server's",
    record("Procedure", { performedDateTime: IN, meta: { lastUpdated: `${OUT}T00:00:00Z` } }),
    true,
    true,
  ],
  [
    "Extension.valueDateTime: not understood, so it counts",
    record("Procedure", { performedDateTime: IN, extension: [{ url: "urn:x", valueDateTime: OUT }] }),
    false,
    true,
  ],
  [
    "an element that R4 does not have counts",
    record("Procedure", { performedDateTime: IN, occurrencePeriod: { start: OUT, end: OUT } }),
    false,
    true,
  ],
  [
    "an element of STU3 counts, by its year",
    record("Procedure", { performedDateTime: IN, dateAsserted: "2025" }),
    false,
    true,
  ],
  [
    "a period with a member that it does not have goes on",
    record("Procedure", { performedPeriod: { start: IN, unless: "at night" } }),
    false,
    true,
  ],
  [
    "an extension of a period counts",
    record("Encounter", {
      period: { start: IN, end: IN, extension: [{ url: "urn:x", valueDateTime: OUT }] },
    }),
    false,
    true,
  ],
  [
    "DomainResource.contained outside",
    record("MedicationRequest", {
      authoredOn: IN,
      contained: [record("Observation", { effectiveDateTime: OUT })],
    }),
    false,
    true,
  ],
  [
    "DomainResource.contained without a time of its own",
    record("MedicationRequest", { authoredOn: IN, contained: [record("Medication", { status: "active" })] }),
    true,
    true,
  ],
  [
    "Bundle.entry.resource outside",
    record("Bundle", {
      timestamp: `${IN}T00:00:00Z`,
      entry: [
        { resource: record("Observation", { effectiveDateTime: IN }) },
        { resource: record("Observation", { effectiveDateTime: OUT }) },
      ],
    }),
    false,
    true,
  ],
  [
    "Goal.startCodeableConcept",
    record("Goal", { startCodeableConcept: { text: "admission" }, statusDate: IN }),
    false,
    true,
  ],
  [
    "FamilyMemberHistory.condition.onsetAge",
    record("FamilyMemberHistory", { date: IN, condition: [{ onsetAge: { value: 50 } }] }),
    false,
    true,
  ],
  ["a time that is no day", record("Procedure", { performedDateTime: "2026-02-30" }), false, true],
  ["no time at all", record("Procedure", {}), false, true],
]

describe("R4 Consent.provision.dataPeriod", () => {
  for (const [section, found, permits, denies] of rows)
    it(`${section}: a permit ${permits ? "opens" : "does not open"} it, a denial ${denies ? "closes" : "does not close"} it`, () =>
      assert.deepEqual(bothWays(MARCH, found), { permits, denies }))
})

/** R4 date, dateTime: a day has no zone, a time of day has one. */
const UTC_END = "2015-12-31T23:59:59Z"
const zones: readonly (readonly [
  section: string,
  dataPeriod: Fields,
  when: Fields,
  permits: boolean,
  denies: boolean,
])[] = [
  [
    "to a day: written as the day after, in UTC still the day",
    { end: "2015-12-31" },
    { effectiveDateTime: "2016-01-01T05:00:00+08:00" },
    false,
    true,
  ],
  [
    "to a day: written as the day, in UTC the day after",
    { end: "2015-12-31" },
    { effectiveDateTime: "2015-12-31T20:00:00-08:00" },
    false,
    true,
  ],
  [
    "from a day: written as that day, in UTC the day before",
    { start: "2016-01-01" },
    { effectiveDateTime: "2016-01-01T05:00:00+08:00" },
    false,
    true,
  ],
  [
    "from a day: written as the day before, in UTC that day",
    { start: "2016-01-01" },
    { effectiveDateTime: "2015-12-31T20:00:00-08:00" },
    false,
    true,
  ],
  [
    "from a month, to a year",
    { start: "2016-01", end: "2016" },
    { effectivePeriod: { start: "2016-01-01T05:00:00+08:00", end: "2016-02-01" } },
    false,
    true,
  ],
  [
    "to a day: both views inside",
    { end: "2015-12-31" },
    { effectiveDateTime: "2015-12-31T10:00:00+08:00" },
    true,
    true,
  ],
  [
    "to a day: neither inside",
    { end: "2015-12-31" },
    { effectiveDateTime: "2016-01-01T10:00:00+08:00" },
    false,
    false,
  ],
  [
    "to a moment with a zone: in UTC alone, inside",
    { end: UTC_END },
    { effectiveDateTime: "2016-01-01T05:00:00+08:00" },
    true,
    true,
  ],
  [
    "to a moment with a zone: in UTC alone, outside",
    { end: UTC_END },
    { effectiveDateTime: "2015-12-31T20:00:00-08:00" },
    false,
    false,
  ],
  [
    "a period's end",
    { end: "2015-12-31" },
    { effectivePeriod: { start: "2015-12-30", end: "2016-01-01T05:00:00+08:00" } },
    false,
    true,
  ],
  [
    "an event of several",
    { end: "2015-12-31" },
    { effectiveTiming: { event: ["2015-12-30", "2016-01-01T05:00:00+08:00"] } },
    false,
    true,
  ],
  [
    "paperwork, for a denial",
    { start: "2016-01-01" },
    { effectiveDateTime: "2015-06-01", issued: "2016-01-01T05:00:00+08:00" },
    false,
    true,
  ],
]

describe("R4 Consent.provision.dataPeriod, a bound without a zone: in UTC and as it is written", () => {
  for (const [section, dataPeriod, when, permits, denies] of zones)
    it(section, () =>
      assert.deepEqual(bothWays({ dataPeriod }, record("Observation", when)), { permits, denies }),
    )
})

describe("properties of dataPeriod", () => {
  const day = fc
    .integer({ min: 0, max: 800 })
    .map((days) => new Date(Date.UTC(2025, 0, 1) + days * 86_400_000).toISOString().slice(0, 10))
  const bounds = fc.tuple(fc.option(day, { nil: undefined }), fc.option(day, { nil: undefined }))
  const period = ([start, end]: readonly [string | undefined, string | undefined]) => ({
    ...(start && { start }),
    ...(end && { end }),
  })

  it("a longer period never makes a permit open a record, nor a denial let it go", () => {
    fc.assert(
      fc.property(bounds, day, day, fc.nat(400), fc.nat(400), (data, a, b, before, after) => {
        const [start, end] = [a, b].sort()
        const wider = {
          start: new Date(Date.parse(start) - before * 86_400_000).toISOString().slice(0, 10),
          end: new Date(Date.parse(end) + after * 86_400_000).toISOString().slice(0, 10),
        }
        const own = record("Encounter", { period: { start, end } })
        const longer = record("Encounter", { period: wider })
        const open = [consent(permit({ dataPeriod: period(data) }))]
        if (decided(open, own) !== "permit") assert.notEqual(decided(open, longer), "permit")
        const closed = [consent(permit()), consent(deny({ dataPeriod: period(data) }))]
        if (decided(closed, own) === "deny") assert.equal(decided(closed, longer), "deny")
      }),
      { numRuns: 500 },
    )
  })

  it("another time, wherever it stands, never makes a permit open a record", () => {
    const places: readonly ((time: string) => Fields)[] = [
      (time) => ({ extension: [{ url: "urn:x", valueDateTime: time }] }),
      (time) => ({ valueDateTime: time }),
      (time) => ({ component: [{ valuePeriod: { start: time } }] }),
      (time) => ({ contained: [record("Condition", { onsetDateTime: time })] }),
      (time) => ({ issued: `${time}T00:00:00Z` }),
    ]
    fc.assert(
      fc.property(bounds, day, day, fc.nat(places.length - 1), (data, own, other, place) => {
        const open = [consent(permit({ dataPeriod: period(data) }))]
        const one = record("Observation", { effectiveDateTime: own })
        if (decided(open, one) !== "permit")
          assert.notEqual(decided(open, { ...one, ...places[place]?.(other) }), "permit")
      }),
      { numRuns: 500 },
    )
  })
})
