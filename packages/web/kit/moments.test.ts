import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { addMessages, useMessagesOf } from "../texts/i18n.ts"
import { shellTexts } from "../texts/shell.ts"
import { useMoments } from "./moments.ts"

addMessages("en", await shellTexts.en())
addMessages("zh", await shellTexts.zh())

describe("a moment on a page", () => {
  const shown = (language: "en" | "zh") => {
    useMessagesOf(language)
    return useMoments()
  }

  it("is a date as long as calendars go", () => {
    const { day, moment } = shown("en")
    assert.match(day(Date.UTC(2026, 10, 29, 12)), /^29 Nov 2026$/)
    assert.match(day(8.64e15 - 86_400_000), /275760$/)
    assert.match(moment(Date.UTC(2026, 10, 29, 12)), /^29 Nov 2026, \d\d:\d\d$/)
  })

  for (const [ms, number] of [
    [Number.MAX_SAFE_INTEGER, "9,007,199,254,740,991"],
    [8.64e15 + 1, "8,640,000,000,000,001"],
    [-8.64e15 - 1, "-8,640,000,000,000,001"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "∞"],
  ] as const)
    it(`of ${ms} ms is that number in words, and no fault of the page`, () => {
      for (const language of ["en", "zh"] as const) {
        const { day, moment } = shown(language)
        for (const text of [day(ms), moment(ms)])
          assert.equal(text, language === "en" ? `no date (${number} ms)` : `无此日期（${number} 毫秒）`)
      }
    })

  it("is text where a node sends no number at all", () => {
    const { day, number } = shown("en")
    for (const wrong of ["soon", {}, undefined, true] as never[]) {
      assert.equal(typeof day(wrong), "string")
      assert.equal(typeof number(wrong), "string")
    }
  })
})
