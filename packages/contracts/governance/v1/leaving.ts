import { equalBytes, put, type StateReader, type Write } from "@aceso/core"
import { type Change, nextValidators, validatorSet, validators } from "./tables.ts"

export const MAX_VALIDATORS = 100

/** After these a member's validator leaves, if it has one. */
const LEAVES: ReadonlySet<Change["do"]> = new Set(["removeValidator", "replaceValidator", "suspend"])

/** Whether validators would be left, and not too many. */
export function refusalOfValidators(state: StateReader, changes: readonly Change[]) {
  const set = state.get(validatorSet, [])
  if (!set) return undefined
  const left = new Set(set.validators.map(({ member }) => member))
  for (const member of set.waiting)
    if (state.get(validators, [member])?.status === "leaving") left.delete(member)
  for (const { do: what, member } of changes)
    if (member !== undefined && LEAVES.has(what)) left.delete(member)
  if (left.size === 0) return "no_validator_left"
  const added = changes.filter((change) => change.do === "addValidator").length
  const coming = set.waiting.filter((member) => state.get(validators, [member])?.status === "ready").length
  return added > 0 && set.validators.length + coming + added > MAX_VALIDATORS
    ? "too_many_validators"
    : undefined
}

/** Validators that a ballot removes, by name or because their member is suspended, begin to leave. */
export function validatorsLeaving(state: StateReader, changes: readonly Change[]): Write[] {
  const set = state.get(validatorSet, [])
  if (!set) return []
  let waiting = set.waiting
  const writes: Write[] = []
  for (const { do: what, member } of changes) {
    if (member === undefined || !LEAVES.has(what)) continue
    // Who is suspended comes back without a validator.
    if (what === "suspend" && state.get(nextValidators, [member]))
      writes.push(put(nextValidators, [member], undefined))
    const row = state.get(validators, [member])
    if (!row || row.status === "removed" || row.status === "leaving") continue
    const isIn = set.validators.some(({ key }) => equalBytes(key, row.key))
    const status = isIn ? ("leaving" as const) : ("removed" as const)
    // One that never had power is replaced at once (newValidator).
    if (isIn || what !== "replaceValidator") writes.push(put(validators, [member], { ...row, status }))
    waiting = waiting.filter((other) => other !== member)
    if (isIn) waiting = [...waiting, member]
  }
  return writes.length > 0 || waiting.length !== set.waiting.length
    ? [...writes, put(validatorSet, [], { ...set, waiting })]
    : []
}
