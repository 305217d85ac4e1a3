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
