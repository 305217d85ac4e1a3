import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { describe, it } from "node:test"

/** Zones are the process's. */
function inZone<T>(zone: string, expression: string): T {
  const code = `import * as time from ${JSON.stringify(new URL("./local-time.ts", import.meta.url).href)}; console.log(JSON.stringify(${expression}))`
  const env = { ...process.env, TZ: zone }
  return JSON.parse(
    execFileSync(process.execPath, ["--input-type=module", "-e", code], { env, encoding: "utf8" }),
  ) as T
}

const table: readonly (readonly [comment: string, zone: string, local: string, zones: readonly string[]])[] =
  [
    ["an hour that summer time left out", "Europe/Berlin", "2026-03-29T02:30", []],
    ["the hour after it", "Europe/Berlin", "2026-03-29T03:00", ["+02:00"]],
    ["an hour that was twice", "Europe/Berlin", "2026-10-25T02:30", ["+02:00", "+01:00"]],
    ["an hour that was twice, far west", "America/New_York", "2026-11-01T01:30", ["-04:00", "-05:00"]],
    ["a zone without summer time", "Asia/Shanghai", "2026-03-29T02:30", ["+08:00"]],
    ["half an hour of summer time", "Australia/Lord_Howe", "2026-04-05T01:45", ["+11:00", "+10:30"]],
    ["what is no time", "UTC", "2026-03-29T25:00", []],
  ]

describe("a time of this device", () => {
  for (const [comment, zone, local, zones] of table)
    it(comment, () => {
      const found = inZone<{ zone: string }[]>(zone, `time.momentsOf(${JSON.stringify(local)})`)
      assert.deepEqual(
        found.map((one) => one.zone),
        zones,
      )
    })

  it("is a day of this device, not of UTC", () => {
    const at = Date.UTC(2026, 10, 28, 17)
    assert.equal(inZone("Asia/Shanghai", `time.dayField(${at})`), "2026-11-29")
    assert.equal(inZone("America/New_York", `time.dayField(${at})`), "2026-11-28")
  })

  it("is the one that was meant, where it was twice", () => {
    const both = inZone("Europe/Berlin", '[false, true].map((is) => time.withZone("2026-10-25T02:30", is))')
    assert.deepEqual(both, ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"])
    assert.equal(inZone("Europe/Berlin", 'time.withZone("2026-03-29T02:30") ?? null'), null)
  })
})
