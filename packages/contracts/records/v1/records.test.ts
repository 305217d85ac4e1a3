import assert from "node:assert/strict"
import { describe, it } from "node:test"
import {
  append,
  type Bytes,
  concat,
  EMPTY_FRONTIER,
  isSameFrontier,
  lostOf,
  merkleRoot,
  put,
  rootOf,
} from "@aceso/core"
import fc from "fast-check"
import { recoveries } from "../../governance/v1/governance.ts"
import { callerRows, type Row, runRow, table } from "../../testing/table.ts"
import { handleOf, hashOf, NOW, world } from "../../testing/world.ts"
import { ownLogs, recordLogs, records } from "./records.ts"

const leaves = (...names: string[]): Bytes[] => names.map(hashOf)
/** A log whose steps are heights and sizes side by side. */
const recordLog = (steps: number[], ...names: string[]) => ({
  ...append(EMPTY_FRONTIER, leaves(...names)),
  steps,
  lost: [] as { from: number; to: number }[],
  recovered: 0,
})
/** City lost what it committed after block 5, and up to block 9. */
const recovered = put(recoveries, ["city"], {
  all: [{ from: 5, height: 9, at: NOW, reason: "restored_backup" }],
  permittedAt: null,
})
const entries = (...names: string[]) => concat(...leaves(...names))
const [ann, bob] = [handleOf("ann"), handleOf("bob")]
const log = (handle: Bytes, base: number, ...names: string[]) => ({
  handle,
  base,
  entries: entries(...names),
})
const committed = [{ name: "committed", data: { custodian: "city" } }]

const commit = (row: Partial<Row> & Pick<Row, "comment" | "input">): Row => ({
  action: "commit",
  height: 7,
  by: ["city"],
  ...row,
})

const rows: Row[] = [
  commit({
    comment: "the first entries of two handles, one without a key, and of the custodian itself",
    input: { logs: [log(ann, 0, "a", "b", "c"), log(bob, 0, "d")], own: { base: 0, entries: entries("e") } },
    writes: [
      put(recordLogs, ["city", ann], recordLog([7, 3], "a", "b", "c")),
      put(recordLogs, ["city", bob], recordLog([7, 1], "d")),
      put(ownLogs, ["city"], recordLog([7, 1], "e")),
    ],
    events: committed,
  }),
  commit({
    comment: "more entries on top",
    input: { logs: [log(ann, 3, "d")], own: { base: 1, entries: entries("y", "z") } },
    given: [
      put(recordLogs, ["city", ann], recordLog([2, 3], "a", "b", "c")),
      put(ownLogs, ["city"], recordLog([2, 1], "x")),
    ],
    writes: [
      put(recordLogs, ["city", ann], recordLog([2, 3, 7, 4], "a", "b", "c", "d")),
      put(ownLogs, ["city"], recordLog([2, 1, 7, 3], "x", "y", "z")),
    ],
    events: committed,
  }),
  commit({
    comment: "the own log alone",
    input: { logs: [], own: { base: 0, entries: entries("x") } },
    writes: [put(ownLogs, ["city"], recordLog([7, 1], "x"))],
    events: committed,
  }),
  commit({
    comment: "after a recovery: what was committed after its block stays marked as lost, in every log",
    height: 12,
    input: { logs: [log(ann, 3, "d"), log(bob, 1, "y")], own: { base: 2, entries: entries("z") } },
    given: [
      recovered,
      put(recordLogs, ["city", ann], recordLog([2, 1, 5, 2, 6, 3], "a", "b", "c")),
      put(recordLogs, ["city", bob], recordLog([5, 1], "x")),
      put(ownLogs, ["city"], recordLog([6, 1, 9, 2], "e", "f")),
    ],
    writes: [
      put(recordLogs, ["city", ann], {
        ...recordLog([2, 1, 5, 2, 6, 3, 12, 4], "a", "b", "c", "d"),
        lost: [{ from: 2, to: 3 }],
        recovered: 1,
      }),
      put(recordLogs, ["city", bob], { ...recordLog([5, 1, 12, 2], "x", "y"), recovered: 1 }),
      put(ownLogs, ["city"], {
        ...recordLog([6, 1, 9, 2, 12, 3], "e", "f", "z"),
        lost: [{ from: 0, to: 2 }],
        recovered: 1,
      }),
    ],
    events: committed,
  }),
  commit({
    comment: "another custodian's recovery is nothing to this one's logs",
    input: { logs: [log(ann, 1, "b")] },
    given: [
      put(recoveries, ["county"], {
        all: [{ from: 0, height: 6, at: NOW, reason: "lost_vault" }],
        permittedAt: null,
      }),
      put(recordLogs, ["city", ann], recordLog([3, 1], "a")),
    ],
    writes: [put(recordLogs, ["city", ann], recordLog([3, 1, 7, 2], "a", "b"))],
    events: committed,
  }),
  ...callerRows("commit", { logs: [log(ann, 0, "a")] }, { other: "payer" }),
  commit({ comment: "neither logs nor own", input: { logs: [] }, rejection: "nothing_to_commit" }),
  commit({
    comment: "one handle twice",
    input: { logs: [log(ann, 0, "a"), log(ann, 1, "b")] },
    rejection: "handle_twice",
  }),
  commit({
    comment: "nobody's handle, after a good one: nothing is written",
    input: { logs: [log(ann, 0, "a"), log(handleOf("nobody"), 0, "a")] },
    rejection: "handle_not_enrolled",
  }),
  commit({
    comment: "another custodian's handle",
    input: { logs: [log(handleOf("cat"), 0, "a")] },
    rejection: "handle_not_enrolled",
  }),
  ...[0, 2, 4].map((base) =>
    commit({
      comment: `3 entries are there, not ${base}`,
      input: { logs: [log(ann, base, "d")] },
      given: [put(recordLogs, ["city", ann], recordLog([2, 3], "a", "b", "c"))],
      rejection: "log_changed_meanwhile",
    }),
  ),
  commit({
    comment: "the own log has changed: the handles' logs stay too",
    input: { logs: [log(ann, 0, "a")], own: { base: 1, entries: entries("x") } },
    rejection: "log_changed_meanwhile",
  }),
  commit({ comment: "no entries", input: { logs: [log(ann, 0)] }, rejection: "bad_input" }),
  commit({
    comment: "an entry and a half",
    input: { logs: [{ handle: ann, base: 0, entries: new Uint8Array(48) }] },
    rejection: "bad_input",
  }),
]

table(records, rows)

describe("records over several transactions", () => {
  it("entries in random chunks give the frontier and root of appending all at once", () => {
    const chunks = fc.array(
      fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { minLength: 1, maxLength: 20 }),
      { minLength: 1, maxLength: 12 },
    )
    fc.assert(
      fc.property(chunks, (chunks) => {
        const state = world()
        let base = 0
        for (const chunk of chunks) {
          const part = { base, entries: concat(...chunk) }
          const input = { logs: [{ handle: ann, ...part }], own: part }
          const called = runRow(records, { action: "commit", by: ["city"], comment: "", input }, state)
          assert.ok("events" in called)
          base += chunk.length
        }
        const all = chunks.flat()
        const found = state.get(recordLogs, ["city", ann])
        assert.ok(found)
        assert.ok(isSameFrontier(found, append(EMPTY_FRONTIER, all)))
        assert.deepEqual(state.get(ownLogs, ["city"]), found)
        assert.deepEqual(lostOf(found, []), [])
        assert.deepEqual(rootOf(found), merkleRoot(all))
      }),
      { numRuns: 100 },
    )
  })
})
