import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type JsonObject, parseJson } from "../json.ts"
import { ASIDE, ASIDE_OF } from "./aside.table.ts"
import { chinese } from "./chinese.ts"
import { ALWAYS, ANY_TITLE, DETAILS, FALLBACK, SITES, TITLES } from "./details.table.ts"
import { elementsOf, marksText, personOf, statementOf } from "./index.ts"
import { english } from "./tongue.ts"

const HL7 = "http://terminology.hl7.org/CodeSystem"
const resource = (value: object): JsonObject => parseJson(JSON.stringify(value)) as JsonObject
const named = (text: string) => ({ code: { text } })
const lineIn = (value: object, language = english): string => {
  const said = statementOf(resource(value), undefined, language)
  assert.ok(said)
  return `${marksText(said.marks, language)}${said.title}${said.value === undefined ? "" : `: ${said.value}`}`
}
const observation = (more: object) => ({ resourceType: "Observation", ...named("X"), ...more })
const dosed = (...dosageInstruction: object[]) => ({
  resourceType: "MedicationRequest",
  intent: "order",
  medicationCodeableConcept: { text: "X" },
  dosageInstruction,
})

const codedIn = (system: string) => (code: string, display?: string) => ({
  coding: [{ system: `${HL7}/${system}`, code, ...(display !== undefined && { display }) }],
})
const interpreted = codedIn("v3-ObservationInterpretation")
const absent = codedIn("data-absent-reason")

