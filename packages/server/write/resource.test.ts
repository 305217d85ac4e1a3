import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { isLoinc, NOTE_TYPES, RESULT_CHOICES, UNITS, writeQuestion } from "@aceso/client"
import { canonicalText, type JsonObject, PlatformError, parseJson } from "@aceso/core"
import { marksOf, statementOf } from "@aceso/core/display/index.ts"
import { authorOf, type Form, mistakenOf, narrativeOf, resourceOf, type Writing } from "./resource.ts"

const NOW = Date.parse("2026-05-01T12:00:00Z")
const AT = "2026-05-01T10:00:00+08:00"
const writing: Writing = {
  member: "city-hospital",
  author: "dr-chen",
  patient: "p-1",
  writing: "00112233445566778899aabbccddeeff",
  now: NOW,
}
const potassium = (value: string, more: object = {}): Form => ({
  result: { code: "2823-3", at: AT, number: { value, unit: "mmol/L", ...more } },
})
const made = (form: Form) => resourceOf(form, writing)
const code = (expected: string, says: RegExp) => (error: unknown) =>
  error instanceof PlatformError && error.code === expected && says.test(error.message)

/** As the route takes it. */
const asked = (form: object) =>
  writeQuestion.parse({
    alias: "patient-1",
    shown: { name: null, birthDate: null, recordNumber: null },
    id: new Uint8Array(16),
    ...form,
  })

describe("a number", () => {
  for (const token of ["1.00", "0", "0.0", "-1.50", "4", "100000.000001", "12345678901234567.8"])
    it(`stays as it was typed: ${token}`, () => {
      const { result } = asked(potassium(token))
      const text = canonicalText(made({ result }))
      assert.ok(text.includes(`"value":${token}}`), text)
      // And through what the importer reads.
      assert.ok(canonicalText(parseJson(text)).includes(`"value":${token}}`))
    })
  for (const token of ["", "1,5", "01", "+1", ".5", "5.", "1e3", "NaN", "٣", "1 000", "<5", "1".repeat(21)])
    it(`is refused: ${JSON.stringify(token)}`, () =>
      assert.throws(() => asked(potassium(token)), code("bad_input", /result\.number\.value/)))
  it("has at most 18 digits, as FHIR has room for", () =>
    assert.throws(() => made(potassium("1234567890123456.789")), code("bad_input", /18 digits/)))

  for (const comparator of ["<", "<=", ">=", ">"] as const)
    it(`keeps its comparator: ${comparator}`, () => {
      const { result } = asked(potassium("3.00", { comparator }))
      const { valueQuantity } = made({ result })
      assert.equal((valueQuantity as JsonObject).comparator, comparator)
      assert.match(String(statementOf(made({ result }))?.value), new RegExp(`${comparator} ?3\\.00 mmol/L`))
    })
  it("knows no other comparator", () =>
    assert.throws(() => asked(potassium("3", { comparator: "ad" })), code("bad_input", /comparator/)))
})

describe("a unit", () => {
  for (const choice of RESULT_CHOICES)
    for (const unit of choice.units)
      it(`${unit} of ${choice.en} is UCUM, and is written as people do`, () => {
        const number = { value: "1.0", unit }
        const { result } = asked({ result: { code: choice.code, at: AT, number } })
        const quantity = made({ result }).valueQuantity as JsonObject
        assert.deepEqual(
          [quantity.code, quantity.unit, quantity.system],
          [unit, UNITS[unit], "http://unitsofmeasure.org"],
        )
      })
  it("that is not the measurement's is refused", () =>
    assert.throws(() => made(potassium("4", { unit: "mg/dL" })), code("bad_input", /mmol\/L, not in mg\/dL/)))
  it("that is none is refused", () =>
    assert.throws(() => asked(potassium("4", { unit: "drops" })), code("bad_input", /unit/)))
})

