import assert from "node:assert/strict"
import { describe, it } from "node:test"
import fc from "fast-check"
import { type JsonObject, parseJson } from "../json.ts"
import { FIRST } from "./first.ts"
import { marksText } from "./marks.ts"
import { nameText } from "./names.ts"
import { personOf } from "./person.ts"
import { MAX_TITLE, MAX_VALUE, statementOf } from "./statement.ts"
import { MARK_KEYS } from "./words.ts"

/** As a view shows it: marks, title, value. */
function said(resource: object | string, find?: (reference: string) => JsonObject | undefined): string {
  const text = typeof resource === "string" ? resource : JSON.stringify(resource)
  const statement = statementOf(parseJson(text) as JsonObject, find)
  if (!statement) return "(nothing)"
  const { marks, title, value } = statement
  return `${marksText(marks)}${title}${value === undefined ? "" : `: ${value}`}`
}

const SCT = "http://snomed.info/sct"
const observation = (members: string) =>
  `{"resourceType":"Observation","status":"final","code":{"text":"K"},${members}}`
const concept = (code: string, display?: string, system = SCT) => ({
  coding: [{ system, code, ...(display !== undefined && { display }) }],
})

type Row = readonly [comment: string, resource: object | string, shown: string]

const values: readonly Row[] = [
  ["Quantity", observation('"valueQuantity":{"value":5.00,"unit":"mmol/L"}'), "K: 5.00 mmol/L"],
  ["comparator", observation('"valueQuantity":{"value":5,"comparator":"<","unit":"ng/L"}'), "K: <5 ng/L"],
  [
    "comparator of zero",
    observation('"valueQuantity":{"value":0,"comparator":">=","unit":"mg"}'),
    "K: >=0 mg",
  ],
  [
    "unit and another code",
    observation('"valueQuantity":{"value":120,"unit":"mmHg","code":"mm[Hg]"}'),
    "K: 120 mmHg (mm[Hg])",
  ],
  ["code without unit", observation('"valueQuantity":{"value":1e-22,"code":"mg"}'), "K: 1e-22 mg"],
  [
    "many digits",
    observation('"valueQuantity":{"value":1.000000000000000000E-245}'),
    "K: 1.000000000000000000E-245",
  ],
  ["a unit without a value", observation('"valueQuantity":{"unit":"mg"}'), "K: no value, mg"],
  [
    "a value that is masked",
    observation(
      '"valueQuantity":{"unit":"mg","_value":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"masked"}]}}',
    ),
    "K: no value: masked, mg",
  ],
  [
    "a primitive that is absent",
    observation(
      '"_valueString":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"not-asked"}]}',
    ),
    "K: no value: not asked",
  ],
  ["CodeableConcept by text", observation('"valueCodeableConcept":{"text":"positive"}'), "K: positive"],
  [
    "CodeableConcept whose text and display differ",
    observation('"valueCodeableConcept":{"text":"trace","coding":[{"code":"a","display":"positive"}]}'),
    "K: trace (positive)",
  ],
  [
    "CodeableConcept without words: system and code",
    observation(`"valueCodeableConcept":{"coding":[{"system":"${SCT}","code":"10828004"}]}`),
    "K: 10828004 (SNOMED CT)",
  ],
  [
    "of several codings the one with words",
    observation('"valueCodeableConcept":{"coding":[{"code":"a"},{"code":"b","display":"B"}]}'),
    "K: B",
  ],
  [
    "of several codings first the one that a person chose",
    observation(
      '"valueCodeableConcept":{"coding":[{"code":"b","display":"B"},{"code":"c","display":"C","userSelected":true}]}',
    ),
    "K: C (B)",
  ],
  ["string", observation('"valueString":"clear"'), "K: clear"],
  ["boolean true", observation('"valueBoolean":true'), "K: true"],
  ["boolean false", observation('"valueBoolean":false'), "[NO] K: false"],
  ["integer", observation('"valueInteger":7'), "K: 7"],
  [
    "Range",
    observation('"valueRange":{"low":{"value":1.0,"unit":"a"},"high":{"value":2,"unit":"a"}}'),
    "K: 1.0 a to 2 a",
  ],
  ["Range without an end", observation('"valueRange":{"low":{"value":1,"unit":"a"}}'), "K: from 1 a"],
  ["Range without a beginning", observation('"valueRange":{"high":{"value":2,"unit":"a"}}'), "K: up to 2 a"],
  ["Ratio", observation('"valueRatio":{"numerator":{"value":1},"denominator":{"value":128}}'), "K: 1 : 128"],
  [
    "SampledData by how many points it has",
    observation(
      '"valueSampledData":{"origin":{"value":2048,"unit":"uV"},"period":10,"factor":1.612,"lowerLimit":-3300,"upperLimit":3300,"dimensions":1,"data":"1 2 E 4"}',
    ),
    "K: sampled data (4 points, origin 2048 uV, period 10 ms, factor 1.612, limits from -3300 to 3300, dimensions 1)",
  ],
  ["time", observation('"valueTime":"10:30:00"'), "K: 10:30:00"],
  [
    "dateTime with its zone",
    observation('"valueDateTime":"2024-01-02T04:00:00+14:00"'),
    "K: 2024-01-02T04:00:00+14:00",
  ],
  ["Period", observation('"valuePeriod":{"start":"2024-01","end":"2024-02-03"}'), "K: 2024-01 to 2024-02-03"],
  ["Period that goes on", observation('"valuePeriod":{"start":"2024-01"}'), "K: from 2024-01"],
  [
    "dataAbsentReason by text",
    observation('"dataAbsentReason":{"text":"specimen lost"}'),
    "K: no value: specimen lost",
  ],
  [
    "dataAbsentReason by code",
    observation(
      '"dataAbsentReason":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/data-absent-reason","code":"asked-declined"}]}',
    ),
    "K: no value: asked but declined",
  ],
  [
    "reference range and interpretation",
    observation(
      '"valueQuantity":{"value":55,"unit":"%"},"interpretation":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"H"}]}],"referenceRange":[{"low":{"value":38,"unit":"%"},"high":{"value":52,"unit":"%"},"appliesTo":[{"text":"men"}],"age":{"low":{"value":18,"unit":"a"}}}]',
    ),
    "K: 55 %; high (H); reference range 38 % to 52 %, men, age from 18 a",
  ],
  [
    "components, each with its own kind of value",
    observation(
      '"component":[{"code":{"text":"a"},"valueQuantity":{"value":120,"comparator":">","unit":"mm"}},{"code":{"text":"b"},"dataAbsentReason":{"text":"not measured"}},{"code":{"text":"c"},"valueCodeableConcept":{"text":"sitting"}},{"code":{"text":"d"}},{"code":{"text":"e"},"valueBoolean":false,"interpretation":[{"text":"odd"}]}]',
    ),
    "K: a >120 mm; b no value: not measured; c sitting; d no value; e false, odd",
  ],
  ["a note", observation('"valueInteger":7,"note":[{"text":"haemolysed"}]'), "K: 7; note: haemolysed"],
  [
    "a period of observation",
    observation('"valueInteger":7,"effectivePeriod":{"start":"2024-01-01","end":"2024-01-02"}'),
    "K: 7; effective 2024-01-01 to 2024-01-02",
  ],
  [
    "a site with its side",
    observation(
      '"valueInteger":7,"bodySite":{"text":"foot","extension":[{"url":"urn:x","valueCodeableConcept":{"text":"left"}}]}',
    ),
    "K, foot, left: 7",
  ],
]

