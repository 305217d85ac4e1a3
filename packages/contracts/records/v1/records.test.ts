import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { append, type Bytes, concat, EMPTY_FRONTIER, merkleRoot, put, rootOf } from "@aceso/core"
import fc from "fast-check"
import { callerRows, type Row, runRow, table } from "../../testing/table.ts"
import { handleOf, hashOf, world } from "../../testing/world.ts"
import { ownLogs, recordLogs, records } from "./records.ts"

const leaves = (...names: string[]): Bytes[] => names.map(hashOf)
const frontier = (...names: string[]) => append(EMPTY_FRONTIER, leaves(...names))
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
  by: ["city"],
  ...row,
})

const rows: Row[] = [
  commit({
    comment: "the first entries of two handles, one without a key, and of the custodian itself",
    input: { logs: [log(ann, 0, "a", "b", "c"), log(bob, 0, "d")], own: { base: 0, entries: entries("e") } },
    writes: [
      put(recordLogs, ["city", ann], frontier("a", "b", "c")),
      put(recordLogs, ["city", bob], frontier("d")),
      put(ownLogs, ["city"], frontier("e")),
    ],
    events: committed,
  }),
  commit({
    comment: "more entries on top",
    input: { logs: [log(ann, 3, "d")], own: { base: 1, entries: entries("y", "z") } },
    given: [put(recordLogs, ["city", ann], frontier("a", "b", "c")), put(ownLogs, ["city"], frontier("x"))],
    writes: [
      put(recordLogs, ["city", ann], frontier("a", "b", "c", "d")),
      put(ownLogs, ["city"], frontier("x", "y", "z")),
    ],
    events: committed,
  }),
  commit({
    comment: "the own log alone",
    input: { logs: [], own: { base: 0, entries: entries("x") } },
    writes: [put(ownLogs, ["city"], frontier("x"))],
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
      given: [put(recordLogs, ["city", ann], frontier("a", "b", "c"))],
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
        assert.deepEqual(found, append(EMPTY_FRONTIER, all))
        assert.deepEqual(state.get(ownLogs, ["city"]), found)
        assert.ok(found)
        assert.deepEqual(rootOf(found), merkleRoot(all))
      }),
      { numRuns: 100 },
    )
  })
})
