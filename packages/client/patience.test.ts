import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { patienceOf } from "./patience.ts"

describe("ACESO_PATIENCE", () => {
  const rows: [given: string | undefined, patience: number | undefined][] = [
    [undefined, 1],
    ["", 1],
    ["1", 1],
    ["2.5", 2.5],
    ["100", 100],
    ["0", undefined],
    ["-1", undefined],
    ["101", undefined],
    ["much", undefined],
    ["NaN", undefined],
  ]
  for (const [given, patience] of rows)
    it(`${given}: ${patience ?? "refused"}`, () => {
      if (patience !== undefined) assert.equal(patienceOf(given), patience)
      else assert.throws(() => patienceOf(given), { code: "bad_config" })
    })
})