const medications: readonly Row[] = [
  [
    "everything of a dosage",
    {
      resourceType: "MedicationStatement",
      medicationCodeableConcept: { text: "morphine" },
      dosage: [
        {
          sequence: 1,
          text: "as told",
          timing: {
            repeat: {
              frequency: 1,
              frequencyMax: 2,
              period: 4,
              periodMax: 6,
              periodUnit: "h",
              when: ["ACM"],
              boundsDuration: { value: 3, unit: "days" },
            },
          },
          asNeededCodeableConcept: { text: "pain" },
          route: { text: "by mouth" },
          doseAndRate: [
            {
              doseRange: { low: { value: 5, unit: "mg" }, high: { value: 10, unit: "mg" } },
              rateRatio: { numerator: { value: 1, unit: "mL" }, denominator: { value: 2, unit: "h" } },
            },
          ],
          maxDosePerPeriod: { numerator: { value: 40, unit: "mg" }, denominator: { value: 1, unit: "d" } },
          additionalInstruction: [{ text: "with food" }],
        },
      ],
    },
    "morphine: step 1: as told (5 mg to 10 mg rate 1 mL : 2 h, 1 to 2× per 4 to 6 h, before breakfast, for 3 days, as needed for pain, by mouth, at most 40 mg : 1 d per period, with food)",
  ],
  [
    "asNeededBoolean",
    {
      resourceType: "MedicationRequest",
      medicationCodeableConcept: { text: "a" },
      dosageInstruction: [{ asNeededBoolean: true }],
    },
    "a: as needed",
  ],
  [
    "of an administration",
    {
      resourceType: "MedicationAdministration",
      medicationCodeableConcept: { text: "a" },
      dosage: {
        dose: { value: 5, unit: "mg" },
        rateQuantity: { value: 1, unit: "mL/h" },
        site: { text: "left arm" },
      },
    },
    "a: 5 mg rate 1 mL/h, at left arm",
  ],
  [
    "contained, with its strength",
    {
      resourceType: "MedicationRequest",
      contained: [
        {
          resourceType: "Medication",
          id: "m",
          code: { text: "digoxin" },
          ingredient: [
            {
              itemCodeableConcept: { text: "digoxin" },
              strength: {
                numerator: { value: 0.125, unit: "mg" },
                denominator: { value: 1, unit: "tablet" },
              },
            },
          ],
        },
      ],
      medicationReference: { reference: "#m" },
    },
    "digoxin, digoxin 0.125 mg : 1 tablet",
  ],
  [
    "by its display beside another code",
    {
      resourceType: "MedicationRequest",
      contained: [{ resourceType: "Medication", id: "m", code: { text: "digoxin" } }],
      medicationReference: { reference: "#m", display: "Lanoxin" },
    },
    "Lanoxin (digoxin)",
  ],
  [
    "by reference to what is not there",
    { resourceType: "MedicationRequest", medicationReference: { reference: "Medication/7" } },
    "drug not named here: Medication/7",
  ],
  [
    "by identifier",
    {
      resourceType: "MedicationRequest",
      medicationReference: { identifier: { system: "urn:x", value: "7" } },
    },
    "drug not named here: 7 (urn:x)",
  ],
]

