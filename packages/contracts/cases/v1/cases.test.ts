import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { caseId, type MemberId, type PublicKey, processHash, put, stepsByKeys, type Write } from "@aceso/core"
import { days } from "@aceso/core/process/define.ts"
import { activations, licences, memberKeys, members } from "../../governance/v1/governance.ts"
import { question, supply } from "../../testing/processes.ts"
import { call, endOf, type MemoryState } from "../../testing/state.ts"
import { type Row, table } from "../../testing/table.ts"
import { hashOf, keyOf, keyRow, memberRow, NOW, world } from "../../testing/world.ts"
import {
  type Case,
  caseDays,
  caseKeys,
  casePurses,
  caseSteps,
  cases,
  casesOf,
  casesOfDay,
  forgottenCases,
  MAX_DEMANDS,
  paidInAdvance,
} from "./cases.ts"

const contract = casesOf([question, supply])
const ann = keyOf("ann's case key")
const MINUTE = Math.floor(NOW / 60_000)
const DAY = 24 * 3600 * 1000
const random = hashOf("random")
const id = caseId(MINUTE, ann, random)
const asked = hashOf("a question")

const activation = (process: typeof question): Write =>
  put(activations, [`cases.${process.name}`], {
    versions: [{ version: process.version, sources: processHash(process), height: 1 }],
  })
const goods: readonly Write[] = [
  activation(supply),
  put(members, ["maker"], memberRow("maker", "supplier")),
  put(memberKeys, [keyOf("maker")], keyRow("maker")),
]

const asking = {
  process: "question",
  minute: MINUTE,
  random,
  parties: [
    { party: "patient", key: ann },
    { party: "hospital", member: "city" },
  ],
  documents: [asked],
  capabilities: [],
}
const ordering = {
  process: "supply",
  minute: MINUTE,
  random,
  parties: [
    { party: "supplier", member: "maker" },
    { party: "person", key: ann },
  ],
  documents: [hashOf("an order")],
  capabilities: [],
}
const party = (name: string, member: MemberId | null, key: PublicKey | null = null) => ({
  party: name,
  member,
  key,
})
const fresh: Case = {
  process: "question",
  version: 1,
  state: "asked",
  openedAt: NOW,
  since: NOW,
  endsAt: NOW + days(365),
  size: 1,
  parties: [party("patient", null, ann), party("hospital", "city"), party("authority", null)],
  counters: [],
  documents: [{ name: "Communication", at: 0 }],
  tags: [],
  capabilities: [],
  demands: [],
}
const opening = (document = asked) => ({
  step: "open",
  party: "patient",
  documents: [{ name: "Communication", commitment: document }],
  isAssisted: false,
  at: NOW,
})
const forgetDay = (at: number) => Math.floor(at / DAY) + 1

const open = (more: Partial<Row> & Pick<Row, "comment">): Row => ({
  action: "open",
  input: asking,
  by: [ann, "authority"],
  given: [activation(question)],
  ...more,
})
const order = (more: Partial<Row> & Pick<Row, "comment">): Row => ({
  action: "open",
  input: ordering,
  by: ["city"],
  given: goods,
  ...more,
})

const paper = keyOf("a key on paper")
const onPaper = {
  ...ordering,
  parties: [{ party: "supplier", member: "maker" }],
  capabilities: [{ key: paper, party: "person", step: "receive" }],
}

