import assert from "node:assert/strict"
import { describe, it } from "node:test"
import {
  type Bytes,
  domainHash,
  type EventOut,
  type Misbehaviour,
  type PublicKey,
  put,
  type ValidatorUpdate,
  validatorAddress,
  type Write,
} from "@aceso/core"
import {
  act,
  addressRow,
  addValidator,
  admit,
  closeCase,
  crowd,
  crowdKey,
  crowdNames,
  decide,
  removeValidator,
  replaceValidator,
  setRow,
  suspend,
  validatorKey,
  validatorRow,
  validatorRows,
} from "../../testing/governance.ts"
import { endOf, shown } from "../../testing/state.ts"
import { callerRows, type Row, table } from "../../testing/table.ts"
import { AN_HOUR_AGO, hashOf, keyOf, NOW, world } from "../../testing/world.ts"
import { governance, memberCases, validatorSet, validators } from "./governance.ts"

const ready = (row: Partial<Row> & Pick<Row, "comment">): Row => ({
  action: "reportReady",
  input: {},
  by: ["city"],
  ...row,
})

table(
  governance,
  [
    ready({
      comment: "its validator was approved and waits now",
      given: validatorRows({ authority: "active", city: "approved" }),
      writes: [validatorRow("city", "ready"), setRow(["authority"], ["city"])],
    }),
    ready({
      comment: "after those that wait already; by the authority, with any of its keys",
      by: ["authority"],
      given: validatorRows({ county: "active", shut: "leaving", city: "ready", authority: "approved" }),
      writes: [validatorRow("authority", "ready"), setRow(["county", "shut"], ["shut", "city", "authority"])],
    }),
    ready({ comment: "no validators here", rejection: "validator_not_approved" }),
    ready({
      comment: "another member's was approved",
      given: validatorRows({ authority: "active", county: "approved" }),
      rejection: "validator_not_approved",
    }),
    ...(["ready", "active", "leaving", "removed"] as const).map((status) =>
      ready({
        comment: `it is ${status}`,
        given: validatorRows({ authority: "active", city: status }),
        rejection: "validator_not_approved",
      }),
    ),
    ready({
      comment: "others took the last place meanwhile",
      given: [...crowd(100), validatorRow("city", "approved")],
      rejection: "too_many_validators",
    }),
    ready({ comment: "something is said with it", input: { height: 7 }, rejection: "bad_input" }),
    ...callerRows("reportReady", {}, { other: "payer" }),
  ],
  ["reportReady"],
)

/** What the end of a block does. */
interface End {
  readonly comment: string
  readonly given: readonly Write[]
  readonly misbehaviour?: readonly Misbehaviour[]
  readonly writes?: readonly Write[]
  readonly events?: readonly EventOut[]
  readonly updates?: readonly ValidatorUpdate[]
}

const HEIGHT = 30
const changed = (member: string, power: number, key = validatorKey(member)): EventOut => ({
  name: "validatorChanged",
  data: { member, key, power, from: HEIGHT + 2 },
})
const update = (member: string, power: number): ValidatorUpdate => ({ key: validatorKey(member), power })

function check({ given, misbehaviour = [], writes = [], events = [], updates = [] }: End): void {
  const state = world().write(given)
  const before = state.copy()
  const ended = endOf(state, governance, { time: NOW, height: HEIGHT, misbehaviour })
  assert.deepEqual(state.changesSince(before), shown(writes))
  assert.deepEqual(ended.events, events)
  assert.deepEqual(ended.validators, updates)
}

const misbehaved = (
  member: string,
  more: Partial<Misbehaviour> = {},
  key: PublicKey = validatorKey(member),
): Misbehaviour => ({
  kind: "duplicate_vote",
  address: validatorAddress(key),
  height: 25,
  time: AN_HOUR_AGO,
  ...more,
})
const caseOf = ({ kind, address, height }: Misbehaviour): Bytes => domainHash("case", kind, address, height)
const opened = (member: string, misbehaviour: Misbehaviour, status: "open" | "closed" = "open"): Write => {
  const { kind, height } = misbehaviour
  return put(memberCases, [caseOf(misbehaviour)], { member, kind, height, time: NOW, status })
}
const reported = (member: string, misbehaviour: Misbehaviour): EventOut => {
  const { kind, height } = misbehaviour
  return { name: "validatorMisbehaved", data: { case: caseOf(misbehaviour), member, kind, height } }
}

