import assert from "node:assert/strict"
import { it } from "node:test"
import { type MemberId, put, toHex, type ValidatorUpdate } from "@aceso/core"
import fc from "fast-check"
import {
  act,
  addValidator,
  decide,
  founderAlone,
  reinstate,
  removeValidator,
  replaceValidator,
  suspend,
  validatorRows,
} from "../../testing/governance.ts"
import { endOf, MemoryState } from "../../testing/state.ts"
import { keyOf, keyRow, memberRow, NOW } from "../../testing/world.ts"
import {
  type Change,
  electorate,
  governance,
  memberKeys,
  members,
  nextValidators,
  validatorSet,
  validators,
} from "./governance.ts"

/** Blocks of ballots and reports of twelve custodians; the authority has no validator and is never suspended. */
const NAMES = Array.from({ length: 12 }, (_, i) => `m${i}`)
const anyone = fc.constantFrom(...NAMES)
/** Keys of one's own and of others, so that used ones come up again. */
const keyName = fc.tuple(anyone, fc.nat(7)).map(([name, i]) => `${name} key ${i}`)
const anyChange: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(anyone, fc.nat(7)).map(([name, i]) => addValidator(name, `${name} key ${i}`)),
  },
  { weight: 2, arbitrary: fc.tuple(anyone, keyName).map(([name, key]) => addValidator(name, key)) },
  { weight: 2, arbitrary: anyone.map(removeValidator) },
  { weight: 2, arbitrary: keyName.chain((key) => anyone.map((name) => replaceValidator(name, key))) },
  {
    weight: 2,
    arbitrary: fc.tuple(anyone, fc.nat(7)).map(([name, i]) => replaceValidator(name, `${name} key ${i}`)),
  },
  { weight: 1, arbitrary: anyone.map(suspend) },
  { weight: 1, arbitrary: anyone.map(reinstate) },
)
type Step = { readonly ballot: readonly Change[] } | { readonly ready: MemberId }
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ ballot: fc.array(anyChange, { minLength: 1, maxLength: 3 }) }),
  fc.record({ ready: anyone }),
)
const anyBlocks = fc.array(fc.array(anyStep, { maxLength: 12, size: "max" }), {
  minLength: 1,
  maxLength: 12,
  size: "max",
})

interface Model {
  validators: readonly { readonly key: string; readonly power: number }[]
}

function network(atGenesis: number): MemoryState {
  return new MemoryState().write([
    ...["authority", ...NAMES].flatMap((name) => [
      put(members, [name], memberRow(name, name === "authority" ? name : "custodian")),
      put(memberKeys, [keyOf(name)], keyRow(name)),
    ]),
    founderAlone,
    ...validatorRows(Object.fromEntries(NAMES.slice(0, atGenesis).map((name) => [name, "active"]))),
  ])
}

/** What CometBFT does with updates, and refuses. */
function apply(model: Model, updates: readonly ValidatorUpdate[]): void {
  const before = model.validators.length
  const keys = updates.map(({ key }) => toHex(key))
  assert.equal(new Set(keys).size, keys.length, "a key comes once in a block")
  assert.ok(
    updates.length <= 1 || 3 * updates.length < before,
    `${updates.length} of ${before} change at once`,
  )
  updates.forEach(({ power }, i) => {
    const isIn = model.validators.some(({ key }) => key === keys[i])
    assert.ok(power === 10 || power === 0, `power ${power}`)
    assert.equal(isIn, power === 0, "only who is in leaves, only who is not joins")
    model.validators =
      power === 0
        ? model.validators.filter(({ key }) => key !== keys[i])
        : [...model.validators, { key: keys[i], power }]
  })
  assert.ok(model.validators.length > 0, "the set is empty")
}

function endBlock(state: MemoryState, model: Model): number {
  const waited = state.get(validatorSet, [])?.waiting ?? []
  const { validators: updates } = endOf(state, governance, { time: NOW })
  apply(model, updates)
  const set = state.get(validatorSet, [])
  assert.ok(set)
  assert.deepEqual(
    set.validators.map(({ key, power }) => ({ key: toHex(key), power })),
    model.validators,
  )
  assert.deepEqual(set.waiting, waited.slice(updates.length), "served in the order of waiting")
  assert.ok(waited.length === 0 || updates.length > 0, "a block in which somebody waits serves somebody")
  return updates.length
}

