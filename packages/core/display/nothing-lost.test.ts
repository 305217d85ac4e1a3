import assert from "node:assert/strict"
import { describe, it } from "node:test"
import fc from "fast-check"
import { type JsonObject, parseJson } from "../json.ts"
import { DETAILS } from "./details.table.ts"
import { marksText } from "./marks.ts"
import { statementOf } from "./statement.ts"

/** As a view shows it: marks, title, value. */
function said(resource: object): string {
  const statement = statementOf(parseJson(JSON.stringify(resource)) as JsonObject)
  assert.ok(statement)
  const { marks, title, value } = statement
  return `${marksText(marks)}${title}${value === undefined ? "" : `: ${value}`}`
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
    assert.equal(said(resource), "MolecularSequence (no code): variant start 7, end 8")
  })
})

/** A value, and the texts and number tokens that whoever reads it has to find. */
interface Sample {
  readonly json: unknown
  readonly tokens: readonly string[]
}
type Sampler = (draw: <T>(one: fc.Arbitrary<T>) => T) => Sample

let count = 0
const token = () => `w${(count += 1)}w`
const number = (draw: <T>(one: fc.Arbitrary<T>) => T) => draw(fc.integer({ min: 100_000, max: 999_999 }))

const quantity: Sampler = (draw) => {
  const [value, unit] = [number(draw), token()]
  return { json: { value, unit }, tokens: [String(value), unit] }
}
/** R4 datatypes, each with what of it has to be said. */
const DATATYPES: readonly Sampler[] = [
  () => one((text) => ({ text })),
  () => one((display) => ({ coding: [{ system: "urn:s", code: "c", display }] })),
  () => one((display) => ({ system: "urn:s", code: "c", display })),
  () => one((code) => ({ system: "urn:s", code })),
  () => one((display) => ({ reference: "Observation/1", display })),
  () => one((reference) => ({ reference })),
  () => one((value) => ({ identifier: { system: "urn:s", value } })),
  () => one((value) => ({ system: "urn:s", value })),
  () => one((start) => ({ start })),
  () => one((title) => ({ contentType: "text/plain", data: "eA==", title })),
  () => one((text) => ({ text, time: "2024-01-01" })),
  () => one((family) => ({ family, given: ["A"] })),
  () => one((event) => ({ event: [event] })),
  (draw) => {
    const frequency = number(draw)
    return { json: { repeat: { frequency } }, tokens: [String(frequency)] }
  },
  quantity,
  (draw) => {
    const [low, high] = [quantity(draw), quantity(draw)]
    return { json: { low: low.json, high: high.json }, tokens: [...low.tokens, ...high.tokens] }
  },
  (draw) => {
    const [a, b] = [quantity(draw), quantity(draw)]
    return { json: { numerator: a.json, denominator: b.json }, tokens: [...a.tokens, ...b.tokens] }
  },
  (draw) => {
    const value = number(draw)
    return { json: value, tokens: [String(value)] }
  },
  () => one((text) => text),
]
function one(json: (text: string) => unknown): Sample {
  const text = token()
  return { json: json(text), tokens: [text] }
}

/** Names that members of datatypes have, and of backbone elements. */
const NAMES = `code reference data coding text display value unit start end low high numerator denominator origin event repeat
  identifier type item action detail summary title family given use period focus entry section attachment content series
  component interpretation dose rate timing route site answer linkId description condition onset note strength`.split(
  /\s+/,
)
/** Where a name holds a text of its own, what stands beside it may make a datatype that says one of both. */
const COMPLEX = DATATYPES.slice(0, -2)

const backbone: Sampler = (draw) => {
  const names = draw(fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 }))
  const members = names.map((name) => {
    const isBackbone = draw(fc.boolean())
    const inner = isBackbone && count % 5 === 0 ? backbone(draw) : draw(fc.constantFrom(...COMPLEX))(draw)
    const isList = draw(fc.boolean())
    return { name, json: isList ? [inner.json] : inner.json, tokens: inner.tokens }
  })
  return {
    json: Object.fromEntries(members.map(({ name, json }) => [name, json])),
    tokens: members.flatMap(({ tokens }) => tokens),
  }
}

describe("every text and number of a resource", () => {
  const places = Object.entries(DETAILS).flatMap(([type, names]) =>
    names.filter((name) => !name.includes(".")).map((name) => ({ type, name })),
  )
  it("is said or counted, whatever stands in an element", () => {
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.gen(), ({ type, name }, g) => {
        count = 0
        const draw = <T>(arbitrary: fc.Arbitrary<T>): T => g(() => arbitrary)
        const { json, tokens } = g(fc.boolean) ? backbone(draw) : draw(fc.constantFrom(...DATATYPES))(draw)
        const resource = {
          resourceType: type,
          code: { text: "T" },
          [name]: g(fc.boolean) ? [json, json] : json,
        }
        const text = said(resource)
        for (const each of tokens) assert.ok(text.includes(each), `${each} of ${JSON.stringify(resource)}: ${text}`)
      }),
      { numRuns: 2000 },
    )
  })
})
