import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type Bytes, domainHash, type EventOut, type GenesisDocument, put, type Write } from "@aceso/core"
import { MemoryState, shown } from "../../testing/state.ts"
import { callerRows, type Row, runRow, table } from "../../testing/table.ts"
import { AN_HOUR_AGO, hashOf, keyOf, keyRow, memberRow, NOW, world } from "../../testing/world.ts"
import {
  directories,
  electorate,
  genesisRows,
  governance,
  memberKeys,
  members,
  PROPOSAL_LIFETIME_MS,
  proposals,
} from "./governance.ts"

const VOTERS = ["authority", "city", "county"]

const admit = (member: string, kind = "custodian", key = keyOf(member)) => ({
  do: "admit" as const,
  member,
  name: `Member ${member}`,
  kind: kind as "custodian",
  url: `https://${member}.example`,
  key,
})
const suspend = (member: string) => ({ do: "suspend" as const, member })
const reinstate = (member: string) => ({ do: "reinstate" as const, member })
type Change = ReturnType<typeof admit> | ReturnType<typeof suspend> | ReturnType<typeof reinstate>

const without = (name: string): object => {
  const { [name]: _, ...rest } = admit("new") as Record<string, unknown>
  return rest
}

const idOf = (proposer: string, changes: readonly Change[], height = 1): Bytes =>
  domainHash("proposal", proposer, height, [...changes])

const proposal = (
  changes: readonly Change[],
  more: Partial<{
    yes: string[]
    no: string[]
    openedAt: number
    status: "open" | "passed" | "rejected"
  }> = {},
) => ({
  proposer: "authority",
  changes,
  voters: VOTERS,
  yes: ["authority"],
  no: [],
  openedAt: NOW,
  status: "open" as const,
  ...more,
})
type ProposalRow = ReturnType<typeof proposal>

const ADMIT = [admit("new")]
const ID = idOf("authority", ADMIT)
const opened = (more: Parameters<typeof proposal>[1] = {}, changes: readonly Change[] = ADMIT): Write =>
  put(proposals, [ID], proposal(changes, more))
const founderAlone = put(electorate, [], { voters: ["authority"] })
const event = (name: string, proposal: Bytes = ID): EventOut[] => [{ name, data: { proposal } }]
const admission = (member: string, kind = "custodian", time = NOW): Write[] => [
  put(members, [member], { ...memberRow(member, kind as "custodian"), admittedAt: time }),
  put(memberKeys, [keyOf(member)], keyRow(member, time)),
]

const refusedChanges: readonly [rejection: string, comment: string, change: object][] = [
  ["member_incomplete", "a new member without a name", without("name")],
  ["member_incomplete", "a new member without a kind", without("kind")],
  ["member_incomplete", "a new member without a url", without("url")],
  ["member_incomplete", "a new member without a key", without("key")],
  ["member_exists", "a member of that name is there", admit("payer", "insurer", keyOf("other"))],
  ["member_exists", "also a suspended member is there", admit("shut")],
  ["key_exists", "the key of another member", admit("new", "custodian", keyOf("city"))],
  ["key_exists", "also a retired key", admit("new", "custodian", keyOf("city old"))],
  ["unknown_member", "nobody to suspend", suspend("nobody")],
  ["unknown_member", "nobody to reinstate", reinstate("nobody")],
  ["bad_input", "an unknown change", { do: "delete", member: "city" }],
  ["bad_input", "a kind that there is not", admit("new", "bank")],
  ["bad_input", "a name with capital letters", admit("New")],
  ["bad_input", "a key that is too short", admit("new", "custodian", new Uint8Array(31))],
]

