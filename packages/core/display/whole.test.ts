import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type JsonObject, parseJson } from "../json.ts"
import { marksText } from "./marks.ts"
import { statementOf } from "./statement.ts"

/** As a view shows it: marks, title, value. */
function said(resource: object): string {
  const statement = statementOf(parseJson(JSON.stringify(resource)) as JsonObject)
  assert.ok(statement)
  const { marks, title, value } = statement
  return `${marksText(marks)}${title}${value === undefined ? "" : `: ${value}`}`
}

type Row = readonly [comment: string, resource: object, shown: string]
const of = (resourceType: string, text: string, more: object) => ({ resourceType, code: { text }, ...more })

const beside: readonly Row[] = [
  [
    "a conclusion that ends with the title",
    of("DiagnosticReport", "pneumonia", { conclusion: "No sign of pneumonia" }),
    "pneumonia: No sign of pneumonia",
  ],
  [
    "a value that ends with the title",
    of("Observation", "bleeding", { valueString: "no bleeding" }),
    "bleeding: no bleeding",
  ],
  [
    "a value that is the title: it says that it is so",
    of("Observation", "bleeding", { valueString: "bleeding" }),
    "bleeding: bleeding",
  ],
  [
    "a dosage",
    {
      resourceType: "MedicationRequest",
      medicationCodeableConcept: { text: "warfarin" },
      dosageInstruction: [{ text: "5 mg daily; stop any other warfarin" }],
    },
    "warfarin: 5 mg daily; stop any other warfarin",
  ],
  [
    "a note",
    of("Condition", "diabetes", { note: [{ text: "mother: diabetes. Patient: no diabetes" }] }),
    "diabetes: note: mother: diabetes. Patient: no diabetes",
  ],
  [
    "a reaction to what it is",
    of("AllergyIntolerance", "penicillin", {
      reaction: [
        {
          substance: { text: "penicillin" },
          manifestation: [{ text: "anaphylaxis" }],
          severity: "severe",
        },
      ],
    }),
    "penicillin: reaction anaphylaxis, severity severe, substance penicillin",
  ],
  [
    "text and coding of one concept, of which one holds the other",
    of("Condition", "x", { code: { text: "male", coding: [{ code: "a", display: "female" }] } }),
    "male (female)",
  ],
  [
    "text and coding that contradict each other",
    of("Condition", "x", { code: { text: "pneumonia", coding: [{ code: "a", display: "no pneumonia" }] } }),
    "pneumonia (no pneumonia)",
  ],
  [
    "codings that say something else",
    of("Observation", "test", {
      valueCodeableConcept: {
        coding: [
          { code: "a", display: "Positive" },
          { code: "b", display: "Negative" },
          { code: "c", display: "positive" },
        ],
      },
    }),
    "test: Positive (Negative)",
  ],
  [
    "what a contained record says, beside the display of the reference",
    of("DiagnosticReport", "blood", {
      contained: [{ ...of("Observation", "K", { valueInteger: 7 }), id: "a" }],
      result: [{ reference: "#a", display: "potassium" }],
    }),
    "blood: results potassium (K: 7)",
  ],
  [
    "what a drug's concept and its Medication say",
    {
      resourceType: "MedicationRequest",
      contained: [{ ...of("Medication", "non-aspirin", {}), id: "m" }],
      medicationReference: { reference: "#m", display: "aspirin" },
    },
    "aspirin (non-aspirin)",
  ],
]
const once: readonly Row[] = [
  [
    "a word and the same, unspecified",
    of("Condition", "x", {
      code: { text: "Chest pain", coding: [{ code: "a", display: "Chest pain, unspecified" }] },
    }),
    "Chest pain, unspecified",
  ],
  [
    "why there is no value, by a code of its own",
    of("Observation", "x", { dataAbsentReason: { coding: [{ system: "urn:x", code: "asked-declined" }] } }),
    "x: no value: asked-declined (urn:x)",
  ],
  ["a description that is the title", { resourceType: "Task", description: "call" }, "call"],
  ["a device that is the title", { resourceType: "DeviceUseStatement", device: { display: "D" } }, "D"],
  [
    "an item that is the title",
    { resourceType: "SupplyDelivery", suppliedItem: { itemCodeableConcept: { text: "I" } } },
    "I",
  ],
  ["a class that is the title", { resourceType: "Encounter", class: { code: "AMB" } }, "AMB"],
  [
    "two words that differ in capitals alone",
    of("Condition", "x", { code: { text: "Asthma", coding: [{ code: "a", display: "asthma" }] } }),
    "Asthma",
  ],
  [
    "a word and the same with its kind behind it",
    of("Condition", "x", { code: { text: "Asthma", coding: [{ code: "a", display: "Asthma (disorder)" }] } }),
    "Asthma (disorder)",
  ],
]

