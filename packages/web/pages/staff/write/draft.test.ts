import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { emptyDraft, formsOf, localOf, OTHER, withZone } from "./draft.ts"

const now = new Date("2026-05-01T10:00:00Z")
const draft = { ...emptyDraft(now), at: "2026-05-01T10:00" }

describe("a draft", () => {
  it("has the zone of the device with every time", () => {
    for (const local of ["2026-05-01T10:00", "2026-12-01T10:00:30", localOf(now)]) {
      const at = withZone(local)
      assert.match(at, /T\d\d:\d\d:\d\d[+-]\d\d:\d\d$/)
      assert.equal(Date.parse(at), new Date(local).getTime())
    }
  })
  it("keeps a number as it was typed, and leaves out what is empty", () => {
    const { result } = formsOf({ ...draft, code: "2823-3", value: " 4.10 ", unit: "mmol/L" }, "2823-3", false)
    assert.deepEqual(result, {
      code: "2823-3",
      at: withZone(draft.at),
      number: { value: "4.10", unit: "mmol/L" },
    })
    const other = { ...draft, code: OTHER, name: "ALT", value: "5", unit: "U/L", comparator: "<" as const }
    assert.deepEqual(formsOf(other, "1742-6", false).result, {
      ...{ code: "1742-6", at: withZone(draft.at), name: "ALT" },
      number: { value: "5", unit: "U/L", comparator: "<" },
    })
  })
  it("is one form, and a mistake is none", () => {
    for (const what of ["result", "note", "allergy", "problem"] as const)
      assert.deepEqual(Object.keys(formsOf({ ...draft, what }, "2823-3", false)), [what])
    assert.deepEqual(formsOf({ ...draft, reason: " wrong " }, "", true), { mistake: { reason: "wrong" } })
  })
})