const named = (resourceType: string, more: object) => ({ resourceType, code: { text: "T" }, ...more })
const status = (code: string) => ({ coding: [{ code }] })
const marked: readonly Row[] = [
  ...[
    ["entered-in-error", "ENTERED IN ERROR"],
    ["not-done", "NOT DONE"],
    ["cancelled", "CANCELLED"],
    ["stopped", "STOPPED"],
    ["on-hold", "ON HOLD"],
    ["in-progress", "IN PROGRESS"],
    ["preparation", "IN PREPARATION"],
    ["unknown", "STATUS UNKNOWN"],
    ["frobnicated", "STATUS frobnicated"],
  ].map(([code, words]): Row => [code, named("Procedure", { status: code }), `[${words}] T`]),
  ...["final", "completed", "active"].map((code): Row => [code, named("Procedure", { status: code }), "T"]),
  [
    "do not perform",
    named("ServiceRequest", { status: "active", intent: "order", doNotPerform: true }),
    "[DO NOT PERFORM; ORDERED] T",
  ],
  ["draft", named("ServiceRequest", { status: "draft", intent: "order" }), "[DRAFT] T"],
  ["proposed", named("ServiceRequest", { status: "active", intent: "proposal" }), "[PROPOSED] T"],
  ["planned", named("ServiceRequest", { status: "active", intent: "plan" }), "[PLANNED] T"],
  [
    "an order that is over",
    named("ServiceRequest", { status: "completed", intent: "order" }),
    "[ORDERED; COMPLETED] T",
  ],
  [
    "refuted although active",
    named("Condition", { clinicalStatus: status("active"), verificationStatus: status("refuted") }),
    "[REFUTED] T",
  ],
  ["refuted by text", named("Condition", { verificationStatus: { text: "Refuted" } }), "[REFUTED] T"],
  ["provisional", named("Condition", { verificationStatus: status("provisional") }), "[PROVISIONAL] T"],
  ["differential", named("Condition", { verificationStatus: status("differential") }), "[DIFFERENTIAL] T"],
  [
    "unconfirmed",
    named("AllergyIntolerance", { verificationStatus: status("unconfirmed") }),
    "[UNCONFIRMED] T",
  ],
  [
    "resolved",
    named("Condition", { clinicalStatus: status("resolved"), abatementDateTime: "2020" }),
    "[RESOLVED] T: ended 2020",
  ],
  ["in remission", named("Condition", { clinicalStatus: status("remission") }), "[IN REMISSION] T"],
  ["inactive", named("AllergyIntolerance", { clinicalStatus: status("inactive") }), "[INACTIVE] T"],
  [
    "ended without a status",
    named("Condition", { abatementAge: { value: 30, unit: "a" } }),
    "[ENDED] T: ended 30 a",
  ],
  ["an end to come", named("Condition", { abatementDateTime: "2999-01-01" }), "T: ended 2999-01-01"],
  ["words of an end", named("Condition", { abatementString: "not yet" }), "T: ended not yet"],
  [
    "an end within a time to come",
    named("Condition", { abatementPeriod: { start: "2998", end: "2999" } }),
    "T: ended 2998 to 2999",
  ],
  ["an end that is past", named("Condition", { abatementDateTime: "2001" }), "[ENDED] T: ended 2001"],
  ["no end, said so", named("Condition", { abatementBoolean: false }), "T: ended false"],
  ["booleans as texts", named("ServiceRequest", { doNotPerform: "true" }), "[DO NOT PERFORM] T"],
  [
    "status of the document",
    named("DocumentReference", { status: "current", docStatus: "preliminary" }),
    "[PRELIMINARY] T",
  ],
  [
    "no known allergies",
    { resourceType: "AllergyIntolerance", code: concept("716186003", "No known allergy") },
    "[NONE KNOWN] No known allergy",
  ],
  ...["No known allergies", "NKDA", "no drug allergies", "None known", "无已知过敏", "否认药物过敏史"].map(
    (text): Row => [text, { resourceType: "AllergyIntolerance", code: { text } }, `[NONE KNOWN] ${text}`],
  ),
  ...["No known allergies except penicillin", "NKDA but latex", "无过敏史，青霉素除外"].map(
    (text): Row => [text, { resourceType: "AllergyIntolerance", code: { text } }, text],
  ),
  [
    "an allergy of a known kind",
    { resourceType: "AllergyIntolerance", code: { text: "Nonoxynol" } },
    "Nonoxynol",
  ],
  [
    "no information, of IPS",
    {
      resourceType: "AllergyIntolerance",
      code: concept(
        "no-allergy-info",
        "No information about allergies",
        "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips",
      ),
    },
    "[NO INFORMATION] No information about allergies",
  ],
  [
    "a finding that is absent",
    named("Observation", { valueCodeableConcept: concept("2667000", "Absent") }),
    "[ABSENT] T: Absent",
  ],
  [
    "a negative test by its interpretation",
    named("Observation", {
      valueString: "0.1",
      interpretation: [
        {
          coding: [
            { system: "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", code: "NEG" },
          ],
        },
      ],
    }),
    "[NEGATIVE] T: 0.1; negative (NEG)",
  ],
  ["a negative test in Chinese", named("Observation", { valueString: "阴性" }), "[NEGATIVE] T: 阴性"],
  [
    "a modifier",
    named("Observation", { modifierExtension: [{ url: "urn:not", valueBoolean: true }] }),
    "[CHANGED BY A MODIFIER NOT UNDERSTOOD HERE] T",
  ],
  [
    "a modifier inside",
    named("Observation", { component: [{ code: { text: "c" }, modifierExtension: [{ url: "urn:not" }] }] }),
    "[CHANGED BY A MODIFIER NOT UNDERSTOOD HERE] T: c no value, modifier extension url urn:not",
  ],
  [
    "an excluded diagnosis of a German record, with its side",
    named("Condition", {
      code: {
        coding: [
          {
            ...{ code: "C50.9", display: "Brustkrebs" },
            extension: [
              {
                url: "http://fhir.de/StructureDefinition/icd-10-gm-diagnosesicherheit",
                valueCoding: { code: "A" },
              },
              { url: "http://fhir.de/StructureDefinition/seitenlokalisation", valueCoding: { code: "L" } },
            ],
          },
        ],
      },
    }),
    "[REFUTED] Brustkrebs, left",
  ],
  [
    "a vaccine that is advised against",
    {
      resourceType: "ImmunizationRecommendation",
      recommendation: [{ vaccineCode: [{ text: "MMR" }], forecastStatus: status("contraindicated") }],
    },
    "[DO NOT PERFORM] MMR: recommendation vaccine code MMR, forecast status contraindicated",
  ],
  [
    "family history",
    {
      resourceType: "FamilyMemberHistory",
      status: "completed",
      relationship: { text: "mother" },
      name: "Ann",
      condition: [{ code: { text: "cancer" }, onsetAge: { value: 40, unit: "a" } }],
    },
    "[FAMILY HISTORY of mother, Ann] cancer, since 40 a",
  ],
  [
    "a goal",
    { resourceType: "Goal", lifecycleStatus: "active", description: { text: "70 kg" } },
    "[GOAL] 70 kg",
  ],
  ["a risk", { resourceType: "RiskAssessment", status: "final", code: { text: "fall" } }, "[RISK] fall"],
  [
    "an appointment nobody came to",
    { resourceType: "Appointment", status: "noshow", description: "visit" },
    "[DID NOT COME] visit",
  ],
  [
    "what somebody else reported",
    named("MedicationRequest", { reportedReference: { reference: "Patient/1" } }),
    "[REPORTED, NOT RECORDED BY WHO DID IT] T",
  ],
  [
    "rules that it was made by",
    named("Observation", { implicitRules: "urn:negated", valueInteger: 1 }),
    "[CHANGED BY A MODIFIER NOT UNDERSTOOD HERE] T: 1",
  ],
  ["STU3's notDone", named("Procedure", { status: "completed", notDone: true }), "[NOT DONE] T"],
  [
    "a refused vaccine",
    {
      resourceType: "Immunization",
      status: "not-done",
      vaccineCode: { text: "measles" },
      statusReason: { text: "refused" },
    },
    "[NOT DONE] measles: reason of status refused",
  ],
]