const refusedTogether: readonly [rejection: string, comment: string, changes: readonly Change[]][] = [
  ["changed_twice", "one member suspended twice", [suspend("payer"), suspend("payer")]],
  ["changed_twice", "one member suspended and reinstated", [suspend("payer"), reinstate("payer")]],
  ["changed_twice", "a new member suspended at once", [admit("new"), suspend("new")]],
  [
    "changed_twice",
    "one member admitted with two keys",
    [admit("new"), admit("new", "insurer", keyOf("new two"))],
  ],
  ["changed_twice", "one key for two members", [admit("new"), admit("newer", "custodian", keyOf("new"))]],
  ["changed_twice", "not side by side", [admit("new"), suspend("payer"), suspend("shut"), suspend("payer")]],
  ["no_voter_left", "all voters suspended", VOTERS.map(suspend)],
  [
    "no_voter_left",
    "a new member that has no vote takes nobody's place",
    [...VOTERS.map(suspend), admit("cover", "insurer"), reinstate("payer")],
  ],
]

const propose: Row[] = [
  {
    action: "propose",
    comment: "a custodian opens it with its own yes; others must follow",
    input: { changes: ADMIT },
    by: ["city"],
    writes: [put(proposals, [idOf("city", ADMIT)], { ...proposal(ADMIT), proposer: "city", yes: ["city"] })],
    events: event("proposalOpen", idOf("city", ADMIT)),
  },
  {
    action: "propose",
    comment: "the founder alone decides at once",
    input: { changes: ADMIT },
    by: ["authority"],
    given: [founderAlone],
    writes: [
      put(proposals, [ID], { ...proposal(ADMIT, { status: "passed" }), voters: ["authority"] }),
      ...admission("new"),
      put(electorate, [], { voters: ["authority", "new"] }),
    ],
    events: event("proposalPassed"),
  },
  {
    action: "propose",
    comment: "several changes in order, and an insurer gets no vote",
    input: { changes: [admit("new"), admit("cover", "insurer"), suspend("payer"), reinstate("shut")] },
    by: ["authority"],
    given: [founderAlone],
    writes: (() => {
      const changes = [admit("new"), admit("cover", "insurer"), suspend("payer"), reinstate("shut")]
      return [
        put(proposals, [idOf("authority", changes)], {
          ...proposal(changes, { status: "passed" }),
          voters: ["authority"],
        }),
        ...admission("new"),
        ...admission("cover", "insurer"),
        put(members, ["payer"], memberRow("payer", "insurer", "suspended")),
        put(members, ["shut"], memberRow("shut", "custodian")),
        put(electorate, [], { voters: ["authority", "new", "shut"] }),
      ]
    })(),
    events: event(
      "proposalPassed",
      idOf("authority", [admit("new"), admit("cover", "insurer"), suspend("payer"), reinstate("shut")]),
    ),
  },
  {
    action: "propose",
    comment: "the founder may leave when another voter comes with the same proposal",
    input: { changes: [suspend("authority"), admit("new")] },
    by: ["authority"],
    given: [founderAlone],
    writes: [
      put(proposals, [idOf("authority", [suspend("authority"), admit("new")])], {
        ...proposal([suspend("authority"), admit("new")], { status: "passed" }),
        voters: ["authority"],
      }),
      put(members, ["authority"], memberRow("authority", "authority", "suspended")),
      ...admission("new"),
      put(electorate, [], { voters: ["new"] }),
    ],
    events: event("proposalPassed", idOf("authority", [suspend("authority"), admit("new")])),
  },
  {
    action: "propose",
    comment: "the same changes at another height are another proposal",
    input: { changes: ADMIT },
    by: ["authority"],
    height: 2,
    given: [opened()],
    writes: [put(proposals, [idOf("authority", ADMIT, 2)], proposal(ADMIT))],
    events: event("proposalOpen", idOf("authority", ADMIT, 2)),
  },
  ...callerRows("propose", { changes: ADMIT }, { other: "payer" }),
  ...refusedChanges.flatMap(([rejection, comment, change]): Row[] => [
    { action: "propose", rejection, comment, input: { changes: [change] }, by: ["city"] },
    {
      action: "propose",
      rejection,
      comment: `${comment}, after a good change`,
      input: { changes: [admit("fine"), change] },
      by: ["city"],
    },
  ]),
  {
    action: "propose",
    comment: "the founder cannot suspend itself while it is alone",
    input: { changes: [suspend("authority")] },
    by: ["authority"],
    given: [founderAlone],
    rejection: "no_voter_left",
  },
  ...refusedTogether.map(
    ([rejection, comment, changes]): Row => ({
      action: "propose",
      rejection,
      comment,
      input: { changes },
      by: ["city"],
    }),
  ),
  {
    action: "propose",
    comment: "the same proposal again in one block",
    input: { changes: ADMIT },
    by: ["authority"],
    given: [opened()],
    rejection: "already_proposed",
  },
  { action: "propose", comment: "no changes", input: { changes: [] }, by: ["city"], rejection: "bad_input" },
  {
    action: "propose",
    comment: "17 changes",
    input: { changes: Array.from({ length: 17 }, (_, i) => admit(`m${i}`)) },
    by: ["city"],
    rejection: "bad_input",
  },
]

