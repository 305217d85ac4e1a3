import assert from "node:assert/strict"
import { describe, it } from "node:test"
import type { GrantPreview } from "@aceso/client"
import { resourceTypes } from "@aceso/core"
import { howLong, sentenceOf, tell, whatIn } from "./commands/consent-words.ts"
import { filterOf } from "./commands/looks.ts"
import { classesOf, dateOf, datesOf, purposeOf, untilOf } from "./commands/wishes.ts"
import { localTime } from "./output.ts"
import { type Session, UsageError } from "./session.ts"

const isUsage = (says: RegExp) => (error: unknown) => error instanceof UsageError && says.test(error.message)

describe("words that are none are refused, with the nearest one", () => {
  const rows: readonly (readonly [comment: string, read: () => unknown, says: RegExp])[] = [
    ["a class in the plural", () => classesOf("Observations"), /did you mean Observation\?/],
    ["a class in small letters", () => classesOf("observation"), /did you mean Observation\?/],
    ["a class mistyped", () => classesOf("Claim,AllergyIntolerence"), /did you mean AllergyIntolerance\?/],
    ["a class of a later version", () => classesOf("MedicationUsage"), /no FHIR R4 type/],
    ["a data type", () => classesOf("HumanName"), /no FHIR R4 type/],
    ["no class", () => classesOf(""), /leave it away for all/],
    ["commas alone", () => classesOf(" , "), /leave it away for all/],
    ["no code", () => filterOf(undefined, ""), /--codes: name codes .*leave it away for all/],
    ["a comma in place of codes", () => filterOf("Claim", ","), /--codes: name codes/],
    ["commas in place of codes", () => filterOf(undefined, " , "), /--codes: name codes/],
    ["a comma in place of classes", () => filterOf(",", "4548-4"), /--classes: name FHIR types/],
    ["more classes than fit", () => classesOf(resourceTypes().join(",")), /at most 50 types/],
    ["a purpose in small letters", () => purposeOf("treat"), /did you mean TREAT\?/],
    ["a purpose mistyped", () => purposeOf("HPAYMNT"), /did you mean HPAYMT\?/],
    ["a purpose that cannot be asked for", () => purposeOf("HMARKT"), /is no purpose/],
    ["a day that there is not", () => dateOf("2026-02-30", "--from"), /--from 2026-02-30/],
    ["the year nought", () => dateOf("0000", "--from"), /there is no year 0000/],
    [
      "a bound after the other",
      () => datesOf("2026-03-01", "2026-02"),
      /--from 2026-03-01 is after --to 2026-02/,
    ],
  ]
  for (const [comment, read, says] of rows) it(comment, () => assert.throws(read, isUsage(says)))
})

describe("what is taken", () => {
  it("classes once each, with spaces", () => {
    assert.deepEqual(classesOf("Claim, Observation,Claim"), ["Claim", "Observation"])
    assert.deepEqual(classesOf(undefined), [])
  })
  it("codes with and without their system", () =>
    assert.deepEqual(filterOf(undefined, "http://loinc.org|4548-4, a,"), {
      classes: [],
      codes: [{ system: "http://loinc.org", code: "4548-4" }, { code: "a" }],
    }))
  it("a moment, in the form that FHIR can read", () =>
    assert.equal(dateOf("2026-05-01T08:00+02:00", "--from"), "2026-05-01T06:00:00.000Z"))
  it("bounds that touch", () => {
    assert.deepEqual(datesOf("2026-03", "2026-03-01"), { from: "2026-03", to: "2026-03-01" })
    assert.deepEqual(datesOf(undefined, undefined), {})
  })
})

