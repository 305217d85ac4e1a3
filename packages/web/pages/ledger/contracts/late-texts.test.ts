import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { contracts } from "@aceso/contracts"
import { contractTexts } from "./late-texts.ts"
import { CONTRACTS } from "./names.ts"

describe("words for the contracts", () => {
  it("and their names are those of the contracts", () => {
    assert.deepEqual(CONTRACTS, [...new Set(contracts.map(({ name }) => name))].sort())
  })
  for (const language of ["en", "zh"] as const)
    it(`are there for every action and for no other, in ${language}`, async () => {
      const texts = (await contractTexts[language]()) as Readonly<Record<string, object>>
      const named = Object.entries(texts).flatMap(([name, actions]) =>
        Object.keys(actions).map((action) => `${name}.${action}`),
      )
      const declared = contracts.flatMap(({ name, actions }) =>
        Object.keys(actions).map((action) => `${name}.${action}`),
      )
      assert.deepEqual(named.sort(), [...new Set(declared)].sort())
    })
})
