import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type GenesisDocument, put, type Write } from "@aceso/core"
import {
  act,
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
import { callerRows, type Row, table } from "../../testing/table.ts"
import { AN_HOUR_AGO, hashOf, keyOf, keyRow, NOW, world } from "../../testing/world.ts"
import { directories, electorate, genesisRows, governance, memberKeys, members } from "./governance.ts"

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
const OWN = ["registerKey", "retireKey", "setDirectory", "setUrl"]
const ELSEWHERE = ["propose", "vote", "reportReady", "openRecovery", "permitRecovery"]
table(governance, [...registerKey, ...retireKey, ...setDirectory, ...setUrl], OWN)

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
      url: "https://a.example",
      status: "active",
      admittedAt: NOW,
    }),
    put(memberKeys, [keyOf("authority")], keyRow("authority", NOW)),
    put(electorate, [], { voters: ["authority"] }),
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
      shown([...FOUNDER, activationRow("protocol", [1, 1]), activationRow("people", [4, 1])]),
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

  it("without validators no validator can be voted in", () => {
    const state = new MemoryState().write(genesisRows(document()))
    assert.equal(decide(state, [addValidator("authority")]), "no_validators_here")
  })
})