describe("a time", () => {
  for (const at of ["2026-05-01T10:00:00Z", AT, "2026-05-01T08:00:00.5-03:30"])
    it(`stays as it was written: ${at}`, () => {
      const { result } = asked({ result: { code: "2823-3", at, words: "haemolysed" } })
      assert.equal(made({ result }).effectiveDateTime, at)
    })
  for (const at of [
    "2026-05-01T10:00:00",
    "2026-05-01",
    "2026-05-01T10:00Z",
    "2026-05-01T24:00:00Z",
    "2026-05-01 10:00:00Z",
    "10:00:00Z",
    "2026-05-01T10:00:00 08:00",
  ])
    it(`without a zone, or of another form, is refused: ${at}`, () =>
      assert.throws(
        () => asked({ result: { code: "2823-3", at, words: "x" } }),
        code("bad_input", /result\.at/),
      ))
  for (const at of ["2026-02-30T10:00:00Z", "2026-13-01T10:00:00Z", "2026-05-01T10:00:00+15:00"])
    it(`that there is not is refused: ${at}`, () =>
      assert.throws(
        () => made({ result: { code: "2823-3", at, words: "x" } }),
        code("bad_input", /there is no|has no/),
      ))
  it("to come is refused, but for clocks that differ", () => {
    const to = (ms: number) => ({ code: "2823-3", at: new Date(NOW + ms).toISOString(), words: "x" })
    assert.throws(() => made({ result: to(10 * 60_000) }), code("bad_input", /yet to come/))
    made({ result: to(60_000) })
  })
  it("of onset may be a year, and not one to come", () => {
    const problem = { problem: "Asthma", state: "active", verification: "confirmed" } as const
    assert.equal(made({ problem: { ...problem, onset: "1999" } }).onsetDateTime, "1999")
    assert.throws(() => made({ problem: { ...problem, onset: "2027" } }), code("bad_input", /yet to come/))
    assert.throws(
      () => made({ problem: { ...problem, onset: "2025-02-30" } }),
      code("bad_input", /has no day 30/),
    )
  })
})

describe("a time long ago", () => {
  const result = (at: string): Form => ({ result: { code: "2823-3", at, words: "x" } })
  const problem = (onset: string): Form => ({
    problem: { problem: "Asthma", state: "active", verification: "confirmed", onset },
  })
  const rows: [comment: string, form: Form, birthDates: string[], says: RegExp | null][] = [
    ["a year of two digits", result("0026-05-01T10:00:00+08:00"), [], /before 1880/],
    ["another century", result("1800-05-01T10:00:00+08:00"), [], /before 1880/],
    ["the first onset", problem("0001"), [], /before 1880/],
    ["before birth", result("1989-12-31T10:00:00+08:00"), ["1990-01-02"], /before the patient was born/],
    [
      "the morning of birth, where it is day already",
      result("1990-01-02T00:30:00+14:00"),
      ["1990-01-02"],
      null,
    ],
    ["onset in the month of birth", problem("1990-01"), ["1990-01-02"], null],
    ["onset in the year of birth", problem("1990"), ["1990-01-02"], null],
    ["onset the year before", problem("1989"), ["1990-01-02"], /before the patient was born/],
    ["birth of which a year is known", problem("1990-01-01"), ["1990"], null],
    ["the first of two birth dates", problem("1985"), ["1990-01-02", "1985-03-04"], null],
    ["a birth date that is none", problem("1985"), ["?"], null],
  ]
  for (const [comment, form, birthDates, says] of rows)
    it(`${comment}: ${says === null ? "stands" : "is refused"}`, () => {
      const make = () => resourceOf(form, { ...writing, birthDates })
      if (says === null) make()
      else assert.throws(make, code("bad_input", says))
    })
})

describe("a code that is typed", () => {
  it("keeps the name that was typed with it", () => {
    const typed = made({ result: { code: "2823-3", name: "Potassium, repeated", at: AT, words: "x" } })
    assert.equal((typed.code as JsonObject).text, "Potassium, repeated")
    assert.equal((made(potassium("4")).code as JsonObject).text, "Potassium")
  })
})