const vote = (row: Partial<Row> & Pick<Row, "comment">, yes = true): Row => ({
  action: "vote",
  input: { proposal: ID, yes },
  by: ["city"],
  given: [opened()],
  ...row,
})

const votes: Row[] = [
  vote({
    comment: "2 of 3 are more than half: it passes and takes effect",
    writes: [
      opened({ yes: ["authority", "city"], status: "passed" }),
      ...admission("new"),
      put(electorate, [], { voters: [...VOTERS, "new"] }),
    ],
    events: event("proposalPassed"),
  }),
  vote(
    {
      comment: "one no of 3 leaves it open",
      writes: [opened({ no: ["city"] })],
      events: event("proposalOpen"),
    },
    false,
  ),
  vote(
    {
      comment: "the second no of 3 ends it: half can no longer be passed",
      by: ["county"],
      given: [opened({ no: ["city"] })],
      writes: [opened({ no: ["city", "county"], status: "rejected" })],
      events: event("proposalRejected"),
    },
    false,
  ),
  vote({
    comment: "2 of 4 are not more than half",
    given: [put(proposals, [ID], { ...proposal(ADMIT), voters: [...VOTERS, "fourth"] })],
    writes: [
      put(proposals, [ID], {
        ...proposal(ADMIT, { yes: ["authority", "city"] }),
        voters: [...VOTERS, "fourth"],
      }),
    ],
    events: event("proposalOpen"),
  }),
  vote(
    {
      comment: "one no of 2 ends it",
      given: [put(proposals, [ID], { ...proposal(ADMIT), voters: ["authority", "city"] })],
      writes: [
        put(proposals, [ID], {
          ...proposal(ADMIT, { no: ["city"], status: "rejected" }),
          voters: ["authority", "city"],
        }),
      ],
      events: event("proposalRejected"),
    },
    false,
  ),
  vote({
    comment: "the last millisecond of the 14 days",
    time: NOW + PROPOSAL_LIFETIME_MS - 1,
    writes: [
      opened({ yes: ["authority", "city"], status: "passed" }),
      ...admission("new", "custodian", NOW + PROPOSAL_LIFETIME_MS - 1),
      put(electorate, [], { voters: [...VOTERS, "new"] }),
    ],
    events: event("proposalPassed"),
  }),
  ...(
    [
      ["a member that was admitted meanwhile stays as it is", [admit("payer")], VOTERS],
      [
        "a key that was taken meanwhile is not taken over",
        [admit("new", "custodian", keyOf("payer"))],
        VOTERS,
      ],
      ["a member that is not there cannot be suspended", [suspend("nobody")], VOTERS],
      ["the last voter is not suspended", [suspend("authority")], ["authority"]],
      ["not even the change that is still possible, after it", [admit("payer"), admit("new")], VOTERS],
      ["not even the change that is still possible, before it", [admit("new"), suspend("nobody")], VOTERS],
    ] as const
  ).map(
    ([comment, changes, voters]): Row =>
      vote({
        comment: `what became impossible has no effect: ${comment}`,
        given: [opened({}, changes), put(electorate, [], { voters })],
        writes: [opened({ yes: ["authority", "city"], status: "passed" }, changes)],
        events: event("proposalWithoutEffect"),
      }),
  ),
  ...callerRows("vote", { proposal: ID, yes: true }, { other: "payer" }),
  vote({
    comment: "no proposal has this id",
    input: { proposal: hashOf("else"), yes: true },
    rejection: "unknown_proposal",
  }),
  vote({
    comment: "it has passed",
    given: [opened({ yes: ["authority", "county"], status: "passed" })],
    rejection: "proposal_closed",
  }),
  vote({
    comment: "it was rejected",
    given: [opened({ no: ["county"], status: "rejected" })],
    rejection: "proposal_closed",
  }),
  vote({ comment: "at 14 days", time: NOW + PROPOSAL_LIFETIME_MS, rejection: "proposal_lapsed" }),
  vote({
    comment: "a custodian that was admitted after it was opened",
    given: [put(proposals, [ID], { ...proposal(ADMIT), voters: ["authority", "county"] })],
    rejection: "not_a_voter",
  }),
  vote({ comment: "the proposer has voted by proposing", by: ["authority"], rejection: "already_voted" }),
  vote(
    {
      comment: "nobody changes its no to a yes",
      given: [opened({ no: ["city"] })],
      rejection: "already_voted",
    },
    true,
  ),
  vote({ comment: "no answer", input: { proposal: ID }, rejection: "bad_input" }),
]