const L = "http://local"
const CONDITION = "http://terminology.hl7.org/CodeSystem/condition-clinical"
const verified = (status: unknown) => named("Condition", { verificationStatus: status })
const clinical = (status: unknown) => named("Condition", { clinicalStatus: status })
const statuses: readonly Row[] = [
  ["text beside a local code", verified({ ...concept("0", undefined, L), text: "ruled out" }), "[REFUTED] T"],
  ["a local code's display", verified(concept("X9", "Refuted", L)), "[REFUTED] T"],
  ["SNOMED CT with display", verified(concept("410516002", "Known absent")), "[REFUTED] T"],
  ["SNOMED CT without", verified(concept("410516002")), "[REFUTED] T"],
  ["SNOMED CT that says what one would think", verified(concept("410515003")), "T"],
  [
    "the same number of another system",
    verified(concept("410516002", undefined, L)),
    `[STATUS 410516002 (${L})] T`,
  ],
  ["its kind in parentheses", clinical(concept("1", "Resolved (qualifier value)", L)), "[RESOLVED] T"],
  ["SNOMED CT's clinical status", clinical(concept("413322009", "Resolved")), "[RESOLVED] T"],
  ["a local letter and text", clinical({ ...concept("R", "Resolved", L), text: "Resolved" }), "[RESOLVED] T"],
  ["a capital", clinical(concept("Resolved", undefined, CONDITION)), "[RESOLVED] T"],
  ["all capitals with underscores", verified(concept("ENTERED_IN_ERROR")), "[ENTERED IN ERROR] T"],
  ["a display alone", clinical({ coding: [{ display: "Resolved" }] }), "[RESOLVED] T"],
  ["a Coding where a concept belongs", clinical({ code: "resolved", system: CONDITION }), "[RESOLVED] T"],
  ["a list of concepts", clinical([concept("resolved")]), "[RESOLVED] T"],
  ["a code where a concept belongs", clinical("Resolved"), "[RESOLVED] T"],
  ["German", verified({ text: "Ausgeschlossen" }), "[REFUTED] T"],
  ["Chinese", verified(concept("3", "已排除", L)), "[REFUTED] T"],
  [
    "an allergy entered in error, of a local system",
    named("AllergyIntolerance", { verificationStatus: concept("3", "Entered in error", L) }),
    "[ENTERED IN ERROR] T",
  ],
  ["a code of a plain status in capitals", named("Observation", { status: "FINAL" }), "T"],
  ["of a plain status with a capital", named("Observation", { status: "Cancelled" }), "[CANCELLED] T"],
  ["words that nobody here knows", verified(concept("7", "Smouldering", L)), "[STATUS Smouldering] T"],
  ["a code without words", verified(concept("0", undefined, L)), `[STATUS 0 (${L})] T`],
  [
    "a code without words beside one that is known",
    verified({ coding: [{ system: L, code: "0" }, { code: "provisional" }] }),
    "[PROVISIONAL] T",
  ],
  ["a known code in another language", verified(concept("confirmed", "Bevestigd")), "T"],
  ["text that says no more", verified({ ...concept("confirmed"), text: "Confirmed" }), "T"],
  [
    "text that says something else",
    verified({ ...concept("confirmed"), text: "seen once" }),
    "[STATUS seen once] T",
  ],
  [
    "text that contradicts the code",
    verified({ ...concept("confirmed"), text: "ruled out" }),
    "[REFUTED; BUT ALSO SAID TO BE confirmed] T",
  ],
  [
    "a display that contradicts its code",
    clinical(concept("active", "Resolved")),
    "[RESOLVED; BUT ALSO SAID TO BE active] T",
  ],
  [
    "two codings that contradict each other",
    verified({ coding: [{ code: "refuted" }, { code: "provisional" }] }),
    "[REFUTED; PROVISIONAL] T",
  ],
  [
    "resolved, and completed of another system",
    clinical({ coding: [{ code: "resolved" }, { system: L, code: "completed", display: "completed" }] }),
    "[COMPLETED; RESOLVED] T",
  ],
  ["a coding where a list of them belongs", verified({ coding: { code: "refuted" } }), "[REFUTED] T"],
  ["none, with a reason", named("Observation", { _status: absent("masked") }), "[STATUS UNKNOWN] T"],
  ["a concept that is absent", verified(absent("unknown")), "[STATUS UNKNOWN] T"],
  ["a rejected specimen", named("Specimen", { status: "unsatisfactory" }), "[UNSATISFACTORY] T"],
  ["a specimen that is gone", named("Specimen", { status: "unavailable" }), "[UNAVAILABLE] T"],
  ["a completed plan by words", named("CarePlan", { status: "Completed" }), "[COMPLETED] T"],
]
function absent(valueCode: string): object {
  return { extension: [{ url: "http://hl7.org/fhir/StructureDefinition/data-absent-reason", valueCode }] }
}

