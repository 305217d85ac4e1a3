import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { mergeTimeline, type SourceLine } from "@aceso/client"
import { utf8 } from "@aceso/core"
import { coursesOf } from "./records-values.ts"

const UCUM = "http://unitsofmeasure.org"
const SCT = "http://snomed.info/sct"
const concept = (system: string, code: string, display: string) => ({ coding: [{ system, code, display }] })
const POTASSIUM = concept("http://loinc.org", "2823-3", "Potassium")
const EYE = concept("http://loinc.org", "56844-4", "Intraocular pressure of Eye")
const LEFT = { bodySite: concept(SCT, "8966001", "Left eye") }
const RIGHT = { bodySite: concept(SCT, "81745001", "Right eye") }
const mmol = (value: number, more: object = {}) => ({
  ...{ value, unit: "mmol/L", system: UCUM, code: "mmol/L" },
  ...more,
})
const mmHg = (value: number) => ({ value, unit: "mmHg", system: UCUM, code: "mm[Hg]" })

/** Each a day later than the one before, at one custodian or as `at` says. */
function found(resources: readonly object[], at: (i: number) => string = () => "city-hospital") {
  const lines = resources.map((more, i): SourceLine => {
    const day = `2024-05-${String(i + 1).padStart(2, "0")}`
    const resource = {
      resourceType: "Observation",
      id: `o${i}`,
      status: "final",
      effectiveDateTime: day,
      ...more,
    }
    return {
      ...{ custodian: at(i), index: i, recordId: new Uint8Array(32).fill(i + 1), version: 1, height: 5 },
      ...{ status: "verified", isSuperseded: false, content: utf8(JSON.stringify(resource)) },
    } as SourceLine
  })
  const nameOf = new Map(lines.map((line, i) => [line, `r${i}`]))
  return coursesOf({ nameOf } as unknown as Parameters<typeof coursesOf>[0], mergeTimeline(lines))
}
const courses = (...of: Parameters<typeof found>) => found(...of).courses
const texts = (resources: readonly object[], at?: (i: number) => string) =>
  courses(resources, at).map(({ name, points }) => [name, ...points.map(({ text }) => text)])

it("a value that joins no other is counted", () => {
  const potassium = { code: { coding: [{ system: "http://loinc.org", code: "2823-3" }] } }
  const sodium = { code: { coding: [{ system: "http://loinc.org", code: "2951-2" }] } }
  const valued = (code: object, unit: string) => ({ ...code, valueQuantity: { value: 4, unit } })
  const { courses: all, alone } = found([
    valued(potassium, "mmol/L"),
    valued(potassium, "mmol/L"),
    valued(potassium, "mg/dL"),
    valued(sodium, "mmol/L"),
    { code: { text: "Lead" }, valueQuantity: { value: 9, unit: "mg/L" } },
    { ...sodium, valueString: "haemolysed" },
    { ...sodium, status: "cancelled" },
  ])
  assert.deepEqual([all.length, alone], [1, 4])
})