const registerKey: Row[] = [
  {
    action: "registerKey",
    comment: "a new key, signed by itself and by a key of the member; any kind of member",
    input: { key: keyOf("payer two") },
    by: ["payer", "payer two"],
    writes: [put(memberKeys, [keyOf("payer two")], keyRow("payer", NOW))],
    events: [{ name: "keyRegistered", data: { member: "payer", key: keyOf("payer two") } }],
  },
  ...callerRows("registerKey", { key: keyOf("city two") }, { alsoBy: [keyOf("city two")] }),
  {
    action: "registerKey",
    comment: "without the new key's signature a member could register another's key",
    input: { key: keyOf("city two") },
    by: ["city"],
    rejection: "new_key_must_sign",
  },
  {
    action: "registerKey",
    comment: "the new key alone",
    input: { key: keyOf("city two") },
    by: ["city two"],
    rejection: "new_key_must_sign",
  },
  {
    action: "registerKey",
    comment: "two signatures, neither of the new key",
    input: { key: keyOf("city two") },
    by: ["city", "city spare"],
    rejection: "new_key_must_sign",
  },
  {
    action: "registerKey",
    comment: "one signature too many",
    input: { key: keyOf("city two") },
    by: ["city", "city spare", "city two"],
    rejection: "new_key_must_sign",
  },
  {
    action: "registerKey",
    comment: "a key of its own",
    input: { key: keyOf("city spare") },
    by: ["city", "city spare"],
    rejection: "key_exists",
  },
  {
    action: "registerKey",
    comment: "a retired key does not come back",
    input: { key: keyOf("city old") },
    by: ["city", "city old"],
    rejection: "key_exists",
  },
  {
    action: "registerKey",
    comment: "a key of 33 bytes",
    input: { key: new Uint8Array(33) },
    by: ["city"],
    rejection: "bad_input",
  },
]

const retired = (compromisedAt: number | null): Write =>
  put(memberKeys, [keyOf("city spare")], { ...keyRow("city"), to: NOW, compromisedAt })
