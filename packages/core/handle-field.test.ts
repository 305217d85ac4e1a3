import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { handleField, readHandleField } from "./handle-field.ts"

describe("the field that names a handle", () => {
  const handle = new Uint8Array(32).fill(7)
  const field = `city-hospital/${"07".repeat(32)}`

  it("is custodian and handle", () => {
    assert.equal(handleField({ custodian: "city-hospital", handle }), field)
    assert.deepEqual(readHandleField(field), { custodian: "city-hospital", handle })
  })

  for (const wrong of [
    "",
    "city-hospital",
    "/",
    `city-hospital/${"07".repeat(31)}`,
    `city-hospital/${"07".repeat(33)}`,
    `city-hospital/${"0G".repeat(32)}`,
    `city-hospital/${"AB".repeat(32)}`,
    `City/${"07".repeat(32)}`,
    `${field}/more`,
    `${field} `,
    `city-hospital/${"07".repeat(32)},x`,
  ])
    it(`"${wrong.slice(0, 40)}" (${wrong.length}) names none`, () =>
      assert.equal(readHandleField(wrong), undefined))
})
