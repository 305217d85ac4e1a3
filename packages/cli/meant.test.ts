import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { meant } from "./meant.ts"

describe("what was meant", () => {
  const rows: [given: string, known: string[], found: string | undefined][] = [
    ["pruposes", ["purpose", "classes"], "purpose"],
    ["reson", ["reason", "role"], "reason"],
    ["hist", ["history", "status"], "history"],
    ["form", ["from", "to"], "from"],
    ["nonsense", ["node", "as"], undefined],
    ["x", ["as", "to"], undefined],
    ["asp", ["as"], "as"],
    ["CLAIM", ["ClaimResponse", "Claim"], "Claim"],
    ["Encouter", ["Condition", "Encounter", "Claim"], "Encounter"],
  ]
  for (const [given, known, found] of rows)
    it(`${given}: ${found ?? "none"}`, () => assert.equal(meant(given, known), found))
})
