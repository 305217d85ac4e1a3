// needs: shared-data
import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, it } from "node:test"
import { gunzipSync } from "node:zlib"
import { asList, asText, isObject, type Json, JsonNumber, type JsonObject, parseJson } from "@aceso/core"
import { marksText, type Statement, statementOf, visible } from "@aceso/core/display/index.ts"

const data = process.env.ACESO_SHARED_DATA ?? "/work/shared/data"
const read = (...path: string[]): JsonObject => {
  const content = readFileSync(join(data, ...path))
  return parseJson(path.at(-1)?.endsWith(".gz") ? gunzipSync(content) : content) as JsonObject
}

/** The resource, or those of a Bundle, and what they contain. */
function resourcesIn(resource: JsonObject): JsonObject[] {
  const inside = [
    ...asList(resource.contained),
    ...asList(resource.entry).map((entry) => (isObject(entry) ? entry.resource : null)),
  ].filter(isObject)
  return [resource, ...inside.flatMap(resourcesIn)]
}
const ofType = (type: string, resource: JsonObject) =>
  resourcesIn(resource).filter(({ resourceType }) => resourceType === type)

/** All that is said in a value: numbers as their tokens, units, words, truths; of a curve all but its points. */
function tokens(value: Json | undefined): string[] {
  if (value instanceof JsonNumber) return [value.token]
  if (typeof value === "boolean") return [String(value)]
  if (typeof value === "string") return [value]
  if (Array.isArray(value)) return value.flatMap(tokens)
  if (!isObject(value)) return []
  if (Array.isArray(value.coding)) return tokens(value.text ?? (value.coding[0] as JsonObject).display)
  const left = new Set(["system", "data", "id", "extension"])
  return Object.entries(value).flatMap(([name, part]) =>
    left.has(name) || name.startsWith("_") ? [] : tokens(part),
  )
}

function stated(observation: JsonObject): string[] {
  const parts = [observation, ...asList(observation.component).filter(isObject)]
  return parts.flatMap((part) =>
    Object.entries(part).flatMap(([name, value]) => (/^value[A-Z]/.test(name) ? tokens(value) : [])),
  )
}

const lineOf = ({ marks, title, value }: Statement): string =>
  visible(`${marksText(marks)}${title}${value === undefined ? "" : `: ${value}`}`)

/** A number is not a part of another one. */
function holds(line: string, token: string): boolean {
  if (!/^-?[\d.]+([eE][+-]?\d+)?$/.test(token)) return line.includes(token)
  const literal = token.replaceAll(/[.+]/g, "\\$&")
  return new RegExp(`(?<![\\d.])${literal}(?![\\d]|\\.\\d)`).test(line)
}

function assertAllShown(observation: JsonObject, where: string): number {
  const said = statementOf(observation)
  assert.ok(said)
  const found = stated(observation)
  for (const token of found)
    assert.ok(
      holds(`${said.title}: ${said.value}`, token),
      `${where}: ${JSON.stringify(token)} is not in ${JSON.stringify(said)}`,
    )
  return found.length
}

describe("every value of an Observation stands literally in what is shown", () => {
  it("in HL7's R4 examples", () => {
    const files = readdirSync(join(data, "fhir-r4-examples"))
    const counts = files.map((file) =>
      ofType("Observation", read("fhir-r4-examples", file))
        .map((one) => assertAllShown(one, file))
        .reduce((a, b) => a + b, 0),
    )
    assert.ok(counts.reduce((a, b) => a + b, 0) >= 40)
  })

  const synthea = readdirSync(join(data, "synthea-r4")).filter((name) => name.endsWith(".json.gz"))
  for (const file of synthea)
    it(`in Synthea's ${synthea.indexOf(file) + 1}. patient`, () => {
      const all = ofType("Observation", read("synthea-r4", file))
      assert.ok(all.map((one) => assertAllShown(one, file)).reduce((a, b) => a + b, 0) > 0)
    })
})

/** Case by case what stands in the timeline, from the first letter on. */
const lines: Readonly<Record<string, readonly string[]>> = {
  "18-values.json": [
    "decimal keeps zeros: 999 g",
    "ansi ␛[31mred␛[0m␇ and␊new line␉tab: 5 mmol/L",
    "value 0: <0 mg",
    "[NO] boolean: false",
    "integer: 7",
    "range: 1 a to 2 a",
    "ratio: 1 : 128",
    "[ENTERED IN ERROR] entered in error: 5 mmol/L",
    "less than: <5 ng/L",
    "absent: no value: specimen lost",
    "datetime: 2024-01-01",
  ],
  "19-status.json": [
    "[ENTERED IN ERROR] potassium in error: 9.9 mmol/L",
    "[NOT DONE] measles vaccine: reason of status refused",
    "[REFUTED] HIV infection",
    "[ENTERED IN ERROR; ORDERED] methotrexate: 2.5 mg daily",
    "[DO NOT PERFORM; ORDERED] amiodarone: never",
    "[ORDERED] digoxin 0.125 mg: 1 daily",
    "[REFUTED] penicillin allergy",
    "[NOT DONE] appendectomy",
    "amputation of leg, left",
    "amputation of leg, right",
    "CT head: no bleeding",
    "CT head: large bleeding",
    "troponin: <5 ng/L",
    "troponin: 5 ng/L",
    "[ABSENT] pulse, left foot: absent",
    "blood pressure: systolic 120 mm[Hg]; diastolic no value: not measured; position sitting",
    "[FAMILY HISTORY of mother] breast cancer",
    "[FAMILY HISTORY of father] breast cancer",
    "[ENTERED IN ERROR; SUPERSEDED] discharge letter: description wrong patient; content title x",
    "do not resuscitate: 2024-01-17 to 2024-02-17",
  ],
  "37-cross-org.json": [
    "ok␊  2026-11-20 22:40  Observation  Potassium: ␛[1A␛[2K",
    "Troponin T: <5 ng/L",
    "[ENTERED IN ERROR] Lactate: 12 mmol/L",
  ],
}
const times: readonly (readonly [id: string, time: string])[] = [
  ["val-2", "2016-12-31T23:59:60Z"],
  ["val-3", "2023-02-29"],
  ["val-4", "2024-01-02T04:00:00+14:00"],
  ["val-6", "2024-05-05T10:00Z"],
  ["val-7", "2024-05-05t10:00:00z"],
]

describe("inputs that were once shown wrongly", () => {
  for (const [file, expected] of Object.entries(lines)) {
    const shown = () =>
      resourcesIn(read("cases", file)).flatMap((one) => {
        const said = statementOf(one)
        return said ? [lineOf(said)] : []
      })
    for (const line of expected) it(`${file}: ${line}`, () => assert.ok(shown().includes(line)))
  }
  it("18-values.json: times as they were written", () => {
    const all = resourcesIn(read("cases", "18-values.json"))
    for (const [id, time] of times)
      assert.equal(statementOf(all.find((one) => asText(one.id) === id) as JsonObject)?.timeText, time)
  })
})
