import assert from "node:assert/strict"
import { it } from "node:test"
import type { AnswerFinding, CheckedAnswer, Manifest } from "@aceso/core"
import { joined, linesOf, reportOf } from "./report.ts"

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

it("a deletion is told and counted as one, a dummy nowhere, and what is withheld says nothing of itself", () => {
  const entry = (id: number, version: number, operation: string) => ({
    ...{ recordId: new Uint8Array(32).fill(id), version, operation, commitment: new Uint8Array(32) },
  })
  const entries = [
    entry(1, 1, "create"),
    entry(2, 1, "create"),
    entry(1, 2, "delete"),
    entry(3, 2, "delete"),
    entry(4, 2, "delete"),
  ]
  const manifest = {
    body: {
      ...{ responder: "city", height: 7, policyState: "current" },
      lines: entries.map((one) => ({ entry: one, status: "released", sent: null })),
    },
    promise: { tag: new Uint8Array(16) },
  } as unknown as Manifest
  const empty = new Uint8Array(0)
  const lines: CheckedAnswer["lines"] = [
    { index: 0, status: "verified", content: new Uint8Array(2) },
    { index: 1, status: "verified", content: empty },
    { index: 2, status: "verified", content: empty },
    { index: 3, status: "withheld" },
    { index: 4, status: "mismatch", content: empty },
  ]
  const checked = { lines, findings: [] }
  const shown = linesOf(manifest, checked)
  assert.deepEqual(
    shown.map(({ index, isDeletion, isSuperseded }) => [index, isDeletion, isSuperseded]),
    [
      [0, undefined, true],
      [2, true, false],
      [3, undefined, false],
      [4, true, false],
    ],
  )
  const report = reportOf(manifest, checked, [])
  const counts = ({ released, deleted, withheld, mismatched }: typeof report) => [
    ...[released, deleted, withheld, mismatched],
  ]
  assert.deepEqual(counts(report), [1, 1, 1, 1])
  const part = { report, lines: shown, drugs: [], evidence: [] }
  assert.deepEqual(counts(joined([part, part]).report), [2, 2, 2, 2])
})