describe("one plot has values of one thing alone", () => {
  it("the pressure of the left eye and that of the right are two, each named by its site", () =>
    assert.deepEqual(
      texts([
        { code: EYE, ...LEFT, valueQuantity: mmHg(12) },
        { code: EYE, ...RIGHT, valueQuantity: mmHg(38) },
        { code: EYE, ...LEFT, valueQuantity: mmHg(13) },
        { code: EYE, ...RIGHT, valueQuantity: mmHg(36) },
      ]),
      [
        ["Intraocular pressure of Eye, Left eye", "12", "13"],
        ["Intraocular pressure of Eye, Right eye", "38", "36"],
      ],
    ))

  it("of which the words contradict the code are two", () => {
    const site = (display: string) => ({ bodySite: concept(SCT, "x", display) })
    const value = (display: string, n: number) => ({ code: EYE, ...site(display), valueQuantity: mmHg(n) })
    assert.deepEqual(texts([value("Left eye", 12), value("Right eye", 38), value("Left eye", 13)]), [
      ["Intraocular pressure of Eye, Left eye", "12", "13"],
    ])
  })

  const component = (value: number, more: object = {}) => ({
    code: concept("http://loinc.org", "8480-6", "Systolic"),
    valueQuantity: mmHg(value),
    ...more,
  })
  it("so are the parts of what was measured there", () =>
    assert.deepEqual(
      texts(
        [LEFT, RIGHT, LEFT, RIGHT].map((site, i) => ({
          code: EYE,
          ...site,
          component: [component(120 + i)],
        })),
      ),
      [
        ["Systolic, Left eye", "120", "122"],
        ["Systolic, Right eye", "121", "123"],
      ],
    ))

  const apart: readonly (readonly [comment: string, more: object])[] = [
    ["of which somebody else is the focus", { focus: [{ display: "Fetus A" }] }],
    ["from another specimen", { specimen: { display: "urine" } }],
    ["from a specimen that nobody here knows", { specimen: { reference: "Specimen/9" } }],
    ["by another method", { method: { text: "strip" } }],
    ["by a device", { device: { display: "at the bedside" } }],
    ["with an extension", { extension: [{ url: "https://a.example/x", valueString: "standing" }] }],
    ["with a modifier that nobody understands", { modifierExtension: [{ url: "https://a.example/x" }] }],
    ["with a member that R4 does not have", { bodyStructure: { reference: "BodyStructure/1" } }],
    ["of one more code", { code: { coding: [...POTASSIUM.coding, { system: SCT, code: "1" }] } }],
    ["of which a text says more", { code: { ...POTASSIUM, text: "Potassium, haemolysed" } }],
    [
      "of which the site has an extension",
      { bodySite: { text: "arm", extension: [{ url: "l", valueString: "L" }] } },
    ],
    [
      "measured in another position",
      { component: [{ code: { text: "position" }, valueCodeableConcept: { text: "standing" } }] },
    ],
  ]
  for (const [comment, more] of apart)
    it(`a value ${comment} is not joined with those that are not`, () => {
      const value = (n: number, own: object = {}) => ({ code: POTASSIUM, valueQuantity: mmol(n), ...own })
      assert.deepEqual(
        texts([value(4), value(9, more), value(5)]).map(([, ...all]) => all),
        [["4", "5"]],
      )
    })

  it("nor are values of one reference at two custodians, and names of one code are all said", () => {
    const value = (n: number, more: object = {}) => ({ code: POTASSIUM, valueQuantity: mmol(n), ...more })
    const device = { device: { reference: "Device/1" } }
    assert.deepEqual(
      texts([value(4, device), value(9, device), value(5, device), value(8, device)], (i) =>
        i % 2 === 0 ? "city-hospital" : "community-clinic",
      )
        .map(([, ...all]) => all.join())
        .sort(),
      ["4,5", "9,8"],
    )
    const named = value(5, { code: concept("http://loinc.org", "2823-3", "K") })
    assert.deepEqual(texts([value(4), named]), [["K / Potassium", "4", "5"]])
  })

  it("specimens that say the same of themselves are one", () => {
    const specimen = (id: string) => ({
      contained: [{ resourceType: "Specimen", id, type: { text: "serum" }, receivedTime: "2024-01-01" }],
      specimen: { reference: `#${id}` },
    })
    const value = (n: number, id: string) => ({ code: POTASSIUM, valueQuantity: mmol(n), ...specimen(id) })
    assert.deepEqual(texts([value(4, "a"), value(5, "b")]), [["Potassium, serum", "4", "5"]])
  })
})

