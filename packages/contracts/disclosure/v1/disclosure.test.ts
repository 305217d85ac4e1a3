import assert from "node:assert/strict"
import { describe, it } from "node:test"
import {
  append,
  auditEventHash,
  type Bytes,
  concat,
  type DisclosurePromise,
  disclosureTag,
  EMPTY_FRONTIER,
  makePromise,
  put,
} from "@aceso/core"
import { memberKeys } from "../../governance/v1/governance.ts"
import { NETWORK } from "../../testing/state.ts"
import { callerRows, type Row, runRow, table } from "../../testing/table.ts"
import { AN_HOUR_AGO, hashOf, keyOf, keyRow, NOW, seedOf, world } from "../../testing/world.ts"
import { brokenPromises, disclosure, disclosureLogs, disclosures, mismatches } from "./disclosure.ts"

const tagOf = (n: number): Bytes => disclosureTag(hashOf("ann's audit key"), n)
const eventOf = (n: number): Bytes => auditEventHash(hashOf(`salt ${n}`), hashOf(`audit event ${n}`))
const leaf = (n: number) => ({ tag: tagOf(n), event: eventOf(n) })
const frontier = (...ns: number[]) =>
  append(
    EMPTY_FRONTIER,
    ns.map((n) => concat(tagOf(n), eventOf(n))),
  )
const entry = (n: number, index: number, at = NOW) =>
  put(disclosures, ["city", tagOf(n)], { event: eventOf(n), index, at })
/** One entry of the past in the log of city. */
const logged = [put(disclosureLogs, ["city"], frontier(1)), entry(1, 0, AN_HOUR_AGO)]

const commit = (row: Partial<Row> & Pick<Row, "comment" | "input">): Row => ({
  action: "commit",
  by: ["city"],
  ...row,
})
const commits: Row[] = [
  commit({
    comment: "the first leaves",
    input: { base: 0, leaves: [leaf(1), leaf(2)] },
    writes: [put(disclosureLogs, ["city"], frontier(1, 2)), entry(1, 0), entry(2, 1)],
  }),
  commit({
    comment: "more on top",
    input: { base: 1, leaves: [leaf(2), leaf(3)] },
    given: logged,
    writes: [put(disclosureLogs, ["city"], frontier(1, 2, 3)), entry(2, 1), entry(3, 2)],
  }),
  commit({
    comment: "tags of other custodians do not matter",
    input: { base: 0, leaves: [leaf(1)] },
    by: ["county"],
    given: logged,
    writes: [
      put(disclosureLogs, ["county"], frontier(1)),
      put(disclosures, ["county", tagOf(1)], { event: eventOf(1), index: 0, at: NOW }),
    ],
  }),
  ...callerRows("commit", { base: 0, leaves: [leaf(1)] }, { other: "payer" }),
  ...[0, 2].map((base) =>
    commit({
      comment: `one leaf is there, not ${base}`,
      input: { base, leaves: [leaf(2)] },
      given: logged,
      rejection: "log_changed_meanwhile",
    }),
  ),
  commit({
    comment: "a tag that is there, with another event: no entry is replaced",
    input: { base: 1, leaves: [{ tag: tagOf(1), event: eventOf(9) }] },
    given: logged,
    rejection: "tag_used",
  }),
  commit({
    comment: "a tag twice among the new ones",
    input: { base: 0, leaves: [leaf(1), leaf(2), { tag: tagOf(1), event: eventOf(9) }] },
    rejection: "tag_used",
  }),
  commit({ comment: "no leaves", input: { base: 0, leaves: [] }, rejection: "bad_input" }),
  commit({
    comment: "a tag of 15 bytes",
    input: { base: 0, leaves: [{ tag: new Uint8Array(15), event: eventOf(1) }] },
    rejection: "bad_input",
  }),
]

const DUE = NOW - 1
const signed = (more: Partial<DisclosurePromise> = {}, { seed = "city", network = NETWORK } = {}) =>
  makePromise(
    { custodian: "city", tag: tagOf(1), event: eventOf(1), includeBy: DUE, key: keyOf(seed), ...more },
    network,
    seedOf(seed),
  )
const given = signed()
const broken = (row: Partial<Row> & Pick<Row, "comment">): Row => ({
  action: "promiseBroken",
  input: { promise: given },
  by: ["payer"],
  ...row,
})
const brokenWrites = (event = eventOf(1), reporter = "payer") => ({
  writes: [put(brokenPromises, ["city", tagOf(1), event], { reporter, includeBy: DUE, at: NOW })],
  events: [{ name: "promiseBroken", data: { custodian: "city", tag: tagOf(1), event, reporter } }],
})
const changed = (name: string, value: unknown): Row =>
  broken({
    comment: `another ${name} than the custodian signed`,
    input: { promise: { ...given, [name]: value } },
    rejection: "bad_promise",
  })