const titles: readonly Row[] = [
  ["left", named("Procedure", { bodySite: [{ text: "left" }] }), "T, left"],
  ["a report", named("DiagnosticReport", { conclusion: "no bleeding" }), "T: no bleeding"],
  ["a code without words", named("Condition", { code: concept("38341003") }), "38341003 (SNOMED CT)"],
  [
    "results that are contained",
    named("DiagnosticReport", {
      contained: [
        {
          resourceType: "Observation",
          id: "a",
          code: { text: "K" },
          valueQuantity: { value: 4.1, unit: "mmol/L" },
        },
        { resourceType: "Observation", id: "b", status: "entered-in-error", code: { text: "Na" } },
      ],
      result: [{ reference: "#a" }, { reference: "#b" }, { reference: "Observation/9" }],
    }),
    "T: results K: 4.1 mmol/L, [ENTERED IN ERROR] Na, 1 without a name here",
  ],
  [
    "about somebody else",
    named("Observation", { valueBoolean: true, focus: [{ display: "the fetus" }] }),
    "T: about the fetus; true",
  ],
  [
    "a document, by its Composition",
    {
      resourceType: "Bundle",
      type: "document",
      entry: [{ resource: { resourceType: "Composition", status: "preliminary", title: "Discharge" } }],
    },
    "[PRELIMINARY] Discharge",
  ],
  ["no code at all", named("Condition", { code: undefined }), "Condition (no code)"],
  ["a type that no table has", { resourceType: "Novelty", name: "n" }, "n"],
  ["no resource", {}, "(nothing)"],
  [
    "elements of the wrong kind",
    named("Observation", { code: 5, component: 5, status: {}, category: [null], bodySite: 7 }),
    "5, 7: 5",
  ],
]

