import assert from "node:assert/strict"
import { it } from "node:test"
import { type ConsentCopy, canonicalJson, toJson } from "@aceso/core"
import { heldFrom, WAITS_MS } from "./held-copies.ts"

const NOW = Date.parse("2026-06-15T12:00:00Z")

function copyUntil(end: unknown): ConsentCopy {
  const consent = {
    resourceType: "Consent",
    status: "active",
    provision: { type: "permit", period: { end } },
  }
  const document = { content: canonicalJson(toJson(consent)), salt: new Uint8Array(32) }
  return { custodian: "city", handle: new Uint8Array(32), document, version: 1, index: 0, path: [] }
}

const rows: readonly (readonly [comment: string, end: unknown, isKept: boolean])[] = [
  ["without an end", undefined, true],
  ["until next year", "2027", true],
  ["over for years", "2020", false],
  ["an end that cannot be read: it permits nothing, and stops nothing", "soon", false],
]
for (const [comment, end, isKept] of rows)
  it(`a copy of a consent ${comment}: ${isKept ? "kept" : "not kept"}`, () => {
    const held = heldFrom(copyUntil(end), false, NOW)
    assert.deepEqual(
      held.map(({ until }) => until),
      isKept ? [NOW + WAITS_MS] : [],
    )
  })