const retireKey: Row[] = [
  {
    action: "retireKey",
    comment: "its row stays, with an end",
    input: { key: keyOf("city spare") },
    by: ["city"],
    writes: [retired(null)],
    events: [{ name: "keyRetired", data: { member: "city", key: keyOf("city spare") } }],
  },
  ...(
    [
      ["the time from which it was in wrong hands", NOW - 1000],
      ["the time from which it was valid: it was always in wrong hands", AN_HOUR_AGO],
      ["this very time", NOW],
    ] as const
  ).map(
    ([comment, compromisedAt]): Row => ({
      action: "retireKey",
      comment: `with ${comment}`,
      input: { key: keyOf("city spare"), compromisedAt },
      by: ["city"],
      writes: [retired(compromisedAt)],
      events: [{ name: "keyRetired", data: { member: "city", key: keyOf("city spare") } }],
    }),
  ),
  ...callerRows("retireKey", { key: keyOf("city spare") }),
  {
    action: "retireKey",
    comment: "a key that no member has",
    input: { key: keyOf("nobody") },
    by: ["city"],
    rejection: "unknown_key",
  },
  {
    action: "retireKey",
    comment: "a key of another member",
    input: { key: keyOf("county") },
    by: ["city"],
    rejection: "unknown_key",
  },
  {
    action: "retireKey",
    comment: "a key does not retire itself: a member keeps at least one",
    input: { key: keyOf("city") },
    by: ["city"],
    rejection: "sign_with_another_key",
  },
  {
    action: "retireKey",
    comment: "its end does not move",
    input: { key: keyOf("city old") },
    by: ["city"],
    rejection: "already_retired",
  },
  ...(
    [
      ["before the key was valid", AN_HOUR_AGO - 1],
      ["in the future", NOW + 1],
    ] as const
  ).map(
    ([comment, compromisedAt]): Row => ({
      action: "retireKey",
      comment: `in wrong hands ${comment}`,
      input: { key: keyOf("city spare"), compromisedAt },
      by: ["city"],
      rejection: "bad_time",
    }),
  ),
  { action: "retireKey", comment: "no key", input: {}, by: ["city"], rejection: "bad_input" },
]

const setDirectory: Row[] = [
  {
    action: "setDirectory",
    comment: "the first version, also of an insurer",
    input: { base: 0, root: hashOf("staff") },
    by: ["payer"],
    writes: [put(directories, ["payer"], { version: 1, root: hashOf("staff") })],
  },
  {
    action: "setDirectory",
    comment: "the next version",
    input: { base: 4, root: hashOf("staff") },
    by: ["city"],
    given: [put(directories, ["city"], { version: 4, root: hashOf("older") })],
    writes: [put(directories, ["city"], { version: 5, root: hashOf("staff") })],
  },
  ...callerRows("setDirectory", { base: 0, root: hashOf("staff") }),
  ...[3, 5].map(
    (base): Row => ({
      action: "setDirectory",
      comment: `version 4 is there, not ${base}`,
      input: { base, root: hashOf("staff") },
      by: ["city"],
      given: [put(directories, ["city"], { version: 4, root: hashOf("older") })],
      rejection: "directory_changed_meanwhile",
    }),
  ),
  {
    action: "setDirectory",
    comment: "a negative version",
    input: { base: -1, root: hashOf("staff") },
    by: ["city"],
    rejection: "bad_input",
  },
]

const moved = "https://new.example"
const setUrl: Row[] = [
  {
    action: "setUrl",
    comment: "a member's own address, also an insurer's",
    input: { url: moved },
    by: ["payer"],
    writes: [
      put(members, ["payer"], {
        ...(world().get(members, ["payer"]) as never as object),
        url: moved,
      } as never),
    ],
  },
  ...callerRows("setUrl", { url: moved }),
  { action: "setUrl", comment: "no address", input: { url: "" }, by: ["city"], rejection: "bad_input" },
]

table(governance, [...propose, ...votes, ...registerKey, ...retireKey, ...setDirectory, ...setUrl])

