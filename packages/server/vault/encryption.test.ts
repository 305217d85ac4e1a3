import assert from "node:assert/strict"
import { createSecretKey } from "node:crypto"
import { it } from "node:test"
import { randomBytes, toHex } from "@aceso/core"
import { type NameKeys, openName, sealName } from "./encryption.ts"

const keys = (): NameKeys => ({
  tag: createSecretKey(randomBytes(32)),
  text: createSecretKey(randomBytes(32)),
})
const ours = keys()
const damaged = { code: "record_damaged" }

for (const name of ["", "x", "national-1980", "é".repeat(32), "a".repeat(64)])
  it(`a name of ${name.length} characters is sealed alike each time, and opens`, () => {
    const sealed = sealName(ours, "id Patient", name)
    assert.equal(openName(ours, "id Patient", sealed), name)
    assert.deepEqual(sealName(ours, "id Patient", name), sealed)
  })

it("another kind, name or key seals otherwise", () => {
  const all = [
    sealName(ours, "id Patient", "1"),
    sealName(ours, "id Basic", "1"),
    sealName(ours, "id Patient", "2"),
    sealName(keys(), "id Patient", "1"),
  ].map(toHex)
  assert.equal(new Set(all).size, all.length)
})

it("changed anywhere, cut or taken for another kind it is record_damaged", () => {
  const sealed = sealName(ours, "id Patient", "national-1980")
  for (const i of sealed.keys()) {
    const flipped = sealed.map((byte, j) => (i === j ? byte ^ 1 : byte))
    assert.throws(() => openName(ours, "id Patient", flipped), damaged)
    assert.throws(() => openName(ours, "id Patient", sealed.subarray(0, i)), damaged)
  }
  assert.throws(() => openName(ours, "id Basic", sealed), damaged)
  assert.throws(() => openName(keys(), "id Patient", sealed), damaged)
})
