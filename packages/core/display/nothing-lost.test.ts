import assert from "node:assert/strict"
import { describe, it } from "node:test"
import fc from "fast-check"
import { type JsonObject, parseJson } from "../json.ts"
import { DETAILS } from "./details.table.ts"
import { marksText } from "./marks.ts"
import { statementOf } from "./statement.ts"

/** As a view shows it: time, marks, title, value. */
function said(resource: object): string {
  const statement = statementOf(parseJson(JSON.stringify(resource)) as JsonObject)
  assert.ok(statement)
  const { marks, title, value, timeText = "" } = statement
  return `${timeText} ${marksText(marks)}${title}${value === undefined ? "" : `: ${value}`}`
}

const W = "Q-said"
const c = { text: W }
const r = { display: W }

/** Backbone elements of R4 with the one member that makes them look like a datatype, or like another type's element. */
const lookalikes: readonly (readonly [type: string, members: object])[] = [
  ["CarePlan", { activity: [{ reference: r }] }],
  ["CarePlan", { activity: [{ reference: { reference: W } }] }],
  ["Condition", { evidence: [{ code: [c] }] }],
  ["ClinicalImpression", { investigation: [{ code: c }] }],
  ["DetectedIssue", { evidence: [{ code: [c] }] }],
  ["RequestGroup", { action: [{ code: [c] }] }],
  ["RequestGroup", { action: [{ documentation: [{ type: "documentation", display: W }] }] }],
  ["SupplyRequest", { parameter: [{ code: c }] }],
  ["DeviceRequest", { parameter: [{ code: c }] }],
  ["MeasureReport", { group: [{ code: c }] }],
  ["Composition", { event: [{ code: [c] }] }],
  ["Consent", { provision: { code: [c] } }],
  ["Consent", { provision: { data: [{ meaning: "instance", reference: r }] } }],
  ["Consent", { provision: { type: "deny", provision: [{ data: [{ reference: r }] }] } }],
  ["ImmunizationEvaluation", { series: W }],
  ["Specimen", { container: [{ identifier: [{ value: W }] }] }],
  ["Specimen", { container: [{ type: c, identifier: [{ value: "1" }] }] }],
  ["MolecularSequence", { variant: [{ start: 7, end: 8, observedAllele: W }] }],
  ["Task", { input: [{ type: c }] }],
  ["ImagingStudy", { series: [{ instance: [{ title: W }] }] }],
  ["Composition", { section: [{ title: "x", code: c }] }],
  ["Composition", { section: [{ title: "x", focus: r }] }],
  ["Composition", { section: [{ title: "x", mode: W }] }],
  ["Composition", { section: [{ title: "x", text: { status: "generated", div: "<p>y</p>" }, entry: [r] }] }],
  ["QuestionnaireResponse", { item: [{ linkId: "1", answer: [{ valueReference: r }] }] }],
  ["QuestionnaireResponse", { item: [{ linkId: "1", answer: { valueString: W } }] }],
  ["FamilyMemberHistory", { condition: [{ code: { text: "y" }, onset: c, severity: c }] }],
  ["Observation", { component: [{ code: { text: "y" }, bodySite: c }] }],
  ["Observation", { component: W }],
  ["Observation", { interpretation: [{ code: "x", display: W }] }],
  ["Observation", { referenceRange: [{ normalValue: c }] }],
  ["Observation", { referenceRange: [{ low: { value: W } }] }],
  ["Observation", { valueQuantity: { value: 5, code: c } }],
  ["Observation", { valueCodeableConcept: { coding: { display: W } } }],
  ["Observation", { valuePeriod: { start: { value: W } } }],
  ["MedicationRequest", { dosageInstruction: [{ timing: { repeat: { bounds: W } } }] }],
  ["MedicationRequest", { dosageInstruction: [{ timing: { code: c } }] }],
  ["MedicationRequest", { dosageInstruction: [{ doseAndRate: [{ type: c }] }] }],
  ["MedicationRequest", { dosageInstruction: [{ doseAndRate: [{ doseQuantity: { value: W } }] }] }],
  ["MedicationRequest", { dosageInstruction: [{ site: r }] }],
  ["MedicationRequest", { dosageInstruction: W }],
  ["MedicationRequest", { medicationCodeableConcept: { concept: c } }],
  ["Medication", { ingredient: [{ itemReference: { reference: W } }] }],
  ["Medication", { ingredient: [{ item: c, quantity: { value: 1 } }] }],
  ["DocumentReference", { content: [{ attachment: { title: "x" }, note: W }] }],
  ["DiagnosticReport", { conclusion: c }],
  ["DiagnosticReport", { result: [c] }],
  ["List", { entry: W }],
  ["Condition", { note: { text: c } }],
]