describe("governance over several transactions", () => {
  const act = (state: MemoryState, action: string, by: string, input: unknown, height = 1) => {
    const called = runRow(governance, { action, by: [by], input, comment: "", height }, state)
    return "rejection" in called ? called.rejection : (called.events[0]?.name ?? "accepted")
  }
  const status = (state: MemoryState, id: Bytes) => (state.get(proposals, [id]) as ProposalRow).status

  it("genesis gives the founder the only vote", () => {
    const founder = {
      member: "authority",
      name: "Authority",
      key: keyOf("authority"),
      url: "https://a.example",
    }
    const state = new MemoryState().write(genesisRows({ founder, time: NOW } as GenesisDocument))
    assert.deepEqual(
      state.changesSince(new MemoryState()),
      shown([
        put(members, ["authority"], {
          name: "Authority",
          kind: "authority",
          url: "https://a.example",
          status: "active",
          admittedAt: NOW,
        }),
        put(memberKeys, [keyOf("authority")], keyRow("authority", NOW)),
        put(electorate, [], { voters: ["authority"] }),
      ]),
    )
    assert.equal(act(state, "propose", "authority", { changes: [admit("city")] }), "proposalPassed")
    assert.equal(act(state, "propose", "authority", { changes: [admit("county")] }), "proposalOpen")
  })

  it("a ballot counts for the proposal that it names and for no other", () => {
    const state = world()
    const [one, two] = [[admit("one")], [admit("two")]]
    act(state, "propose", "authority", { changes: one })
    act(state, "propose", "authority", { changes: two })
    assert.equal(
      act(state, "vote", "city", { proposal: idOf("authority", one), yes: true }),
      "proposalPassed",
    )
    assert.equal(status(state, idOf("authority", two)), "open")
    assert.deepEqual(state.get(proposals, [idOf("authority", two)])?.yes, ["authority"])
    assert.equal(state.get(members, ["two"]), undefined)
  })

  it("the id names proposer, height and changes", () => {
    const ids = [
      idOf("authority", ADMIT),
      idOf("city", ADMIT),
      idOf("authority", ADMIT, 2),
      idOf("authority", [admit("new", "insurer")]),
    ]
    assert.equal(new Set(ids.map((id) => id.join())).size, ids.length)
  })

  it("a suspended member's vote is gone for later proposals; in open ones it stays counted", () => {
    const state = world()
    const early = [admit("early")]
    act(state, "propose", "county", { changes: early })
    const id = idOf("county", early)
    act(state, "propose", "authority", { changes: [suspend("county")] })
    act(state, "vote", "city", { proposal: idOf("authority", [suspend("county")]), yes: true })
    assert.deepEqual(state.get(electorate, []), { voters: ["authority", "city"] })
    // Its ballot stands, the majority is still that of three, and while suspended it casts no other.
    assert.deepEqual(state.get(proposals, [id])?.voters, VOTERS)
    assert.equal(act(state, "vote", "city", { proposal: id, yes: true }), "proposalPassed")
    assert.equal(act(state, "propose", "county", { changes: [admit("later")] }), "member_suspended")
    act(state, "propose", "authority", { changes: [admit("later")] }, 9)
    assert.deepEqual(state.get(proposals, [idOf("authority", [admit("later")], 9)])?.voters, [
      "authority",
      "city",
      "early",
    ])
  })

  it("who is reinstated votes again in what was open, and last in the list of voters", () => {
    const state = world()
    act(state, "propose", "authority", { changes: ADMIT })
    const out = [suspend("city")]
    act(state, "propose", "authority", { changes: out })
    act(state, "vote", "county", { proposal: idOf("authority", out), yes: true })
    assert.equal(act(state, "vote", "city", { proposal: ID, yes: true }), "member_suspended")
    const back = [reinstate("city")]
    act(state, "propose", "authority", { changes: back })
    act(state, "vote", "county", { proposal: idOf("authority", back), yes: true })
    assert.deepEqual(state.get(electorate, []), { voters: ["authority", "county", "city"] })
    assert.equal(act(state, "vote", "city", { proposal: ID, yes: true }), "proposalPassed")
  })

  it("of two proposals that admit one name the first wins, and the second changes nothing of it", () => {
    const state = world()
    const [first, second] = [[admit("new")], [admit("new", "insurer", keyOf("new two"))]]
    act(state, "propose", "authority", { changes: first })
    act(state, "propose", "city", { changes: second })
    act(state, "vote", "city", { proposal: idOf("authority", first), yes: true })
    const before = state.copy()
    assert.equal(
      act(state, "vote", "authority", { proposal: idOf("city", second), yes: true }),
      "proposalWithoutEffect",
    )
    assert.deepEqual(Object.keys(state.changesSince(before)).length, 1)
    assert.equal(state.get(memberKeys, [keyOf("new two")]), undefined)
  })

  it("every voter's yes and no over 1 to 7 voters: more than half, and never both", () => {
    for (let n = 1; n <= 7; n++)
      for (let ballots = 0; ballots < 2 ** (n - 1); ballots++) {
        const names = Array.from({ length: n }, (_, i) => `v${i}`)
        const state = new MemoryState().write([
          ...names.flatMap((name) => [
            put(members, [name], memberRow(name, "custodian")),
            put(memberKeys, [keyOf(name)], keyRow(name)),
          ]),
          put(electorate, [], { voters: names }),
        ])
        act(state, "propose", "v0", { changes: ADMIT })
        const id = idOf("v0", ADMIT)
        let [yes, no] = [1, 0]
        for (let i = 1; i < n && status(state, id) === "open"; i++) {
          const isYes = ((ballots >> (i - 1)) & 1) === 1
          if (isYes) yes++
          else no++
          act(state, "vote", `v${i}`, { proposal: id, yes: isYes })
        }
        const expected = 2 * yes > n ? "passed" : 2 * no >= n ? "rejected" : "open"
        assert.equal(status(state, id), expected, `${n} voters, ballots ${ballots.toString(2)}`)
        assert.notEqual(expected, "open", "when all have voted it is decided")
      }
  })

  it("two proposals that each leave a voter cannot leave none together", () => {
    const state = world()
    const [first, second] = [[suspend("authority")], [suspend("city"), suspend("county")]]
    act(state, "propose", "authority", { changes: first })
    act(state, "propose", "authority", { changes: second })
    const vote = (by: string, changes: readonly Change[]) =>
      act(state, "vote", by, { proposal: idOf("authority", changes), yes: true })
    assert.equal(vote("city", first), "proposalPassed")
    assert.equal(vote("county", second), "proposalWithoutEffect")
    assert.deepEqual(state.get(electorate, []), { voters: ["city", "county"] })
    assert.equal(vote("city", second), "proposal_closed")
  })

  it("voters are the active authorities and custodians, each once, whatever passes", () => {
    const names = ["authority", "city", "county", "shut", "payer", "new", "cover"]
    const kinds = new Map(names.map((name) => [name, /payer|cover/.test(name) ? "insurer" : "custodian"]))
    const draw = draws(1)
    const state = world()
    const seen = new Set<string>()
    for (let height = 1; height <= 300; height++) {
      const changes = Array.from({ length: 1 + draw(3) }, () => {
        const name = names[draw(names.length)]
        return [admit(name, kinds.get(name)), suspend(name), reinstate(name)][draw(3)]
      })
      const before = state.get(electorate, [])?.voters ?? []
      seen.add(act(state, "propose", before[0], { changes }, height))
      const proposal = idOf(before[0], changes, height)
      for (const voter of before.slice(1)) seen.add(act(state, "vote", voter, { proposal, yes: true }))
      const voters = names.filter((name) => {
        const row = state.get(members, [name])
        return row?.status === "active" && row.kind !== "insurer"
      })
      assert.ok(voters.length > 0)
      assert.deepEqual([...(state.get(electorate, [])?.voters ?? [])].sort(), voters.sort())
    }
    const some = ["changed_twice", "member_exists", "no_voter_left", "proposalPassed", "unknown_member"]
    for (const outcome of some) assert.ok(seen.has(outcome), outcome)
  })
})

/** Numbers below n that follow from the seed. */
function draws(seed: number): (n: number) => number {
  let state = seed
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
}
