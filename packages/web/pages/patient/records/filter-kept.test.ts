import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { wishedIn } from "./filter-kept.ts"
import { EVERYTHING } from "./filters.ts"

describe("what somebody looked for", () => {
  it("is there again in the same session, and in no other", () => {
    const [child, parent] = [{}, {}]
    wishedIn(child).wished.value = { ...EVERYTHING, text: "asthma" }
    wishedIn(child).lastSeen.value = "city-hospital/1"
    assert.equal(wishedIn(child).wished.value.text, "asthma")
    assert.equal(wishedIn(child).lastSeen.value, "city-hospital/1")
    assert.equal(wishedIn(parent).wished.value, EVERYTHING)
    assert.equal(wishedIn(parent).lastSeen.value, "")
  })
})
