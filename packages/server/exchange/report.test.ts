import assert from "node:assert/strict"
import { it } from "node:test"
import type { AnswerFinding, Manifest } from "@aceso/core"
import { reportOf } from "./report.ts"

it("a thousand lies of one kind are twenty findings and their number, and no other kind is lost by them", () => {
  const manifest = {
    body: { responder: "city", height: 7, policyState: "current", lines: [] },
    promise: { tag: new Uint8Array(16) },
  } as unknown as Manifest
  const lies = Array.from(
    { length: 1000 },
    (_, index): AnswerFinding => ({ kind: "undeclared_loss", detail: `entry ${index}`, index }),
  )
  const other: AnswerFinding = { kind: "policy_mismatch", detail: "another" }
  const { findings } = reportOf(manifest, { lines: [], findings: [...lies, other] }, [])
  assert.equal(findings.length, 22)
  assert.deepEqual(findings[20], { kind: "undeclared_loss", detail: "and 980 more of the kind" })
  assert.deepEqual(findings[21], { kind: "policy_mismatch", detail: "another" })
})