describe("what is not wholly understood is not drawn as exact and sound", () => {
  const value = (more: object = {}) => ({ code: POTASSIUM, valueQuantity: mmol(4), ...more })
  const two = (more: object) => courses([value(more), value(more)])[0]?.points[0]
  const HL7 = "http://terminology.hl7.org/CodeSystem"
  const rows: readonly (readonly [comment: string, more: object, said: string, doubts: readonly string[]])[] =
    [
      ["preliminary", { status: "preliminary" }, "PRELIMINARY", []],
      ["registered", { status: "registered" }, "REGISTERED", []],
      ["an unknown status", { status: "odd" }, "odd", []],
      [
        "a modifier",
        { modifierExtension: [{ url: "https://a.example/x", valueBoolean: true }] },
        "MODIFIE",
        [],
      ],
      ["a note", { note: [{ text: "haemolysed" }] }, "haemolysed", []],
      ["a flag of its own", { interpretation: [{ text: "haemolysed" }] }, "haemolysed", []],
      ["no value", { dataAbsentReason: { coding: [{ code: "error" }] } }, "no value: error", []],
      ["a comparator that is not told", { valueQuantity: mmol(4, { _comparator: { id: "c" } }) }, "", []],
      ["a part that is not read", { valueQuantity: mmol(4, { extension: [{ url: "x" }] }) }, "", ["more"]],
      ["a unit that contradicts its code", { valueQuantity: mmol(160, { unit: "mg/dL" }) }, "", ["unit"]],
      ["a year", { effectiveDateTime: "2024" }, "", ["time"]],
      [
        "a period",
        { effectiveDateTime: undefined, effectivePeriod: { start: "2024-01-01", end: "2024-03-01" } },
        "",
        ["time"],
      ],
    ]
  for (const [comment, more, said, doubts] of rows)
    it(comment, () => {
      const point = two(more)
      assert.equal(point?.isWhole, false)
      assert.deepEqual(point?.doubts, doubts)
      assert.ok(point?.said.join("; ").includes(said), point?.said.join("; "))
    })
  it("a comparator that is not told is shown as one", () =>
    assert.equal(two({ valueQuantity: mmol(4, { _comparator: { id: "c" } }) })?.text, "?4"))

  const sound: readonly (readonly [comment: string, more: object])[] = [
    ["a final value", {}],
    ["a corrected one", { status: "corrected" }],
    [
      "with HL7's own flag",
      { interpretation: [concept(`${HL7}/v3-ObservationInterpretation`, "H", "High")] },
    ],
    ["with a unit in words", { valueQuantity: { ...mmHg(4), unit: "mmHg" } }],
    ["in degrees", { valueQuantity: { value: 37, unit: "°C", system: UCUM, code: "Cel" } }],
    ["in numbers of cells", { valueQuantity: { value: 5, unit: "x10^9/L", system: UCUM, code: "10*9/L" } }],
  ]
  for (const [comment, more] of sound)
    it(`${comment} is exact`, () => {
      assert.equal(two(more)?.isWhole, true)
    })

  it("so is a component alone of which there should be no value", () => {
    const part = (more: object) => ({
      code: concept("l", "8480-6", "Systolic"),
      valueQuantity: mmHg(120),
      ...more,
    })
    const resources = [{}, { dataAbsentReason: { text: "cuff error" } }].map((more) => ({
      code: EYE,
      component: [part(more)],
    }))
    assert.deepEqual(
      courses(resources)[0]?.points.map(({ isWhole, said }) => [isWhole, ...said]),
      [[true], [false, "no value: cuff error"]],
    )
  })

  it("a unit of other words is a plot of its own, and each point has its unit as sent", () => {
    const odd = value({ valueQuantity: mmol(160, { unit: "mg/dL" }) })
    assert.deepEqual(
      courses([value(), odd, value(), odd]).map(({ points }) =>
        points.map(({ text, unit }) => `${text} ${unit}`),
      ),
      [
        ["160 mg/dL (mmol/L)", "160 mg/dL (mmol/L)"],
        ["4 mmol/L", "4 mmol/L"],
      ],
    )
  })

  const range = { low: mmol(2), high: mmol(9) }
  const said = "2 mmol/L to 9 mmol/L"
  for (const [comment, ranges, band] of [
    ["that is for everybody", [range], [2, 9]],
    ["with one side", [{ high: mmol(9) }], [undefined, 9]],
    ["whose text says the same", [{ ...range, text: "2 - 9" }], [2, 9]],
    ["whose text says the same with its unit", [{ ...range, text: "2.0～9.0 mmol/L" }], [2, 9]],
    ["whose text says the same in Chinese", [{ ...range, text: "2至9" }], [2, 9]],
    ["of one side whose text says the same", [{ high: mmol(9), text: "<9" }], [undefined, 9]],
    ["for whom its text says", [{ ...range, text: "premature" }], "premature"],
    ["for whom its text says, with the numbers", [{ ...range, text: "premature 2 - 9" }], "premature"],
    ["for whom its text says in Chinese", [{ ...range, text: "早产儿" }], "早产儿"],
    ["whose text has other numbers", [{ ...range, text: "2 - 7" }], "2 - 7"],
    ["whose text has another unit", [{ ...range, text: "2 - 9 mg/dL" }], "mg/dL"],
    ["whose text has one side alone", [{ ...range, text: "<9" }], "<9"],
    ["whose text has a side more", [{ high: mmol(9), text: "2 - 9" }], "2 - 9"],
    ["whose text is turned round", [{ high: mmol(9), text: ">9" }], ">9"],
    ["of text alone", [{ text: "2 - 9" }], "2 - 9"],
    ["of another kind", [{ ...range, type: { text: "Treatment range" } }], "Treatment range"],
    ["for some people", [{ ...range, appliesTo: [{ text: "pregnant" }] }], "pregnant"],
    ["for an age", [{ ...range, age: { high: { value: 1, unit: "month" } } }], "1 month"],
    ["that is not exact", [{ ...range, low: mmol(2, { comparator: "<" }) }], "<2"],
    [
      "with what nobody understands",
      [{ ...range, modifierExtension: [{ url: "https://a.example/x" }] }],
      said,
    ],
    ["of which one side has another unit", [{ ...range, low: { value: 2, unit: "mg/dL" } }], "2 mg/dL"],
    ["of which one side has no unit", [{ ...range, low: { value: 2 } }], "9 mmol/L"],
    ["whose ends are turned round", [{ low: mmol(9), high: mmol(2) }], "9 mmol/L"],
    ["beside another one", [range, { ...range, high: mmol(7) }], "7 mmol/L"],
    ["beside one for some people", [range, { ...range, text: "premature" }], "premature"],
    ["that is said twice", [range, range], said],
  ] as const)
    it(`a range ${comment} is ${typeof band === "string" ? "no band, and is told in words" : "the band"}`, () => {
      const point = two({ referenceRange: ranges })
      const isNone = typeof band === "string"
      assert.deepEqual([point?.low, point?.high], isNone ? [undefined, undefined] : band)
      if (isNone) assert.ok(point?.range.includes(band), point?.range)
      else if (ranges[0].high && "low" in ranges[0]) assert.ok(point?.range.startsWith(said), point?.range)
    })
  it("of a part counts the part's own range alone", () => {
    const part = {
      code: POTASSIUM,
      valueQuantity: mmol(4),
      referenceRange: [{ ...range, text: "premature" }],
    }
    const one = { code: EYE, referenceRange: [range], component: [part] }
    const [point] = courses([one, one])[0]?.points ?? []
    assert.deepEqual([point?.low, point?.high], [undefined, undefined])
  })
})

describe("a time", () => {
  for (const [written, shown] of [
    ["2024", "2024"],
    ["2024-05", "2024-05"],
    ["2024-05-01", "2024-05-01"],
    ["2024-05-01T08:00:00+08:00", "2024-05-01 08:00+08:00"],
  ])
    it(`${written} is told as it was written`, () => {
      const one = { code: POTASSIUM, valueQuantity: mmol(4), effectiveDateTime: written }
      assert.equal(courses([one, one])[0]?.points[0]?.time, shown)
    })
})
