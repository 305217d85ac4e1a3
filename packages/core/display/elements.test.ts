import assert from "node:assert/strict"
import { describe, it } from "node:test"
import fc from "fast-check"
import { isObject, type Json, type JsonObject, parseJson } from "../json.ts"
import { scalarText } from "./datatypes.ts"
import { elementsOf, type ShownElement } from "./elements.ts"

const read = (json: string) => parseJson(json) as JsonObject
/** One line for each element, those inside further in. */
const lines = (elements: readonly ShownElement[], depth = 0): string[] =>
  elements.flatMap(({ label, text, inside }) => [
    `${"  ".repeat(depth)}${label}${text === undefined ? "" : `: ${text}`}`,
    ...lines(inside, depth + 1),
  ])
const shown = (json: string) => lines(elementsOf(read(json)))

const rows: readonly (readonly [comment: string, json: string, lines: readonly string[]])[] = [
  [
    "numbers as they were written, with unit, code and system",
    '{"resourceType":"Observation","status":"final","code":{"text":"K"},"valueQuantity":{"value":4.10,"comparator":"<","unit":"mmol/l","code":"mmol/L","system":"http://unitsofmeasure.org"}}',
    ["status: final", "code: K", "value: <4.10 mmol/l (mmol/L, UCUM)"],
  ],
  [
    "a coding with all that it says, and a text that is its display once",
    '{"resourceType":"Condition","code":{"text":"Asthma","coding":[{"system":"http://snomed.info/sct","version":"2024","code":"195967001","display":"Asthma","userSelected":true}]}}',
    ["code: Asthma (195967001, SNOMED CT, version 2024, chosen by a person: true)"],
  ],
  [
    "codings one by one, below what they say together",
    '{"resourceType":"Condition","code":{"text":"Asthma","coding":[{"code":"a","display":"Asthma (disorder)"},{"system":"urn:b","code":"b"}]}}',
    ["code: Asthma (disorder)", "  text: Asthma", "  coding: Asthma (disorder) (a)", "  coding: b (urn:b)"],
  ],
  [
    "a dosage in words, and all of its parts",
    '{"resourceType":"MedicationRequest","dosageInstruction":[{"text":"one daily","timing":{"repeat":{"frequency":1,"period":1,"periodUnit":"d"}},"asNeededBoolean":false,"doseAndRate":[{"doseQuantity":{"value":2.50,"unit":"mg"}}]}]}',
    [
      "dosage instruction: one daily (2.50 mg, 1× per 1 day)",
      "  text: one daily",
      "  timing: 1× per 1 day",
      "    repeat",
      "      frequency: 1",
      "      period: 1",
      "      period unit: d",
      "  as needed: false",
      "  dose and rate",
      "    dose: 2.50 mg",
    ],
  ],
  [
    "components, each with its parts",
    '{"resourceType":"Observation","component":[{"code":{"text":"systolic"},"valueQuantity":{"value":120,"unit":"mmHg"},"interpretation":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"H"}]}]},{"code":{"text":"diastolic"},"dataAbsentReason":{"coding":[{"code":"error"}]}}]}',
    [
      "component",
      "  code: systolic",
      "  value: 120 mmHg",
      "  interpretation: high (H)",
      "    coding: H (http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation)",
      "component",
      "  code: diastolic",
      "  data absent reason: no value: error",
      "    coding: error",
    ],
  ],
  [
    "who did it and where, although the timeline leaves it out",
    '{"resourceType":"Observation","performer":[{"reference":"Practitioner/1","type":"Practitioner","display":"Dr Lee"},{"identifier":{"system":"urn:lanr","value":"7"}}],"issued":"2024-01-01T00:00:00Z","identifier":[{"use":"usual","system":"urn:o","value":"1","assigner":{"display":"lab"}}]}',
    [
      "performer: Dr Lee (Practitioner/1, Practitioner)",
      "performer",
      "  identifier: 7 (urn:lanr)",
      "issued: 2024-01-01T00:00:00Z",
      "identifier: 1 (urn:o, usual)",
      "  assigner: lab",
    ],
  ],
  [
    "what stands beside a value, and in place of one",
    '{"resourceType":"Patient","birthDate":"1970","_birthDate":{"extension":[{"url":"urn:time","valueDateTime":"1970-01-01T01:00:00Z"}]},"_gender":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"masked"}]},"name":[{"given":["Ada",null],"_given":[null,{"id":"x"}]}]}',
    [
      "name: Ada",
      "  given: Ada",
      "  given",
      "    id: x",
      "gender: no value: masked",
      "  extension: http://hl7.org/fhir/StructureDefinition/data-absent-reason",
      "    value code: masked",
      "birth date: 1970",
      "  extension: urn:time",
      "    value: 1970-01-01T01:00:00Z",
    ],
  ],
  [
    "records inside of it, with their marks before what they are",
    '{"resourceType":"DiagnosticReport","contained":[{"resourceType":"Observation","id":"a","status":"entered-in-error","code":{"text":"K"},"valueInteger":7}]}',
    [
      "contained: Observation: [ENTERED IN ERROR] K",
      "  status: entered-in-error",
      "  code: K",
      "  value integer: 7",
      "  id: a",
    ],
  ],
  [
    "narrative as text, all of it",
    '{"resourceType":"Basic","text":{"status":"generated","div":"<div><p>a  b</p><table><tr><td>1</td><td>2</td></tr></table></div>"}}',
    ["text: a b; 1 | 2", "  status: generated"],
  ],
  [
    "short data as it is, long data by its size, samples whole",
    `{"resourceType":"Media","content":{"data":"AAAA"},"photo":{"data":"${"A".repeat(400)}"},"x":{"origin":{"value":0},"data":"${"1 ".repeat(200)}E"}}`,
    [
      "content",
      "  data: AAAA",
      "x",
      "  origin: 0",
      `  data: ${"1 ".repeat(200)}E`,
      "photo",
      "  data: 300 bytes, which are not shown here",
    ],
  ],
  [
    "what is empty",
    '{"resourceType":"Basic","a":[],"b":{},"c":"","d":null,"code":{"coding":[]}}',
    ["code", "  coding: (empty)", "a: (empty)", "b: (empty)", "c: (empty)", "d: (empty)"],
  ],
  [
    "ranges, ratios, periods and money in one line",
    '{"resourceType":"Basic","a":{"low":{"value":1.0,"unit":"g"},"high":{"value":2}},"b":{"numerator":{"value":1},"denominator":{"value":2,"unit":"h"}},"c":{"start":"2020","end":"2021"},"e":{"value":1.50,"currency":"EUR"},"f":{"start":"2020","end":7}}',
    ["a: 1.0 g to 2", "b: 1 : 2 h", "c: 2020 to 2021", "e: 1.50 EUR", "f: 2020 to 7"],
  ],
]