const both: readonly (readonly [comment: string, value: object, en: string, zh: string])[] = [
  [
    "interpretation by its code",
    observation({ valueQuantity: { value: 5, unit: "g" }, interpretation: [interpreted("H")] }),
    "X: 5 g; high (H)",
    "X: 5 g；偏高 (H)",
  ],
  [
    "the same of v2",
    observation({ interpretation: [{ coding: [{ system: `${HL7}/v2-0078`, code: "N" }] }] }),
    "X: normal (N)",
    "X: 正常 (N)",
  ],
  [
    "a laboratory's own flag is not read by a table of others",
    observation({
      interpretation: [{ coding: [{ system: "urn:lab:flags", code: "N", display: "Not measured" }] }],
    }),
    "X: Not measured",
    "X: Not measured",
  ],
  [
    "nor is it without words",
    observation({ interpretation: [{ coding: [{ system: "urn:lab:flags", code: "N" }] }] }),
    "X: N (urn:lab:flags)",
    "X: N (urn:lab:flags)",
  ],
  [
    "nor is a code of no system",
    observation({ interpretation: [{ coding: [{ code: "R" }] }] }),
    "X: R",
    "X: R",
  ],
  [
    "a reason of another system",
    observation({ dataAbsentReason: { coding: [{ system: "urn:lab:reasons", code: "error" }] } }),
    "X: no value: error (urn:lab:reasons)",
    "X: 无值：error (urn:lab:reasons)",
  ],
  [
    "a flag of another system does not say that something is not there",
    observation({
      valueString: "0.1",
      interpretation: [{ coding: [{ system: "urn:lab:flags", code: "ND", display: "Not done" }] }],
    }),
    "X: 0.1; Not done",
    "X: 0.1；Not done",
  ],
  [
    "what the source calls a code stands beside our word, so that a contradiction shows",
    observation({ interpretation: [interpreted("L", "High")] }),
    "X: High",
    "X: 偏低 (High)",
  ],
  [
    "why there is no value",
    observation({ dataAbsentReason: absent("not-performed") }),
    "X: no value: not performed",
    "X: 无值：未检测",
  ],
  [
    "the same in the source's words",
    observation({ dataAbsentReason: absent("unknown", "Unknown") }),
    "X: no value: Unknown",
    "X: 无值：不详 (Unknown)",
  ],
  [
    "a part of an address is nobody's code",
    observation({ component: [{ code: { text: "at" }, address: { state: "unspecified" } }] }),
    "X: at no value, address state unspecified",
    "X: at 无值，地址：状态：unspecified",
  ],
  ["a truth that is none", observation({ valueBoolean: false }), "[NO] X: false", "[否] X: 否"],
  [
    "a negative result stays negative, whoever's word it is in",
    observation({ valueString: "negative" }),
    "[NEGATIVE] X: negative",
    "[阴性] X: negative",
  ],
  [
    "limits",
    observation({
      valueQuantity: { value: 5, comparator: "<", unit: "g" },
      referenceRange: [{ low: { value: 1, unit: "g" } }, { high: { value: 9, unit: "g" } }],
    }),
    "X: <5 g; reference range from 1 g; up to 9 g",
    "X: <5 g；参考范围 不低于 1 g；不超过 9 g",
  ],
  [
    "an allergy with criticality and severity",
    {
      resourceType: "AllergyIntolerance",
      ...named("X"),
      criticality: "high",
      category: ["food"],
      reaction: [{ manifestation: [{ text: "rash" }], severity: "severe" }],
    },
    "X: criticality high; reaction rash, severity severe; category food",
    "X: 危急程度：高；反应：rash，严重程度：重度；类别：食物",
  ],
  [
    "a code that no value set has stays what it is",
    { resourceType: "AllergyIntolerance", ...named("X"), criticality: "rather-high" },
    "X: criticality rather-high",
    "X: 危急程度：rather-high",
  ],
  [
    "uncertain, and over",
    {
      resourceType: "Condition",
      ...named("X"),
      verificationStatus: { coding: [{ code: "provisional" }] },
      clinicalStatus: { coding: [{ code: "resolved" }] },
      onsetDateTime: "2019",
      abatementDateTime: "2020",
    },
    "[PROVISIONAL; RESOLVED] X: ended 2020",
    "[初步诊断；已痊愈] X: 结束时间：2020",
  ],
  [
    "refuted, and what contradicts it",
    {
      resourceType: "Condition",
      ...named("X"),
      verificationStatus: { coding: [{ code: "refuted" }], text: "confirmed" },
    },
    "[REFUTED; BUT ALSO SAID TO BE confirmed] X",
    "[已排除；但同时记为（confirmed）] X",
  ],
  [
    "a side",
    {
      resourceType: "Condition",
      code: {
        coding: [
          {
            display: "X",
            extension: [
              {
                url: "http://fhir.de/StructureDefinition/seitenlokalisation",
                valueCoding: { code: "L" },
              },
            ],
          },
        ],
      },
    },
    "X, left",
    "X, 左侧",
  ],
  [
    "how often, when and for how long",
    dosed({
      timing: {
        repeat: {
          ...{ frequency: 2, period: 1, periodUnit: "d", when: ["ACM"], dayOfWeek: ["mon"] },
          ...{ boundsDuration: { value: 7, unit: "d" }, count: 14 },
        },
      },
      asNeededCodeableConcept: { text: "pain" },
      doseAndRate: [{ doseQuantity: { value: 500, unit: "mg" } }],
      maxDosePerPeriod: { numerator: { value: 4, unit: "g" }, denominator: { value: 1, unit: "d" } },
    }),
    "[ORDERED] X: 500 mg, 2× per 1 day, before breakfast, Monday, 14 times in all, for 7 d, as needed for pain, at most 4 g : 1 d per period",
    "[已开医嘱] X: 500 mg，2 次 / 1 天，早餐前，星期一，14 次（总计），持续 7 d，必要时用于 pain，最大剂量 4 g : 1 d （周期内）",
  ],
  [
    "steps",
    dosed({ sequence: 1, text: "one" }, { sequence: 2, text: "two", asNeededBoolean: true }),
    "[ORDERED] X: step 1: one; step 2: two (as needed)",
    "[已开医嘱] X: 步骤 1：one；步骤 2：two (必要时)",
  ],
  [
    "a prescription against a drug",
    { ...dosed({ text: "never" }), doNotPerform: true },
    "[DO NOT PERFORM; ORDERED] X: never",
    "[禁止执行；已开医嘱] X: never",
  ],
  [
    "a drug that nobody names",
    { resourceType: "MedicationStatement", medicationReference: { reference: "Medication/7" } },
    "drug not named here: Medication/7",
    "此处未写明药品：Medication/7",
  ],
  [
    "codes of HL7's own before the source's words, a laboratory's as sent",
    {
      resourceType: "Encounter",
      class: { system: `${HL7}/v3-ActCode`, code: "EMER", display: "emergency" },
      reasonCode: [{ coding: [{ system: "http://snomed.info/sct", code: "1", display: "Fall" }] }],
    },
    "emergency: reason Fall",
    "急诊 (emergency): 原因：Fall",
  ],
  [
    "who of the family",
    {
      resourceType: "FamilyMemberHistory",
      relationship: { coding: [{ system: `${HL7}/v3-RoleCode`, code: "MTH" }] },
      condition: [{ code: { text: "X" }, contributedToDeath: true }],
    },
    `[FAMILY HISTORY of MTH (${HL7}/v3-RoleCode)] X, contributed to death`,
    "[家族史（母亲）] X，与死亡有关",
  ],
  [
    "what is taken off a list",
    { resourceType: "List", title: "X", entry: [{ deleted: true, item: { display: "Y" } }] },
    "X: entries [TAKEN OFF THE LIST] Y",
    "X: 条目：[已从列表移除] Y",
  ],
  [
    "questions without an answer",
    {
      resourceType: "QuestionnaireResponse",
      questionnaire: "X",
      item: [{ linkId: "1", text: "Pain?", answer: [{ valueBoolean: false }] }, { linkId: "2" }],
    },
    "X: Pain? false; 1 question without an answer",
    "X: Pain? 否；1 个问题未回答",
  ],
  [
    "what has no place in a view",
    { resourceType: "Basic", ...named("X"), strange: 1 },
    "X: and 1 element more that this view does not show (strange)",
    "X: 另有 1 项内容未在此显示 (strange)",
  ],
  [
    "nothing that says what it is",
    { resourceType: "Observation", valueInteger: 7 },
    "Observation (no code): 7",
    "检验与观察 (无编码): 7",
  ],
]