describe("the end of a block changes the validator set", () => {
  const rows: End[] = [
    { comment: "a network without validators", given: [] },
    {
      comment: "nobody waits; who is approved has not reported",
      given: validatorRows({ authority: "active", city: "approved", county: "removed" }),
    },
    {
      comment: "who is ready gets power 10",
      given: validatorRows({ authority: "active", city: "ready" }),
      writes: [validatorRow("city", "active"), setRow(["authority", "city"])],
      events: [changed("city", 10)],
      updates: [update("city", 10)],
    },
    {
      comment: "who leaves gets power 0",
      given: validatorRows({ authority: "active", city: "leaving", county: "active" }),
      writes: [validatorRow("city", "removed"), setRow(["authority", "county"])],
      events: [changed("city", 0)],
      updates: [update("city", 0)],
    },
    {
      comment: "one at a time in a small set, in the order of waiting",
      given: validatorRows({ authority: "active", city: "leaving", county: "ready", shut: "ready" }),
      writes: [validatorRow("city", "removed"), setRow(["authority"], ["county", "shut"])],
      events: [changed("city", 0)],
      updates: [update("city", 0)],
    },
    {
      comment: "the last of a set stays until another has come",
      given: validatorRows({ city: "leaving", county: "ready" }),
      writes: [validatorRow("county", "active"), setRow(["city", "county"], ["city"])],
      events: [changed("county", 10)],
      updates: [update("county", 10)],
    },
    { comment: "the last of a set stays when nobody comes", given: validatorRows({ city: "leaving" }) },
    {
      comment: "joining and leaving count together",
      given: [
        ...crowd(7),
        ...["city", "county", "shut"].flatMap((member) => [validatorRow(member, "ready")]),
        put(validators, ["v3"], { key: crowdKey("v3"), status: "leaving" }),
        setRow(crowdNames(7), ["city", "v3", "county", "shut"], crowdKey),
      ],
      writes: [
        validatorRow("city", "active"),
        put(validators, ["v3"], { key: crowdKey("v3"), status: "removed" }),
        setRow(["v0", "v1", "v2", "v4", "v5", "v6", "city"], ["county", "shut"], (member) =>
          member === "city" ? validatorKey(member) : crowdKey(member),
        ),
      ],
      events: [changed("city", 10), changed("v3", 0, crowdKey("v3"))],
      updates: [update("city", 10), { key: crowdKey("v3"), power: 0 }],
    },
  ]
  for (const row of rows) it(row.comment, () => check(row))

  const sizes = [1, 2, 3, 4, 6, 7, 9, 10, 12, 13, 60]
  const atOnce = [1, 1, 1, 1, 1, 2, 2, 3, 3, 4, 19]
  sizes.forEach((size, i) => {
    it(`less than a third of ${size} at once, or one: ${atOnce[i]}`, () => {
      const waiting = Array.from({ length: 20 }, (_, n) => `w${n}`)
      const state = world().write(crowd(size, waiting))
      const { validators: updates } = endOf(state, governance, { time: NOW })
      const served = waiting.slice(0, atOnce[i])
      assert.deepEqual(
        updates,
        served.map((member) => update(member, 10)),
      )
      assert.deepEqual(state.get(validatorSet, [])?.waiting, waiting.slice(atOnce[i]))
      assert.deepEqual(
        state.get(validatorSet, [])?.validators.map(({ member }) => member),
        [...crowdNames(size), ...served],
      )
    })
  })
})

