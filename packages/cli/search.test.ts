import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { searchOf } from "./search.ts"
import { UsageError } from "./session.ts"

describe("what is searched for", () => {
  const taken: [comment: string, text: string, search: string][] = [
    ["a date as FHIR writes it", "1970-01-02", "1970-01-02"],
    ["a date without its zeros", "1970-1-2", "1970-01-02"],
    ["a date with slashes, the year first", "smith 1970/1/2", "smith 1970-01-02"],
    ["a date with dots, the year first", "1970.01.02", "1970-01-02"],
    ["a date in Chinese", "王 1970年1月2日", "王 1970-01-02"],
    ["a date that can be one alone, the day first", "31.12.1970", "1970-12-31"],
    ["a date that can be one alone, the month first", "12/31/1970", "1970-12-31"],
    ["a date that is the same in either order", "5.5.1970", "1970-05-05"],
    ["a year and a month, as they may be recorded", "1970-01", "1970-01"],
    ["a number with hyphens that is no date", "12-34-56", "12-34-56"],
    ["a number with hyphens and no day in it", "45-67-1970", "45-67-1970"],
    ["a number that could be a date", "19700102", "19700102"],
    ["space that is too much", "  anna   smith ", "anna smith"],
  ]
  for (const [comment, text, search] of taken) it(comment, () => assert.equal(searchOf(text), search))

  const refused: [comment: string, text: string, says: RegExp][] = [
    ["a date of two readings", "2.1.1970", /may be 1970-01-02 or 1970-02-01; write .* such as 1970-01-31/],
    ["a day that there is not", "1970-02-30", /1970-02-30 is no day of the calendar; write/],
    ["nothing", " ", /1 to 200 characters/],
    ["a novel", "x".repeat(201), /1 to 200 characters/],
  ]
  for (const [comment, text, says] of refused)
    it(`refuses ${comment}`, () =>
      assert.throws(
        () => searchOf(text),
        (error) => error instanceof UsageError && says.test(error.message),
      ))
  it("is left out", () => assert.equal(searchOf(undefined), undefined))
})
