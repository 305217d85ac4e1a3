import assert from "node:assert/strict"
import { describe, it } from "node:test"
import type { Contract, EventOut, Handle, MemberId, PublicKey, Write } from "@aceso/core"
import { codesByAction } from "./rejection-codes.ts"
import { type Block, type Called, call, type MemoryState, shown } from "./state.ts"
import { AN_HOUR_AGO, keyOf, NOW, world } from "./world.ts"

/** One reason: a transaction in the small consortium of world.ts and what becomes of it. */
export interface Row extends Partial<Omit<Block, "signers">> {
  readonly action: string
  readonly comment: string
  readonly input: unknown
  /** Names of members' keys, or keys. */
  readonly by: readonly (string | PublicKey)[]
  /** What is written before. */
  readonly given?: readonly Write[]
  readonly rejection?: string
  /** All rows that change. */
  readonly writes?: readonly Write[]
  readonly events?: readonly EventOut[]
  readonly chargedTo?: MemberId
  /** A purse pays: what that writes, whatever becomes of the action. */
  readonly prepaid?: readonly Write[]
  /** Counted apart from what the member itself signs. */
  readonly byPatient?: Handle
}

export function runRow(contract: Contract, row: Row, state: MemoryState): Called {
  const { action, input, by, time = NOW } = row
  const signers = by.map((signer) => (typeof signer === "string" ? keyOf(signer) : signer))
  return call(state, contract, action, input, { ...row, signers, time })
}

/**
 * Runs the table and asserts that it has every action and every code that the sources can return. A contract
 * whose table is spread over several files names the actions of each.
 */
export function table(
  contract: Contract,
  rows: readonly Row[],
  actions: readonly string[] = Object.keys(contract.actions),
): void {
  for (const action of actions)
    describe(`${contract.name}.${action}`, () => {
      for (const row of rows.filter((row) => row.action === action))
        it(`${row.rejection ?? "accepts"}: ${row.comment}`, () => checkRow(contract, row))

      it("a fresh key in place of whoever signs is refused, and costs nobody anything", () => {
        for (const row of rows.filter((row) => row.action === action && row.rejection === undefined))
          mustBeFree(contract, row)
      })

      it("has a row for what it accepts, for bad_input, and for every code of its source", () => {
        const wanted = codesByAction(contract.name)[action]
        assert.ok(wanted, `${action} was not found in the source`)
        const covered = new Set(
          rows.flatMap((row) => (row.action === action ? [row.rejection ?? "accepts"] : [])),
        )
        assert.deepEqual([...covered].sort(), [...wanted, "accepts", "bad_input"].sort())
      })
    })

  it(`${contract.name}: the table names only actions that there are`, () => {
    for (const { action } of rows)
      assert.ok(actions.includes(action) && Object.hasOwn(contract.actions, action), action)
  })
}

/** Whoever is nobody uses up no member's part, and no patient's, by naming itself wherever a key is asked for. */
function mustBeFree(contract: Contract, row: Row): void {
  const keys = row.by.map((signer) => (typeof signer === "string" ? keyOf(signer) : signer))
  const fresh = keys.map((_, i) => keyOf(`fresh ${i}`))
  const replaced = (value: unknown): unknown => {
    if (value instanceof Uint8Array) {
      const i = keys.findIndex((key) => Buffer.compare(key, value) === 0)
      return i < 0 ? value : fresh[i]
    }
    if (Array.isArray(value)) return value.map(replaced)
    if (value === null || typeof value !== "object") return value
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, replaced(one)]))
  }
  const state = world().write(row.given ?? [])
  const before = state.copy()
  const called = runRow(contract, { ...row, input: replaced(row.input), by: fresh }, state)
  assert.ok("rejection" in called, `${row.comment}: it was accepted`)
  assert.equal(called.chargedTo, undefined, `${row.comment}: ${called.rejection} was charged`)
  assert.deepEqual(state.changesSince(before), shown([]), `${row.comment}: a purse paid`)
}

export function checkRow(contract: Contract, row: Row): void {
  const state = world().write(row.given ?? [])
  const before = state.copy()
  const called = runRow(contract, row, state)
  if (row.rejection !== undefined) {
    assert.equal("rejection" in called ? called.rejection : "accepted", row.rejection)
    assert.deepEqual(state.changesSince(before), shown(row.prepaid ?? []))
    return
  }
  assert.ok("events" in called, `rejected as ${"rejection" in called && called.rejection}`)
  assert.deepEqual(state.changesSince(before), shown([...(row.prepaid ?? []), ...(row.writes ?? [])]))
  assert.deepEqual(called.events, row.events ?? [])
  assert.equal(called.chargedTo, row.prepaid ? undefined : (row.chargedTo ?? row.by[0]))
  assert.deepEqual(called.byPatient, row.byPatient)
}

/** The refusals that every action of a member shares; `other` is a member of a kind that may not call it. */
export function callerRows(
  action: string,
  input: unknown,
  { other, alsoBy = [] }: { readonly other?: MemberId; readonly alsoBy?: readonly PublicKey[] } = {},
): Row[] {
  const row = (rejection: string, comment: string, ...by: (string | PublicKey)[]): Row => ({
    action,
    input,
    by: [...by, ...alsoBy],
    rejection,
    comment,
  })
  return [
    row("unknown_key", "a key that no member has", "nobody"),
    { ...row("key_not_valid", "a millisecond before the key's from", "city soon"), time: NOW - 1 },
    row("key_not_valid", "at the key's to", "city old"),
    { ...row("key_not_valid", "long before the key's from", "city"), time: AN_HOUR_AGO - 1 },
    row("member_suspended", "a suspended member", "shut"),
    ...(other ? [row("not_permitted", `${other} is of a kind that may not`, other)] : []),
    ...(alsoBy.length === 0
      ? [row("too_many_signers", "two keys, even of one member", "city", "city spare")]
      : []),
  ]
}