const opens: Row[] = [
  open({
    comment: "a patient, with the authority as sponsor, which stands nowhere in the rows",
    writes: [
      put(cases, [id], fresh),
      put(caseSteps, [id, 0], opening()),
      put(caseKeys, [ann], { case: id }),
      put(casePurses, [id], { left: paidInAdvance(question) }),
      put(caseDays, [forgetDay(NOW + days(730))], { count: 1 }),
      put(casesOfDay, [forgetDay(NOW + days(730)), 0], { case: id }),
      put(forgottenCases, [], { day: Math.floor(NOW / DAY), count: 0 }),
    ],
    events: [
      {
        name: "opened",
        data: { case: id, process: "question", version: 1, state: "asked", members: ["city"], keys: [ann] },
      },
    ],
    chargedTo: "authority",
  }),
  open({ comment: "a network without it", given: [], rejection: "unknown_process" }),
  open({
    comment: "a process of a version that this release does not have",
    given: [
      put(activations, ["cases.question"], {
        versions: [{ version: 2, sources: processHash(question), height: 1 }],
      }),
    ],
    rejection: "unknown_process",
  }),
  open({ comment: "nobody pays", by: [ann], rejection: "sponsor_must_sign" }),
  open({ comment: "the key did not sign", by: ["authority", "city"], rejection: "opener_must_sign" }),
  open({
    comment: "no key is given",
    input: { ...asking, parties: [{ party: "hospital", member: "city" }] },
    rejection: "opener_must_sign",
  }),
  open({ comment: "two sponsors", by: [ann, "authority", "city"], rejection: "too_many_signers" }),
  open({ comment: "a sponsor who is no member", by: [ann, "nobody"], rejection: "unknown_key" }),
  open({ comment: "a suspended sponsor", by: [ann, "shut"], rejection: "member_suspended" }),
  open({ comment: "a sponsor's key that has ended", by: [ann, "city old"], rejection: "key_not_valid" }),
  open({
    comment: "a member's key as case key",
    input: { ...asking, parties: [{ party: "patient", key: keyOf("payer") }, asking.parties[1]] },
    by: ["payer", "authority"],
    rejection: "key_of_a_member",
  }),
  open({
    comment: "an id of an hour ago",
    input: { ...asking, minute: MINUTE - 60 },
    rejection: "case_id_not_new",
  }),
  open({
    comment: "an id of an hour to come",
    input: { ...asking, minute: MINUTE + 60 },
    rejection: "case_id_not_new",
  }),
  open({
    comment: "the very same again",
    given: [activation(question), put(cases, [id], fresh)],
    rejection: "case_exists",
  }),
  open({
    comment: "a key that another case has",
    given: [activation(question), put(caseKeys, [ann], { case: hashOf("another") })],
    rejection: "key_used",
  }),
  open({ comment: "no document", input: { ...asking, documents: [] }, rejection: "documents_differ" }),
  open({
    comment: "a party that is named twice",
    input: { ...asking, parties: [...asking.parties, asking.parties[1]] },
    rejection: "parties_differ",
  }),
  open({
    comment: "a party that comes later",
    input: { ...asking, parties: [...asking.parties, { party: "authority", member: "authority" }] },
    rejection: "parties_differ",
  }),
  open({
    comment: "a party that there is not",
    input: { ...asking, parties: [...asking.parties, { party: "doctor", member: "city" }] },
    rejection: "parties_differ",
  }),
  open({
    comment: "a party without a name",
    input: { ...asking, parties: [asking.parties[0]] },
    rejection: "parties_differ",
  }),
  open({
    comment: "a hospital that is none",
    input: { ...asking, parties: [asking.parties[0], { party: "hospital", member: "payer" }] },
    rejection: "member_does_not_fit",
  }),
  open({
    comment: "a hospital that is no member",
    input: { ...asking, parties: [asking.parties[0], { party: "hospital", member: "elsewhere" }] },
    rejection: "unknown_member",
  }),
  open({
    comment: "a suspended hospital",
    input: { ...asking, parties: [asking.parties[0], { party: "hospital", member: "shut" }] },
    rejection: "member_suspended",
  }),
  open({ comment: "no minute", input: { ...asking, minute: -1 }, rejection: "bad_input" }),
  order({
    comment: "who orders may not keep records",
    by: ["payer"],
    rejection: "not_permitted",
  }),
  order({
    comment: "a key on paper, and a key",
    input: { ...onPaper, parties: ordering.parties },
    rejection: "parties_differ",
  }),
  order({
    comment: "a key on paper for a step of another",
    input: { ...onPaper, capabilities: [{ key: paper, party: "person", step: "confirm" }] },
    rejection: "bad_capability",
  }),
  order({
    comment: "a key on paper for a member",
    input: { ...ordering, capabilities: [{ key: paper, party: "carrier", step: "fetch" }] },
    rejection: "bad_capability",
  }),
  order({
    comment: "a key on paper that is a member's",
    input: { ...onPaper, capabilities: [{ ...onPaper.capabilities[0], key: keyOf("payer") }] },
    rejection: "key_of_a_member",
  }),
]

