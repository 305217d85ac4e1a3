import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { monthWords, whenOf } from "../../../kit/when.ts"
import type { ShownEntry } from "../../../session/patient/records-shown.ts"
import { EVERYTHING, type Filter, filtered, groupsOf, isEverything } from "./filters.ts"
import { kindWords } from "./kinds.ts"

const entry = (id: string, changes: Partial<ShownEntry> = {}): ShownEntry => ({
  ...{ id, time: "", place: "undated", type: "Observation", title: id, marks: [] },
  ...{ isNotSo: false, isDrugApart: false, isDeleted: false, isStruckOut: false, older: 0 },
  sources: [{ custodian: "city", version: 1, status: "verified", height: 5, isDeletion: false }],
  ...changes,
})
const dated = (id: string, time: string, changes: Partial<ShownEntry> = {}) =>
  entry(id, { time, place: "dated", month: time.slice(0, 7), ...changes })

describe("what of the timeline is shown", () => {
  const entries = [
    dated("hba1c", "2024-03-05 08:00Z"),
    dated("ecg", "2024-02", { type: "Procedure" }),
    dated("birth", "1969"),
    entry("person", { type: "Patient" }),
    entry("odd", { place: "unreadable", time: "in spring" }),
    entry("gone", { sources: [], oldest: { ...entry("x").sources[0], custodian: "county" } }),
  ]
  const all = entries.map(({ id }) => id)
  const table: readonly (readonly [comment: string, wish: Partial<Filter>, ids: readonly string[]])[] = [
    ["no wish: everything", {}, all],
    ["a kind", { kind: "Procedure" }, ["ecg"]],
    ["an organisation, by an older version too", { place: "county" }, ["gone"]],
    ["from a day on, what has no day there by its month", { from: "2024-02-29" }, ["hba1c", "ecg"]],
    ["until a day", { to: "2024-02-01" }, ["ecg", "birth"]],
    ["between days", { from: "2024-03-05", to: "2024-03-05" }, ["hba1c"]],
    ["a time in which nothing is", { from: "2025-01-01" }, []],
    ["words in any order and width", { text: " ＡＢＣ  hba1c " }, ["hba1c"]],
    ["only white space is no wish", { text: "   " }, all],
    ["a word that nothing has", { text: "constructor" }, []],
  ]
  for (const [comment, wish, ids] of table)
    it(comment, () => {
      const found = filtered(entries, { ...EVERYTHING, ...wish }, ({ id }) => `${id} abc`)
      assert.deepEqual(
        found.map(({ id }) => id),
        ids,
      )
    })

  it("says whether anything was wished", () => {
    assert.ok(isEverything({ ...EVERYTHING, text: " " }))
    assert.ok(!isEverything({ ...EVERYTHING, kind: "Flag" }))
  })
})

describe("the order of the timeline", () => {
  it("has a heading for each year and month once, and what has no time behind it, the person first", () => {
    const groups = groupsOf([
      dated("a", "2024-03-05"),
      dated("b", "2024-02-29"),
      dated("c", "2024-03-01"),
      dated("d", "2023"),
      entry("e"),
      entry("f", { type: "Patient" }),
      entry("g", { place: "unreadable", time: "?" }),
    ])
    assert.deepEqual(
      groups.map(({ key, isFirstOfYear, entries }) => [key, isFirstOfYear, entries.map(({ id }) => id)]),
      [
        ["2024-03", true, ["a", "c"]],
        ["2024-02", false, ["b"]],
        ["2023", true, ["d"]],
        ["unreadable", false, ["g"]],
        ["undated", false, ["f", "e"]],
      ],
    )
  })
})

describe("a time as it was written", () => {
  for (const [written, tag, date, clock] of [
    ["2024-03-05", "en-GB", "5 Mar 2024"],
    ["2024-03-05", "zh-CN", "2024年3月5日"],
    ["2024-03", "en-GB", "March 2024"],
    ["2024", "zh-CN", "2024年"],
    ["2024-03-05 23:30-11:00", "en-GB", "5 Mar 2024", "23:30-11:00"],
    ["1899-12-31", "en-GB", "31 Dec 1899"],
    ["0099-01-01", "en-GB", "1 Jan 99"],
    ["2024-02-31", "en-GB", "2024-02-31"],
    ["2024-13", "en-GB", "2024-13"],
    ["in spring", "en-GB", "in spring"],
    ["", "en-GB", ""],
  ] as const)
    it(`${written || "none"} in ${tag}`, () => {
      const when = whenOf(written, tag)
      assert.equal(when.date, date)
      assert.equal(when.clock, clock)
    })
  it("names a month, and none of a year alone", () => {
    assert.deepEqual(
      [monthWords("2024-03", "en-GB"), monthWords("2024-03", "zh-CN"), monthWords("2024", "en-GB")],
      ["March", "三月", undefined],
    )
  })
})

describe("kinds of records", () => {
  for (const [type, en, zh] of [
    ["Observation", "Measurement or finding", "检验与观察"],
    ["Unheard", "Unheard", "Unheard"],
    ["constructor", "constructor", "constructor"],
    ["?", "Not told", "未说明"],
  ] as const)
    it(`${type} in both languages`, () =>
      assert.deepEqual([kindWords(type, "en"), kindWords(type, "zh")], [en, zh]))
})