for (const [what, rows] of Object.entries({ "is not left out": beside, "is said once": once }))
  describe(what, () => {
    for (const [comment, resource, shown] of rows) it(comment, () => assert.equal(said(resource), shown))
  })

const div = (inside: string) => ({
  status: "generated",
  div: `<div xmlns="http://www.w3.org/1999/xhtml">${inside}</div>`,
})
const shown: readonly Row[] = [
  [
    "what is on a List, what was taken off it",
    {
      resourceType: "List",
      status: "current",
      title: "Drugs",
      entry: [
        { item: { display: "aspirin" }, flag: { text: "new" } },
        { deleted: true, item: { display: "warfarin" } },
      ],
    },
    "Drugs: entries aspirin, new; [TAKEN OFF THE LIST] warfarin",
  ],
  [
    "why a List is empty",
    { resourceType: "List", code: { text: "Allergies" }, emptyReason: { coding: [{ code: "notasked" }] } },
    "Allergies: empty because notasked",
  ],
  [
    "the side of an image",
    {
      resourceType: "ImagingStudy",
      description: "X-ray of the hip",
      series: [
        {
          uid: "1.2",
          modality: { code: "DX" },
          bodySite: { display: "hip" },
          laterality: { display: "left" },
          numberOfInstances: 2,
        },
      ],
    },
    "X-ray of the hip: series DX, hip, left, 2 pictures",
  ],
  [
    "when an immunization was, in words",
    { resourceType: "Immunization", vaccineCode: { text: "BCG" }, occurrenceString: "as a child" },
    "BCG: occurrence as a child",
  ],
  [
    "the texts of a Composition",
    {
      resourceType: "Composition",
      title: "Discharge",
      section: [
        {
          title: "Drugs",
          text: div(
            "<table><tr><td>warfarin</td><td>5 mg</td></tr><tr>\n<td><p>digoxin</p><p>oral</p></td><td/><td>&lt;1&#160;mg</td></tr></table>",
          ),
        },
        { title: "Allergies", emptyReason: { text: "not asked" } },
        {
          title: "Course",
          section: [{ title: "Day 1", text: div("<p>well</p><p>home <del>today</del></p>") }],
        },
        { title: "Results", entry: [{ display: "K" }, { reference: "Observation/1" }] },
      ],
    },
    "Discharge: Drugs: warfarin | 5 mg; digoxin, oral |  | <1 mg; Allergies: empty because not asked; Course: Day 1: well; home ~~today~~; Results: entries K, 1 without a name here",
  ],
  [
    "about whom a section is, and those inside it",
    {
      resourceType: "Composition",
      title: "Discharge",
      section: [
        {
          title: "Problems",
          focus: { reference: "Patient/baby", display: "newborn Tim" },
          text: div("Heart defect"),
          section: [{ title: "Drugs", text: div("none") }],
        },
        { title: "Course", code: { text: "Hospital course" }, mode: "working", text: div("well") },
      ],
    },
    "Discharge: Problems (about newborn Tim): Heart defect, Drugs (about newborn Tim): none; Course (Hospital course): well, mode working",
  ],
  [
    "about whom a section is, where nobody is named",
    {
      resourceType: "Composition",
      title: "D",
      section: [{ focus: { reference: "Patient/baby" }, text: div("x") }],
    },
    "D: section (about Patient/baby): x",
  ],
  [
    "what a section lists beside its text",
    {
      resourceType: "Composition",
      title: "D",
      section: [
        { title: "Results", text: div("fine"), entry: [{ display: "K" }, { reference: "Observation/1" }] },
      ],
    },
    "D: Results: fine, entries K, 1 without a name here",
  ],
  [
    "which questions have no answer",
    {
      resourceType: "QuestionnaireResponse",
      questionnaire: "Q",
      item: [
        { linkId: "1", text: "Pain", answer: [{ valueBoolean: true }] },
        {
          linkId: "2",
          text: "Group",
          item: [
            { linkId: "2.1", text: "Where" },
            { linkId: "2.2", text: "When" },
          ],
        },
      ],
    },
    "Q: Pain true; 2 questions without an answer",
  ],
  [
    "an ingredient that does not act",
    {
      resourceType: "Medication",
      code: { text: "Combi" },
      ingredient: [
        { itemCodeableConcept: { text: "lactose" }, isActive: false },
        { itemReference: { reference: "Substance/1" }, isActive: true },
      ],
    },
    "Combi, lactose (inactive) + Substance/1",
  ],
  [
    "an ingredient that is contained beside its Medication",
    {
      resourceType: "MedicationRequest",
      medicationReference: { reference: "#m" },
      contained: [
        {
          resourceType: "Medication",
          id: "m",
          code: { text: "Combi" },
          ingredient: [
            { itemReference: { reference: "#s" }, strength: { numerator: { value: 5, unit: "mg" } } },
          ],
        },
        { resourceType: "Substance", id: "s", code: { text: "Penicillin" } },
      ],
    },
    "Combi, Penicillin 5 mg : ?",
  ],
  [
    "all that a contained Medication says, and that it is wrong",
    {
      resourceType: "MedicationRequest",
      medicationReference: { reference: "#m" },
      contained: [
        {
          ...{ resourceType: "Medication", id: "m", status: "Entered-in-error" },
          code: { text: "heparin" },
          batch: { lotNumber: "L7" },
        },
      ],
    },
    "heparin, Medication Entered-in-error, batch lot number L7",
  ],
  [
    "a drug whose id has the hash",
    {
      resourceType: "MedicationRequest",
      medicationReference: { reference: "#m" },
      contained: [{ resourceType: "Medication", id: "#m", code: { text: "Warfarin" } }],
    },
    "Warfarin",
  ],
  [
    "what is contained under an id with the hash",
    of("DiagnosticReport", "r", {
      result: [{ reference: "#m" }],
      contained: [{ ...of("Observation", "Tumor", { valueString: "yes" }), id: "#m" }],
    }),
    "r: results Tumor: yes",
  ],
  [
    "what is contained and nothing refers to",
    of("DiagnosticReport", "Patho", {
      contained: [
        { ...of("Observation", "Tumor", { valueString: "malignant" }), id: "a" },
        { ...of("Observation", "Size", { valueInteger: 7 }), status: "entered-in-error" },
      ],
    }),
    "Patho: contains Tumor: malignant; [ENTERED IN ERROR] Size: 7",
  ],
  [
    "what is contained twice under one id",
    of("DiagnosticReport", "r", {
      result: [{ reference: "#a" }],
      contained: [
        { ...of("Observation", "Tumor", { valueString: "yes" }), id: "a" },
        { ...of("Observation", "Tumor", { valueString: "no" }), id: "a" },
      ],
    }),
    "r: results Tumor: yes; contains [NO] Tumor: no",
  ],
  [
    "what contained records refer to in a circle",
    of("DiagnosticReport", "r", {
      result: [{ reference: "#a" }],
      contained: [
        { ...of("Observation", "A", { hasMember: [{ reference: "#b" }] }), id: "a" },
        { ...of("Observation", "B", { hasMember: [{ reference: "#a" }] }), id: "b" },
      ],
    }),
    "r: results A: with B: with 1 without a name here",
  ],
  [
    "all names of a Patient",
    {
      resourceType: "Patient",
      name: [
        { use: "maiden", text: "Ann Old" },
        { use: "official", text: "Ann New" },
        { use: "usual", text: "Nan" },
        { use: "nickname", text: "Ann New" },
      ],
      gender: "female",
    },
    "Ann New: also Nan, formerly Ann Old; gender female",
  ],
  [
    "a former name of a relative",
    {
      resourceType: "RelatedPerson",
      relationship: [{ text: "mother" }],
      name: [
        { family: "New", given: ["A"] },
        { use: "maiden", family: "Old", given: ["A"] },
      ],
    },
    "mother: name A New, formerly A Old",
  ],
  [
    "between what an issue is",
    {
      resourceType: "DetectedIssue",
      code: { text: "interaction" },
      implicated: [{ display: "warfarin" }, { display: "aspirin" }],
    },
    "interaction: implicated warfarin, aspirin",
  ],
  [
    "what is not to be eaten",
    {
      resourceType: "NutritionOrder",
      oralDiet: { type: [{ text: "low salt" }] },
      excludeFoodModifier: [{ text: "peanut" }],
      foodPreferenceModifier: [{ text: "vegan" }],
    },
    "low salt: to exclude peanut; diet vegan; oral diet type low salt",
  ],
  [
    "what belongs to a panel",
    of("Observation", "panel", { hasMember: [{ display: "K" }, { reference: "Observation/1" }] }),
    "panel: with K, 1 without a name here",
  ],
  [
    "a picture's comment, and until when",
    of("DiagnosticReport", "CT", {
      effectivePeriod: { start: "2024-01-01", end: "2024-01-02" },
      media: [{ comment: "left lung", link: { display: "slice 5" } }],
    }),
    "CT: media comment left lung, link slice 5; effective 2024-01-01 to 2024-01-02",
  ],
  [
    "which device is asked for",
    { resourceType: "DeviceRequest", codeCodeableConcept: { text: "wheelchair" } },
    "wheelchair",
  ],
  [
    "whose heart attack it was",
    {
      resourceType: "QuestionnaireResponse",
      questionnaire: "Q",
      item: [
        {
          linkId: "1",
          text: "Your father",
          item: [{ linkId: "2", text: "Heart attack", answer: [{ valueBoolean: true }] }],
        },
        { linkId: "3", text: "Smoker", answer: [{ valueBoolean: false }] },
      ],
    },
    "Q: Your father: (Heart attack true); Smoker false",
  ],
  [
    "a narrative that says more",
    of("Condition", "Asthma", { text: { ...div("worse at night"), status: "additional" } }),
    "Asthma: text worse at night",
  ],
  [
    "a narrative where nothing else says what it is",
    { resourceType: "Condition", text: div("Asthma") },
    "Condition (no code): text Asthma",
  ],
  [
    "how much is left out, and what",
    of("Condition", "Asthma", {
      supporting: [{ text: "a" }],
      extension: [{ url: "urn:x" }],
      note: [{ text: "n" }],
    }),
    "Asthma: note: n; and 2 elements more that this view does not show (supporting, extension)",
  ],
  [
    "what is left out of a part",
    {
      resourceType: "DocumentReference",
      type: { text: "letter" },
      context: { event: [{ text: "birth" }], place: "x" },
    },
    "letter: event birth; and 1 element more that this view does not show (context place)",
  ],
]
describe("is shown", () => {
  for (const [comment, resource, text] of shown) it(comment, () => assert.equal(said(resource), text))

  it("what is left out, however much else there is", () => {
    const text = said(of("Condition", "x", { note: [{ text: "n ".repeat(4000) }], novelty: 1 }))
    assert.ok(text.endsWith("see the record; and 1 element more that this view does not show (novelty)"))
  })
  it("a long chain of contained records, as far as there is room", () => {
    const chain = Array.from({ length: 3000 }, (_, i) => ({
      ...of("Observation", `o${i}`, { hasMember: [{ reference: `#${i + 1}` }] }),
      id: String(i),
    }))
    const text = said(of("DiagnosticReport", "r", { result: [{ reference: "#0" }], contained: chain }))
    assert.ok(text.startsWith("r: results o0: with o1: with o2"), text)
    assert.ok(text.endsWith("more characters, see the record"), text)
  })
  it("a narrative of broken tags costs what it is long", () => {
    assert.ok(said({ resourceType: "Condition", text: { div: "<".repeat(1_000_000) } }).length < 5000)
  })
})
