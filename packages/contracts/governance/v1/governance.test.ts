import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type GenesisDocument, put, type Write } from "@aceso/core"
import {
  act,
  activatedRow,
  activationRow,
  addressRow,
  addValidator,
  admit,
  decide,
  setRow,
  validatorKey,
  validatorRow,
} from "../../testing/governance.ts"
import { MemoryState, shown } from "../../testing/state.ts"
import { callerRows, type Row, runRow, table } from "../../testing/table.ts"
import { AN_HOUR_AGO, CITY_KEYS, hashOf, keyList, keyOf, keyRow, NOW, world } from "../../testing/world.ts"
import {
  directories,
  directoryVersions,
  electorate,
  genesisRows,
  governance,
  MAX_REGISTRATIONS,
  MAX_STAFF_ENDS,
  MAX_VALID_KEYS,
  memberKeyLists,
  memberKeys,
  members,
  networkFacts,
  REGISTRATION_WINDOW_MS,
  staffEnds,
} from "./governance.ts"

const named = (n: number) => Array.from({ length: n }, (_, i) => `city key ${i}`)
const times = (n: number, time: number) => Array.from({ length: n }, () => time)

const registerKey: Row[] = [
  {
    action: "registerKey",
    comment: "a new key, signed by itself and by a key of the member; any kind of member",
    input: { key: keyOf("payer two") },
    by: ["payer", "payer two"],
    writes: [
      put(memberKeys, [keyOf("payer two")], keyRow("payer", NOW)),
      keyList("payer", ["payer", "payer two"], [NOW]),
    ],
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
    comment: "the eighth valid key, and the thirty-second registration within 30 days",
    input: { key: keyOf("city two") },
    by: ["city", "city two"],
    given: [keyList("city", named(MAX_VALID_KEYS - 1), times(MAX_REGISTRATIONS - 1, NOW - 1))],
    writes: [
      put(memberKeys, [keyOf("city two")], keyRow("city", NOW)),
      keyList(
        "city",
        [...named(MAX_VALID_KEYS - 1), "city two"],
        [...times(MAX_REGISTRATIONS - 1, NOW - 1), NOW],
      ),
    ],
    events: [{ name: "keyRegistered", data: { member: "city", key: keyOf("city two") } }],
  },
  {
    action: "registerKey",
    comment: "registrations of 30 days ago count no more, and are forgotten",
    input: { key: keyOf("city two") },
    by: ["city", "city two"],
    given: [keyList("city", CITY_KEYS, times(MAX_REGISTRATIONS, NOW - REGISTRATION_WINDOW_MS))],
    writes: [
      put(memberKeys, [keyOf("city two")], keyRow("city", NOW)),
      keyList("city", [...CITY_KEYS, "city two"], [NOW]),
    ],
    events: [{ name: "keyRegistered", data: { member: "city", key: keyOf("city two") } }],
  },
  {
    action: "registerKey",
    comment: "eight keys are valid already",
    input: { key: keyOf("city two") },
    by: ["city", "city two"],
    given: [keyList("city", named(MAX_VALID_KEYS))],
    rejection: "too_many_keys",
  },
  {
    action: "registerKey",
    comment: "32 registrations within 30 days, however many of them were retired",
    input: { key: keyOf("city two") },
    by: ["city", "city two"],
    given: [keyList("city", CITY_KEYS, times(MAX_REGISTRATIONS, NOW - REGISTRATION_WINDOW_MS + 1))],
    rejection: "too_many_registrations",
  },
  {
    action: "registerKey",
    comment: "a key of 33 bytes",
    input: { key: new Uint8Array(33) },
    by: ["city"],
    rejection: "bad_input",
  },
]