describe("the end of a block opens a case for what validators did wrong", () => {
  const twice = misbehaved("city")
  const attack = misbehaved("city", { kind: "light_client_attack" })
  const later = misbehaved("city", { height: 26 })
  const one = validatorRows({ authority: "active", city: "active" })
  const rows: End[] = [
    {
      comment: "with the block's time, and the height at which it happened",
      given: one,
      misbehaviour: [twice],
      writes: [opened("city", twice)],
      events: [reported("city", twice)],
    },
    {
      comment: "on a network that has no set yet",
      given: [addressRow("city")],
      misbehaviour: [twice],
      writes: [opened("city", twice)],
      events: [reported("city", twice)],
    },
    {
      comment: "an address that nobody ever had is passed over, also before one that is known",
      given: one,
      misbehaviour: [misbehaved("county"), twice],
      writes: [opened("city", twice)],
      events: [reported("city", twice)],
    },
    {
      comment: "another kind, another height, another validator: one each",
      given: one,
      misbehaviour: [attack, twice, later, misbehaved("authority")],
      writes: [
        opened("city", attack),
        opened("city", twice),
        opened("city", later),
        opened("authority", misbehaved("authority")),
      ],
      events: [
        reported("city", attack),
        reported("city", twice),
        reported("city", later),
        reported("authority", misbehaved("authority")),
      ],
    },
    ...(["approved", "leaving", "removed"] as const).map((status) => ({
      comment: `the validator is ${status} by now`,
      given: [
        ...validatorRows({ authority: "active", city: status }),
        setRow(status === "leaving" ? ["authority", "city"] : ["authority"]),
      ],
      misbehaviour: [twice],
      writes: [opened("city", twice)],
      events: [reported("city", twice)],
    })),
    {
      comment: "the member has another key since",
      given: [...one, addressRow("city", keyOf("city old validator"))],
      misbehaviour: [misbehaved("city", {}, keyOf("city old validator"))],
      writes: [opened("city", misbehaved("city", {}, keyOf("city old validator")))],
      events: [reported("city", misbehaved("city", {}, keyOf("city old validator")))],
    },
    ...(["open", "closed"] as const).map((status) => ({
      comment: `not again when the case is there and ${status}; the rest of the report counts`,
      given: [...one, opened("city", twice, status)],
      misbehaviour: [{ ...twice, time: NOW }, later],
      writes: [opened("city", later)],
      events: [reported("city", later)],
    })),
    {
      comment:
        "once for two reports of one kind and height in one block, such as of a prevote and a precommit",
      given: one,
      misbehaviour: [twice, { ...twice, time: NOW }],
      writes: [opened("city", twice)],
      events: [reported("city", twice)],
    },
    {
      comment: "and the set changes in the same block",
      given: validatorRows({ authority: "active", city: "leaving" }),
      misbehaviour: [twice],
      writes: [opened("city", twice), validatorRow("city", "removed"), setRow(["authority"])],
      events: [reported("city", twice), changed("city", 0)],
      updates: [update("city", 0)],
    },
  ]
  for (const row of rows) it(row.comment, () => check(row))

  it("only a ballot closes it, once, and it stays closed", () => {
    const state = world().write(one)
    const report = () => endOf(state, governance, { time: NOW, misbehaviour: [twice] }).events.length
    assert.equal(report(), 1)
    const close = [closeCase(caseOf(twice))]
    assert.equal(decide(state, close), "proposalPassed")
    assert.equal(state.get(memberCases, [caseOf(twice)])?.status, "closed")
    assert.equal(report(), 0)
    assert.equal(state.get(memberCases, [caseOf(twice)])?.status, "closed")
    assert.equal(decide(state, close, 2), "unknown_case")
    assert.equal(decide(state, [closeCase(hashOf("else"))], 2), "unknown_case")
  })

  it("of two ballots that close it the second has no effect", () => {
    const state = world().write([...one, opened("city", twice)])
    const close = [closeCase(caseOf(twice))]
    assert.equal(act(state, "propose", "authority", { changes: close }, 7), "proposalOpen")
    assert.equal(decide(state, close, 8), "proposalPassed")
    const id = domainHash("proposal", "authority", 7, [{ do: "closeCase", case: caseOf(twice) }])
    assert.equal(act(state, "vote", "county", { proposal: id, yes: true }), "proposalWithoutEffect")
  })
})