const promises: Row[] = [
  broken({ comment: "due and not there: any member may report it", ...brokenWrites() }),
  broken({
    comment: "another event stands under its tag",
    given: [entry(1, 0)],
    input: { promise: signed({ event: eventOf(9) }) },
    ...brokenWrites(eventOf(9)),
  }),
  broken({
    comment: "the entry came a millisecond late: it was broken",
    given: [entry(1, 0, DUE + 1)],
    ...brokenWrites(),
  }),
  broken({
    comment: "its key was retired since: the word still binds",
    input: { promise: signed({}, { seed: "city spare" }) },
    given: [put(memberKeys, [keyOf("city spare")], keyRow("city", AN_HOUR_AGO, NOW - 10))],
    ...brokenWrites(),
  }),
  broken({
    comment: "by the custodian itself",
    by: ["city"],
    ...brokenWrites(eventOf(1), "city"),
  }),
  ...callerRows("promiseBroken", { promise: given }),
  broken({
    comment: "a key that no member has",
    input: { promise: signed({}, { seed: "nobody" }) },
    rejection: "bad_promise",
  }),
  broken({
    comment: "a promise in the custodian's name by another member's key",
    input: { promise: signed({}, { seed: "county" }) },
    rejection: "bad_promise",
  }),
  broken({
    comment: "a promise for another network",
    input: { promise: signed({}, { network: "other-net" }) },
    rejection: "bad_promise",
  }),
  changed("custodian", "county"),
  changed("tag", tagOf(2)),
  changed("event", eventOf(2)),
  changed("includeBy", DUE - 1),
  changed("key", keyOf("city spare")),
  changed("signature", new Uint8Array(64)),
  broken({
    comment: "at its time it is not yet due",
    input: { promise: signed({ includeBy: NOW }) },
    rejection: "promise_not_due",
  }),
  broken({
    comment: "its key was declared stolen from before the promise was due",
    input: { promise: signed({}, { seed: "city spare" }) },
    given: [
      put(memberKeys, [keyOf("city spare")], {
        ...keyRow("city", AN_HOUR_AGO, NOW - 10),
        compromisedAt: DUE,
      }),
    ],
    rejection: "key_compromised",
  }),
  broken({
    comment: "its key was declared stolen only after the promise was due",
    input: { promise: signed({}, { seed: "city spare" }) },
    given: [
      put(memberKeys, [keyOf("city spare")], {
        ...keyRow("city", AN_HOUR_AGO, NOW - 10),
        compromisedAt: DUE + 1,
      }),
    ],
    ...brokenWrites(),
  }),
  broken({ comment: "the entry came at its time", given: [entry(1, 0, DUE)], rejection: "promise_kept" }),
  broken({
    comment: "it stands already, whoever reported it",
    given: [
      put(brokenPromises, ["city", tagOf(1), eventOf(1)], { reporter: "county", includeBy: DUE, at: DUE }),
    ],
    rejection: "already_reported",
  }),
  broken({ comment: "no promise", input: {}, rejection: "bad_input" }),
]

const evidence = hashOf("evidence")
const mismatch = (row: Partial<Row> & Pick<Row, "comment">): Row => ({
  action: "reportMismatch",
  input: { custodian: "city", evidence },
  by: ["payer"],
  ...row,
})
const reports: Row[] = [
  mismatch({
    comment: "any member may report",
    writes: [put(mismatches, ["city", evidence], { reporter: "payer", at: NOW })],
    events: [{ name: "mismatchReported", data: { custodian: "city", evidence, reporter: "payer" } }],
  }),
  ...callerRows("reportMismatch", { custodian: "city", evidence }),
  mismatch({
    comment: "nobody",
    input: { custodian: "nobody", evidence },
    rejection: "unknown_member",
  }),
  mismatch({
    comment: "the same evidence again",
    given: [put(mismatches, ["city", evidence], { reporter: "county", at: NOW })],
    rejection: "already_reported",
  }),
  mismatch({
    comment: "evidence of 16 bytes",
    input: { custodian: "city", evidence: evidence.subarray(16) },
    rejection: "bad_input",
  }),
]

table(disclosure, [...commits, ...promises, ...reports])

describe("disclosure over several transactions", () => {
  const act = (state: ReturnType<typeof world>, row: Partial<Row>) => {
    const called = runRow(disclosure, { comment: "", action: "", input: {}, by: [], ...row }, state)
    return "rejection" in called ? called.rejection : "accepted"
  }
  const report = { action: "promiseBroken", by: ["payer"], input: { promise: signed({ includeBy: NOW }) } }
  const keep = { action: "commit", by: ["city"], input: { base: 0, leaves: [leaf(1)] } }

  it("a promise is not due, then kept", () => {
    const state = world()
    assert.equal(act(state, { ...report, time: NOW }), "promise_not_due")
    assert.equal(act(state, { ...keep, time: NOW }), "accepted")
    assert.equal(act(state, { ...report, time: NOW + 1 }), "promise_kept")
  })

  it("a promise is broken, and an entry that comes later does not mend it", () => {
    const state = world()
    assert.equal(act(state, { ...report, time: NOW + 1 }), "accepted")
    assert.equal(act(state, { ...keep, time: NOW + 2 }), "accepted")
    assert.notEqual(act(state, { ...report, time: NOW + 3 }), "accepted")
    assert.equal(state.get(brokenPromises, ["city", tagOf(1), eventOf(1)])?.at, NOW + 1)
  })

  it("of two promises for one tag one is broken", () => {
    const state = world()
    act(state, { ...keep, time: NOW })
    const other = { promise: signed({ includeBy: NOW, event: eventOf(2) }) }
    assert.equal(act(state, { ...report, input: other, time: NOW + 1 }), "accepted")
  })

  it("an entry that comes after its time does not count as kept", () => {
    const state = world()
    act(state, { ...keep, time: NOW + 60_000 })
    assert.equal(act(state, { ...report, time: NOW + 60_001 }), "accepted")
  })

  it("a promise made with a stolen key after it was reported stolen binds nobody", () => {
    const state = world().write([
      put(memberKeys, [keyOf("city spare")], {
        ...keyRow("city", AN_HOUR_AGO, NOW - 1000),
        compromisedAt: NOW - 2000,
      }),
    ])
    const forged = { promise: signed({ includeBy: NOW }, { seed: "city spare" }) }
    assert.equal(act(state, { ...report, input: forged, time: NOW + 1 }), "key_compromised")
  })
})