const retired = (compromisedAt: number | null): Write[] => [
  put(memberKeys, [keyOf("city spare")], { ...keyRow("city"), to: NOW, compromisedAt }),
  keyList("city", ["city", "city soon"]),
]
const retireKey: Row[] = [
  {
    action: "retireKey",
    comment: "its row stays, with an end",
    input: { key: keyOf("city spare") },
    by: ["city"],
    writes: retired(null),
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
      writes: retired(compromisedAt),
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
    writes: [
      put(directories, ["payer"], { version: 1, root: hashOf("staff") }),
      put(directoryVersions, ["payer", 1], { root: hashOf("staff"), from: NOW }),
    ],
  },
  {
    action: "setDirectory",
    comment: "the next version; what the older ones were stays",
    input: { base: 4, root: hashOf("staff") },
    by: ["city"],
    given: [
      put(directories, ["city"], { version: 4, root: hashOf("older") }),
      put(directoryVersions, ["city", 4], { root: hashOf("older"), from: AN_HOUR_AGO }),
    ],
    writes: [
      put(directories, ["city"], { version: 5, root: hashOf("staff") }),
      put(directoryVersions, ["city", 5], { root: hashOf("staff"), from: NOW }),
    ],
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

const gone = (name: string, asOf = AN_HOUR_AGO) => ({ person: hashOf(name), asOf })
const endStaff: Row[] = [
  {
    action: "endStaff",
    comment:
      "several at once, also of an insurer, also ahead of the block's time, which may lag behind clocks",
    input: { ends: [gone("ann"), gone("bob", NOW + 1)] },
    by: ["payer"],
    writes: [
      put(staffEnds, ["payer", hashOf("ann")], { asOf: AN_HOUR_AGO }),
      put(staffEnds, ["payer", hashOf("bob")], { asOf: NOW + 1 }),
    ],
  },
  {
    action: "endStaff",
    comment: "an end comes nearer",
    input: { ends: [gone("ann")] },
    by: ["city"],
    given: [put(staffEnds, ["city", hashOf("ann")], { asOf: NOW })],
    writes: [put(staffEnds, ["city", hashOf("ann")], { asOf: AN_HOUR_AGO })],
  },
  {
    action: "endStaff",
    comment: "and never goes away again",
    input: { ends: [gone("ann", NOW)] },
    by: ["city"],
    given: [put(staffEnds, ["city", hashOf("ann")], { asOf: AN_HOUR_AGO })],
    writes: [],
  },
  ...callerRows("endStaff", { ends: [gone("ann")] }),
  {
    action: "endStaff",
    comment: "one person twice",
    input: { ends: [gone("ann"), gone("ann", NOW)] },
    by: ["city"],
    rejection: "named_twice",
  },
  { action: "endStaff", comment: "nobody", input: { ends: [] }, by: ["city"], rejection: "bad_input" },
  {
    action: "endStaff",
    comment: "more than fit",
    input: { ends: Array.from({ length: MAX_STAFF_ENDS + 1 }, (_, i) => gone(`p${i}`)) },
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
  {
    action: "setUrl",
    comment: "loopback on a network that was founded on it",
    input: { url: "http://127.0.0.1:7441" },
    by: ["payer"],
    given: [put(networkFacts, [], { isLoopback: true, isDemo: false })],
    writes: [
      put(members, ["payer"], {
        ...(world().get(members, ["payer"]) as never as object),
        url: "http://127.0.0.1:7441",
      } as never),
    ],
  },
  ...[
    "http://127.0.0.1:7441",
    "https://localhost",
    "http://new.example",
    "https://new.example/x",
    "https://a@b.c",
  ].map(
    (url): Row => ({ action: "setUrl", comment: url, input: { url }, by: ["city"], rejection: "bad_url" }),
  ),
  { action: "setUrl", comment: "no address", input: { url: "" }, by: ["city"], rejection: "bad_input" },
]
const OWN = ["registerKey", "retireKey", "setDirectory", "endStaff", "setUrl"]
const ELSEWHERE = ["propose", "vote", "reportReady", "openRecovery", "permitRecovery"]
table(governance, [...registerKey, ...retireKey, ...setDirectory, ...endStaff, ...setUrl], OWN)

it("every action has a table in one of the files beside this", () => {
  assert.deepEqual(Object.keys(governance.actions).sort(), [...OWN, ...ELSEWHERE].sort())
})

describe("genesis", () => {
  const founder = {
    member: "authority",
    name: "Authority",
    key: keyOf("authority"),
    url: "https://a.example",
  }
  const document = (more: Partial<GenesisDocument> = {}) =>
    ({ founder, time: NOW, validators: [], contracts: [], ...more }) as unknown as GenesisDocument
  const FOUNDER: Write[] = [
    put(members, ["authority"], {
      name: "Authority",
      kind: "authority",
      abilities: ["votes", "validates"],
      url: "https://a.example",
      status: "active",
      admittedAt: NOW,
    }),
    put(memberKeys, [keyOf("authority")], keyRow("authority", NOW)),
    keyList("authority", ["authority"]),
    put(networkFacts, [], { isLoopback: false, isDemo: false }),
    put(electorate, [], { voters: ["authority"] }),
    activatedRow(),
  ]
  const rowsOf = (genesis: GenesisDocument) =>
    new MemoryState().write(genesisRows(genesis)).changesSince(new MemoryState())

  it("gives the founder the only vote", () => {
    const state = new MemoryState().write(genesisRows(document()))
    assert.deepEqual(rowsOf(document()), shown(FOUNDER))
    assert.equal(act(state, "propose", "authority", { changes: [admit("city")] }), "proposalPassed")
    assert.equal(act(state, "propose", "authority", { changes: [admit("county")] }), "proposalOpen")
  })

  it("writes each contract's version as executing from the first block on", () => {
    const contracts = [
      { name: "protocol", version: 1, sources: hashOf("protocol 1") },
      { name: "people", version: 4, sources: hashOf("people 4") },
    ]
    assert.deepEqual(
      rowsOf(document({ contracts })),
      shown([
        ...FOUNDER,
        activatedRow("protocol", "people"),
        activationRow("protocol", [1, 1]),
        activationRow("people", [4, 1]),
      ]),
    )
  })

  it("writes its validators as active, also those of members that are admitted later", () => {
    const validators = ["authority", "city"].map((member) => ({ member, key: validatorKey(member) }))
    const state = new MemoryState().write(genesisRows(document({ validators })))
    assert.deepEqual(
      state.changesSince(new MemoryState()),
      shown([
        ...FOUNDER,
        setRow(["authority", "city"]),
        ...["authority", "city"].flatMap((member) => [validatorRow(member, "active"), addressRow(member)]),
      ]),
    )
    assert.equal(decide(state, [admit("city")]), "proposalPassed")
    assert.equal(decide(state, [addValidator("city", "city two")], 2), "validator_exists")
    assert.equal(decide(state, [admit("county")], 2), "proposalPassed")
    assert.equal(decide(state, [addValidator("county", "city validator")], 3), "key_exists")
    assert.equal(decide(state, [addValidator("county")], 3), "proposalPassed")
  })

  it("says whether the network is on loopback, and whether it is a demo", () => {
    for (const facts of [
      { isLoopback: true, isDemo: false },
      { isLoopback: true, isDemo: true },
    ]) {
      const state = new MemoryState().write(genesisRows(document(facts)))
      assert.deepEqual(state.get(networkFacts, []), facts)
      const city = { ...admit("city"), url: "http://127.0.0.1:7441" }
      assert.equal(decide(state, [city]), "proposalPassed")
    }
  })

  it("without validators no validator can be voted in", () => {
    const state = new MemoryState().write(genesisRows(document()))
    assert.equal(decide(state, [addValidator("authority")]), "no_validators_here")
  })
})

describe("3,000 keys of one member", () => {
  const day = 24 * 3600 * 1000
  const register = (state: MemoryState, i: number, time: number) => {
    const input = { key: keyOf(`flood ${i}`) }
    const called = runRow(
      governance,
      { action: "registerKey", by: ["city", `flood ${i}`], input, comment: "", time },
      state,
    )
    return "rejection" in called ? called.rejection : "accepted"
  }
  const retire = (state: MemoryState, i: number, time: number) =>
    runRow(
      governance,
      { action: "retireKey", by: ["city"], input: { key: keyOf(`flood ${i}`) }, comment: "", time },
      state,
    )

  it("at once: 5 are taken besides the 3 that are valid", () => {
    const state = world()
    const outcomes = Array.from({ length: 3000 }, (_, i) => register(state, i, NOW))
    assert.deepEqual(new Set(outcomes.slice(0, 5)), new Set(["accepted"]))
    assert.deepEqual(new Set(outcomes.slice(5)), new Set(["too_many_keys"]))
    assert.equal(state.get(memberKeyLists, ["city"])?.valid.length, MAX_VALID_KEYS)
  })

  it("each retired at once, 100 a day: 32 are taken in 30 days, and then 32 more", () => {
    const state = world()
    let taken = 0
    const perDay: number[] = []
    for (let i = 0; i < 3000; i++) {
      const time = NOW + Math.floor(i / 100) * day
      const outcome = register(state, i, time)
      assert.ok(outcome === "accepted" || outcome === "too_many_registrations", outcome)
      if (outcome !== "accepted") continue
      taken++
      perDay[Math.floor(i / 100)] = (perDay[Math.floor(i / 100)] ?? 0) + 1
      retire(state, i, time)
    }
    assert.equal(taken, MAX_REGISTRATIONS)
    assert.deepEqual(perDay, [MAX_REGISTRATIONS])
    assert.equal(register(state, 3000, NOW + REGISTRATION_WINDOW_MS - 1), "too_many_registrations")
    assert.equal(register(state, 3000, NOW + REGISTRATION_WINDOW_MS), "accepted")
  })
})