describe("validators over several blocks", () => {
  const end = (state: ReturnType<typeof world>) => endOf(state, governance, { time: NOW }).validators

  it("from a ballot to power and back, and again with another key only", () => {
    const state = world().write(validatorRows({ authority: "active" }))
    const status = () => state.get(validators, ["county"])?.status
    assert.equal(decide(state, [addValidator("county")]), "proposalPassed")
    assert.deepEqual([end(state), status()], [[], "approved"])
    assert.equal(act(state, "reportReady", "county", {}), "accepted")
    assert.equal(act(state, "reportReady", "county", {}), "validator_not_approved")
    assert.deepEqual([end(state), status()], [[update("county", 10)], "active"])
    assert.deepEqual([end(state), status()], [[], "active"])
    assert.equal(decide(state, [removeValidator("county")], 2), "proposalPassed")
    assert.equal(decide(state, [addValidator("county", "county two")], 3), "validator_exists")
    assert.deepEqual([end(state), status()], [[update("county", 0)], "removed"])
    assert.equal(decide(state, [addValidator("county")], 4), "key_exists")
    assert.equal(decide(state, [addValidator("county", "county two")], 4), "proposalPassed")
    assert.equal(act(state, "reportReady", "county", {}), "accepted")
    assert.deepEqual(end(state), [{ key: keyOf("county two"), power: 10 }])
  })

  it("exchanges its key: the old one ends before the new one has power, and the new one reports itself", () => {
    const state = world().write(validatorRows({ authority: "active", city: "active" }))
    const row = () => state.get(validators, ["city"])
    assert.equal(decide(state, [replaceValidator("city")]), "proposalPassed")
    assert.equal(act(state, "reportReady", "city", {}), "validator_not_approved")
    assert.equal(decide(state, [replaceValidator("city", "city validator three")], 2), "unknown_validator")
    assert.deepEqual(end(state), [update("city", 0)])
    assert.deepEqual(row(), { key: keyOf("city validator two"), status: "approved" })
    assert.deepEqual(end(state), [])
    assert.equal(act(state, "reportReady", "city", {}), "accepted")
    assert.deepEqual(end(state), [{ key: keyOf("city validator two"), power: 10 }])
    assert.equal(row()?.status, "active")
    assert.equal(decide(state, [replaceValidator("city", "city validator")], 3), "key_exists")
  })

  it("who is suspended cannot report, and does not come back with its member", () => {
    const state = world().write(validatorRows({ authority: "active", county: "approved" }))
    assert.equal(decide(state, [suspend("county")]), "proposalPassed")
    assert.equal(act(state, "reportReady", "county", {}), "member_suspended")
    assert.equal(decide(state, [{ do: "reinstate", member: "county" }], 2), "proposalPassed")
    assert.equal(act(state, "reportReady", "county", {}), "validator_not_approved")
    assert.deepEqual(end(state), [])
  })

  it("never more than 100 validators, however many were approved before", () => {
    const state = world().write(crowd(99))
    for (const member of ["city", "county"]) decide(state, [addValidator(member)], 2)
    for (const member of ["city", "county"]) act(state, "reportReady", member, {})
    const updates = [...end(state), ...end(state)]
    assert.deepEqual(updates, [update("city", 10)])
    assert.equal(state.get(validatorSet, [])?.validators.length, 100)
  })

  it("a full set refuses no ballot that adds no validator, while others leave it", () => {
    const state = world().write(crowd(100))
    assert.equal(decide(state, [removeValidator("v0")]), "proposalPassed")
    assert.equal(decide(state, [removeValidator("v1")]), "proposalPassed")
    assert.equal(decide(state, [admit("new")]), "proposalPassed")
    assert.equal(end(state).length, 2)
  })
})
