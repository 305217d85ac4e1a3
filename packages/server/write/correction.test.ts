import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type JsonObject, PlatformError, toJson } from "@aceso/core"
import { correctedOf } from "./correction.ts"
import { type Form, mistakenOf, resourceOf, type Writing } from "./resource.ts"

const AT = "2026-05-01T10:00:00+08:00"
const writing: Writing = {
  ...{ member: "city-hospital", author: "dr-chen", patient: "p-1", writing: "00" },
  now: Date.parse("2026-05-01T12:00:00Z"),
}
const nurse: Writing = { ...writing, author: "nurse-li", writing: "01", now: writing.now + 60_000 }

const potassium = (value: string, more: object = {}): Form => ({
  result: { code: "2823-3", at: AT, number: { value, unit: "mmol/L" }, ...more },
})
const note = (text: string, at = AT): Form => ({ note: { type: "11506-3", at, text } })
const latex = (more: object = {}): Form => ({
  allergy: {
    ...{ substance: "Latex", category: "environment", criticality: "low", verification: "confirmed" },
    ...more,
  } as Form["allergy"],
})
const gout = (more: object = {}): Form => ({
  problem: { problem: "Gout", state: "active", verification: "confirmed", ...more } as Form["problem"],
})
/** What stands there by now: as the form made it, and what others added. */
const before = (form: Form, more: object): JsonObject => {
  const made = resourceOf(form, writing)
  // What is undefined here stands there no more.
  return toJson({ ...made, ...more }) as JsonObject
}
const corrected = (was: JsonObject, form: Form): JsonObject =>
  correctedOf(was, resourceOf(form, nurse, true), nurse)

const LAB = { authorString: "laboratory", text: "drip arm" }
const COMPONENT = [{ code: { text: "x" }, valueString: "y" }]

describe("what a form does not know", () => {
  const stays: readonly [comment: string, was: Form, more: object, is: Form][] = [
    [
      "what says nothing of the value, with another value",
      potassium("6.1"),
      {
        bodySite: { text: "left arm" },
        specimen: { display: "blood" },
        device: { display: "d" },
        method: { text: "m" },
        basedOn: [{ reference: "ServiceRequest/1" }],
        extension: [{ url: "urn:x", valueString: "y" }],
        language: "de",
        note: [LAB],
      },
      potassium("3.9"),
    ],
    [
      "what speaks of the value, with the same one at another time",
      potassium("6.1"),
      { interpretation: [{ text: "HH" }], referenceRange: [{ text: "3.5 to 5" }], component: COMPONENT },
      potassium("6.1", { at: "2026-05-01T09:00:00+08:00" }),
    ],
    [
      "other sections of a note",
      note("a"),
      { confidentiality: "R", encounter: { reference: "Encounter/1" } },
      note("b"),
    ],
    ["who attested a note, with the same text", note("a"), { attester: [{ mode: "legal" }] }, note("a")],
    [
      "what an allergy is otherwise",
      latex(),
      { type: "allergy", lastOccurrence: "2020", clinicalStatus: { coding: [{ code: "inactive" }] } },
      latex({ criticality: "high" }),
    ],
    [
      "a reaction that stays as it is",
      latex({ reaction: "rash" }),
      { reaction: [{ manifestation: [{ text: "rash" }], severity: "severe" }] },
      latex({ reaction: "rash", criticality: "high" }),
    ],
    [
      "what a problem is otherwise",
      gout(),
      { severity: { text: "mild" }, bodySite: [{ text: "left foot" }], onsetString: "in youth" },
      gout({ code: "M10.9" }),
    ],
    [
      "when what goes on no more ended",
      gout({ state: "resolved" }),
      { abatementDateTime: "2025" },
      gout({ state: "remission" }),
    ],
  ]
  for (const [comment, was, more, is] of stays)
    it(`stays: ${comment}`, () => {
      const made = corrected(before(was, more), is)
      for (const [name, one] of Object.entries(toJson(more) as JsonObject)) {
        const said = made[name]
        // Only who corrected it comes behind.
        const kept = name === "note" && Array.isArray(said) ? said.slice(0, 1) : said
        assert.deepEqual(kept, one, name)
      }
    })

  const contradicts: readonly [comment: string, was: Form, more: object, is: Form, names: RegExp][] = [
    ...[
      { interpretation: [{ text: "HH" }] },
      { referenceRange: [{ text: "3.5 to 5" }] },
      { component: COMPONENT },
      { derivedFrom: [{ reference: "Observation/1" }] },
      { hasMember: [{ reference: "Observation/1" }] },
      { modifierExtension: [{ url: "urn:x", valueString: "y" }] },
      { text: { status: "generated", div: "<div>6.1</div>" } },
      { somethingNew: "x" },
      { _valueQuantity: { id: "a" } },
    ].map((more): [string, Form, object, Form, RegExp] => [
      `${Object.keys(more)[0]} of another value`,
      potassium("6.1"),
      more,
      potassium("3.9"),
      new RegExp(`also has ${Object.keys(more)[0]},`),
    ]),
    [
      "fewer digits are another value",
      potassium("6.10"),
      { interpretation: [{ text: "HH" }] },
      potassium("6.1"),
      /interpretation/,
    ],
    [
      "words instead of a number",
      potassium("6.1"),
      { interpretation: [{ text: "HH" }] },
      { result: { code: "2823-3", at: AT, words: "haemolysed" } },
      /interpretation/,
    ],
    [
      "why there is no value",
      potassium("6.1"),
      { valueQuantity: undefined, dataAbsentReason: { text: "x" } },
      potassium("6.1"),
      /dataAbsentReason/,
    ],
    [
      "a value of another kind",
      potassium("6.1"),
      { valueQuantity: undefined, valueInteger: 6 },
      potassium("6.1"),
      /valueInteger/,
    ],
    [
      "a time of another kind",
      potassium("6.1"),
      { effectiveDateTime: undefined, effectivePeriod: { start: AT } },
      potassium("6.1"),
      /effectivePeriod/,
    ],
    [
      "a narrative of another time",
      potassium("6.1"),
      { text: { status: "generated", div: "<div>10:00</div>" } },
      potassium("6.1", { at: "2026-05-01T09:00:00+08:00" }),
      /text/,
    ],
    ["who attested another text", note("a"), { attester: [{ mode: "legal" }] }, note("b"), /attester/],
    [
      "entries of another text",
      note("a"),
      { section: [{ text: { status: "additional", div: "<div>a</div>" }, entry: [] }] },
      note("b"),
      /section\.entry/,
    ],
    [
      "how severe another reaction was",
      latex({ reaction: "rash" }),
      { reaction: [{ manifestation: [{ text: "rash" }], severity: "severe" }] },
      latex({ reaction: "shock" }),
      /reaction\.severity/,
    ],
    [
      "more that a reaction showed",
      latex({ reaction: "rash" }),
      { reaction: [{ manifestation: [{ text: "rash" }, { text: "fever" }] }] },
      latex(),
      /reaction\.manifestation/,
    ],
    ["a second onset", gout(), { onsetAge: { value: 40, unit: "a" } }, gout({ onset: "2019" }), /onsetAge/],
    [
      "the end of what goes on",
      gout({ state: "resolved" }),
      { abatementDateTime: "2025" },
      gout({ state: "recurrence" }),
      /abatementDateTime/,
    ],
  ]
  for (const [comment, was, more, is, names] of contradicts)
    it(`is named where it would contradict: ${comment}`, () =>
      assert.throws(
        () => corrected(before(was, more), is),
        (error) =>
          error instanceof PlatformError &&
          error.code === "bad_input" &&
          names.test(error.message) &&
          /mark this one as entered in error/.test(error.message),
      ))
})