describe("the whole of a record", () => {
  for (const [comment, json, expected] of rows)
    it(`has ${comment}`, () => assert.deepEqual(shown(json), expected))

  // What no datatype has, in what is said in one line: each hides nothing.
  const odd: readonly (readonly [comment: string, json: string])[] = [
    ["a coding", '{"code":{"coding":[{"type":"odd","value":"x"}]}}'],
    ["a coding beside its text", '{"code":{"text":"t","coding":[{"display":"t","odd":"odd"}]}}'],
    ["a quantity of a range", '{"a":{"low":{"value":1,"odd":"odd"}}}'],
    ["a ratio", '{"a":{"numerator":{"value":1,"extension":[{"url":"odd"}]},"denominator":{"value":2}}}'],
    ["a period", '{"a":{"start":"2020","end":["odd"]}}'],
    ["a number beside a text", '{"a":{"text":7,"time":"odd"}}'],
    ["a reference", '{"a":{"display":"x","reference":{"odd":"odd"}}}'],
    ["beside a value that has a line", '{"a":{"value":1,"_unit":{"id":"odd"},"unit":"g"}}'],
    ["a kind of identifier", '{"a":{"value":"1","type":{"text":"odd"}}}'],
  ]
  for (const [comment, json] of odd)
    it(`has what is odd in ${comment}`, () =>
      assert.ok(
        lines(elementsOf(read(`{"resourceType":"Basic",${json.slice(1)}`)))
          .join()
          .includes("odd"),
      ))

  const scalar = fc.oneof(
    fc.uuid(),
    fc.nat(1e9).map((n) => `#${n}.00`),
    fc.boolean(),
  )
  const name = fc.constantFrom(
    ..."value unit code system display reference type coding text start end low high family given use".split(
      " ",
    ),
    ..."numerator denominator timing repeat event dosage extension url identifier _value _code data origin".split(
      " ",
    ),
    ..."resourceType contained status interpretation period comparator version currency div rank id".split(
      " ",
    ),
  )
  const { tree } = fc.letrec<{ tree: unknown; holder: Record<string, unknown> }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      scalar,
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(name, tie("tree"), { maxKeys: 5 }),
    ),
    holder: fc.dictionary(name, tie("tree"), { maxKeys: 5 }),
  }))
  const leaves = (value: Json): string[] =>
    Array.isArray(value)
      ? value.flatMap(leaves)
      : isObject(value)
        ? Object.entries(value).flatMap(([name, part]) => (name === "div" ? [] : leaves(part)))
        : typeof value === "boolean" || value === null
          ? []
          : [scalarText(value) as string]

  it("has every value of it, whatever it looks like", () =>
    fc.assert(
      fc.property(fc.dictionary(name, tree, { maxKeys: 6 }), (record) => {
        const json = JSON.stringify({ resourceType: "Basic", ...record, id: "x" }).replace(
          /"#(\d+\.00)"/g,
          "$1",
        )
        const resource = read(json)
        const said = lines(elementsOf(resource)).join("\n")
        for (const leaf of leaves({ ...resource, resourceType: "" })) assert.ok(said.includes(leaf), leaf)
      }),
      { numRuns: 2_000 },
    ))
})

it("of a narrative with preformatted text it says that it is, and keeps its blanks", () => {
  const div = "<div><pre>         Right   Left\nNear             0.5</pre></div>"
  const [text] = elementsOf({ resourceType: "Basic", text: { status: "additional", div } })
  assert.equal(text.text, "         Right   Left\nNear             0.5")
  assert.equal(text.isPreformatted, true)
  assert.deepEqual(Object.keys(text.inside[0]), ["label", "text", "inside"])
})
