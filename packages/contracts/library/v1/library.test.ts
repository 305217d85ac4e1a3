import assert from "node:assert/strict"
import { describe, it } from "node:test"
import {
  encodeRow,
  MAX_PUBLICATION_BYTES,
  publicationCountRow,
  publicationRow,
  put,
  type Write,
} from "@aceso/core"
import { callerRows, type Row, runRow, table } from "../../testing/table.ts"
import { hashOf, NOW, world } from "../../testing/world.ts"
import { library, MAX_PUBLICATIONS, publicationCounts, publications } from "./library.ts"

const [first, second] = [hashOf("first"), hashOf("second")]
const size = 900
const row = (version: number, hash: Uint8Array | null, at = 1, kind: "medicine" | "plan" = "medicine") =>
  put(publications, ["city", "warfarin"], { version, kind, hash, size: hash ? size : 0, at })
const count = (member: string, count: number): Write => put(publicationCounts, [member], { count })
const told = (version: number, hash: Uint8Array, member = "city") => [
  { name: "published", data: { member, slug: "warfarin", version, kind: "medicine", hash, size } },
]

const input = { slug: "warfarin", base: 0, kind: "medicine", hash: first, size }
const publish = (more: Partial<Row> & Pick<Row, "comment">): Row => ({
  action: "publish",
  input,
  by: ["city"],
  ...more,
})
const withdraw = (more: Partial<Row> & Pick<Row, "comment">): Row => ({
  action: "withdraw",
  input: { slug: "warfarin", base: 1 },
  by: ["city"],
  given: [row(1, first), count("city", 1)],
  ...more,
})

const rows: Row[] = [
  publish({
    comment: "the first version of the first slug",
    writes: [row(1, first, NOW), count("city", 1)],
    events: told(1, first),
  }),
  publish({
    comment: "a newer version: the count stays",
    input: { ...input, base: 1, hash: second },
    given: [row(1, first), count("city", 1)],
    writes: [row(2, second, NOW)],
    events: told(2, second),
  }),
  publish({
    comment: "again what was withdrawn, as a newer version",
    input: { ...input, base: 2 },
    given: [row(2, null), count("city", 1)],
    writes: [row(3, first, NOW)],
    events: told(3, first),
  }),
  publish({
    comment: "a member of any kind: a slug belongs to one member alone",
    by: ["payer"],
    given: [row(1, second), count("city", 1)],
    writes: [
      put(publications, ["payer", "warfarin"], { version: 1, kind: "medicine", hash: first, size, at: NOW }),
      count("payer", 1),
    ],
    events: told(1, first, "payer"),
  }),
  publish({
    comment: "a newer version by who has as many slugs as there may be",
    input: { ...input, base: 1 },
    given: [row(1, second), count("city", MAX_PUBLICATIONS)],
    writes: [row(2, first, NOW)],
    events: told(2, first),
  }),
  publish({
    comment: "the last slug that there may be",
    given: [count("city", MAX_PUBLICATIONS - 1)],
    writes: [row(1, first, NOW), count("city", MAX_PUBLICATIONS)],
    events: told(1, first),
  }),
  publish({
    comment: "the largest",
    input: { ...input, size: MAX_PUBLICATION_BYTES },
    writes: [
      put(publications, ["city", "warfarin"], {
        ...{ version: 1, kind: "medicine" as const, hash: first, size: MAX_PUBLICATION_BYTES, at: NOW },
      }),
      count("city", 1),
    ],
    events: [{ name: "published", data: { ...told(1, first)[0].data, size: MAX_PUBLICATION_BYTES } }],
  }),
  ...callerRows("publish", input),
  publish({
    comment: "as the first version of what is there",
    given: [row(1, first)],
    rejection: "publication_changed_meanwhile",
  }),
  publish({
    comment: "on a version that there is not yet",
    input: { ...input, base: 1 },
    rejection: "publication_changed_meanwhile",
  }),
  publish({
    comment: "on the version before the withdrawal",
    input: { ...input, base: 1 },
    given: [row(2, null)],
    rejection: "publication_changed_meanwhile",
  }),
  publish({
    comment: "a medicine that was a plan",
    input: { ...input, base: 1 },
    given: [row(1, first, 1, "plan")],
    rejection: "kind_differs",
  }),
  publish({
    comment: "a medicine that was a plan, and is withdrawn",
    input: { ...input, base: 2 },
    given: [row(2, null, 1, "plan")],
    rejection: "kind_differs",
  }),
  publish({
    comment: "one slug more than there may be",
    given: [count("city", MAX_PUBLICATIONS)],
    rejection: "too_many_publications",
  }),
  publish({ comment: "nothing", input: { ...input, size: 0 }, rejection: "bad_input" }),
  publish({
    comment: "a byte too many",
    input: { ...input, size: MAX_PUBLICATION_BYTES + 1 },
    rejection: "bad_input",
  }),
  publish({ comment: "another kind", input: { ...input, kind: "advert" }, rejection: "bad_input" }),
  ...["Warfarin", "1st", "a/b", "", "a".repeat(65)].map((slug) =>
    publish({ comment: `the slug "${slug.slice(0, 8)}"`, input: { ...input, slug }, rejection: "bad_input" }),
  ),

  withdraw({
    comment: "the newest version",
    writes: [row(2, null, NOW)],
    events: [{ name: "withdrawn", data: { member: "city", slug: "warfarin", version: 2 } }],
  }),
  ...callerRows("withdraw", { slug: "warfarin", base: 1 }),
  withdraw({ comment: "no such slug", given: [], rejection: "unknown_publication" }),
  withdraw({ comment: "another member's", by: ["county"], rejection: "unknown_publication" }),
  withdraw({
    comment: "an older version",
    given: [row(2, second)],
    rejection: "publication_changed_meanwhile",
  }),
  withdraw({
    comment: "what is withdrawn, as it was before",
    given: [row(2, null)],
    rejection: "publication_changed_meanwhile",
  }),
  withdraw({
    comment: "what is withdrawn",
    input: { slug: "warfarin", base: 2 },
    given: [row(2, null)],
    rejection: "already_withdrawn",
  }),
  withdraw({ comment: "no base", input: { slug: "warfarin" }, rejection: "bad_input" }),
]

table(library, rows)

describe("library over several transactions", () => {
  it("versions only grow, and a slug counts once, whatever becomes of it", () => {
    const state = world()
    const does = (action: string, input: object) =>
      assert.ok("events" in runRow(library, { action, by: ["city"], comment: "", input }, state))
    for (const [base, hash] of [first, null, second, second, null, first].entries())
      if (hash) does("publish", { ...input, base, hash })
      else does("withdraw", { slug: input.slug, base })
    does("publish", { ...input, slug: "inr" })
    const found = state.get(publications, ["city", "warfarin"])
    assert.ok(found)
    assert.deepEqual([found.version, found.hash], [6, first])
    assert.deepEqual(state.get(publicationCounts, ["city"]), { count: 2 })
    // As those read the rows who have no contracts at hand.
    assert.deepEqual(publicationRow(encodeRow(publications, found)), found)
    assert.equal(publicationCountRow(encodeRow(publicationCounts, { count: 2 })), 2)
  })
})