for (const [what, rows] of Object.entries({ values, medications, marked, statuses, titles }))
  describe(`statementOf: ${what}`, () => {
    for (const [comment, resource, shown] of rows) it(comment, () => assert.equal(said(resource), shown))
  })

describe("statementOf", () => {
  it("names a drug that came with the record", () => {
    const request = { resourceType: "MedicationRequest", medicationReference: { reference: "Medication/7" } }
    const find = (reference: string) =>
      reference === "Medication/7"
        ? (parseJson('{"resourceType":"Medication","code":{"text":"warfarin"}}') as JsonObject)
        : undefined
    assert.equal(said(request, find), "warfarin")
  })
})

describe("any record", () => {
  /** Names and codes that tables of objects have by nature, and values of every kind where any is looked for. */
  const codes = fc.constantFrom(
    "constructor",
    "toString",
    "hasOwnProperty",
    "valueOf",
    "final",
    "",
    "\ufeff",
    "😀",
  )
  const leaf = fc.oneof(
    codes,
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  )
  const names = fc.constantFrom(
    ..."coding code system display text value unit comparator low high numerator denominator start end".split(
      " ",
    ),
    ..."reference identifier extension url valueCode repeat when periodUnit dayOfWeek event".split(" "),
    ..."component interpretation referenceRange dosageInstruction doseAndRate item answer linkId".split(" "),
    ..."contained id resourceType ingredient strength section title attachment status modifierExtension".split(
      " ",
    ),
  )
  const { any } = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 5 },
      leaf,
      fc.array(tie("any"), { maxLength: 3 }),
      fc.dictionary(names, tie("any"), { maxKeys: 5 }),
    ),
  }))
  const elements = fc.constantFrom(
    ..."status code category type bodySite note contained component value valueQuantity effectivePeriod".split(
      " ",
    ),
    ..."clinicalStatus verificationStatus intent doNotPerform medicationReference dosage dosageInstruction".split(
      " ",
    ),
    ..."medicationCodeableConcept identifier name relationship condition referenceRange interpretation".split(
      " ",
    ),
    ..."_valueString valueTiming valueCodeableConcept item section content result reaction entry extension".split(
      " ",
    ),
  )
  const types = fc.oneof(
    codes,
    fc.constantFrom(
      ..."Observation Condition MedicationRequest AllergyIntolerance FamilyMemberHistory Bundle Medication".split(
        " ",
      ),
      ..."QuestionnaireResponse Composition DocumentReference DiagnosticReport Patient Immunization".split(
        " ",
      ),
    ),
  )
  it("is said something of, within bounds, whatever it holds", () => {
    fc.assert(
      fc.property(types, fc.dictionary(elements, any, { maxKeys: 8 }), (resourceType, members) => {
        const statement = statementOf(parseJson(JSON.stringify({ resourceType, ...members })) as JsonObject)
        assert.ok(statement)
        const { title, value = "-", marks, first } = statement
        for (const text of [title, value, marksText(marks)]) {
          assert.equal(typeof text, "string")
          assert.doesNotMatch(text, /function|\[object|undefined|NaN/)
        }
        assert.ok(
          title.length > 0 && title.length <= MAX_TITLE && value.length > 0 && value.length <= MAX_VALUE,
        )
        assert.ok(marks.every(({ key, of }) => MARK_KEYS.includes(key) && of !== ""))
        assert.ok(first === undefined || FIRST.includes(first))
      }),
      { numRuns: 2000 },
    )
  })
})

