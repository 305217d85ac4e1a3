import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { sha256, utf8 } from "@aceso/core"
import fc from "fast-check"
import { type SourceLine, type TimelineEntry, timelineEntry } from "./history-schemas.ts"
import { mergeTimeline } from "./timeline.ts"

const LOINC = "http://loinc.org"
const concept = (code: string, system = LOINC) => ({ coding: [{ system, code }] })
const quantity = (value: number, unit = "mg/dL", more: object = {}) => ({ value, unit, ...more })
const observation = (more: object = {}) => ({
  resourceType: "Observation",
  code: concept("2093-3"),
  effectiveDateTime: "2020-05-01T10:00:00Z",
  valueQuantity: quantity(5),
  ...more,
})
const drug = (id: string) => ({
  resourceType: "MedicationRequest",
  authoredOn: "2021",
  medicationReference: { reference: `Medication/${id}` },
})
const medication = (id: string, text: string) => ({ resourceType: "Medication", id, code: { text } })
const withId = (system: string, value: string, more: object = {}) =>
  observation({ identifier: [{ system, value }], ...more })

/** A line; its name says custodian and record, "city/a". */
function line(
  name: string,
  resource: object | string | undefined,
  more: Partial<SourceLine> = {},
): SourceLine {
  const content = typeof resource === "string" ? resource : resource && JSON.stringify(resource)
  return {
    custodian: name.split("/")[0],
    index: 0,
    version: 1,
    recordId: sha256(utf8(name)),
    status: "verified",
    height: 7,
    isSuperseded: false,
    ...(content !== undefined && { content: utf8(content) }),
    ...more,
  }
}

/** What a timeline is made of, in a form that is easy to compare: names of sources by entry. */
function shape(entries: readonly TimelineEntry[], lines: Readonly<Record<string, SourceLine>>): string[] {
  const nameOfLine = (one: SourceLine) => Object.keys(lines).find((name) => lines[name] === one) ?? "?"
  return entries
    .map(({ sources, older, isStruckOut }) => {
      const names = sources.map(nameOfLine).sort().join(" + ")
      const behind = older.length > 0 ? ` < ${older.map(nameOfLine).join(", ")}` : ""
      return `${names}${behind}${isStruckOut ? " (struck out)" : ""}`
    })
    .sort()
}

interface Row {
  readonly comment: string
  readonly lines: Readonly<Record<string, SourceLine>>
  readonly entries: readonly string[]
}
/** Two sources of what is given, at two custodians. */
const pair = (comment: string, a: object | string, b: object | string, merged: boolean): Row => ({
  comment,
  lines: { a: line("city/a", a), b: line("county/b", b) },
  entries: merged ? ["a + b"] : ["a", "b"],
})