describe("what a form knows", () => {
  it("is what the form says, and goes where the form leaves it empty", () => {
    const was = before(potassium("6.1", { remark: "haemolysed" }), {
      note: [{ text: "haemolysed" }, LAB],
      code: {
        coding: [
          { system: "http://loinc.org", code: "2823-3" },
          { system: "urn:lis", code: "K" },
        ],
        text: "Potassium",
      },
    })
    const made = corrected(was, { result: { code: "2823-3", at: AT, words: "no sample" } })
    assert.deepEqual(
      [made.valueString, made.valueQuantity, made.note, made.status, made.code],
      ["no sample", undefined, [toJson(LAB)], "corrected", was.code],
    )
  })
  it("is a remark in words of one's own, and nobody else's note", () => {
    const made = corrected(before(potassium("6.1"), { note: [LAB] }), potassium("6.1", { remark: "again" }))
    assert.deepEqual(made.note, [toJson(LAB), { text: "again" }])
  })
  it("is a note's first section", () => {
    const more = toJson({ title: "Plan", text: { status: "additional", div: "<div>p</div>" } })
    const was = before(note("a"), {})
    const made = corrected({ ...was, section: [...(was.section as JsonObject[]), more] }, note("b"))
    const [first, second] = made.section as JsonObject[]
    assert.match(String((first.text as JsonObject).div), /<p>b<\/p>/)
    assert.deepEqual([second, made.status], [more, "amended"])
  })
  it("are the kinds of an allergy but the one that is chosen", () => {
    const made = corrected(
      before(latex(), { category: ["environment", "food"] }),
      latex({ category: "biologic" }),
    )
    assert.deepEqual(made.category, ["biologic", "food"])
  })
  it("names who corrected it beside who wrote it, once", () => {
    const names = (form: Form, member: string) => {
      const once = corrected(before(form, {}), form)
      const twice = correctedOf(once, resourceOf(form, nurse, true), nurse)
      return (twice[member] as JsonObject[]).map(({ display }) => display)
    }
    assert.deepEqual(names(potassium("6.1"), "performer"), ["dr-chen", "nurse-li"])
    assert.deepEqual(names(note("a"), "author"), ["dr-chen", "nurse-li"])
  })
  it("is nothing of what was entered in error", () => {
    for (const form of [potassium("6.1"), note("a"), latex(), gout()])
      assert.throws(
        () => corrected(mistakenOf(resourceOf(form, writing), "no", writing), form),
        (error) => error instanceof PlatformError && /entered in error.*write a new one/.test(error.message),
      )
  })
})
