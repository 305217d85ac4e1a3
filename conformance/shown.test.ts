// needs: shared-data
import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, it } from "node:test"
import { gunzipSync } from "node:zlib"
import { asList, asText, isObject, type Json, JsonNumber, type JsonObject, parseJson } from "@aceso/core"
import { chinese } from "@aceso/core/display/chinese.ts"
import {
  elementsOf,
  marksText,
  type ShownElement,
  type Statement,
  statementOf,
  type Tongue,
  visible,
} from "@aceso/core/display/index.ts"

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

const lineOf = ({ marks, title, value }: Statement, language?: Tongue): string =>
  visible(`${marksText(marks, language)}${title}${value === undefined ? "" : `: ${value}`}`)

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

/** Case by case what stands in the timeline, from the first letter on, in both languages. */
const lines: Readonly<Record<string, readonly (readonly [en: string, zh: string])[]>> = {
  "18-values.json": [
    ["decimal keeps zeros: 999 g", "decimal keeps zeros: 999 g"],
    ["ansi ␛[31mred␛[0m␇ and␊new line␉tab: 5 mmol/L", "ansi ␛[31mred␛[0m␇ and␊new line␉tab: 5 mmol/L"],
    ["value 0: <0 mg", "value 0: <0 mg"],
    ["[NO] boolean: false", "[否] boolean: 否"],
    ["integer: 7", "integer: 7"],
    ["range: 1 a to 2 a", "range: 1 a 至 2 a"],
    ["ratio: 1 : 128", "ratio: 1 : 128"],
    ["[ENTERED IN ERROR] entered in error: 5 mmol/L", "[录入错误] entered in error: 5 mmol/L"],
    ["less than: <5 ng/L", "less than: <5 ng/L"],
    ["absent: no value: specimen lost", "absent: 无值：specimen lost"],
    ["datetime: 2024-01-01", "datetime: 2024-01-01"],
  ],
  "19-status.json": [
    ["[ENTERED IN ERROR] potassium in error: 9.9 mmol/L", "[录入错误] potassium in error: 9.9 mmol/L"],
    ["[NOT DONE] measles vaccine: reason of status refused", "[未执行] measles vaccine: 状态原因：refused"],
    ["[REFUTED] HIV infection", "[已排除] HIV infection"],
    [
      "[ENTERED IN ERROR; ORDERED] methotrexate: 2.5 mg daily",
      "[录入错误；已开医嘱] methotrexate: 2.5 mg daily",
    ],
    ["[DO NOT PERFORM; ORDERED] amiodarone: never", "[禁止执行；已开医嘱] amiodarone: never"],
    ["[ORDERED] digoxin 0.125 mg: 1 daily", "[已开医嘱] digoxin 0.125 mg: 1 daily"],
    ["[REFUTED] penicillin allergy", "[已排除] penicillin allergy"],
    ["[NOT DONE] appendectomy", "[未执行] appendectomy"],
    ["amputation of leg, left", "amputation of leg, left"],
    ["amputation of leg, right", "amputation of leg, right"],
    ["CT head: no bleeding", "CT head: no bleeding"],
    ["CT head: large bleeding", "CT head: large bleeding"],
    ["troponin: <5 ng/L", "troponin: <5 ng/L"],
    ["troponin: 5 ng/L", "troponin: 5 ng/L"],
    ["[ABSENT] pulse, left foot: absent", "[无] pulse, left foot: absent"],
    [
      "blood pressure: systolic 120 mm[Hg]; diastolic no value: not measured; position sitting",
      "blood pressure: systolic 120 mm[Hg]；diastolic 无值：not measured；position sitting",
    ],
    ["[FAMILY HISTORY of mother] breast cancer", "[家族史（mother）] breast cancer"],
    ["[FAMILY HISTORY of father] breast cancer", "[家族史（father）] breast cancer"],
    [
      "[ENTERED IN ERROR; SUPERSEDED] discharge letter: description wrong patient; content title x",
      "[录入错误；已被取代] discharge letter: 描述：wrong patient；内容：标题：x",
    ],
    ["do not resuscitate: 2024-01-17 to 2024-02-17", "do not resuscitate: 2024-01-17 至 2024-02-17"],
  ],
  "37-cross-org.json": [
    [
      "ok␊  2026-11-20 22:40  Observation  Potassium: ␛[1A␛[2K",
      "ok␊  2026-11-20 22:40  Observation  Potassium: ␛[1A␛[2K",
    ],
    ["Troponin T: <5 ng/L", "Troponin T: <5 ng/L"],
    ["[ENTERED IN ERROR] Lactate: 12 mmol/L", "[录入错误] Lactate: 12 mmol/L"],
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
    const shown = (language?: Tongue) =>
      resourcesIn(read("cases", file)).flatMap((one) => {
        const said = statementOf(one, undefined, language)
        return said ? [lineOf(said, language)] : []
      })
    for (const [en, zh] of expected)
      it(`${file}: ${en}`, () => {
        const at = shown().indexOf(en)
        assert.notEqual(at, -1)
        assert.equal(shown(chinese)[at], zh)
      })
  }
  it("18-values.json: times as they were written", () => {
    const all = resourcesIn(read("cases", "18-values.json"))
    for (const [id, time] of times)
      assert.equal(statementOf(all.find((one) => asText(one.id) === id) as JsonObject)?.timeText, time)
  })
})

/** A code of HL7's own stands in English with the system that it is of, which has digits too. */
const numbersIn = (text: string): readonly string[] =>
  text.replaceAll(/https?:\/\/[^\s)；，;,]+/g, "").match(/\d[\d.]*/g) ?? []
const factsOf = (said: Statement) => ({
  marks: said.marks.map(({ key }) => key),
  first: said.first,
  time: said.timeText,
  numbers: numbersIn(`${said.title}: ${said.value}`),
})
const textsIn = (all: readonly ShownElement[]): readonly string[] =>
  all.flatMap(({ text, inside }) => [...(text === undefined ? [] : [text]), ...textsIn(inside)])

describe("Chinese says what English says: the same marks, numbers and order", () => {
  for (const folder of ["cases", "fhir-r4-examples", "synthea-r4"])
    it(`of every resource in ${folder}`, () => {
      const files = readdirSync(join(data, folder)).filter((name) => /^(?!17).*\.json(\.gz)?$/.test(name))
      const all = files.flatMap((file) => resourcesIn(read(folder, file)).map((one) => [file, one] as const))
      let compared = 0
      for (const [file, one] of all) {
        const [en, zh] = [statementOf(one), statementOf(one, undefined, chinese)]
        if (!en || !zh) continue
        const isCut = [en, zh].some(({ title, value }) => `${title}${value}`.includes(" … "))
        if (!isCut) assert.deepEqual(factsOf(zh), factsOf(en), file)
        assert.deepEqual(
          textsIn(elementsOf(one, chinese)).flatMap(numbersIn),
          textsIn(elementsOf(one)).flatMap(numbersIn),
          file,
        )
        compared++
      }
      assert.ok(compared > 20)
    })
})
