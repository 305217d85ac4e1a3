import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { caseKeyRow, caseRow, caseStepRow, encodeRow } from "@aceso/core"
import { hashOf, keyOf } from "../../testing/world.ts"
import { type Case, caseKeys, caseSteps, cases } from "./cases.ts"

const row: Case = {
  process: "question",
  version: 1,
  state: "asked",
  openedAt: 1,
  since: 2,
  endsAt: 3,
  size: 4,
  parties: [
    { party: "patient", member: null, key: keyOf("case key") },
    { party: "hospital", member: "city", key: null },
  ],
  counters: [{ name: "ask", count: 5 }],
  documents: [{ name: "Communication", at: 6 }],
  tags: [hashOf("tag")],
  capabilities: [{ key: keyOf("paper"), party: "patient", step: "close", isUsed: true }],
  demands: [{ party: "hospital", n: 0, name: "Communication", at: 7 }],
}
const step = {
  step: "open",
  party: "patient",
  documents: [{ name: "Communication", commitment: hashOf("document") }],
  isAssisted: false,
  at: 8,
}

describe("rows of cases, as those read them who have no contracts", () => {
  it("are what the tables write", () => {
    assert.deepEqual(caseRow(encodeRow(cases, row)), row)
    assert.deepEqual(caseStepRow(encodeRow(caseSteps, step)), step)
    assert.deepEqual(caseKeyRow(encodeRow(caseKeys, { case: hashOf("case") })), hashOf("case"))
  })
  it("of another table, or of a version to come, are refused", () => {
    assert.throws(() => caseRow(encodeRow(caseSteps, step)), { code: "bad_answer" })
    assert.throws(() => caseStepRow(encodeRow({ ...caseSteps, version: 2 } as never, step)), {
      code: "bad_answer",
    })
  })
})