const rows: readonly Row[] = [
  { comment: "nothing", lines: {}, entries: [] },
  pair("all is equal", observation(), observation(), true),
  ...(
    [
      ["id", { id: "a" }, { id: "b" }, true],
      ["meta", { meta: { versionId: "1" } }, { meta: { versionId: "2", profile: ["urn:x"] } }, true],
      ["narrative", { text: { status: "generated", div: "<div>a</div>" } }, {}, true],
      ["ids of elements", { code: { id: "x", ...concept("a") } }, { code: concept("a") }, true],
      [
        "the patient's id",
        { subject: { reference: "Patient/1" } },
        { subject: { reference: "Patient/2" } },
        true,
      ],
      [
        "ids of encounter and performer",
        { encounter: { reference: "Encounter/1" }, performer: [{ reference: "Practitioner/1" }] },
        {
          encounter: { reference: "Encounter/9/_history/2" },
          performer: [{ reference: "http://x.example/fhir/Practitioner/9" }],
        },
        true,
      ],
      [
        "whom it is about",
        { focus: [{ reference: "Patient/mother" }] },
        { focus: [{ reference: "Patient/baby" }] },
        false,
      ],
      [
        "a narrative that says more",
        { text: { status: "additional", div: "<div>a</div>" } },
        { text: { status: "additional", div: "<div>not a</div>" } },
        false,
      ],
      ["the performer's name", { performer: [{ display: "A" }] }, { performer: [{ display: "B" }] }, false],
      [
        "what it derives from",
        { derivedFrom: [{ reference: "Observation/1" }] },
        { derivedFrom: [{ reference: "Observation/2" }] },
        false,
      ],
      [
        "the specimen",
        { specimen: { reference: "Specimen/1" } },
        { specimen: { reference: "Specimen/2" } },
        false,
      ],
      ["the status", { status: "final" }, { status: "preliminary" }, false],
      ["a status and none", { status: "final" }, {}, false],
      ["the side", { bodySite: { text: "left" } }, { bodySite: { text: "right" } }, false],
      ["the note", { note: [{ text: "haemolysed" }] }, {}, false],
      [
        "a reference range",
        { referenceRange: [{ high: quantity(6) }] },
        { referenceRange: [{ high: quantity(7) }] },
        false,
      ],
      ["an extension", { extension: [{ url: "urn:x", valueBoolean: true }] }, {}, false],
      [
        "the words of a code",
        { code: { ...concept("a"), text: "a" } },
        { code: { ...concept("a"), text: "b" } },
        false,
      ],
      ["when it was issued", { issued: "2020-05-01T10:00:00Z" }, { issued: "2020-05-01T11:00:00Z" }, false],
    ] as const
  ).map(([what, a, b, merged]) =>
    pair(`nothing differs but: ${what}`, observation(a), observation(b), merged),
  ),
  ...(
    [
      ["no bleeding, large bleeding", { conclusion: "no bleeding" }, { conclusion: "large bleeding" }, false],
      ["the same conclusion", { conclusion: "no bleeding" }, { conclusion: "no bleeding" }, true],
    ] as const
  ).map(([what, a, b, merged]) =>
    pair(
      `reports: ${what}`,
      { resourceType: "DiagnosticReport", code: concept("ct"), ...a },
      { resourceType: "DiagnosticReport", code: concept("ct"), ...b },
      merged,
    ),
  ),
  pair("another code", observation(), observation({ code: concept("2085-9") }), false),
  pair(
    "the same code of another system",
    observation(),
    observation({ code: concept("2093-3", "urn:x") }),
    false,
  ),
  pair("another time", observation(), observation({ effectiveDateTime: "2020-05-01T10:00:01Z" }), false),
  pair("a time of another precision", observation(), observation({ effectiveDateTime: "2020-05-01" }), false),
  pair("another type", observation(), { ...observation(), resourceType: "Procedure" }, false),
  pair(
    "no time at all",
    observation({ effectiveDateTime: undefined }),
    observation({ effectiveDateTime: undefined }),
    true,
  ),
  pair("no code", observation({ code: undefined }), observation({ code: undefined }), true),

  pair("another value", observation(), observation({ valueQuantity: quantity(6) }), false),
  pair("another unit", observation(), observation({ valueQuantity: quantity(5, "mmol/L") }), false),
  pair(
    "another unit in its code alone",
    observation({ valueQuantity: quantity(5, "mg", { code: "mg" }) }),
    observation({ valueQuantity: quantity(5, "mg", { code: "ug" }) }),
    false,
  ),
  pair(
    "a value below a limit and the limit itself",
    observation(),
    observation({ valueQuantity: quantity(5, "mg/dL", { comparator: "<" }) }),
    false,
  ),
  pair(
    "1.0 and 1.00",
    JSON.stringify(observation()).replace('"value":5', '"value":1.0'),
    JSON.stringify(observation()).replace('"value":5', '"value":1.00'),
    false,
  ),
  pair("a value and none", observation(), observation({ valueQuantity: undefined }), false),
  ...(
    [
      ["valueBoolean", true, false],
      ["valueInteger", 1, 2],
      ["valueString", "pos", "neg"],
      ["valueDateTime", "2020", "2021"],
      ["valueTime", "10:00:00", "11:00:00"],
      ["valueCodeableConcept", concept("a"), concept("b")],
      ["valueCodeableConcept", { ...concept("a"), text: "same" }, { ...concept("b"), text: "same" }],
      ["valueRange", { low: quantity(1) }, { low: quantity(2) }],
      ["valueRatio", { numerator: quantity(1) }, { numerator: quantity(2) }],
      ["valuePeriod", { start: "2020" }, { start: "2021" }],
      [
        "component",
        [{ code: concept("s"), valueQuantity: quantity(120) }],
        [{ code: concept("s"), valueQuantity: quantity(80) }],
      ],
      [
        "component",
        [{ code: concept("s"), valueString: "pos" }],
        [{ code: concept("s"), valueString: "neg" }],
      ],
      [
        "component",
        [{ code: concept("s"), valueCodeableConcept: concept("a") }],
        [{ code: concept("s"), valueCodeableConcept: concept("b") }],
      ],
      ["dataAbsentReason", concept("unknown"), concept("error")],
    ] as const
  ).map(([name, a, b], i) =>
    pair(
      `${name} (${i}) differs`,
      observation({ valueQuantity: undefined, [name]: a }),
      observation({ valueQuantity: undefined, [name]: b }),
      false,
    ),
  ),
  pair(
    "the same value, and other components",
    observation({ component: [{ code: concept("s"), valueQuantity: quantity(1) }] }),
    observation({ component: [{ code: concept("s"), valueQuantity: quantity(2) }] }),
    false,
  ),
  pair(
    "an immunization that was given, and one that was not",
    {
      resourceType: "Immunization",
      status: "completed",
      vaccineCode: concept("207"),
      occurrenceDateTime: "2021-03-01",
    },
    {
      resourceType: "Immunization",
      status: "not-done",
      vaccineCode: concept("207"),
      occurrenceDateTime: "2021-03-01",
    },
    false,
  ),
  pair(
    "a result, and the same entered in error",
    observation({ status: "final" }),
    observation({ status: "entered-in-error" }),
    false,
  ),
  pair(
    "another dose",
    {
      resourceType: "MedicationRequest",
      medicationCodeableConcept: concept("1"),
      authoredOn: "2021",
      dosageInstruction: [{ doseAndRate: [{ doseQuantity: quantity(1, "tablet") }] }],
    },
    {
      resourceType: "MedicationRequest",
      medicationCodeableConcept: concept("1"),
      authoredOn: "2021",
      dosageInstruction: [{ doseAndRate: [{ doseQuantity: quantity(2, "tablet") }] }],
    },
    false,
  ),
  pair(
    "another frequency of the same dose",
    {
      resourceType: "MedicationRequest",
      medicationCodeableConcept: concept("1"),
      authoredOn: "2021",
      dosageInstruction: [{ timing: { repeat: { frequency: 1 } } }],
    },
    {
      resourceType: "MedicationRequest",
      medicationCodeableConcept: concept("1"),
      authoredOn: "2021",
      dosageInstruction: [{ timing: { repeat: { frequency: 4 } } }],
    },
    false,
  ),

  pair(
    "an equal identifier, although time and code differ",
    withId("urn:oid:1.2.3", "9"),
    withId("urn:oid:1.2.3", "9", { effectiveDateTime: "2020-05-02", code: concept("x") }),
    false,
  ),
  pair(
    "an equal identifier and differing values",
    withId("urn:oid:1.2.3", "9"),
    withId("urn:oid:1.2.3", "9", { valueQuantity: quantity(6) }),
    false,
  ),
  pair(
    "an equal identifier of another system",
    withId("urn:oid:1.2.3", "9"),
    withId("urn:oid:1.2.4", "9", { code: concept("x") }),
    false,
  ),
  ...[
    "https://city.example/mrn",
    "https://city.example/local/7",
    "urn:uuid:9cf1f7f4-0000-4000-8000-000000000001",
  ].map((system) =>
    pair(
      `an equal identifier of local scope: ${system}`,
      withId(system, "9"),
      withId(system, "9", { code: concept("x") }),
      false,
    ),
  ),
  pair(
    "an equal identifier of local scope by its type (v2-0203 MR), whatever its system",
    withId("http://a.example", "9", {
      identifier: [
        {
          system: "http://a.example",
          value: "9",
          type: concept("MR", "http://terminology.hl7.org/CodeSystem/v2-0203"),
        },
      ],
    }),
    withId("http://a.example", "9", {
      identifier: [
        {
          system: "http://a.example",
          value: "9",
          type: concept("MR", "http://terminology.hl7.org/CodeSystem/v2-0203"),
        },
      ],
      code: concept("x"),
    }),
    false,
  ),
  pair(
    "an identifier whose system is empty",
    withId("", "9"),
    withId("", "9", { code: concept("x") }),
    false,
  ),
  pair(
    "an equal identifier without a system",
    observation({ identifier: [{ value: "9" }] }),
    observation({ identifier: [{ value: "9" }], code: concept("x") }),
    false,
  ),

  ...(
    [
      ["equal ones", [["urn:oid:1", "9"]], [["urn:oid:1", "9"]], true],
      [
        "equal ones of one custodian's numbering",
        [["https://city.example/order/", "9"]],
        [["https://city.example/order/", "9"]],
        true,
      ],
      ["another value", [["urn:oid:1", "9"]], [["urn:oid:1", "8"]], false],
      ["another system", [["urn:oid:1", "9"]], [["urn:oid:2", "9"]], false],
      ["one that the other has not", [["urn:oid:1", "9"]], undefined, false],
      [
        "one more",
        [
          ["urn:oid:1", "9"],
          ["urn:oid:2", "7"],
        ],
        [["urn:oid:1", "9"]],
        false,
      ],
      ["an empty list and none", [], undefined, false],
      ...["order", "mrn", "local", "visit", "claim"].flatMap((word) => [
        [
          `/${word}/: another value`,
          [[`https://city.example/${word}`, "9"]],
          [[`https://city.example/${word}`, "8"]],
          false,
        ],
        [
          `/${word}/: each its own`,
          [[`https://city.example/${word}/`, "9"]],
          [[`https://county.example/${word}/`, "8"]],
          false,
        ],
        [
          `/${word}/: one that the other has not`,
          [[`https://city.example/${word}/x`, "9"]],
          undefined,
          false,
        ],
      ]),
      [
        "a urn:uuid: another value",
        [["urn:uuid:9cf1f7f4-0000-4000-8000-000000000001", "9"]],
        [["urn:uuid:9cf1f7f4-0000-4000-8000-000000000001", "8"]],
        false,
      ],
      ["without a system", [[undefined, "9"]], [[undefined, "8"]], false],
      ["without a system, equal", [[undefined, "9"]], [[undefined, "9"]], true],
      ...["MR", "PI", "VN", "PLAC", "FILL", "ACSN"].flatMap((type) => [
        [`type ${type}: another value`, [["urn:oid:1", "9", type]], [["urn:oid:1", "8", type]], false],
        [`type ${type}: one that the other has not`, [["urn:oid:1", "9", type]], undefined, false],
        [`type ${type}: equal`, [["urn:oid:1", "9", type]], [["urn:oid:1", "9", type]], true],
      ]),
    ] as [
      string,
      [string | undefined, string, string?][] | undefined,
      [string | undefined, string, string?][] | undefined,
      boolean,
    ][]
  ).map(([what, a, b, merged]) => {
    const identifiers = (all: typeof a) =>
      all && {
        identifier: all.map(([system, value, type]) => ({
          ...(system !== undefined && { system }),
          value,
          ...(type && { type: concept(type, "http://terminology.hl7.org/CodeSystem/v2-0203") }),
        })),
      }
    return pair(`identifiers: ${what}`, observation(identifiers(a)), observation(identifiers(b)), merged)
  }),
  pair(
    "the number of the order that it belongs to",
    observation({ groupIdentifier: { system: "https://city.example/order/", value: "9" } }),
    observation({ groupIdentifier: { system: "https://city.example/order/", value: "8" } }),
    false,
  ),
  pair(
    "an identifier of what is inside",
    observation({ contained: [{ resourceType: "Specimen", id: "s", identifier: [{ value: "1" }] }] }),
    observation({ contained: [{ resourceType: "Specimen", id: "s", identifier: [{ value: "2" }] }] }),
    false,
  ),
  pair(
    "an accession number of the specimen",
    observation({ specimen: { identifier: { system: "https://city.example/order/", value: "1" } } }),
    observation({ specimen: { identifier: { system: "https://city.example/order/", value: "2" } } }),
    false,
  ),
  ...(
    [
      ["by each custodian's own id", "subject", "1", "2", true],
      ["with a version", "subject", "1/_history/3", "2", true],
      ["of one who is somebody else", "subject", "1", "mother", false],
      ["by another who says so", "performer", "1", "mother", false],
      ["by the patient", "performer", "1", "2", true],
    ] as const
  ).map(
    ([what, element, a, b, merged]): Row => ({
      comment: `the patient of each custodian is known; ${element} ${what}`,
      lines: {
        a: line("city/a", observation({ [element]: { reference: `Patient/${a}` } })),
        p: line("city/p", { resourceType: "Patient", id: "1" }),
        b: line("county/b", observation({ [element]: { reference: `Patient/${b}` } })),
        q: line("county/q", { resourceType: "Patient", id: "2" }),
      },
      entries: [...(merged ? ["a + b"] : ["a", "b"]), "p + q"],
    }),
  ),

  {
    comment: "three sources",
    lines: {
      a: line("city/a", observation()),
      b: line("county/b", observation()),
      c: line("clinic/c", observation()),
    },
    entries: ["a + b + c"],
  },
  {
    comment: "two equal ones and one that differs",
    lines: {
      a: line("city/a", observation()),
      b: line("county/b", observation({ valueQuantity: quantity(6) })),
      c: line("clinic/c", observation()),
    },
    entries: ["a + c", "b"],
  },
  {
    comment: "one custodian states the same twice, and nobody else",
    lines: { a: line("city/a", observation()), b: line("city/b", observation()) },
    entries: ["a", "b"],
  },
  {
    comment: "one drug by references of their own, another by the same reference",
    lines: {
      a: line("city/a", drug("1")),
      m: line("city/m", medication("1", "digoxin")),
      b: line("county/b", drug("2")),
      n: line("county/n", medication("2", "digoxin")),
      c: line("clinic/c", drug("1")),
      o: line("clinic/o", medication("1", "digitoxin")),
    },
    entries: ["a + b", "m + n", "c", "o"],
  },
  {
    comment: "drugs by references that nothing came for",
    lines: { a: line("city/a", drug("1")), b: line("county/b", drug("2")) },
    entries: ["a", "b"],
  },
  {
    comment: "what another status than those known here leaves without content is not shown",
    lines: { a: line("city/a", undefined, { status: "withdrawn" }), b: line("county/b", observation()) },
    entries: ["b"],
  },
  {
    comment: "a chain: one shares the identifier, the other code and time",
    lines: {
      a: line("city/a", withId("urn:oid:1", "9", { effectiveDateTime: "2019" })),
      b: line("county/b", withId("urn:oid:1", "9")),
      c: line("clinic/c", observation()),
    },
    entries: ["a", "b", "c"],
  },
  {
    comment: "one custodian states the same twice, another once",
    lines: {
      a: line("city/a", observation()),
      b: line("city/b", observation(), { index: 1 }),
      c: line("county/c", observation()),
    },
    entries: ["a + c", "b"],
  },

  {
    comment: "an older version unfolds and does not join",
    lines: {
      a1: line("city/a", observation({ valueQuantity: quantity(6) }), { isSuperseded: true }),
      a2: line("city/a", observation(), { version: 2 }),
      b: line("county/b", observation({ valueQuantity: quantity(6) })),
    },
    entries: ["a2 < a1", "b"],
  },
  {
    comment: "older versions of each source, newest first",
    lines: {
      a1: line("city/a", observation(), { isSuperseded: true }),
      a3: line("city/a", observation(), { version: 3 }),
      b1: line("county/b", observation(), { isSuperseded: true }),
      a2: line("city/a", observation(), { version: 2, isSuperseded: true }),
      b4: line("county/b", observation(), { version: 4 }),
    },
    entries: ["a3 + b4 < a2, a1, b1"],
  },
  {
    comment: "an older version whose newest is withheld stays visible",
    lines: {
      a1: line("city/a", observation(), { isSuperseded: true }),
      a2: line("city/a", undefined, { version: 2, status: "withheld" }),
    },
    entries: ["a2 < a1"],
  },
  {
    comment: "an older version whose newest is not there at all stays visible",
    lines: { a1: line("city/a", observation(), { isSuperseded: true }) },
    entries: [" < a1"],
  },

  {
    comment: "a deletion strikes out, and its older versions stand under it",
    lines: {
      a1: line("city/a", observation(), { isSuperseded: true }),
      a2: line("city/a", "", { version: 2, isDeletion: true }),
      b: line("county/b", observation()),
    },
    entries: ["a2 < a1 (struck out)", "b"],
  },
  {
    comment: "a deletion of what is not there is an entry of its own; two are two",
    lines: {
      a: line("city/a", "", { version: 2, isDeletion: true }),
      b: line("county/b", "", { version: 2, isDeletion: true }),
    },
    entries: ["a (struck out)", "b (struck out)"],
  },
  {
    comment: "what was deleted and stands again is not struck out",
    lines: {
      a1: line("city/a", observation(), { isSuperseded: true }),
      a2: line("city/a", "", { version: 2, isDeletion: true, isSuperseded: true }),
      a3: line("city/a", observation(), { version: 3 }),
    },
    entries: ["a3 < a2, a1"],
  },
  {
    comment: "a struck-out record stays visible and joins nothing",
    lines: {
      a: line("city/a", observation(), { status: "mismatch" }),
      b: line("county/b", observation()),
      c: line("clinic/c", observation()),
    },
    entries: ["a (struck out)", "b + c"],
  },
  {
    comment: "two struck-out records are two",
    lines: {
      a: line("city/a", observation(), { status: "mismatch" }),
      b: line("county/b", observation(), { status: "mismatch" }),
    },
    entries: ["a (struck out)", "b (struck out)"],
  },
  {
    comment: "a struck-out older version does not strike the newest out",
    lines: {
      a1: line("city/a", observation(), { isSuperseded: true, status: "mismatch" }),
      a2: line("city/a", observation(), { version: 2 }),
    },
    entries: ["a2 < a1"],
  },
  {
    comment: "a struck-out newest version keeps its older ones",
    lines: {
      a1: line("city/a", observation(), { isSuperseded: true }),
      a2: line("city/a", observation(), { version: 2, status: "mismatch" }),
    },
    entries: ["a2 < a1 (struck out)"],
  },
  {
    comment: "a struck-out record that was not even sent stays visible",
    lines: { a: line("city/a", undefined, { status: "mismatch" }) },
    entries: ["a (struck out)"],
  },
  {
    comment: "an own record that is damaged stays visible",
    lines: { a: line("city/a", undefined, { status: "damaged" }) },
    entries: ["a"],
  },
  {
    comment: "a struck-out record that is no JSON does not hide the others",
    lines: { a: line("city/a", "{", { status: "mismatch" }), b: line("county/b", observation()) },
    entries: ["a (struck out)", "b"],
  },
  {
    comment: "a verified record that is no JSON does not hide the others",
    lines: { a: line("city/a", "\u0000"), b: line("county/b", observation()) },
    entries: ["a", "b"],
  },
]