const at = (row: Partial<Case>, left = 5): readonly Write[] => [
  put(cases, [id], { ...fresh, ...row }),
  put(caseSteps, [id, 0], opening()),
  put(casePurses, [id], { left }),
]
/** One of the five that are left. */
const paid: readonly Write[] = [put(casePurses, [id], { left: 4 })]
const answer = { case: id, base: 1, step: "answer", documents: [hashOf("an answer")] }
const step = (more: Partial<Row> & Pick<Row, "comment">): Row => ({
  action: "step",
  input: answer,
  by: ["city"],
  given: at({}),
  ...more,
})
const closing = { ...answer, step: "close", documents: [] }
const passing = { ...closing, step: "passOn", names: "authority" }
const supplied: Case = {
  ...fresh,
  process: "supply",
  state: "onItsWay",
  endsAt: NOW + days(30),
  parties: [
    party("orderer", "city"),
    party("supplier", "maker"),
    party("carrier", "payer"),
    party("checker", null),
    party("person", null),
  ],
  documents: [{ name: "SupplyRequest", at: 0 }],
  capabilities: [{ key: paper, party: "person", step: "receive", isUsed: false }],
}
const receive = { case: id, base: 1, step: "receive", documents: [hashOf("a receipt")] }
const stepped = (row: Case, name: string, by: string, member: string | null, documents: string[] = []) => ({
  name: "stepped",
  data: {
    case: id,
    process: row.process,
    version: 1,
    step: name,
    n: 1,
    party: by,
    member,
    state: row.state,
    documents,
    isAssisted: false,
    members: row.parties.flatMap(({ member }) => member ?? []),
    keys: row.parties.flatMap(({ key }) => key ?? []),
  },
})
const answered: Case = { ...fresh, state: "answered", size: 2, documents: [{ name: "Communication", at: 1 }] }
const passed: Case = {
  ...fresh,
  state: "passedOn",
  size: 2,
  parties: [party("patient", null, ann), party("hospital", "city"), party("authority", "authority")],
}

