import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { localOf, withZone } from "../../../kit/local-time.ts"
import type { WriteForms } from "../../../session/staff/writing.ts"
import { draftOf, emptyDraft, formsOf, isLongAgo, OTHER } from "./draft.ts"

const now = new Date("2026-05-01T10:00:00Z")
const draft = { ...emptyDraft(now), at: "2026-05-01T10:00" }

describe("a draft", () => {
  it("has the zone of the device with every time", () => {
    for (const local of ["2026-05-01T10:00", "2026-12-01T10:00:30", localOf(now)]) {
      const at = String(withZone(local))
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
  it("of a correction is what the version before says, with its time to the second and its zone", () => {
    const at = "2026-03-01T08:00:07-03:30"
    const number = { value: "6.10", unit: "mmol/L", comparator: ">" } as const
    const rows: WriteForms[] = [
      { result: { code: "2823-3", at, number, remark: "arterial line" } },
      { result: { code: "1742-6", name: "ALT", at, words: "positive" } },
      { result: { code: "2823-3", name: "K by hand", at, number } },
      { note: { type: "18842-5", at, text: "  a  b\n\nc" } },
      {
        allergy: {
          ...{
            substance: "Latex",
            category: "environment",
            criticality: "high",
            verification: "unconfirmed",
          },
          ...{ reaction: "rash", onset: "2019" },
        },
      },
      {
        problem: {
          problem: "Asthma",
          code: "J45",
          state: "remission",
          verification: "provisional",
          onset: "2019-05",
        },
      },
    ]
    for (const forms of rows) {
      const found = draftOf(forms, now, ["2823-3"])
      const code = found.code === OTHER ? found.typedCode : found.code
      assert.deepEqual(formsOf(found, code, false), forms)
      const changed = formsOf({ ...found, at: "2026-05-01T10:00" }, code, false)
      const time = changed.result?.at ?? changed.note?.at
      if (time !== undefined) assert.equal(time, withZone("2026-05-01T10:00"))
    }
  })
  it("asks about what is long ago", () => {
    const result = (at: string) => ({ result: { code: "2823-3", at, words: "x" } })
    assert.equal(isLongAgo(result("2024-05-01T10:00:00Z"), now.getTime()), true)
    assert.equal(isLongAgo(result("2025-06-01T10:00:00Z"), now.getTime()), false)
  })
  it("is one form, and a mistake is none", () => {
    for (const what of ["result", "note", "allergy", "problem"] as const)
      assert.deepEqual(Object.keys(formsOf({ ...draft, what }, "2823-3", false)), [what])
    assert.deepEqual(formsOf({ ...draft, reason: " wrong " }, "", true), { mistake: { reason: "wrong" } })
  })
})