/** That the members' rows say the same as the set. */
function consistent(state: MemoryState): void {
  const set = state.get(validatorSet, [])
  assert.ok(set)
  const inSet = new Map(set.validators.map(({ member, key }) => [member, toHex(key)]))
  assert.equal(inSet.size, set.validators.length, "a member has one validator")
  assert.equal(new Set(set.waiting).size, set.waiting.length, "a member waits once")
  for (const name of NAMES) {
    const row = state.get(validators, [name])
    const status = row?.status ?? "removed"
    const hasPower = status === "active" || status === "leaving"
    assert.equal(inSet.get(name), hasPower && row ? toHex(row.key) : undefined)
    assert.equal(set.waiting.includes(name), status === "ready" || status === "leaving")
    // A new key waits for nothing but the old one's end.
    if (state.get(nextValidators, [name])) assert.equal(status, "leaving")
    if (state.get(members, [name])?.status === "suspended")
      assert.ok(status !== "ready" && status !== "active", "a suspended member has no validator that stays")
  }
  assert.ok(
    set.validators.some(({ member }) => state.get(validators, [member])?.status === "active"),
    "somebody stays",
  )
}

/** Votes, and holds that no key is accepted that was used before. */
function ballot(state: MemoryState, changes: readonly Change[], height: number, used: Set<string>): string {
  const keys = changes.flatMap(({ key }) => (key ? [toHex(key)] : []))
  const outcome = decide(state, changes, height)
  if (outcome !== "proposalPassed") return outcome
  for (const key of keys) {
    assert.ok(!used.has(key), "a key was used before")
    used.add(key)
  }
  return outcome
}

it("whatever is voted and reported, CometBFT can make the changes, and makes them all", () => {
  const met = new Map<string, number>()
  const count = (what: string) => met.set(what, (met.get(what) ?? 0) + 1)
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), anyBlocks, (atGenesis, blocks) => {
      const state = network(atGenesis)
      const genesis = state.get(validatorSet, [])?.validators ?? []
      const model: Model = { validators: genesis.map(({ key, power }) => ({ key: toHex(key), power })) }
      const used = new Set(model.validators.map(({ key }) => key))
      let height = 0
      for (const steps of blocks) {
        for (const step of steps) {
          height++
          const had = new Map(NAMES.map((name) => [name, state.get(validators, [name])?.status]))
          const outcome =
            "ballot" in step
              ? ballot(state, step.ballot, height, used)
              : act(state, "reportReady", step.ready, {})
          count(outcome)
          if ("ballot" in step && outcome === "proposalPassed")
            for (const { do: what, member = "" } of step.ballot)
              if (what === "replaceValidator")
                count(`exchanged ${had.get(member) === "active" ? "with power" : "without"}`)
          consistent(state)
        }
        const served = endBlock(state, model)
        consistent(state)
        if (served > 1) count("several at once")
        if ((state.get(validatorSet, [])?.waiting.length ?? 0) > 0) count("somebody waits on")
      }
      const left = state.get(validatorSet, [])?.waiting.length ?? 0
      for (let i = 0; i < left; i++) endBlock(state, model)
      assert.deepEqual(state.get(validatorSet, [])?.waiting, [], "everybody is served")
      for (const name of NAMES) assert.notEqual(state.get(validators, [name])?.status, "leaving")
      assert.ok((state.get(electorate, [])?.voters.length ?? 0) > 0)
    }),
    { numRuns: 200 },
  )
  const wanted = [
    "proposalPassed",
    "accepted",
    "several at once",
    "somebody waits on",
    ...["key_exists", "validator_exists", "unknown_validator", "changed_twice"],
    ...["validator_not_approved", "member_suspended"],
  ]
  const replaced = ["exchanged with power", "exchanged without"]
  for (const what of [...wanted, ...replaced]) assert.ok(met.has(what), `${what} did not come up`)
})

it("everybody who reports in one block is served, one after the other in a small set", () => {
  const state = network(1)
  const model: Model = {
    validators: [{ key: toHex(keyOf("m0 validator")), power: 10 }],
  }
  const others = NAMES.slice(1)
  assert.equal(
    decide(
      state,
      others.map((name) => addValidator(name)),
    ),
    "proposalPassed",
  )
  for (const name of others) assert.equal(act(state, "reportReady", name, {}), "accepted")
  const served: number[] = []
  while (state.get(validatorSet, [])?.waiting.length) served.push(endBlock(state, model))
  assert.deepEqual(served, [1, 1, 1, 1, 1, 1, 2, 2, 1])
  assert.equal(decide(state, NAMES.slice(1).map(removeValidator), 2), "proposalPassed")
  const left: number[] = []
  while (state.get(validatorSet, [])?.waiting.length) left.push(endBlock(state, model))
  assert.deepEqual(left, [3, 2, 2, 1, 1, 1, 1])
  assert.deepEqual(
    model.validators.map(({ key }) => key),
    [toHex(keyOf("m0 validator"))],
  )
})
