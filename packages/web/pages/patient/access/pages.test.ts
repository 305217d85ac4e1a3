import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { dayField } from "../../../kit/local-time.ts"
import type { ShownConsent } from "../../../session/patient/access.ts"
import { type Draft, lacksOf, newDraft, termsOf } from "./draft.ts"
import { endOfDay, endOfVisit } from "./ends.ts"
import { decisionsOf } from "./groups.ts"

const consent = (more: Partial<ShownConsent> = {}): ShownConsent => ({
  ...{
    id: "a",
    place: more.custodian ?? "city",
    custodian: "city",
    signedAt: 1_000_000,
    type: "permit",
    grantees: ["county"],
  },
  ...{
    purposes: ["TREAT"],
    classes: [],
    from: "",
    to: "",
    records: [],
    hasMore: false,
    until: "2030-01-01T00:00:00.000Z",
  },
  ...more,
})

describe("consents as decisions", () => {
  const rows: readonly {
    readonly comment: string
    readonly all: readonly ShownConsent[]
    readonly at: string[][]
  }[] = [
    {
      comment: "signed together at two custodians: one",
      all: [consent(), consent({ id: "b", custodian: "county", signedAt: 1_000_500 })],
      at: [["county", "city"]],
    },
    {
      comment: "with another end: two",
      all: [consent(), consent({ id: "b", custodian: "county", until: "2031-01-01T00:00:00.000Z" })],
      at: [["city"], ["county"]],
    },
    {
      comment: "the same words an hour later: two",
      all: [consent(), consent({ id: "b", custodian: "county", signedAt: 5_000_000 })],
      at: [["county"], ["city"]],
    },
    {
      comment: "twice at one custodian: two, so that each can be taken back",
      all: [consent(), consent({ id: "b" })],
      at: [["city"], ["city"]],
    },
  ]
  for (const { comment, all, at } of rows)
    it(comment, () =>
      assert.deepEqual(
        decisionsOf(all).map((one) => one.all.map(({ custodian }) => custodian)),
        at,
      ),
    )
})

describe("when a permission ends", () => {
  it("for a visit: at midnight, and late in the evening after four hours", () => {
    const noon = new Date(2026, 10, 29, 12).getTime()
    const evening = new Date(2026, 10, 29, 23).getTime()
    assert.equal(endOfVisit(noon), new Date(2026, 10, 30).getTime())
    assert.equal(endOfVisit(evening), new Date(2026, 10, 30, 3).getTime())
  })

  const days = [
    { day: "2027-01-31", end: new Date(2027, 1, 1).getTime() },
    { day: "2027-02-30", end: undefined },
    { day: "2027-1-3", end: undefined },
    { day: "", end: undefined },
  ]
  for (const { day, end } of days)
    it(`${day || "nothing"}: ${end === undefined ? "no day" : "to its end"}`, () =>
      assert.equal(endOfDay(day), end))

  it("a day is written as the field for it wants it", () =>
    assert.equal(dayField(new Date(2027, 0, 3, 23, 59).getTime()), "2027-01-03"))
})

describe("what is signed after three steps", () => {
  const NOW = new Date(2026, 10, 29, 12).getTime()
  const draft = (more: Partial<Draft> = {}): Draft => ({ ...newDraft(), grantee: "county", ...more })

  it("all records for seven days, if nothing else is chosen", () =>
    assert.deepEqual(termsOf(draft(), NOW), {
      ...{ grantee: "county", purpose: "TREAT", classes: [], until: NOW + 7 * 86_400_000 },
    }))

  it("kinds as their types, and a time of the records", () =>
    assert.deepEqual(
      termsOf(
        draft({
          extent: "some",
          kinds: ["allergies", "visits"],
          isRanged: true,
          from: "2026-01-01",
          end: "visit",
        }),
        NOW,
      ),
      {
        ...{ grantee: "county", purpose: "TREAT", until: new Date(2026, 10, 30).getTime() },
        ...{ classes: ["AllergyIntolerance", "Encounter", "EpisodeOfCare"], dataFrom: "2026-01-01" },
      },
    ))

  it("one record, whatever was chosen before it", () => {
    const record = { custodian: "city", reference: "Immunization/a", title: "Polio" }
    const before: Partial<Draft> = { extent: "some", kinds: ["visits"], isRanged: true, from: "2027-01-01" }
    assert.deepEqual(termsOf(draft({ ...before, to: "2026-01-01", record, purpose: "PATRQT" }), NOW), {
      ...{ grantee: "county", purpose: "PATRQT", classes: [], records: ["Immunization/a"] },
      until: NOW + 7 * 86_400_000,
    })
  })

  const rows: readonly (readonly [comment: string, more: Partial<Draft>, lacks: readonly string[]])[] = [
    ["nobody", { grantee: "" }, ["whom"]],
    ["some kinds, and none ticked: never everything", { extent: "some" }, ["kinds"]],
    [
      "a time that ends before it begins",
      { isRanged: true, from: "2026-02-01", to: "2026-01-01" },
      ["range"],
    ],
    ["a day of the past", { end: "date", day: "2026-11-28" }, ["day"]],
    ["a day in twenty years", { end: "date", day: "2046-11-28" }, ["day"]],
    ["no day", { end: "date" }, ["day"]],
    ["today as the last day", { end: "date", day: "2026-11-29" }, []],
  ]
  for (const [comment, more, lacks] of rows)
    it(`${comment}: ${lacks.join() || "can be signed"}`, () => {
      assert.deepEqual(lacksOf(draft(more), NOW), lacks)
      if (lacks.length > 0) assert.throws(() => termsOf(draft(more), NOW))
    })
})
