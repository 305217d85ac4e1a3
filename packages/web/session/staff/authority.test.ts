import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { domainHash, validatorAddress } from "@aceso/core"
import { caseHolds, entryState } from "./authority.ts"

const hash = (byte: number) => new Uint8Array(32).fill(byte)

describe("a broken promise", () => {
  const rows: readonly (readonly [string, Parameters<typeof entryState>[0]])[] = [
    ["never", null],
    ["other", { event: hash(2), at: 5 }],
    ["late", { event: hash(1), at: 11 }],
    // A report of what was there in time is false.
    ["kept", { event: hash(1), at: 10 }],
  ]
  for (const [state, entry] of rows)
    it(`is ${state}`, () => assert.equal(entryState(entry, hash(1), 10), state))
})

describe("a case holds", () => {
  const lost = { from: 7, height: 9, at: 100, reason: "lost_vault" }
  const about = { member: "city", kind: "recovery", height: 7, time: 100 } as const
  const second = domainHash("case", "recovery", "city", 1)
  const all = [{ ...lost, from: 3, at: 50 }, lost]
  const recoveries: readonly (readonly [string, Parameters<typeof caseHolds>, boolean])[] = [
    ["of a recovery that is there", [second, about, all, null], true],
    ["not of another one's id", [domainHash("case", "recovery", "city", 0), about, all, null], false],
    ["not of another member's", [second, { ...about, member: "county" }, all, null], false],
    ["not of another block", [second, { ...about, height: 8 }, all, null], false],
    ["not of another time", [second, { ...about, time: 101 }, all, null], false],
    ["not of none", [second, about, [], null], false],
  ]
  for (const [what, args, holds] of recoveries) it(what, () => assert.equal(caseHolds(...args), holds))

  it("of a validator's misbehaviour by its key, and says nothing by another one", () => {
    const key = hash(4)
    const vote = { ...about, kind: "duplicate_vote" } as const
    const id = domainHash("case", "duplicate_vote", validatorAddress(key), 7)
    assert.equal(caseHolds(id, vote, [], key), true)
    assert.equal(caseHolds(id, vote, [], hash(5)), null)
    assert.equal(caseHolds(id, { ...vote, kind: "light_client_attack" }, [], key), null)
    assert.equal(caseHolds(id, vote, [], null), null)
  })
})
