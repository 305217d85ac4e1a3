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
function courses(resources: readonly object[], at: (i: number) => string = () => "city-hospital") {
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
const texts = (resources: readonly object[], at?: (i: number) => string) =>
  courses(resources, at).map(({ name, points }) => [name, ...points.map(({ text }) => text)])

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