describe("a form", () => {
  const note = { type: "11506-3", at: AT, text: "x" }
  const refused: [comment: string, form: Form, says: RegExp][] = [
    ["none at all", {}, /exactly one/],
    ["two at once", { ...potassium("1"), note }, /exactly one/],
    ["a number and words", { result: { ...potassium("1").result, words: "x" } as never }, /one of them/],
    ["neither", { result: { code: "2823-3", at: AT } }, /one of them/],
    ["another code without a name", { result: { code: "1742-6", at: AT, words: "x" } }, /say what/],
    [
      "a code with a wrong digit",
      { result: { code: "1742-7", name: "ALT", at: AT, words: "x" } },
      /no LOINC code/,
    ],
    [
      "a code, and the name of another measurement",
      { result: { code: "2823-3", name: "Sodium", at: AT, words: "x" } },
      /Sodium is 2951-2, and the code is 2823-3/,
    ],
    [
      "a code that nobody lists, and a name that is listed",
      { result: { code: "1742-6", name: " 血钠 ", at: AT, words: "x" } },
      /choose Sodium, or name 1742-6 more exactly/,
    ],
    ["a note of nothing", { note: { ...note, text: " \n " } }, /says nothing/],
    ["a note that turns its text around", { note: { ...note, text: "a\u202eb" } }, /U\+202E in line 1/],
  ]
  for (const [comment, form, says] of refused)
    it(`is refused with ${comment}`, () => assert.throws(() => made(form), code("bad_input", says)))

  it("names who wrote it, and is known by its writing", () => {
    const author = {
      type: "Practitioner",
      identifier: { system: "urn:aceso:staff", value: "city-hospital/dr-chen" },
    }
    assert.deepEqual(authorOf(writing), { ...author, display: "dr-chen" })
    const texts = [
      potassium("4.0"),
      { note },
      {
        allergy: {
          substance: "Penicillin",
          category: "medication",
          criticality: "high",
          verification: "confirmed",
        },
      },
      { problem: { problem: "Asthma", state: "active", verification: "confirmed" } },
    ] as const
    for (const form of texts) {
      const text = canonicalText(made(form))
      for (const part of ["city-hospital/dr-chen", writing.writing, "Patient/p-1"])
        assert.ok(text.includes(part), part)
    }
  })
  it("says in a history what was written", () => {
    const allergy = statementOf(
      made({
        allergy: {
          substance: "Penicillin",
          category: "medication",
          criticality: "high",
          verification: "confirmed",
        },
      }),
    )
    assert.deepEqual([allergy?.title, allergy?.first], ["Penicillin", "allergy"])
    const problem = {
      problem: "Atrial fibrillation",
      code: "I48.0",
      state: "active",
      verification: "confirmed",
    } as const
    assert.equal(statementOf(made({ problem }))?.first, "problem")
    assert.match(String(statementOf(made({ note: { ...note, text: "Slept well." } }))?.value), /Slept well\./)
  })
})

describe("a note", () => {
  const texts: [comment: string, text: string, div: string][] = [
    ["paragraphs and lines", "a\nb\r\n\r\nc", "<p>a<br/>b</p><p>c</p>"],
    ["markup as text", '<b>K</b> & "x"', "<p>&lt;b&gt;K&lt;/b&gt; &amp; &quot;x&quot;</p>"],
    [
      "an end of it as text",
      "</div><script>alert(1)</script>",
      "<p>&lt;/div&gt;&lt;script&gt;alert(1)&lt;/script&gt;</p>",
    ],
    [
      "columns",
      "         left    right\npulse      +        -",
      "<pre>         left    right\npulse      +        -</pre>",
    ],
    ["a list further in, after empty lines", " \n\n- a\n  - <b>\tc  ", "<pre>- a\n  - &lt;b&gt;\tc</pre>"],
    ["what is escaped already as it was typed", "&lt;", "<p>&amp;lt;</p>"],
  ]
  for (const [comment, text, div] of texts)
    it(`has ${comment}`, () =>
      assert.equal(narrativeOf(text), `<div xmlns="http://www.w3.org/1999/xhtml">${div}</div>`))
})

describe("a mistake", () => {
  const forms: Form[] = [
    potassium("4.0"),
    { note: { type: "11506-3", at: AT, text: "x" } },
    {
      allergy: {
        substance: "Penicillin",
        category: "medication",
        criticality: "high",
        verification: "confirmed",
      },
    },
    { problem: { problem: "Asthma", state: "active", verification: "confirmed" } },
  ]
  for (const form of forms)
    it(`is marked as such, with who says so and why: ${Object.keys(form)[0]}`, () => {
      const resource = mistakenOf(made(form), "wrong patient", writing)
      assert.equal(marksOf(resource)[0]?.key, "entered-in-error")
      const text = canonicalText(resource)
      assert.ok(text.includes("wrong patient") && text.includes("dr-chen"))
      assert.equal(resource.clinicalStatus, undefined)
    })
  it("is nothing that came from elsewhere as another type", () =>
    assert.throws(
      () => mistakenOf({ resourceType: "Procedure" }, "x", writing),
      code("not_written_here", /import it again/),
    ))
})

describe("choices", () => {
  it("are LOINC codes, each once, in units that are offered", () => {
    const codes = [...RESULT_CHOICES, ...NOTE_TYPES].map((one) => one.code)
    assert.deepEqual(
      codes.filter((one) => !isLoinc(one)),
      [],
    )
    assert.equal(new Set(codes).size, codes.length)
    assert.ok(
      RESULT_CHOICES.every(
        ({ units }) => units.length > 0 && units.every((one) => Object.hasOwn(UNITS, one)),
      ),
    )
  })
})