describe("one statement in both languages", () => {
  for (const [comment, value, en, zh] of both)
    it(comment, () => {
      assert.equal(lineIn(value), en)
      assert.equal(lineIn(value, chinese), zh)
      assert.equal(lineIn(value), en, "and English again")
    })

  it("is cut behind a part, and says in Chinese how much is left", () => {
    const value = observation({ note: Array.from({ length: 900 }, (_, i) => ({ text: `第${1000 + i}条` })) })
    const [, kept, left] =
      /^X: 备注：(.*) … 另有 (\d+) 个字符，见完整记录$/.exec(lineIn(value, chinese)) ?? []
    assert.match(kept ?? "", /第\d{4}条$/)
    assert.ok(Number(left) > 1000)
  })
})

describe("who somebody is, in both languages", () => {
  const table: readonly (readonly [comment: string, value: object, en: string, zh: string])[] = [
    [
      "all of it",
      {
        name: [{ family: "张", given: ["伟"] }],
        birthDate: "1970",
        gender: "male",
        deceasedDateTime: "2020",
      },
      "张伟, born 1970, male, died 2020",
      "张伟，出生日期 1970，男，已故 2020",
    ],
    [
      "dead, no day",
      { gender: "female", deceasedBoolean: true },
      "name not recorded, birth date not recorded, female, died",
      "姓名未记录，出生日期未记录，女，已故",
    ],
    [
      "alive",
      { deceasedBoolean: false },
      "name not recorded, birth date not recorded, sex not recorded",
      "姓名未记录，出生日期未记录，性别未记录",
    ],
    [
      "a sex that is no code",
      { gender: "M" },
      "name not recorded, birth date not recorded, M",
      "姓名未记录，出生日期未记录，M",
    ],
  ]
  for (const [comment, value, en, zh] of table)
    it(comment, () => {
      const patient = resource({ resourceType: "Patient", ...value })
      assert.equal(personOf(patient, 0).who, en)
      assert.equal(personOf(patient, 0, chinese).who, zh)
    })
})

describe("the whole of a record in Chinese", () => {
  it("has a code beside its word, and a person's name is none of a thing", () => {
    const patient = { resourceType: "Patient", gender: "male", name: [{ family: "Roe" }], active: true }
    const said = elementsOf(resource(patient), chinese).map(({ label, text }) => [label, text])
    assert.deepEqual(said, [
      ["姓名", "Roe"],
      ["性别", "男 (male)"],
      ["是否启用", "是"],
    ])
  })
})

describe("no word of ours is missing in Chinese", () => {
  const HAN = /\p{Script=Han}/u
  const paths = [
    ...[...Object.values(DETAILS), ...Object.values(TITLES), ANY_TITLE, SITES, ALWAYS, FALLBACK].flat(),
    ...[...ASIDE, ...Object.values(ASIDE_OF).flatMap((all) => [...all])],
  ]
  it("of elements that a statement shows or sets aside", () => {
    const names = new Set(paths.flatMap((path) => path.split(".")))
    const missing = [...names].filter((name) => !HAN.test(chinese.elementOf(name) ?? ""))
    assert.deepEqual(missing, [])
    assert.ok(names.size > 300)
  })
  it("of words, marks, codes and types", () => {
    /** Signs, which are in no language. */
    const SIGNS = new Set(["per", "rest", "colon"])
    const { words, labels, timings, interpretations, absentReasons, sides, types, codes, concepts } = chinese
    const tables = {
      words,
      labels,
      timings,
      interpretations,
      absentReasons,
      sides,
      types,
      ...codes,
      ...concepts,
    }
    const missing = Object.entries(tables).flatMap(([name, table]) =>
      Object.entries(table)
        .filter(([key, word]) => !HAN.test(word) && !SIGNS.has(key) && !/^[DR]NA$/.test(word))
        .map(([key]) => `${name} ${key}`),
    )
    assert.deepEqual(missing, [])
    assert.ok(Object.keys(tables).length > 20)
  })
})
