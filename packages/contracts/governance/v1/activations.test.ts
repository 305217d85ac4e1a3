import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { domainHash } from "@aceso/core"
import {
  act,
  activate,
  activationRow,
  decide,
  disableAction,
  enableAction,
} from "../../testing/governance.ts"
import { MemoryState } from "../../testing/state.ts"
import { hashOf, NOW, world } from "../../testing/world.ts"
import { activations, activeVersions, disabledActions, isDisabled } from "./governance.ts"

describe("activeVersions", () => {
  const state = world().write([
    activationRow("people", [1, 1]),
    activationRow("records", [1, 1], [2, 20], [5, 21], [6, 1000]),
    activationRow("late", [1, 10]),
  ])
  const rows: readonly (readonly [contract: string, height: number, version: number | undefined])[] = [
    ["people", 0, undefined],
    ["people", 1, 1],
    ["people", Number.MAX_SAFE_INTEGER, 1],
    ["records", 1, 1],
    ["records", 19, 1],
    ["records", 20, 2],
    ["records", 21, 5],
    ["records", 22, 5],
    ["records", 999, 5],
    ["records", 1000, 6],
    ["records", Number.MAX_SAFE_INTEGER, 6],
    ["late", 9, undefined],
    ["late", 10, 1],
    ["else", 1, undefined],
  ]
  for (const [contract, height, version] of rows)
    it(`of ${contract} at ${height} is ${version ?? "none"}`, () => {
      const found = activeVersions(state, contract, height).at(-1)
      assert.equal(found?.version, version)
      if (version !== undefined) assert.deepEqual(found?.sources, hashOf(`${contract} ${version}`))
    })

  it("a ballot changes it from its height on, and leaves what executed before as it was", () => {
    const state = world().write([activationRow("people", [1, 1])])
    const versions = (from: number, to: number) =>
      Array.from(
        { length: to - from + 1 },
        (_, i) => activeVersions(state, "people", from + i).at(-1)?.version,
      )
    assert.equal(decide(state, [activate("people", 2, 5)], 4), "proposalPassed")
    assert.deepEqual(versions(1, 7), [1, 1, 1, 1, 2, 2, 2])
    assert.equal(decide(state, [activate("people", 3, 7)], 4), "proposalPassed")
    assert.deepEqual(versions(1, 8), [1, 1, 1, 1, 2, 2, 3, 3])
  })

  it("a ballot that passes when the height has come has no effect", () => {
    for (const [height, outcome] of [
      [8, "proposalPassed"],
      [9, "proposalWithoutEffect"],
      [10, "proposalWithoutEffect"],
    ] as const) {
      const state = world().write([activationRow("people", [1, 1])])
      const change = activate("people", 2, 9)
      assert.equal(act(state, "propose", "authority", { changes: [change] }, 3), "proposalOpen")
      const proposal = domainHash("proposal", "authority", 3, [{ ...change }])
      assert.equal(act(state, "vote", "city", { proposal, yes: true }, height), outcome)
      const passed = outcome === "proposalPassed"
      assert.equal(state.get(activations, ["people"])?.versions.length, passed ? 2 : 1)
    }
  })
})

describe("isDisabled", () => {
  it("names one action of one contract, from the ballot that disables it to the one that enables it", () => {
    const state = world().write([activationRow("people", [1, 1]), activationRow("records", [1, 1])])
    const now = () =>
      (
        [
          ["people", "enrol"],
          ["people", "rekey"],
          ["records", "enrol"],
        ] as const
      ).map(([contract, action]) => isDisabled(state, contract, action))
    assert.deepEqual(now(), [false, false, false])
    assert.equal(decide(state, [disableAction("people", "enrol")], 1), "proposalPassed")
    assert.deepEqual(now(), [true, false, false])
    assert.deepEqual(state.get(disabledActions, ["people", "enrol"]), { since: NOW })
    assert.equal(decide(state, [disableAction("people", "enrol")], 2), "already_disabled")
    assert.equal(decide(state, [disableAction("records", "enrol")], 3), "proposalPassed")
    assert.deepEqual(now(), [true, false, true])
    assert.equal(decide(state, [enableAction("people", "enrol")], 4), "proposalPassed")
    assert.deepEqual(now(), [false, false, true])
    assert.equal(decide(state, [enableAction("people", "enrol")], 5), "not_disabled")
    assert.equal(decide(state, [disableAction("people", "enrol")], 6), "proposalPassed")
    assert.deepEqual(now(), [true, false, true])
  })

  it("nothing is disabled in an empty state", () => {
    assert.equal(isDisabled(new MemoryState(), "people", "enrol"), false)
    assert.equal(activeVersions(new MemoryState(), "people", 1).at(-1), undefined)
  })
})
