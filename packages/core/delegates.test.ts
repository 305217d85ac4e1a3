import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { delegateName } from "./delegates.ts"

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