describe("what is seen first", () => {
  const drug = (code: object, more: object = {}) => ({
    resourceType: "MedicationRequest",
    medicationCodeableConcept: code,
    ...more,
  })
  const rows: readonly (readonly [comment: string, resource: object, first: string | undefined])[] = [
    ["an allergy", named("AllergyIntolerance", {}), "allergy"],
    [
      "a resolved allergy, with its mark",
      named("AllergyIntolerance", { clinicalStatus: status("resolved") }),
      "allergy",
    ],
    ["a refuted allergy", named("AllergyIntolerance", { verificationStatus: status("refuted") }), undefined],
    ["an active problem", named("Condition", { clinicalStatus: status("active") }), "problem"],
    ["a problem without a status", named("Condition", {}), "problem"],
    ["a provisional problem", named("Condition", { verificationStatus: status("provisional") }), "problem"],
    ["a resolved problem", named("Condition", { clinicalStatus: status("resolved") }), undefined],
    [
      "a problem entered in error",
      named("Condition", { verificationStatus: status("entered-in-error") }),
      undefined,
    ],
    ["a problem that is refuted by a local code's words", verified(concept("X9", "Refuted", L)), undefined],
    [
      "a problem said to be confirmed and ruled out",
      verified({ ...concept("confirmed"), text: "ruled out" }),
      undefined,
    ],
    ["a problem of which nobody can read the status", verified(concept("0", undefined, L)), "problem"],
    ["a problem over by SNOMED CT", clinical(concept("413322009")), undefined],
    ["a problem completed, whatever that means", clinical(concept("completed", undefined, L)), "problem"],
    ["a problem over by its text", clinical({ text: "Resolved" }), undefined],
    ["a problem said to be active and over", clinical({ ...concept("active"), text: "resolved" }), "problem"],
    [
      "an allergy entered in error by its display",
      named("AllergyIntolerance", { verificationStatus: concept("3", "Entered in error", L) }),
      undefined,
    ],
    [
      "an allergy of which nobody can read the status",
      named("AllergyIntolerance", { verificationStatus: concept("9", "x", L) }),
      "allergy",
    ],
    ["family history", named("FamilyMemberHistory", {}), undefined],
    ["a warning", named("Flag", { status: "active" }), "flag"],
    ["a warning that is over", named("Flag", { status: "inactive" }), undefined],
    ["by ATC", drug(concept("B01AF02", undefined, "http://www.whocc.no/atc")), "anticoagulant"],
    ["by another ATC code", drug(concept("C07AB07", undefined, "http://www.whocc.no/atc")), undefined],
    [
      "by RxNorm",
      drug(concept("1364430", undefined, "http://www.nlm.nih.gov/research/umls/rxnorm")),
      "anticoagulant",
    ],
    ["by SNOMED CT", drug(concept("372756006")), "anticoagulant"],
    ["by a number of another system", drug(concept("11289", undefined, "urn:x")), undefined],
    ["by name", drug({ text: "Warfarin Sodium 5 MG Oral Tablet" }), "anticoagulant"],
    ["by its Chinese name", drug({ text: "华法林钠片" }), "anticoagulant"],
    ["another drug", drug({ text: "metoprolol" }), undefined],
    ["stopped, with its mark", drug({ text: "warfarin" }, { status: "stopped" }), "anticoagulant"],
    ["not to be given", drug({ text: "warfarin" }, { doNotPerform: true }), undefined],
    [
      "an allergy to one is an allergy",
      { resourceType: "AllergyIntolerance", code: { text: "heparin" } },
      "allergy",
    ],
  ]
  for (const [comment, resource, first] of rows)
    it(comment, () =>
      assert.equal(statementOf(parseJson(JSON.stringify(resource)) as JsonObject)?.first, first),
    )
})

