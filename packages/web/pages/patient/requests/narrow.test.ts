import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { classesLeft, endsBefore, partsOf } from "./narrow.ts"

describe("of what was asked", () => {
  const rows: readonly {
    readonly comment: string
    readonly asked: readonly string[]
    readonly chosen: readonly string[]
    readonly left: readonly string[] | undefined
  }[] = [
    {
      comment: "all of it: as it was asked",
      asked: ["Condition", "Device"],
      chosen: ["Condition", "Device"],
      left: undefined,
    },
    { comment: "one type", asked: ["Condition", "Device"], chosen: ["Device"], left: ["Device"] },
    {
      comment: "a kind that was asked for in part stays a part",
      asked: ["Observation"],
      chosen: ["results"],
      left: [],
    },
    {
      comment: "of everything one kind",
      asked: [],
      chosen: ["allergies"],
      left: ["AllergyIntolerance"],
    },
    { comment: "nothing", asked: ["Device"], chosen: [], left: [] },
  ]
  for (const { comment, asked, chosen, left } of rows)
    it(comment, () => assert.deepEqual(classesLeft(asked, chosen), left))

  it("everything asked and every kind ticked is everything, also what no kind has", () => {
    const all = partsOf([]).map(({ name }) => name)
    assert.equal(classesLeft([], all), undefined)
  })

  it("no end is later than the one that was asked for", () => {
    const ends = [
      { choice: "visit" as const, ms: 10 },
      { choice: "week" as const, ms: 20 },
    ]
    assert.deepEqual([endsBefore(20, ends), endsBefore(21, ends)], [["visit"], ["visit", "week"]])
  })
})
