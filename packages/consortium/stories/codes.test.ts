import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { systems } from "./codes.ts"
import { demoPatients } from "./index.ts"
import { named } from "./testing.ts"

const now = Date.parse("2026-03-04T05:06:07.890Z")
const visits = demoPatients({ seed: "test", now, count: 12 }).flatMap((patient) => patient.visits)

describe("codes", () => {
  const codings = [...named(["coding", "class"], visits)]

  test("have a system and a display", () => {
    assert.ok(codings.length > 1000)
    for (const { system, code, display } of codings) assert.ok(system && code && display, `${system} ${code}`)
  })
  test("have one display each", () => {
    const displays = new Map<string, string>()
    for (const { system, code, display } of codings) {
      assert.equal(displays.get(`${system}|${code}`) ?? display, display)
      displays.set(`${system}|${code}`, display)
    }
  })
  for (const { system, isValid } of [
    { system: systems.snomed, isValid: hasVerhoeffDigit },
    { system: systems.loinc, isValid: hasLuhnDigit },
    { system: systems.icd10, isValid: (code: string) => /^[A-Z]\d\d(\.\d)?$/.test(code) },
    { system: systems.atc, isValid: (code: string) => /^[A-Z]\d\d[A-Z]{2}\d\d$/.test(code) },
    { system: systems.cvx, isValid: (code: string) => /^\d{2,3}$/.test(code) },
  ]) {
    test(`of ${system} are well formed`, () => {
      const found = new Set(codings.filter((coding) => coding.system === system).map(({ code }) => code))
      assert.ok(found.size > 5)
      for (const code of found) assert.ok(isValid(code), code)
    })
  }
})

/** LOINC's check digit is Luhn's. */
function hasLuhnDigit(code: string): boolean {
  const digits = [...code.replace("-", "")].reverse().map(Number)
  const sum = digits.reduce((total, digit, index) => {
    const doubled = index % 2 === 1 ? digit * 2 : digit
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return /^\d+-\d$/.test(code) && sum % 10 === 0
}

/** SNOMED CT's check digit is Verhoeff's: the product in the dihedral group of the pentagon, after permutation. */
function hasVerhoeffDigit(code: string): boolean {
  const permutation = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]
  const permuted = (digit: number, times: number): number =>
    times === 0 ? digit : permuted(permutation[digit] ?? 0, times - 1)
  const product = (a: number, b: number): number => {
    const turn = a < 5 ? a + b : a - b
    return (((turn % 5) + 5) % 5) + (a < 5 === b < 5 ? 0 : 5)
  }
  const digits = [...code].reverse().map(Number)
  return digits.reduce((check, digit, index) => product(check, permuted(digit, index % 8)), 0) === 0
}