const NOW = Date.UTC(2026, 0, 1)
const mr = (value: string, more: object = {}) => ({ type: { coding: [{ code: "MR" }] }, value, ...more })

describe("personOf", () => {
  const rows: readonly (readonly [
    comment: string,
    patient: object,
    who: string,
    numbers: readonly string[],
  ])[] = [
    [
      "an ended name and an old number as former",
      {
        name: [
          { use: "official", family: "Oldname", given: ["Ann"], period: { end: "2010-01-01" } },
          { use: "official", family: "Newname", given: ["Ann"], period: { start: "2010-01-01" } },
        ],
        birthDate: "1950",
        gender: "female",
        identifier: [mr("OLD-1", { use: "old" }), mr("NEW-2"), mr("ENDED-3", { period: { end: "2015-06" } })],
      },
      "Ann Newname, born 1950, female",
      ["NEW-2", "[formerly Ann Oldname; formerly OLD-1; formerly ENDED-3]"],
    ],
    [
      "a maiden and a temporary name",
      {
        name: [
          { use: "maiden", text: "M" },
          { use: "temp", text: "T" },
          { use: "usual", text: "U" },
        ],
      },
      "U, birth date not recorded, sex not recorded",
      ["[formerly M; temporarily T]"],
    ],
    [
      "former ones alone",
      { name: [{ use: "old", text: "O" }], identifier: [mr("OLD-1", { use: "old" })] },
      "name not recorded, birth date not recorded, sex not recorded",
      ["[formerly O; formerly OLD-1]"],
    ],
    [
      "another number where the record number has ended",
      { name: [{ text: "A" }], identifier: [mr("OLD-1", { use: "old" }), { system: "urn:x", value: "7" }] },
      "A, birth date not recorded, sex not recorded",
      ["7 (urn:x)", "[formerly OLD-1]"],
    ],
  ]
  for (const [comment, patient, who, numbers] of rows)
    it(comment, () => {
      const said = personOf(
        parseJson(JSON.stringify({ resourceType: "Patient", ...patient })) as JsonObject,
        NOW,
      )
      assert.deepEqual(said, { who, numbers })
    })
})

describe("names without text", () => {
  const rows: readonly (readonly [comment: string, names: object[], shown: string | undefined])[] = [
    [
      "prefix, given names, family",
      [{ prefix: ["Dr"], given: ["Ann", "B"], family: "Lee", suffix: ["MD"] }],
      "Dr Ann B Lee MD",
    ],
    ["Chinese: family first, no spaces", [{ family: "王", given: ["小", "芳"] }], "王小芳"],
    ["text as it stands", [{ text: "王 小芳", family: "x" }], "王 小芳"],
    [
      "the official one",
      [
        { use: "usual", text: "Jim" },
        { use: "official", text: "James" },
      ],
      "James",
    ],
    [
      "an old one only where there is no other",
      [{ use: "old", text: "A" }, { text: "" }, { text: "B" }],
      "B",
    ],
    [
      "not one that has ended",
      [
        { use: "official", text: "A Old", period: { end: "2010-01-01" } },
        { use: "official", text: "A New", period: { start: "2010-01-01" } },
      ],
      "A New",
    ],
    [
      "one whose end is to come",
      [
        { use: "official", text: "James", period: { end: "9999-12-31" } },
        { use: "usual", text: "Jim" },
      ],
      "James",
    ],
    ["one whose end cannot be read", [{ use: "official", text: "James", period: { end: "soon" } }], "James"],
    [
      "a usual one where the official one has ended",
      [
        { use: "usual", text: "Ann Married" },
        { use: "official", text: "Ann Maiden", period: { end: "1975" } },
      ],
      "Ann Married",
    ],
    ["a maiden name alone", [{ use: "maiden", text: "A" }], "formerly A"],
    ["a temporary one alone", [{ use: "temp", text: "A" }], "temporarily A"],
    ["none", [{}], undefined],
  ]
  for (const [comment, names, shown] of rows)
    it(comment, () => assert.equal(nameText(parseJson(JSON.stringify(names)), NOW), shown))
})
