import assert from "node:assert/strict"
import { describe, it } from "node:test"
import {
  ACT_CODE,
  bothWays,
  concept,
  consent,
  decided,
  deny,
  type Fields,
  LOINC,
  permit,
  query,
  SNOMED,
  us,
} from "./deciding.ts"

/** However a code, an identifier or a reference is spelled, on either side: a denial of it holds, no permit opens by it. */
const HIV = "86406008"
const ICD10 = "http://hl7.org/fhir/sid/icd-10"
const LOCAL = "urn:l"
const coded = (system: string, code: string): Fields => ({
  resourceType: "Condition",
  code: {
    coding: [
      { system: LOINC, code: "1-8" },
      { system, code },
    ],
  },
})
const denies = (system: string, wanted: string, found: string) =>
  bothWays({ code: [concept(system, wanted)] }, coded(system, found)).denies
const permits = (system: string, wanted: string, found: string) =>
  bothWays({ code: [concept(system, wanted)] }, { resourceType: "Condition", code: concept(system, found) })
    .permits

type Respell = (text: string) => string
const map = (text: string, by: (char: string) => string) => [...text].map(by).join("")
const shifted = (first: number, zero: number) => (text: string) =>
  map(text, (char) =>
    /[0-9]/.test(char)
      ? String.fromCodePoint(char.charCodeAt(0) - 48 + zero)
      : /[A-Z]/.test(char)
        ? String.fromCodePoint(char.charCodeAt(0) - 65 + first)
        : char,
  )
const inside = (text: string, what: string) => {
  const [first, ...rest] = text
  return [first, what, ...rest].join("")
}
const CYRILLIC: Readonly<Record<string, string>> = {
  A: "А",
  B: "В",
  E: "Е",
  H: "Н",
  I: "І",
  K: "К",
  M: "М",
  O: "О",
  T: "Т",
  X: "Х",
}
const GREEK: Readonly<Record<string, string>> = {
  A: "Α",
  B: "Β",
  E: "Ε",
  H: "Η",
  I: "Ι",
  K: "Κ",
  M: "Μ",
  O: "Ο",
  T: "Τ",
  X: "Χ",
}

const respellings: Readonly<Record<string, Respell>> = {
  "lower case": (text) => text.toLowerCase(),
  "full width": (text) =>
    map(text, (char) => (/[!-~]/.test(char) ? String.fromCodePoint(char.charCodeAt(0) + 0xfee0) : char)),
  "mathematical letters and digits": shifted(0x1d400, 0x1d7ce),
  "Arabic digits": shifted(65, 0x660),
  "Devanagari digits": shifted(65, 0x966),
  "Cyrillic look-alikes": (text) => map(text, (char) => CYRILLIC[char] ?? char),
  "Greek look-alikes": (text) => map(text, (char) => GREEK[char] ?? char),
  "an accent, composed or not": (text) =>
    map(text, (char) => (char === "I" ? "Í" : char === "B" ? "B\u0301" : char)),
  "a zero-width space inside": (text) => inside(text, "\u200b"),
  "a soft hyphen inside": (text) => inside(text, "\u00ad"),
  "a variation selector and a tag inside": (text) => inside(text, "\ufe0f\u{e0041}"),
  "a control character inside": (text) => inside(text, "\u0000"),
  "a byte order mark before it": (text) => `\ufeff${text}`,
  "marks of direction around it": (text) => `\u202a${text}\u202c`,
  "a space inside": (text) => inside(text, " "),
  "a no-break space inside": (text) => inside(text, "\u00a0"),
  "a hyphen inside": (text) => inside(text, "-"),
  "a non-breaking hyphen inside": (text) => inside(text, "\u2011"),
  "a dot, a middle dot, an underscore": (text) => inside(inside(inside(text, "."), "·"), "_"),
  "a slash inside": (text) => inside(text, "/"),
  "a space before and behind": (text) => ` ${text}\u3000`,
}
/** Only in a record: the code among others, or with its term. */
const expressions: Readonly<Record<string, Respell>> = {
  "a single bar": (text) => `${text}|Human immunodeficiency`,
  "behind its system": (text) => `urn:l|${text}`,
  "behind an address": (text) => `http://example.org/codes|${text}`,
  "in an address": (text) => `http://example.org/codes#${text}`,
  "with its term": (text) => `${text} |a term|`,
  "HL7 version 2": (text) => `${text}^a term^L`,
  refined: (text) => `${text}:246075003=19030005`,
  "in a sum": (text) => `73211009 |Diabetes| + ${text} |a term|`,
  "in a list": (text) => `X1, ${text}; Y2`,
  "with words": (text) => `${text} positive`,
  "with words and a hyphen": (text) => `${text}-positive`,
  "in full-width bars": (text) => `urn:l｜${text}`,
}
const codes: readonly (readonly [string, string])[] = [
  [SNOMED, HIV],
  [ICD10, "B20"],
  [LOCAL, "HIV"],
  [LOCAL, "TKX-42.A"],
]

