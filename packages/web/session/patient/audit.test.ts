import assert from "node:assert/strict"
import { describe, it } from "node:test"
import type { CheckedEntry } from "@aceso/client"
import { found } from "@aceso/core/display/index.ts"
import { firstLooks, verdictOf } from "./audit.ts"

describe("what the device says of an access", () => {
  const opened = found("released", { index: 3 })
  const held = found("withheld", { index: 3 })
  const rows: readonly (readonly [string, Parameters<typeof verdictOf>[0], ReturnType<typeof verdictOf>])[] =
    [
      ["decided again, and right", { outcome: "read", contradictions: [], allowedBy: ["a"] }, "allowed"],
      ["the permissions are others now", { outcome: "read", contradictions: [] }, "past"],
      [
        "others now, and those of then open it",
        { outcome: "read", contradictions: [], coveredBy: ["a"] },
        "covered",
      ],
      [
        "opened without a permission",
        { outcome: "read", contradictions: [opened], allowedBy: [] },
        "contradicted",
      ],
      ["kept back in spite of one", { outcome: "read", contradictions: [held], allowedBy: ["a"] }, "differs"],
      [
        "both: the graver counts",
        { outcome: "read", contradictions: [held, opened], allowedBy: [] },
        "contradicted",
      ],
      ["refused", { outcome: "denied", contradictions: [] }, "refused"],
      ["a change of one's own", { outcome: "changed", contradictions: [] }, "told"],
    ]
  for (const [comment, entry, verdict] of rows)
    it(`${comment}: ${verdict}`, () => assert.equal(verdictOf(entry), verdict))
})

describe("the first look of an organisation", () => {
  const entry = (n: number, requester: string, time: string, outcome: CheckedEntry["outcome"] = "read") =>
    ({ n, requester, time, outcome }) as CheckedEntry

  it("is the earliest at any custodian; a refusal is none, nor what has no time", () => {
    const first = firstLooks([
      { place: "city", entries: [entry(1, "county", "2026-01-02T00:00:00Z"), entry(2, "insurer", "?")] },
      {
        place: "clinic",
        entries: [
          entry(1, "county", "2026-01-01T00:00:00Z", "denied"),
          entry(2, "county", "2026-01-01T10:00:00Z"),
          entry(3, "insurer", "2026-03-01T00:00:00Z"),
        ],
      },
    ])
    assert.deepEqual([...first].toSorted(), ["clinic 2", "clinic 3"])
  })
})
