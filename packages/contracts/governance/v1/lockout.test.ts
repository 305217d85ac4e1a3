import assert from "node:assert/strict"
import { it } from "node:test"
import type { Ability, MemberKind } from "@aceso/core"
import fc from "fast-check"
import {
  activate,
  activationRow,
  addValidator,
  admit,
  decide,
  disableAction,
  enableAction,
  reinstate,
  removeValidator,
  setAbilities,
  suspend,
  validatorRows,
} from "../../testing/governance.ts"
import { endOf, type MemoryState } from "../../testing/state.ts"
import { NOW, world } from "../../testing/world.ts"
import {
  type Change,
  electorate,
  governance,
  isDisabled,
  members,
  validatorSet,
  validators,
} from "./governance.ts"

const KINDS: Readonly<Record<string, MemberKind>> = {
  authority: "authority",
  city: "custodian",
  county: "custodian",
  shut: "custodian",
  payer: "insurer",
  new: "custodian",
  newer: "authority",
  cover: "insurer",
  study: "researcher",
}
const NAMES = Object.keys(KINDS)
const anyone = fc.constantFrom(...NAMES)
const anyAction = fc.tuple(
  fc.constantFrom("governance", "people", "records"),
  fc.constantFrom("propose", "vote", "setUrl", "enrol"),
)
const anyChange: fc.Arbitrary<Change> = fc.oneof(
  { weight: 2, arbitrary: anyone.map((name) => admit(name, KINDS[name])) },
  { weight: 4, arbitrary: anyone.map(suspend) },
  { weight: 2, arbitrary: anyone.map(reinstate) },
  fc
    .tuple(anyone, fc.subarray<Ability>(["keepsRecords", "votes", "validates"]))
    .map(([name, abilities]) => setAbilities(name, ...abilities)),
  anyone.map((name) => addValidator(name)),
  anyone.map(removeValidator),
  anyAction.map(([contract, action]) => disableAction(contract, action)),
  anyAction.map(([contract, action]) => enableAction(contract, action)),
  fc
    .tuple(fc.constantFrom("governance", "people"), fc.nat(5), fc.nat(40))
    .map(([contract, version, height]) => activate(contract, version, height)),
)
/** Also ballots that would leave nobody, which seldom come up by themselves. */
const manyOut = fc
  .shuffledSubarray(["authority", "city", "county"], { minLength: 1 })
  .map((names) => names.map(suspend))
const anyBallot = fc.oneof(
  { weight: 4, arbitrary: fc.array(anyChange, { minLength: 1, maxLength: 4 }) },
  { weight: 1, arbitrary: manyOut },
)
const anyBallots = fc.array(anyBallot, { minLength: 1, maxLength: 20, size: "max" })

/** Every active member with that ability votes, nobody else does, and there is one. */
function voters(state: MemoryState): readonly string[] {
  const expected = NAMES.filter((name) => {
    const row = state.get(members, [name])
    return row?.status === "active" && row.abilities.includes("votes")
  })
  const found = state.get(electorate, [])?.voters ?? []
  assert.deepEqual([...found].sort(), expected.sort())
  assert.ok(found.length > 0, "nobody votes")
  return found
}

it("governance is never locked out: there are voters, they may call, and what they decide passes", () => {
  const met = new Map<string, number>()
  fc.assert(
    fc.property(anyBallots, (ballots) => {
      const state = world().write([
        ...["governance", "people"].map((contract) => activationRow(contract, [1, 1])),
        ...validatorRows({ authority: "active", city: "active" }),
      ])
      ballots.forEach((changes, i) => {
        const height = i + 1
        const outcome = decide(state, changes, height)
        met.set(outcome, (met.get(outcome) ?? 0) + 1)
        endOf(state, governance, { time: NOW, height })
        const found = voters(state)
        for (const action of Object.keys(governance.actions))
          assert.ok(!isDisabled(state, "governance", action), `${action} is disabled`)
        for (const name of found) assert.equal(state.get(members, [name])?.status, "active")
        const set = state.get(validatorSet, [])?.validators ?? []
        const staying = set.filter(({ member }) => state.get(validators, [member])?.status === "active")
        assert.ok(staying.length > 0, "no validator stays")
        assert.equal(decide(state.copy(), [admit("late", "insurer")], height), "proposalPassed")
      })
    }),
    { numRuns: 300 },
  )
  const wanted = [
    "proposalPassed",
    "no_voter_left",
    "no_validator_left",
    "not_disableable",
    "unknown_contract",
    "version_not_newer",
    "member_exists",
    "unknown_member",
    "may_not_validate",
    "bad_abilities",
    "still_validates",
    "changed_twice",
  ]
  for (const outcome of wanted) assert.ok(met.has(outcome), `${outcome} did not come up`)
})