/** Numbers that are the same in each run. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

describe("R4 Consent.provision.code: respelled", () => {
  for (const [name, respell] of Object.entries(respellings))
    it(name, () => {
      for (const [system, code] of codes) {
        const other = respell(code)
        assert.ok(denies(system, code, other), `the record has ${JSON.stringify(other)}`)
        assert.ok(denies(system, other, code), `the denial has ${JSON.stringify(other)}`)
        if (other === code) continue
        assert.equal(permits(system, code, other), false)
        assert.equal(permits(system, other, code), false)
      }
    })
  for (const [name, express] of Object.entries(expressions))
    it(`the record's ${name}`, () => {
      for (const [system, code] of codes) {
        assert.ok(denies(system, code, express(code)), JSON.stringify(express(code)))
        assert.equal(permits(system, code, express(code)), false)
      }
    })
  it("any of these upon any other, on both sides", () => {
    const all = Object.values(respellings)
    const pick = numbers(7)
    const respelled = (code: string, times: number) =>
      Array.from({ length: times }).reduce<string>((text) => all[pick(all.length)](text), code)
    for (let i = 0; i < 600; i++) {
      const [system, code] = codes[pick(codes.length)]
      const [wanted, found] = [respelled(code, pick(3)), respelled(code, pick(4))]
      const express = Object.values(expressions)[pick(Object.keys(expressions).length)]
      const stands = /[ _./\u00a0·／．＿\u3000]/.test(found) ? found : express(found)
      assert.ok(denies(system, wanted, stands), JSON.stringify([wanted, stands]))
    }
  })
  it("what was garbled on its way may be any", () => {
    for (const code of ["H\ufffdV", "\ufffd", "H\ud800"]) {
      assert.ok(denies(LOCAL, "HIV", code))
      if (code.isWellFormed()) assert.ok(denies(LOCAL, code, "HIV"))
    }
  })
  const others: readonly (readonly [string, string, string])[] = [
    [SNOMED, HIV, "86406009"],
    [SNOMED, HIV, "８６４０６００９"],
    [ICD10, "B20", "B21"],
    [ICD10, "B20", "B 2 1"],
    [ICD10, "B20", "B20.1"],
    [ICD10, "B20", "B200"],
    [LOCAL, "HIV", "HIVE"],
    [LOCAL, "HIV", "73211009 |HIV negative|"],
    [LOCAL, "7", "29463-7"],
    [LOCAL, "29463", "29463-7"],
    [LOCAL, "1", "HIV-1"],
    [LOCAL, "urn:l|HIV", "urn:l|flu"],
    [LOCAL, "http://example.org/codes|HIV", "http://example.org/codes|flu"],
    [LOCAL, "http://example.org/codes/HIV", "http://example.org/codes/flu"],
    [LOCAL, "HIV^term^L", "flu^term^L"],
    [LOCAL, "HIV positive", "positive"],
    [LOCAL, "größe", "grüße"],
    [LOCAL, "検査", "検体"],
  ]
  for (const [system, wanted, found] of others)
    it(`${wanted} is not ${found}`, () => assert.equal(denies(system, wanted, found), false))
})

describe("R4 Consent.policyRule and securityLabel: respelled", () => {
  for (const code of ["OPTOUT", "optout", "ＯＰＴＯＵＴ", "OPT\u200bOUT", "OPT-OUT", " OPTOUT"])
    it(`an opt-out: ${JSON.stringify(code)}`, () => {
      const optOut = consent(
        { type: "deny", actor: us, code: [concept(SNOMED, "1")] },
        { policyRule: concept(ACT_CODE, code) },
      )
      assert.equal(decided([consent(permit()), optOut], coded(SNOMED, "2")), "deny")
    })
  for (const code of ["HIV", "hiv", "ＨＩＶ", "H\u200bIV", "Η\u0399V"]) {
    it(`a label: ${JSON.stringify(code)}`, () => {
      const label = (name: string) => ({ system: ACT_CODE, code: name })
      const has = (one: Fields, where: Fields) =>
        bothWays({ securityLabel: [one] }, { resourceType: "Basic", ...where })
      assert.ok(has(label("HIV"), { meta: { security: [label(code)] } }).denies)
      assert.ok(has(label("HIV"), { category: [{ coding: [label(code)] }] }).denies)
      assert.ok(has(label(code), { meta: { security: [label("HIV")] } }).denies)
      assert.ok(has({ ...label(code), system: "urn:x" }, { meta: { security: [label("HIV")] } }).denies)
    })
  }
})

describe("R4 Consent.provision.data: respelled", () => {
  const data = (reference: Fields, meaning = "instance") => ({ data: [{ meaning, reference }] })
  const identifier = (system: unknown, value: unknown) => ({ ...(system !== undefined && { system }), value })
  const basic = (fields: Fields) => ({ resourceType: "Basic", id: "b", code: concept(LOCAL, "1"), ...fields })
  const rows: readonly (readonly [wanted: Fields, found: Fields, denies: boolean])[] = [
    ...[" AB-1", "ab-1", "AB-1\u200b", "AB‑1", "AB 1", "AB1", "ＡＢ－１", "АВ-1"].map(
      (value) => [identifier("urn:x", "AB-1"), identifier("urn:x", value), true] as const,
    ),
    [identifier("urn:oid:1.2.3", "7"), identifier("URN:OID:1.2.3", "7"), true],
    [identifier("urn:oid:1.2.3", "7"), identifier("1.2.3", "7"), true],
    [identifier("urn:oid:1.2.3", "7"), identifier(" urn:oid:1.2.3", "7"), true],
    [identifier("http://h.example/mrn", "7"), identifier("HTTPS://H.example/mrn/", "7"), true],
    [identifier("http://h.example/mrn", "7"), identifier("http://h.example/\u200bmrn", "7"), true],
    [identifier("http://h.example/mrn", "7"), identifier("urn:oid:1.2.3", "7"), true],
    [identifier("urn:x", "007"), identifier("urn:x", 7), true],
    [identifier("urn:x", "AB-1"), identifier("urn:x", "\ufffd"), true],
    [identifier("urn:x", "AB-1"), identifier("urn:x", "AB-2"), false],
    [identifier("urn:x", "AB-1"), identifier("urn:y", "ab-1"), false],
    [identifier("urn:oid:1.2.3", "7"), identifier("urn:oid:1.2.4", "7"), false],
  ]
  for (const [a, b, expected] of rows)
    it(`identifier ${JSON.stringify(a)} and ${JSON.stringify(b)}`, () => {
      for (const [wanted, found] of typeof b.value === "string"
        ? [
            [a, b],
            [b, a],
          ]
        : [[a, b]]) {
        const both = bothWays(data({ identifier: wanted }), basic({ identifier: [found] }))
        assert.deepEqual(both, { permits: false, denies: expected }, JSON.stringify(wanted))
      }
    })
  for (const wanted of [
    "Basic/B",
    "basic/b",
    "Basic/b ",
    "Basic/b#x",
    "Ｂasic/b",
    "Basic/b/",
    "http://x/Basic/B/_history/2",
  ])
    it(`reference ${wanted}`, () => {
      assert.ok(bothWays(data({ reference: wanted }), basic({})).denies)
      const refers = basic({ id: "other", subject: { reference: wanted } })
      assert.ok(bothWays(data({ reference: "Basic/b" }, "dependents"), refers).denies)
      assert.equal(bothWays(data({ reference: "Basic/b" }, "dependents"), refers).permits, false)
    })
  it("an id that is spelled otherwise", () => {
    for (const id of ["B", " b", "b\u200b", "ｂ"])
      assert.ok(bothWays(data({ reference: "Basic/b" }), basic({ id })).denies)
    assert.equal(bothWays(data({ reference: "Basic/b-1" }), basic({ id: "b1" })).denies, false)
  })
})

describe("R4 Consent.provision.actor: respelled", () => {
  const actor = (system: string, value: string) => [{ reference: { identifier: { system, value } } }]
  const record = coded(SNOMED, "1")
  const isDenied = (actors: unknown) =>
    decided([consent(permit()), consent(deny({ actor: actors }))], record) === "deny"
  const isPermitted = (actors: unknown) => decided([consent(permit({ actor: actors }))], record) === "permit"
  const MEMBER = "urn:aceso:member"
  const KEY = "urn:aceso:practitioner"
  const rows: readonly (readonly [string, string])[] = [
    ...["CITY-HOSPITAL", " city-hospital", "city-hospital\u200b", "city hospital", "ｃity-hospital"].map(
      (value) => [MEMBER, value] as const,
    ),
    ...["URN:ACESO:MEMBER", " urn:aceso:member", "urn:aceso:\u200bmember"].map(
      (system) => [system, query.member] as const,
    ),
    ...[
      ` ${query.practitioner}`,
      query.practitioner.replaceAll("ab", "ab:"),
      `\u200b${query.practitioner}`,
    ].map((value) => [KEY, value] as const),
  ]
  for (const [system, value] of rows)
    it(JSON.stringify([system, value.slice(0, 20)]), () => {
      assert.ok(isDenied(actor(system, value)))
      assert.equal(isPermitted(actor(system, value)), false)
    })
})