const steps: Row[] = [
  step({
    comment: "the hospital answers, charged to it",
    writes: [
      put(cases, [id], answered),
      put(caseSteps, [id, 1], {
        step: "answer",
        party: "hospital",
        documents: [{ name: "Communication", commitment: hashOf("an answer") }],
        isAssisted: false,
        at: NOW,
      }),
    ],
    events: [stepped(answered, "answer", "hospital", "city", ["Communication"])],
  }),
  step({
    comment: "the patient passes it on, paid in advance",
    input: passing,
    by: [ann],
    prepaid: paid,
    writes: [
      put(cases, [id], passed),
      put(caseSteps, [id, 1], {
        step: "passOn",
        party: "patient",
        documents: [],
        isAssisted: false,
        at: NOW,
      }),
    ],
    events: [stepped(passed, "passOn", "patient", null)],
  }),
  step({ comment: "no such case", input: { ...answer, case: hashOf("none") }, rejection: "unknown_case" }),
  step({
    comment: "a case of a process that this release does not have",
    given: at({ process: "elsewhere" }),
    rejection: "unknown_case",
  }),
  step({ comment: "nobody's key", by: ["nobody"], rejection: "not_a_party" }),
  step({ comment: "two strangers", by: ["city", "county"], rejection: "too_many_signers" }),
  step({ comment: "three signers", by: ["city", "county", ann], rejection: "too_many_signers" }),
  step({ comment: "an empty purse", input: closing, by: [ann], given: at({}, 0), rejection: "purse_empty" }),
  step({
    comment: "with an empty purse a sponsor pays",
    input: closing,
    by: [ann, "payer"],
    given: at({}, 0),
    chargedTo: "payer",
    writes: [
      put(cases, [id], { ...fresh, state: "closed", size: 2 }),
      put(caseSteps, [id, 1], { step: "close", party: "patient", documents: [], isAssisted: false, at: NOW }),
    ],
    events: [stepped({ ...fresh, state: "closed" }, "close", "patient", null)],
  }),
  step({
    comment: "a sponsor who is no member",
    input: closing,
    by: [ann, "nobody"],
    rejection: "unknown_key",
  }),
  step({ comment: "a suspended hospital", by: ["shut"], rejection: "member_suspended" }),
  step({ comment: "a key that has ended", by: ["city old"], rejection: "key_not_valid" }),
  step({ comment: "an old base", input: { ...answer, base: 0 }, rejection: "case_changed_meanwhile" }),
  step({
    comment: "a step that there is not",
    input: { ...answer, step: "sing" },
    rejection: "unknown_step",
  }),
  step({ comment: "in another state", given: at({ state: "answered" }), rejection: "not_in_this_state" }),
  step({ comment: "another hospital", by: ["county"], rejection: "not_your_step" }),
  step({
    comment: "a carrier of a kind that may not",
    input: { ...receive, step: "fetch", documents: [] },
    given: [
      ...goods,
      ...at({
        ...supplied,
        state: "ready",
        parties: supplied.parties.map((one) => (one.party === "carrier" ? party("carrier", null) : one)),
      }),
    ],
    by: ["payer"],
    rejection: "not_permitted",
  }),
  step({
    comment: "a key on paper for the second time",
    input: receive,
    given: [...goods, ...at({ ...supplied, capabilities: [{ ...supplied.capabilities[0], isUsed: true }] })],
    by: [paper],
    prepaid: paid,
    rejection: "capability_used",
  }),
  step({ comment: "a case that has ended", given: at({ state: "closed" }), rejection: "case_ended" }),
  step({ comment: "a case whose time is over", time: NOW + days(365), rejection: "case_ended" }),
  step({ comment: "no document", input: { ...answer, documents: [] }, rejection: "documents_differ" }),
  step({ comment: "naming somebody", input: { ...answer, names: "county" }, rejection: "names_differ" }),
  step({ comment: "with a tag", input: { ...answer, tag: hashOf("tag") }, rejection: "tag_differs" }),
  step({
    comment: "naming nobody",
    input: { ...passing, names: "nobody" },
    by: [ann],
    prepaid: paid,
    rejection: "unknown_member",
  }),
  step({
    comment: "naming one that is no authority",
    input: { ...passing, names: "county" },
    by: [ann],
    prepaid: paid,
    rejection: "member_does_not_fit",
  }),
  step({
    comment: "asked once too often",
    input: { ...answer, step: "ask" },
    given: at({ state: "answered", counters: [{ name: "ask", count: 3 }] }),
    by: [ann],
    prepaid: paid,
    rejection: "counter_exhausted",
  }),
  step({
    comment: "who ordered checks",
    input: { ...receive, step: "check", documents: [] },
    given: [
      ...goods,
      ...at({ ...supplied, parties: [party("orderer", "payer"), ...supplied.parties.slice(1)] }),
    ],
    by: ["payer"],
    rejection: "same_member",
  }),
  step({
    comment: "a supplier without the licence that the step wants",
    input: { ...receive, step: "confirm", documents: [asked, hashOf("note")] },
    given: [
      ...goods,
      ...at({ ...supplied, state: "ordered" }),
      put(caseSteps, [id, 0], {
        ...opening(),
        documents: [{ name: "SupplyRequest", commitment: asked }],
      }),
      put(licences, ["maker"], { all: [{ what: "handleDrugs", from: 0, to: null }] }),
    ],
    by: ["maker"],
    rejection: "not_licensed",
  }),
  step({
    comment: "another document than the one ordered",
    input: { ...receive, step: "confirm", documents: [hashOf("another"), hashOf("note")] },
    given: [
      ...goods,
      ...at({ ...supplied, state: "ordered" }),
      put(caseSteps, [id, 0], {
        ...opening(),
        documents: [{ name: "SupplyRequest", commitment: asked }],
      }),
      put(licences, ["maker"], {
        all: [
          { what: "handleDrugs", from: 0, to: null },
          { what: "review", from: 0, to: null },
        ],
      }),
    ],
    by: ["maker"],
    rejection: "document_differs",
  }),
  step({
    comment: "a tag for the second time",
    input: { ...receive, step: "report", documents: [], tag: hashOf("tag") },
    given: [
      ...goods,
      put(members, ["payer"], memberRow("payer", "distributor")),
      ...at({ ...supplied, tags: [hashOf("tag")] }),
    ],
    by: ["payer"],
    rejection: "tag_used",
  }),
  step({
    comment: "cancelled too late",
    input: { ...receive, step: "cancel", documents: [] },
    given: [...goods, ...at({ ...supplied, state: "ready" })],
    time: NOW + days(1),
    rejection: "too_late",
  }),
  step({
    comment: "complained too early",
    input: { ...receive, step: "complain", documents: [] },
    given: [...goods, ...at(supplied)],
    rejection: "too_early",
  }),
  step({ comment: "half a case", input: { ...answer, case: random.slice(1) }, rejection: "bad_input" }),
]

