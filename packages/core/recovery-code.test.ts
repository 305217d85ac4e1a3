import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { newRecoveryCode, readRecoveryCode, recoveryOf, toHex } from "./index.ts"

describe("a printed recovery code", () => {
  const codes = Array.from({ length: 200 }, newRecoveryCode)

  it("is read as people type it, and is never the same twice", () => {
    for (const code of codes) {
      assert.match(code, /^([0-9A-Z]{4}-){6}[0-9A-Z]{4}$/)
      assert.equal(readRecoveryCode(` ${code.toLowerCase().replaceAll("-", " ")} `), code)
      assert.equal(readRecoveryCode(code.replaceAll("0", "O").replaceAll("1", "l")), code)
    }
    assert.equal(new Set(codes).size, codes.length)
  })

  it("is known as mistyped where a symbol is another one, or two are swapped", () => {
    let [passed, tried] = [0, 0]
    for (const code of codes)
      for (const at of [0, 6, 13, 25, 31]) {
        const other = code[at] === "7" ? "8" : "7"
        const changed = code.slice(0, at) + other + code.slice(at + 1)
        const swapped = code.slice(0, at) + code[at + 1] + code[at] + code.slice(at + 2)
        for (const wrong of [changed, ...(swapped === code || code[at + 1] === "-" ? [] : [swapped])]) {
          tried++
          if (readRecoveryCode(wrong) !== undefined) passed++
        }
      }
    // One in 1,024 fits by chance; of some 1,900 more than 20 do once in a billion times.
    assert.ok(passed <= 20, `${passed} of ${tried}`)
  })

  for (const wrong of ["", "7K2M", `${codes[0]}-0000`, codes[0].slice(1), codes[0].replace(/./, "U")])
    it(`is none: ${wrong.length} symbols`, () => assert.equal(readRecoveryCode(wrong), undefined))

  it("leads to a name and a key of its own", () => {
    const [one, other] = [recoveryOf(codes[0]), recoveryOf(codes[1])]
    assert.equal(new Set([one.id, one.key, other.id, other.key].map(toHex)).size, 4)
    assert.deepEqual(recoveryOf(codes[0]), one)
  })
})
