import assert from "node:assert/strict"
import { describe, it } from "node:test"
import type { CustodianReport } from "@aceso/client"
import { type HandleKey, PlatformError, publicKey, REKEY_MS, type Rekeyed } from "@aceso/core"
import type { Engine } from "@aceso/ledger"
import { withRekeyed } from "./rekeyed.ts"
import { NOTHING } from "./report.ts"

const NOW = 1_800_000_000_000
const [one, two] = [1, 2].map((n) => publicKey(new Uint8Array(32).fill(n)))
const report: CustodianReport = {
  ...{ custodian: "city", handle: new Uint8Array(32), outcome: "answered" },
  ...NOTHING,
}
const engineWith = (read: () => unknown) => ({ read: async () => read() }) as unknown as Engine
const next = (since: number) => ({ key: two, since })

describe("what a requester is told of a patient's key", () => {
  const rows: readonly (readonly [
    comment: string,
    row: HandleKey | undefined,
    rekeyed: Rekeyed | undefined,
  ])[] = [
    ["the first key", { key: one, keyNumber: 1, next: null }, undefined],
    ["no key", { key: null, keyNumber: 0, next: null }, undefined],
    ["no such handle", undefined, undefined],
    [
      "another one waits",
      { key: one, keyNumber: 1, next: next(NOW - REKEY_MS + 1) },
      { isPending: true, since: NOW - REKEY_MS + 1, from: NOW + 1 },
    ],
    [
      "another one counts",
      { key: one, keyNumber: 1, next: next(NOW - REKEY_MS) },
      { isPending: false, since: NOW - REKEY_MS, from: NOW },
    ],
    [
      "the second one, and a third that was taken back",
      { key: one, keyNumber: 2, next: null },
      { isPending: false, since: null, from: null },
    ],
  ]
  for (const [comment, row, rekeyed] of rows)
    for (const outcome of ["answered", "refused", "failed"] as const)
      it(`${comment}: ${outcome}`, async () => {
        const given = { ...report, outcome }
        const [found] = await withRekeyed({ engine: engineWith(() => row) }, [given], NOW)
        assert.deepEqual(found, rekeyed ? { ...given, rekeyed } : given)
      })

  it("that it cannot be read is a finding", async () => {
    const away = engineWith(() => {
      throw new PlatformError("engine_unreachable", "the engine is away")
    })
    const [{ rekeyed, findings }] = await withRekeyed({ engine: away }, [report], NOW)
    assert.equal(rekeyed, undefined)
    assert.deepEqual(
      findings.map(({ kind }) => kind),
      ["key_unknown"],
    )
  })
})