describe("mergeTimeline", () => {
  for (const { comment, lines, entries } of rows)
    it(comment, () =>
      assert.deepEqual(shape(mergeTimeline(Object.values(lines)), lines), [...entries].sort()),
    )

  for (const { comment, lines, entries } of rows.filter((row) => Object.keys(row.lines).length > 2))
    it(`${comment}: in every order`, () => {
      fc.assert(
        fc.property(
          fc.shuffledSubarray(Object.values(lines), { minLength: Object.keys(lines).length }),
          (all) => {
            const sorted = (names: readonly string[]) => names.map((name) => name.split(" < ")[0]).sort()
            assert.deepEqual(sorted(shape(mergeTimeline(all), lines)), sorted(entries))
          },
        ),
        { numRuns: 50 },
      )
    })

  it("what was deleted is called by its newest version that holds, and stands in no block", () => {
    const allergy = (text: string) => ({ resourceType: "AllergyIntolerance", code: { text } })
    const deletion = (version: number, more: Partial<SourceLine> = {}) =>
      line("city/a", "", { version, isDeletion: true, ...more })
    const said = (...lines: SourceLine[]) =>
      mergeTimeline(lines).map(({ title, resourceType, isDeleted, first }) => [
        ...[title, resourceType, isDeleted, first],
      ])
    const old = { isSuperseded: true }
    const one = line("city/a", allergy("penicillin"), old)
    assert.deepEqual(said(one, deletion(2)), [["penicillin", "AllergyIntolerance", true, undefined]])
    const forged = line("city/a", allergy("forged"), { ...old, version: 2, status: "mismatch" })
    assert.deepEqual(said(one, forged, deletion(3)), [["penicillin", "AllergyIntolerance", true, undefined]])
    assert.deepEqual(
      said(one, deletion(2, old), line("city/a", undefined, { version: 3, status: "withheld" })),
      [["penicillin", "AllergyIntolerance", undefined, "allergy"]],
    )
    assert.deepEqual(said(deletion(2)), [["a record that was deleted", "?", true, undefined]])
    assert.deepEqual(said(deletion(2, { resourceType: "Condition" })), [
      ["a record that was deleted", "Condition", true, undefined],
    ])
  })

  const many: readonly (readonly [comment: string, lines: (n: number) => SourceLine[]])[] = [
    [
      "records whose newest version is withheld",
      (n) =>
        Array.from({ length: n }, (_, i) => [
          line(`city/${i}`, observation(), { index: 2 * i, isSuperseded: true }),
          line(`city/${i}`, undefined, { index: 2 * i + 1, version: 2, status: "withheld" }),
        ]).flat(),
    ],
    [
      "equal records of one custodian, and one of another",
      (n) => [
        ...Array.from({ length: n }, (_, i) => line(`city/${i}`, observation(), { index: i })),
        line("county/b", observation()),
      ],
    ],
    [
      "equal records of three custodians",
      (n) =>
        ["city", "county", "clinic"].flatMap((custodian) =>
          Array.from({ length: n }, (_, i) => line(`${custodian}/${i}`, observation(), { index: i })),
        ),
    ],
  ]
  for (const [comment, linesOf] of many)
    it(`twice as many lines cost twice the work: ${comment}`, () => {
      const workOf = (n: number) => {
        let reads = 0
        const counted = linesOf(n).map((one) => {
          const watched = { ...one }
          for (const name of ["custodian", "recordId", "status"] as const)
            Object.defineProperty(watched, name, {
              get: () => {
                reads++
                return one[name]
              },
            })
          return watched
        })
        assert.ok(mergeTimeline(counted).length >= n)
        return reads
      }
      const [few, twice] = [workOf(400), workOf(800)]
      assert.ok(twice < 2.5 * few, `${few} reads, then ${twice}`)
    })

  it("every source has its own verification", () => {
    const lines = [
      line("city/a", observation(), { height: 3 }),
      line("county/b", observation(), { height: 9, index: 4 }),
    ]
    const [{ sources }] = mergeTimeline(lines)
    assert.deepEqual(sources, lines)
  })

  it("a struck-out record never speaks: title and value are of what is verified", () => {
    const bad = line("city/a", withId("urn:oid:1", "9", { code: { text: "forged" } }), { status: "mismatch" })
    const good = line("county/b", withId("urn:oid:1", "9", { code: { text: "Cholesterol" } }))
    const spoken = mergeTimeline([bad, good]).filter(({ isStruckOut }) => !isStruckOut)
    assert.deepEqual(
      spoken.map(({ title, value, resourceType }) => [resourceType, title, value]),
      [["Observation", "Cholesterol", "5 mg/dL"]],
    )
  })

  it("by clinical time, newest first; without one last", () => {
    const times = [
      "2020-05-01",
      undefined,
      "1951-02-03",
      "2021",
      "1970-01-01",
      "1963-07",
      "2020-05-01T12:00:00+02:00",
      "soon",
    ]
    const lines = times.map((time, i) =>
      line(`city/${i}`, observation({ effectiveDateTime: time, valueQuantity: quantity(i) })),
    )
    assert.deepEqual(
      mergeTimeline(lines).map(({ timeText }) => timeText),
      [
        "2021",
        "2020-05-01T12:00:00+02:00",
        "2020-05-01",
        "1970-01-01",
        "1963-07",
        "1951-02-03",
        "soon",
        undefined,
      ],
    )
  })

  it("a text that is too long says how much of it is left, and is cut at a word", () => {
    const said = (valueString: string) =>
      mergeTimeline([line("city/a", { ...observation({ valueString }), valueQuantity: undefined })])[0].value
    const all = "no bleeding ".repeat(300).trim()
    assert.equal(said(all), all)
    const long = `${all}${", and since Monday large bleeding".repeat(20)}`
    const [, kept, rest] = /^(.*) … (\d+) more characters, see the record$/.exec(said(long) ?? "") ?? []
    assert.ok(long.startsWith(kept) && / |,/.test(long[kept.length]))
    assert.equal(kept.length + Number(rest), long.length)
  })

  it("a drug by reference is named, its status and dose stand with it", () => {
    const lines = [
      line("city/a", {
        ...drug("1"),
        status: "stopped",
        dosageInstruction: [{ doseAndRate: [{ doseQuantity: quantity(1, "mg") }], asNeededBoolean: true }],
      }),
      line("city/m", medication("1", "warfarin")),
      line("county/b", drug("1")),
    ]
    const said = mergeTimeline(lines).map(({ title, value, marks, first }) => ({
      title,
      value,
      marks,
      first,
    }))
    assert.deepEqual(said, [
      { title: "warfarin", value: "1 mg, as needed", marks: [{ key: "stopped" }], first: "anticoagulant" },
      { title: "drug not named here: Medication/1", value: undefined, marks: [], first: undefined },
      { title: "warfarin", value: undefined, marks: [], first: undefined },
    ])
  })

  it("allergies, anticoagulants and active problems are found, but not of what does not hold", () => {
    const allergy = { resourceType: "AllergyIntolerance", code: { text: "penicillin" } }
    const found = (status: SourceLine["status"]) =>
      mergeTimeline([line("city/a", allergy, { status })])[0].first
    assert.deepEqual([found("verified"), found("mismatch")], ["allergy", undefined])
  })

  it("what cannot be read of a time stands where its beginning says, with a mark; unreadable and no times last", () => {
    const times = [
      undefined,
      "2024-05-05T10:00Z",
      "2024-05-06",
      "2023-02-29",
      "2024-05-04t10:00:00z",
      "2024-05-04",
      "1969-13-01",
      "1969-05",
      "yesterday",
      "20240505",
      "2023-02-10",
    ]
    const lines = times.map((effectiveDateTime, i) =>
      line(`city/${i}`, { resourceType: "Observation", code: { text: "K" }, effectiveDateTime }),
    )
    const shown = mergeTimeline(lines).map(
      ({ timeText = "none", marks, time }) =>
        `${timeText}${marks.some(({ key }) => key === "time-unclear") ? " ?" : ""}${time === null ? " (unordered)" : ""}`,
    )
    assert.deepEqual(shown, [
      "2024-05-06",
      "2024-05-05T10:00Z ?",
      "2024-05-04t10:00:00z ?",
      "2024-05-04",
      "2023-02-10",
      "2023-02-29 ?",
      "1969-05",
      "1969-13-01 ?",
      "yesterday ? (unordered)",
      "20240505 ? (unordered)",
      "none (unordered)",
    ])
  })

  it("what a patient did or said for another is marked, and never seen first", () => {
    const allergy = (subject: string) => ({
      resourceType: "AllergyIntolerance",
      code: { text: "peanut" },
      patient: { reference: subject },
      asserter: { reference: "Patient/mother" },
    })
    const seen = (...lines: SourceLine[]) =>
      mergeTimeline(lines)
        .filter(({ resourceType }) => resourceType !== "Patient")
        .map(({ marks, first }) => [marks.map(({ key }) => key).join(), first])
    const mother = line("city/m", { resourceType: "Patient", id: "mother" })
    assert.deepEqual(seen(mother, line("city/a", allergy("Patient/child"))), [["somebody-else", undefined]])
    assert.deepEqual(seen(mother, line("city/a", allergy("Patient/mother/_history/2"))), [["", "allergy"]])
    assert.deepEqual(seen(mother, line("county/a", allergy("Patient/7"))), [["", "allergy"]])
  })

  for (const [comment, subject, isOther] of [
    ["an address of the child elsewhere", { reference: "https://x.example/fhir/Patient/child" }, true],
    ["an address of the patient", { reference: "https://x.example/fhir/Patient/mother/_history/3" }, false],
    ["a number of somebody else", { identifier: { system: "https://x.example/mrn", value: "2" } }, true],
    ["the patient's own number", { identifier: { system: "https://x.example/mrn", value: "1" } }, false],
    [
      "the same number of another system",
      { identifier: { system: "https://y.example/mrn", value: "1" } },
      true,
    ],
    ["the number without a system", { identifier: { value: "1" } }, false],
    ["a name alone", { display: "Baby Vargas" }, true],
    ["a relative", { reference: "RelatedPerson/1" }, true],
    ["a group", { reference: "Group/ward" }, true],
    ["what the custodian resolved", { reference: "urn:uuid:7d4e1f0a-0000-4000-8000-000000000001" }, false],
    ["what is contained", { reference: "#p" }, false],
  ] as const)
    it(`a subject that is ${comment} is ${isOther ? "somebody else until it is proven" : "the patient"}`, () => {
      const identifier = [{ system: "https://x.example/mrn", value: "1" }]
      const seen = mergeTimeline([
        line("city/m", { resourceType: "Patient", id: "mother", identifier }),
        line("city/c", { resourceType: "Condition", code: { text: "Leukaemia" }, subject }),
      ]).find(({ resourceType }) => resourceType === "Condition")
      assert.equal(
        seen?.marks.some(({ key }) => key === "somebody-else"),
        isOther,
      )
      assert.equal(seen?.first, isOther ? undefined : "problem")
    })

  it("a number is shown as it was written", () => {
    const text = JSON.stringify(observation()).replace('"value":5', '"value":5.00')
    assert.equal(mergeTimeline([line("city/a", text)])[0].value, "5.00 mg/dL")
  })

  const hostile: readonly { comment: string; resource: object }[] = [
    { comment: "a very long time", resource: observation({ effectiveDateTime: "2".repeat(1000) }) },
    { comment: "a very long type", resource: { ...observation(), resourceType: "X".repeat(1000) } },
    { comment: "a very long title", resource: observation({ code: { text: "x".repeat(1000) } }) },
    {
      comment: "a title cut within a surrogate pair",
      resource: observation({ code: { text: "😀".repeat(999) } }),
    },
    {
      comment: "a very long value",
      resource: observation({ valueQuantity: undefined, valueString: "x".repeat(9000) }),
    },
    { comment: "a byte order mark before a title", resource: observation({ code: { text: "\ufeffx" } }) },
    { comment: "an empty status", resource: observation({ status: "" }) },
    {
      comment: "a hundred statuses",
      resource: {
        resourceType: "Condition",
        clinicalStatus: { coding: Array.from({ length: 100 }, (_, i) => ({ code: `😀${i}`.repeat(60) })) },
      },
    },
    { comment: "a date of the year 9999", resource: observation({ effectiveDateTime: "9999-12-31" }) },
    {
      comment: "elements of the wrong kind",
      resource: observation({ code: 5, identifier: 5, component: 5, name: [5] }),
    },
  ]
  for (const { comment, resource } of hostile)
    it(`an entry goes through the API whatever the record says: ${comment}`, () => {
      for (const entry of mergeTimeline([line("city/a", resource)]))
        assert.deepEqual(timelineEntry.parse(timelineEntry.toJson(entry), "entry", "json"), entry)
    })

  describe("properties", () => {
    const some = <T>(...values: T[]) => fc.constantFrom(...values)
    const resource = fc.record({
      code: some(concept("a"), concept("b")),
      effectiveDateTime: some("2020", "2021-01-01", undefined),
      valueQuantity: some(quantity(1), quantity(2), undefined),
      identifier: some([], [{ system: "urn:oid:1", value: "1" }], [{ system: "urn:oid:1", value: "2" }]),
    })
    const record = fc.record({
      custodian: some("city", "county", "clinic"),
      versions: fc.array(
        fc.record({ resource, status: some("verified" as const, "verified" as const, "mismatch" as const) }),
        {
          minLength: 1,
          maxLength: 3,
        },
      ),
    })
    const released = fc.array(record, { maxLength: 12 }).map((records) =>
      records.flatMap(({ custodian, versions }, r) =>
        versions.map(({ resource: content, status }, v) =>
          line(`${custodian}/${r}`, observation(content), {
            version: v + 1,
            status,
            isSuperseded: v < versions.length - 1,
          }),
        ),
      ),
    )
    const shuffled = released.chain((all) => fc.shuffledSubarray(all, { minLength: all.length }))

    it("every line is exactly once in sources or older", () => {
      fc.assert(
        fc.property(shuffled, (lines) => {
          const shown = mergeTimeline(lines).flatMap(({ sources, older }) => [...sources, ...older])
          assert.equal(shown.length, lines.length)
          assert.deepEqual(new Set(shown), new Set(lines))
        }),
        { numRuns: 300 },
      )
    })

    it("sources are newest versions, older ones are not; struck out or verified, never both in one", () => {
      fc.assert(
        fc.property(shuffled, (lines) => {
          for (const { sources, older, isStruckOut } of mergeTimeline(lines)) {
            assert.ok(sources.every(({ isSuperseded }) => !isSuperseded))
            assert.ok(older.every(({ isSuperseded }) => isSuperseded))
            assert.ok(sources.every(({ status }) => (status === "mismatch") === isStruckOut))
          }
        }),
        { numRuns: 300 },
      )
    })

    it("all sources of an entry say its value", () => {
      fc.assert(
        fc.property(shuffled, (lines) => {
          for (const { sources } of mergeTimeline(lines)) {
            const values = sources.map(
              ({ content }) => JSON.parse(Buffer.from(content ?? []).toString()).valueQuantity?.value,
            )
            assert.equal(new Set(values).size, 1)
          }
        }),
        { numRuns: 300 },
      )
    })

    it("the order of the lines does not matter for what is one entry", () => {
      fc.assert(
        fc.property(released, (lines) => {
          const named = Object.fromEntries(lines.map((one, i) => [`l${i}`, one]))
          const sources = (all: readonly SourceLine[]) =>
            shape(mergeTimeline(all), named)
              .map((text) => text.split(" < ")[0])
              .sort()
          assert.deepEqual(sources(lines.toReversed()), sources(lines))
        }),
        { numRuns: 300 },
      )
    })
  })
})
