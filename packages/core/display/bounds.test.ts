import assert from "node:assert/strict"
import { it } from "node:test"
import { JsonNumber, type JsonObject } from "../json.ts"
import { elementNames } from "./members.ts"
import { MAX_TITLE, MAX_VALUE, statementOf } from "./statement.ts"

/** Records of forms that no hospital writes, and that any could: what is shown of them is bounded, and so is the work. */

it("a name of a million characters is looked at where a type could stand, and nowhere else", () => {
  const name = `${"a".repeat(2 ** 20)}DateTime`
  assert.deepEqual(elementNames(name), [
    name,
    name.slice(0, -"DateTime".length),
    name.slice(0, -"Time".length),
  ])
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`${name}${i}`, "x"]))
  assert.ok(statementOf({ resourceType: "Observation", status: "final", ...many }))
})

it("130,000 references to what the record contains: it is said at the first of them", () => {
  const record: JsonObject = {
    resourceType: "Observation",
    status: "final",
    code: { text: "panel" },
    contained: [
      { resourceType: "Observation", id: "a", code: { text: "note" }, valueString: "n".repeat(4000) },
    ],
    hasMember: Array.from({ length: 130_000 }, () => ({ reference: "#a" })),
  }
  const said = statementOf(record)
  assert.ok(said?.value?.includes("note: nnn"))
  assert.ok(said && said.title.length <= MAX_TITLE && (said.value?.length ?? 0) <= MAX_VALUE)
})

for (const [type, member] of [
  ["DiagnosticReport", "conclusionString"],
  ["DiagnosticReport", "resultString"],
  ["Observation", "bodySiteCodeableConcept"],
  ["MedicationStatement", "dosageString"],
  ["Observation", "noteString"],
  ["DiagnosticReport", "_conclusion"],
] as const)
  it(`${type}.${member}: what is no choice in R4 and is not said is counted`, () => {
    const value = { [member]: { extension: [{ url: "https://a.example", valueString: "cancer" }] } }
    const said = statementOf({ resourceType: type, status: "final", code: { text: "T" }, ...value })
    assert.match(said?.value ?? "", /^and 1 element more that this view does not show \(/)
  })

it("a comparator that nobody says is not none", () => {
  const valueQuantity = { value: new JsonNumber("5"), unit: "mg", _comparator: { extension: [{}] } }
  assert.match(
    statementOf({ resourceType: "Observation", status: "final", valueQuantity })?.value ?? "",
    /^\?5 mg/,
  )
})