describe("what looks like a datatype and is none is said member by member", () => {
  for (const [resourceType, members] of lookalikes)
    it(`${resourceType} ${JSON.stringify(members)}`, () => {
      const text = said({ resourceType, code: { text: "T" }, ...members })
      assert.ok(text.includes(W), text)
    })

  it("a MolecularSequence's numbers", () => {
    const resource = { resourceType: "MolecularSequence", variant: [{ start: 7, end: 8 }] }
    assert.equal(said(resource).trim(), "MolecularSequence (no code): variant start 7, end 8")
  })
})

/** A value, and the texts and number tokens that whoever reads it has to find. */
interface Sample {
  readonly json: unknown
  readonly tokens: readonly string[]
}

const word = fc.integer({ min: 0, max: 999_999 }).map((n) => `w${n}w`)
const number = fc.integer({ min: 100_000, max: 999_999 })
const byWord = (json: (text: string) => unknown): fc.Arbitrary<Sample> =>
  word.map((text) => ({ json: json(text), tokens: [text] }))
const byNumber = (json: (n: number) => unknown): fc.Arbitrary<Sample> =>
  number.map((n) => ({ json: json(n), tokens: [String(n)] }))
const quantity = fc
  .tuple(number, word)
  .map(([value, unit]): Sample => ({ json: { value, unit }, tokens: [String(value), unit] }))
const pair = (a: string, b: string) =>
  fc.tuple(quantity, quantity).map(
    ([one, other]): Sample => ({
      json: { [a]: one.json, [b]: other.json },
      tokens: [...one.tokens, ...other.tokens],
    }),
  )

/** R4 datatypes, each with what of it has to be said. */
const datatypes = fc.oneof(
  byWord((text) => ({ text })),
  byWord((display) => ({ coding: [{ system: "urn:s", code: "c", display }] })),
  byWord((display) => ({ system: "urn:s", code: "c", display })),
  byWord((code) => ({ system: "urn:s", code })),
  byWord((display) => ({ reference: "Observation/1", display })),
  byWord((value) => ({ identifier: { system: "urn:s", value } })),
  byWord((value) => ({ system: "urn:s", value })),
  byWord((start) => ({ start })),
  byWord((title) => ({ contentType: "text/plain", data: "eA==", title })),
  byWord((text) => ({ text, time: "2024-01-01" })),
  byWord((family) => ({ family, given: ["A"] })),
  byWord((event) => ({ event: [event] })),
  byNumber((frequency) => ({ repeat: { frequency } })),
  quantity,
  pair("low", "high"),
  pair("numerator", "denominator"),
)

/** Names that members of datatypes have, and of backbone elements. */
const names = fc.constantFrom(
  ...`code reference data coding text display value unit start end low high numerator denominator origin event repeat
  identifier type item action detail summary title family given use period focus entry section attachment content series
  component interpretation dose rate timing route site answer linkId description condition onset note strength`.split(
    /\s+/,
  ),
)
const { backbone } = fc.letrec<{ backbone: Sample }>((tie) => ({
  backbone: fc
    .dictionary(names, fc.oneof({ maxDepth: 2 }, datatypes, tie("backbone")), { minKeys: 1, maxKeys: 3 })
    .chain((members) =>
      fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }).map(
        (isList): Sample => ({
          json: Object.fromEntries(
            Object.entries(members).map(([name, { json }], i) => [name, isList[i] ? [json] : json]),
          ),
          tokens: Object.values(members).flatMap(({ tokens }) => tokens),
        }),
      ),
    ),
}))
const anything = fc.oneof(
  datatypes,
  backbone,
  byWord((text) => text),
  byNumber((n) => n),
)

describe("every text and number of a resource", () => {
  const places = Object.entries(DETAILS).flatMap(([type, paths]) =>
    paths.filter((path) => !path.includes(".")).map((name) => ({ type, name })),
  )
  /** In the title, or behind it. */
  places.push(
    ...["code", "form", "amount", "ingredient"].map((name) => ({ type: "Medication", name })),
    { type: "FamilyMemberHistory", name: "condition" },
    { type: "MedicationRequest", name: "medicationCodeableConcept" },
    { type: "Condition", name: "code" },
    { type: "Condition", name: "bodySite" },
    { type: "Condition", name: "contained" },
    { type: "Novelty", name: "value" },
  )
  it("is said or counted, whatever stands in an element", () => {
    fc.assert(
      fc.property(fc.constantFrom(...places), anything, fc.boolean(), ({ type, name }, sample, isList) => {
        const { json, tokens } = sample
        const text = said({ resourceType: type, code: { text: "T" }, [name]: isList ? [json] : json })
        const isCounted =
          /\d more characters, see the record/.test(text) ||
          (type === "QuestionnaireResponse" && /\d questions? without an answer/.test(text))
        for (const token of tokens)
          assert.ok(
            text.includes(token) || isCounted,
            `${token} of ${type}.${name} ${JSON.stringify(json)}: ${text}`,
          )
      }),
      { numRuns: 2000, endOnFailure: true },
    )
  })
})
