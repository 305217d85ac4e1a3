import assert from "node:assert/strict"
import { after, describe, it } from "node:test"
import { dateOf, untilOf } from "./commands/wishes.ts"
import { momentOf } from "./moment.ts"
import { endOf, localTime } from "./output.ts"
import { UsageError } from "./session.ts"

const isUsage = (says: RegExp) => (error: unknown) => error instanceof UsageError && says.test(error.message)

describe("a moment", () => {
  const taken: [text: string, iso: string][] = [
    ["2026-11-27T14:30Z", "2026-11-27T14:30:00.000Z"],
    ["2026-11-27T14:30:05Z", "2026-11-27T14:30:05.000Z"],
    ["2026-11-27T14:30:05.25Z", "2026-11-27T14:30:05.250Z"],
    ["2026-11-27T14:30+08:00", "2026-11-27T06:30:00.000Z"],
    ["2028-02-29T00:00-03:30", "2028-02-29T03:30:00.000Z"],
  ]
  for (const [text, iso] of taken)
    it(text, () => assert.equal(new Date(momentOf(text, "--x") ?? 0).toISOString(), iso))

  const refused: [comment: string, text: string][] = [
    ["a word", "yesterday"],
    ["a date alone, which is another day elsewhere", "2026-11-27"],
    ["without a zone", "2026-11-27T14:30"],
    ["a zone by name", "2026-11-27T14:30 CET"],
    ["a day that there is not", "2026-02-30T08:00Z"],
    ["a month that there is not", "2026-13-01T08:00Z"],
    ["an hour that there is not", "2026-11-27T24:00Z"],
    ["a zone that there is not", "2026-11-27T14:30+99:00"],
    ["the American order", "11/27/2026T14:30Z"],
    ["before 1970", "1969-12-31T23:59Z"],
    ["space before it", " 2026-11-27T14:30Z"],
  ]
  for (const [comment, text] of refused)
    it(`refuses ${comment}: ${text}`, () => {
      assert.throws(() => momentOf(text, "--x"), isUsage(/^--x .*: expected date, time and zone, such as/))
    })
  it("is left out", () => assert.equal(momentOf(undefined, "--x"), undefined))
})

describe("an end", () => {
  it("is a number of days, a date, or a moment", () => {
    assert.ok(Math.abs(untilOf("2d", 30) - Date.now() - 2 * 86_400_000) < 60_000)
    assert.ok(Math.abs(untilOf(undefined, 30) - Date.now() - 30 * 86_400_000) < 60_000)
    const year = new Date().getUTCFullYear() + 2
    assert.equal(untilOf(`${year}-01-31`, 30), new Date(year, 0, 31).getTime())
    assert.equal(untilOf(`${year}-01-31T08:00+08:00`, 30), Date.UTC(year, 0, 31))
  })
  for (const text of ["1/2/2127", "2127-02-30", "2127", "2127-01-31T08:00", "2001-01-01", "30", "d"])
    it(`refuses ${text}`, () => assert.throws(() => untilOf(text, 30), isUsage(/^--until .*(future|zone)/)))
})

describe("a moment is shown", () => {
  const { TZ } = process.env
  const inZone = (zone: string | undefined) => {
    if (zone === undefined) delete process.env.TZ
    else process.env.TZ = zone
  }
  after(() => inZone(TZ))
  const now = Date.UTC(2026, 10, 28, 22, 20)
  it("as that number where no calendar has it", () => {
    assert.equal(localTime(Number.MAX_SAFE_INTEGER), "no date (9007199254740991 ms)")
    assert.equal(endOf(Number.MAX_SAFE_INTEGER), "no date (9007199254740991 ms)")
  })
  const zones: [zone: string, now: string, nextYear: string][] = [
    ["America/New_York", "2026-11-28 17:20-05:00", "2027-11-28 17:20-05:00"],
    ["Asia/Shanghai", "2026-11-29 06:20+08:00", "2027-11-29 06:20+08:00"],
    ["America/St_Johns", "2026-11-28 18:50-03:30", "2027-11-28 18:50-03:30"],
    ["UTC", "2026-11-28 22:20+00:00", "2027-11-28 22:20+00:00"],
  ]
  for (const [zone, shown, nextYear] of zones) {
    it(`with day, time and zone, near or far: ${zone}`, () => {
      inZone(zone)
      assert.equal(localTime(now), shown)
      assert.equal(endOf(now, now - 1), shown)
      assert.equal(endOf(now, now), `${shown}, over`)
      assert.equal(endOf(Date.UTC(2027, 10, 28, 22, 20), now), nextYear)
    })

    it(`by the date that was typed: ${zone}`, () => {
      inZone(zone)
      const date = `${new Date().getUTCFullYear() + 2}-03-01`
      assert.match(endOf(untilOf(date, 30)), new RegExp(`^${date} 00:00`))
    })
  }
})

describe("a date of records", () => {
  for (const text of ["2026", "2026-02", "2026-02-28", "2026-02-28T08:00:00+02:00"])
    it(text, () => assert.equal(dateOf(text, "--from"), text))
  for (const text of ["2026-2-28", "2026-02-30", "2026-13", "28.2.2026", "2026-02-28T08:00", "yesterday"])
    it(`refuses ${text}`, () => assert.throws(() => dateOf(text, "--from"), isUsage(/^--from .*expected/)))
})