const wants = (action: "demand" | "meet", more: Partial<Row> & Pick<Row, "comment">): Row => ({
  action,
  input: { case: id, n: 0, name: "Communication" },
  by: ["city"],
  given: at(action === "meet" ? { demands: [lacking] } : {}),
  ...more,
})
const lacking = { party: "hospital", n: 0, name: "Communication", at: NOW }
const named = { members: ["city"], keys: [ann] }
const answeredStep = put(caseSteps, [id, 1], {
  step: "answer",
  party: "hospital",
  documents: [{ name: "Communication", commitment: hashOf("an answer") }],
  isAssisted: false,
  at: NOW,
})
const both = (action: "demand" | "meet"): Row[] => [
  wants(action, {
    comment: "no such case",
    input: { case: random, n: 0, name: "Communication" },
    rejection: "unknown_case",
  }),
  wants(action, { comment: "nobody's key", by: ["nobody"], rejection: "not_a_party" }),
  wants(action, { comment: "two strangers", by: ["city", "county"], rejection: "too_many_signers" }),
  wants(action, { comment: "an empty purse", by: [ann], given: at({}, 0), rejection: "purse_empty" }),
  wants(action, { comment: "a sponsor who is no member", by: [ann, "nobody"], rejection: "unknown_key" }),
  wants(action, { comment: "a suspended member", by: ["shut"], rejection: "member_suspended" }),
  wants(action, { comment: "a key that has ended", by: ["city old"], rejection: "key_not_valid" }),
  wants(action, { comment: "no document", input: { case: id, n: 0 }, rejection: "bad_input" }),
]
const demands: Row[] = [
  wants("demand", {
    comment: "the hospital has not got the question",
    writes: [put(cases, [id], { ...fresh, demands: [lacking] })],
    events: [{ name: "demanded", data: { case: id, n: 0, name: "Communication", of: "patient", ...named } }],
  }),
  wants("demand", {
    comment: "the patient has not got the answer, also of a case that has ended",
    input: { case: id, n: 1, name: "Communication" },
    by: [ann],
    given: [...at({ state: "closed", size: 2 }), answeredStep],
    prepaid: paid,
    writes: [
      put(cases, [id], {
        ...fresh,
        state: "closed",
        size: 2,
        demands: [{ party: "patient", n: 1, name: "Communication", at: NOW }],
      }),
    ],
    events: [{ name: "demanded", data: { case: id, n: 1, name: "Communication", of: "hospital", ...named } }],
  }),
  ...both("demand"),
  wants("demand", { comment: "a member that takes no part", by: ["county"], rejection: "not_a_party" }),
  wants("demand", {
    comment: "a step that was not done",
    input: { case: id, n: 5, name: "Communication" },
    rejection: "unknown_document",
  }),
  wants("demand", {
    comment: "a document that the step does not have",
    input: { case: id, n: 0, name: "Task" },
    rejection: "unknown_document",
  }),
  wants("demand", { comment: "one's own document", by: [ann], prepaid: paid, rejection: "own_document" }),
  wants("demand", {
    comment: "the same again",
    given: at({ demands: [lacking] }),
    rejection: "already_demanded",
  }),
  wants("demand", {
    comment: "one too many",
    given: at({ demands: Array.from({ length: MAX_DEMANDS }, (_, n) => ({ ...lacking, n: n + 1 })) }),
    rejection: "too_many_demands",
  }),
  wants("meet", {
    comment: "the hospital has it",
    writes: [put(cases, [id], fresh)],
    events: [{ name: "demandMet", data: { case: id, n: 0, name: "Communication", ...named } }],
  }),
  ...both("meet"),
  wants("meet", { comment: "another's demand", by: [ann], prepaid: paid, rejection: "not_demanded" }),
  wants("meet", { comment: "what nobody demanded", given: at({}), rejection: "not_demanded" }),
]

table(contract, [...opens, ...steps, ...demands])

