import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { sha256, utf8 } from "@aceso/core"
import { runningSha256 } from "@aceso/core/running-hash.ts"
import type { ImportAnswer } from "../schemas.ts"
import { Importing, MAX_KEPT } from "./importing.ts"
import type { InputFile } from "./input-file.ts"

const file = (n: number): InputFile => ({
  from: {
    ...{ path: `${n}/f.json`, name: `f${n}.json`, folder: "", sizeBytes: 2 },
    first: async () => utf8("{}"),
    pieces: async function* () {
      yield utf8("{}")
    },
    whole: async () => utf8("{}"),
  },
  ...{ kind: "document", isPacked: false, hasPatients: false, hasConditions: false, changedAt: undefined },
  hash: sha256(utf8(`${n}`)),
})
const NOTHING: ImportAnswer = {
  ...{
    resources: 0,
    patients: 0,
    duplicates: 0,
    possibleDuplicates: 0,
    existing: 0,
    unchanged: 0,
    renamed: 0,
  },
  ...{ refused: [], unfiled: [], filed: [], older: [], unresolved: [] },
  counts: { refused: 0, unfiled: 0, filed: 0, older: 0, unresolved: 0 },
}
const refusals = (count: number, reason = "bad_id") =>
  Array.from({ length: count }, (_, i) => ({ where: `entry ${i}`, reason, detail: "id: 1 to 64" }))

async function imported(answers: readonly Partial<ImportAnswer>[]) {
  let next = 0
  const importing = new Importing({
    client: { import: async () => ({ ...NOTHING, ...answers[next++] }) },
    ...{ source: "x", newHasher: runningSha256, onProgress: () => {} },
  })
  return importing.run({ files: answers.map((_, n) => file(n)), skipped: [] })
}

describe("the report of an import", () => {
  it("has every refusal of every part, as the page says", async () => {
    const parts = [8_042, 7_042].map((count) => ({
      refused: refusals(count),
      counts: { ...NOTHING.counts, refused: count },
    }))
    const { refused, refusedCount, beyond } = await imported(parts)
    assert.deepEqual([refused.length, refusedCount, beyond.refused], [15_084, 15_084, 0])
  })

  it("says how many are not in it, where they are more than it keeps or than a node lists", async () => {
    const part = { refused: refusals(10_000), counts: { ...NOTHING.counts, refused: 12_000 } }
    const parts = Array.from({ length: 11 }, () => part)
    const { refused, refusedCount, beyond } = await imported(parts)
    assert.equal(refused.length, MAX_KEPT)
    assert.deepEqual([refusedCount, beyond.refused], [132_000, 132_000 - MAX_KEPT])
  })

  it("says it of references that lead nowhere, and of what is nobody's, older or renamed, too", async () => {
    const { unresolved, unresolvedCount, beyond } = await imported([
      {
        unresolved: ["Patient/1", "Patient/2"],
        older: [{ where: "a", resource: "Patient/1", saidAt: "2020", newer: "2021" }],
        unfiled: [{ where: "a", resource: "Observation/1", reference: "Patient/9" }],
        counts: { refused: 0, unfiled: 3, filed: 0, older: 4, unresolved: 7 },
      },
    ])
    assert.deepEqual([unresolved.length, unresolvedCount], [2, 7])
    assert.deepEqual(beyond, { refused: 0, unfiled: 2, older: 3, unresolved: 5, renamed: 0 })
  })
})
