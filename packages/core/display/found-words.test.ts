import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { FOUND_NAMES, found, foundIn, foundSaid, saysOpened } from "./found-words.ts"

const TOLD = { index: 3, said: 4, n: 5, from: 6, to: 7 }

describe("what a device finds", () => {
  for (const name of FOUND_NAMES)
    it(`${name}: is known again by its words, and has a Chinese text that tells as much`, () => {
      const text = found(name, TOLD)
      assert.doesNotMatch(text, /[{}]/)
      const again = foundIn(text)
      assert.equal(again?.name, name)
      const chinese = foundSaid(text, "zh")
      assert.equal(foundSaid(text, "en"), text)
      assert.match(chinese, /[\u4e00-\u9fff]/)
      assert.doesNotMatch(chinese, /[{}]/)
      assert.deepEqual((chinese.match(/\d+/g) ?? []).toSorted(), (text.match(/\d+/g) ?? []).toSorted())
    })

  const others = [
    { comment: "words that no table has", text: "entry 3 is fine" },
    { comment: "a beginning alone", text: "entry 3 is missing, and <b>more</b>" },
  ]
  for (const { comment, text } of others)
    it(`${comment}: stay as they are`, () => {
      assert.deepEqual([foundIn(text), foundSaid(text, "zh"), saysOpened(text)], [undefined, text, false])
    })

  it("a record that was kept back is no record that was opened", () => {
    assert.deepEqual(
      [saysOpened(found("released", TOLD)), saysOpened(found("withheld", TOLD))],
      [true, false],
    )
  })
})