describe("cases", () => {
  const opened = (state: MemoryState, { minute = MINUTE, time = NOW, key = ann } = {}) =>
    call(
      state,
      contract,
      "open",
      { ...asking, minute, parties: [{ party: "patient", key }, asking.parties[1]] },
      { signers: [key, keyOf("authority")], time },
    )

  it("charge whoever opens for every step that keys can take, and for some attempts", () => {
    const called = opened(world().write([activation(question)]))
    assert.ok("events" in called)
    assert.equal(called.inAdvance, stepsByKeys(question) + 8)
  })

  it("an opening that somebody else saw on its way does not take its id", () => {
    const other = keyOf("somebody else")
    const state = world().write([activation(question)])
    const input = { ...asking, parties: [{ party: "patient", key: other }, asking.parties[1]] }
    assert.ok(
      "events" in call(state, contract, "open", input, { signers: [other, keyOf("payer")], time: NOW }),
    )
    assert.ok("events" in opened(state))
  })

  it("a party without a device takes its step by a key on paper, which is told as assisted", () => {
    const state = world().write(goods)
    const called = call(state, contract, "open", onPaper, { signers: [keyOf("city")], time: NOW })
    assert.ok("events" in called, "rejection" in called ? called.rejection : "")
    const opened = called.events[0].data.case as Uint8Array
    const row = state.get(cases, [opened])
    assert.ok(row)
    state.write([put(cases, [opened], { ...row, state: "onItsWay", since: NOW, parties: supplied.parties })])
    const input = { ...receive, case: opened }
    const done = call(state, contract, "step", input, { signers: [paper], time: NOW })
    assert.ok("events" in done, "rejection" in done ? done.rejection : "")
    assert.equal(done.events[0].data.isAssisted, true)
    assert.equal(state.get(cases, [opened])?.capabilities[0].isUsed, true)
    assert.equal(state.get(caseSteps, [opened, 1])?.isAssisted, true)
  })

  it("whoever fits and acts first is the party from then on", () => {
    const row = {
      ...supplied,
      parties: supplied.parties.map((one) => (one.party === "carrier" ? party("carrier", null) : one)),
    }
    const state = world().write([
      ...goods,
      put(members, ["payer"], memberRow("payer", "distributor")),
      put(members, ["rival"], memberRow("rival", "distributor")),
      put(memberKeys, [keyOf("rival")], keyRow("rival")),
      ...at({ ...row, state: "ready" }),
    ])
    const fetch = (by: string, base: number, name = "fetch") =>
      call(
        state,
        contract,
        "step",
        { ...receive, base, step: name, documents: [] },
        { signers: [keyOf(by)], time: NOW },
      )
    assert.ok("events" in fetch("payer", 1))
    const other = fetch("rival", 2, "giveBack")
    assert.equal("rejection" in other && other.rejection, "not_your_step")
    assert.ok("events" in fetch("payer", 2, "giveBack"))
  })

  it("a deadline that passed is no state any more in which the step could be done", () => {
    const state = world().write([activation(question), ...at({ state: "answered", since: NOW })])
    const late = call(state, contract, "step", { ...closing }, { signers: [ann], time: NOW + days(60) })
    assert.equal("rejection" in late && late.rejection, "case_ended")
  })

  it("are forgotten when their time is over, in the block that follows, a bounded number at once; keys stay used", () => {
    const state = world().write([activation(question)])
    const count = 300
    for (let i = 0; i < count; i++) assert.ok("events" in opened(state, { key: keyOf(`key ${i}`) }))
    const ids = Array.from({ length: count }, (_, i) => caseId(MINUTE, keyOf(`key ${i}`), random))
    const there = () => ids.filter((one) => state.get(cases, [one])).length
    const keptUntil = NOW + days(730)
    const ends = (time: number) => endOf(state, contract, { time })
    // A day at a time: nothing is deleted before its day has come.
    let blocks = 0
    for (let time = NOW; time <= keptUntil; time += days(30)) ends(time)
    assert.equal(there(), count)
    for (; there() > 0 && blocks < 100; blocks++) ends(keptUntil + 2 * DAY)
    assert.equal(there(), 0)
    assert.ok(blocks > 1 && blocks < 10, `${blocks} blocks`)
    for (const one of ids) {
      assert.equal(state.get(caseSteps, [one, 0]), undefined)
      assert.equal(state.get(casePurses, [one]), undefined)
    }
    const again = opened(state, {
      minute: Math.floor(keptUntil / 60_000),
      time: keptUntil,
      key: keyOf("key 7"),
    })
    assert.equal("rejection" in again && again.rejection, "key_used")
    const old = opened(state, { time: keptUntil, key: keyOf("key 700") })
    assert.equal("rejection" in old && old.rejection, "case_id_not_new")
  })
})
