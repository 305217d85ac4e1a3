import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { delegateName, delegateScope, ofAgeAt } from "./delegates.ts"

const at = (time: string) => Date.parse(time)

describe("when somebody is of age", () => {
  const rows: readonly (readonly [born: string, years: number, at: number | undefined])[] = [
    ["2008-06-15", 18, at("2026-06-14T10:00:00Z")],
    ["2008-06", 18, at("2026-05-31T10:00:00Z")],
    ["2008", 18, at("2025-12-31T10:00:00Z")],
    ["2008-02-29", 18, at("2026-02-27T10:00:00Z")],
    ["2008-02-29", 20, at("2028-02-28T10:00:00Z")],
    ["2008-12-31", 16, at("2024-12-30T10:00:00Z")],
    ["2008-02-30", 18, undefined],
    ["2008-13", 18, undefined],
    ["097-05-04", 18, undefined],
    ["2008-06-15T10:00:00Z", 18, undefined],
    ["", 18, undefined],
  ]
  for (const [born, years, expected] of rows)
    it(`born ${born || "never"}, ${years} years`, () => assert.equal(ofAgeAt(born, years), expected))
})

describe("a scope", () => {
  const scope = { name: "Lin Mei", relation: "carer", may: ["read"], until: null }
  it("names one of the relations, and something that may be done", () => {
    assert.equal(delegateScope.parse(scope, "scope").name, "Lin Mei")
    for (const wrong of [{ relation: "friend" }, { may: [] }, { may: ["all"] }, { name: "" }, { until: -1 }])
      assert.throws(() => delegateScope.parse({ ...scope, ...wrong }, "scope"), { code: "bad_input" })
  })
})

describe("the name of a delegate", () => {
  const taken = [
    "Lin Mei",
    "Seán O’Brien-D'Arcy Jr. (carer), 2nd",
    "阿依古丽·买买提",
    "ジョン・スミス",
    "ジャン゠ポール＝A",
    "王　小芳",
    "علی\u200cرضا",
    "ක්\u200dරිස්ටි",
    "Anne\u2011Marie",
    "Lin\u00a0Mei",
    "Ann Lee c/o Ward 3",
    "צה״ל ג׳ורג׳",
    "བསྟན་འཛིན",
    "王".repeat(64),
  ]
  for (const name of taken) it(`is ${name}`, () => assert.equal(delegateName.parse(name), name))

  const refused = [
    "",
    " Lin",
    "·a",
    "5",
    "Lin\nMei",
    "Lin\tMei",
    "Lin\u001b[2J",
    "Lin\u202eMei",
    "Lin\u2066Mei",
    "Lin\u200fMei",
    "Lin\u200bMei",
    "Lin\u2028Mei",
    "Lin <b>",
    "Lin | Mei: wrote",
    "王".repeat(65),
  ]
  for (const name of refused)
    it(`is not ${JSON.stringify(name)}`, () => assert.throws(() => delegateName.parse(name)))
})
