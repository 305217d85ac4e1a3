import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { completeLookUp } from "./look-up.ts"

describe("an operator is told how far the look-up index is", () => {
  const rows: [comment: string, records: number, steps: number[], told: number[]][] = [
    ["nothing is to be made", 5, [], []],
    ["a small vault: once, at the end", 300, [200, 300, 300], [300]],
    [
      "a large one: at each ten thousand, and at the end",
      25_000,
      [200, 9_800, 10_000, 10_200, 20_000, 25_000, 25_000],
      [10_000, 20_000, 25_000],
    ],
  ]
  for (const [comment, records, steps, told] of rows)
    it(comment, async () => {
      const said: string[] = []
      const vault = {
        recordCount: async () => ({ records, committed: 0 }),
        completeLookUp: async (onProgress?: (progress: { readonly done: number }) => void) => {
          for (const done of steps) onProgress?.({ done })
        },
      }
      await completeLookUp(vault, (sentence) => said.push(sentence))
      assert.deepEqual(
        said,
        told.map((done) => `the look-up index is made: ${done} of ${records} record versions looked at`),
      )
    })
})