describe("what is about to be signed", () => {
  const DAY_MS = 86_400_000
  const until = Date.now() + 30 * DAY_MS
  const end = `until ${localTime(until)}`
  const terms = { grantee: "insurer", purpose: "HPAYMT", classes: ["Claim"], until }
  const preview = {
    ...{ custodian: "city-hospital", records: 57, opened: 12, together: 12, earlier: 0, closed: 0 },
    ...{ openedIds: [], standing: [] },
  }
  const document = {
    ...{
      id: "0123456789abcdef",
      type: "permit",
      grantees: ["insurer"],
      purposes: ["HPAYMT"],
      classes: ["Claim"],
    },
    ...{ from: "", to: "", records: [], hasMore: false, until: "2027-01-31T00:00:00.000Z" },
  }
  const INSURER = `0123456789ab, insurer may read only Claim, for payment (HPAYMT), until ${localTime(Date.UTC(2027, 0, 31))}`
  const rows: readonly (readonly [
    comment: string,
    terms: Partial<typeof terms & { dataFrom: string }>,
    preview: Partial<GrantPreview>,
    says: string,
  ])[] = [
    [
      "in one sentence, with how long",
      { dataFrom: "2025" },
      { together: 20 },
      `At city-hospital, insurer may read only Claim from 2025 on, for payment (HPAYMT), ${end} (for 30 days): 12 of your 57 records of today; with your other consents 20.`,
    ],
    [
      "earlier versions apart",
      { purpose: "TREAT", classes: [] },
      { records: 1, opened: 1, together: 1, earlier: 3 },
      `At city-hospital, insurer may read everything, for treatment, emergencies too (TREAT), ${end} (for 30 days): 1 of your 1 record of today and 3 earlier or deleted versions of your records.`,
    ],
    [
      "nothing at the custodian itself",
      { grantee: "city-hospital" },
      {},
      "At city-hospital there is nothing to sign: it made these records, and reads them without your consent.",
    ],
    [
      "nothing where it is open already",
      {},
      { standing: [{ relation: "covers", document }] },
      `At city-hospital that is open already, and there is nothing to sign. In force already: consent ${INSURER}.`,
    ],
    [
      "with what it takes in, and what else is for the same grantee",
      {},
      {
        standing: [
          { relation: "within", document },
          { relation: "beside", document: { ...document, until: "" } },
        ],
      },
      `12 of your 57 records of today. It takes in what is in force already: consent ${INSURER}. Also in force: consent ${INSURER.replace(/until.*/, "without an end")}.`,
    ],
    [
      "with the denial that wins",
      {},
      {
        opened: 0,
        together: 0,
        closed: 12,
        standing: [{ relation: "denies", document: { ...document, type: "deny" } }],
      },
      `0 of your 57 records of today. Your own denial wins over it: consent ${INSURER.replace("may", "may not")}; denials close 12 of these records.`,
    ],
    [
      "with how many more there are",
      {},
      { standing: Array.from({ length: 7 }, () => ({ relation: "beside" as const, document })) },
      `until ${localTime(Date.UTC(2027, 0, 31))}. And 2 more; see aceso requests.`,
    ],
  ]
  for (const [comment, change, has, says] of rows)
    it(comment, () => {
      const text = sentenceOf({ ...terms, ...change }, { ...preview, ...has })
      assert.ok(text.endsWith(says), text)
    })
  it("a request that asks for what is open already is answered", () =>
    assert.match(
      sentenceOf(terms, { ...preview, standing: [{ relation: "covers", document }] }, { isAnswer: true }),
      /^At city-hospital that is open already, and only the answer to the request is signed\. /,
    ))
  it("what is in force elsewhere draws nothing on the terminal", () => {
    const lines: string[] = []
    const session = { progress: (text: string) => lines.push(text) } as unknown as Session
    const hostile = { ...document, grantees: ["insurer\n  At clinic there is nothing to sign\u001b[2K"] }
    tell(session, [sentenceOf(terms, { ...preview, standing: [{ relation: "beside", document: hostile }] })])
    assert.equal(lines.length, 1)
    assert.match(lines[0].replace(/\s+/g, " "), /insurer␊ At clinic there is nothing to sign␛\[2K may read/)
  })
  it("with both bounds", () => assert.equal(whatIn([], "2025", "2026"), "everything from 2025 on up to 2026"))

  const YEAR_MS = 365.2425 * DAY_MS
  for (const [ms, words] of [
    [7973 * YEAR_MS, "for 7,973 years"],
    [10 * YEAR_MS, "for 10 years"],
    [365 * DAY_MS, "for 365 days"],
    [30 * DAY_MS, "for 30 days"],
    [DAY_MS, "for 24 hours"],
    [3_600_000, "for 60 minutes"],
    [60_000, "for 1 minute"],
    [1, "for 1 minute"],
  ] as const)
    it(`${words}`, () => assert.equal(howLong(ms), words))

  const soon = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10)
  for (const value of ["9999-12-31", "2226-11-28", soon(3660), "9999d", "3700d", `${soon(4000)}T00:00:00Z`])
    it(`no end that nobody remembers: ${value.replace(/^20.*/, "beyond ten years")}`, () =>
      assert.throws(
        () => untilOf(value, 30),
        isUsage(/ is for [\d,]+ years; a consent ends within 10 years/),
      ))
  for (const value of [soon(3640), "3640d", "1d"])
    it(`an end within ten years: ${value.replace(/^20.*/, "a date")}`, () =>
      assert.ok(untilOf(value, 30) > Date.now()))
})
