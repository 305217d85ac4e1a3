import {
  type Accepted,
  accept,
  action,
  type BlockContext,
  byMember,
  divide,
  domainHash,
  type EventOut,
  equalBytes,
  object,
  occurs,
  put,
  reject,
  type StateReader,
  type ValidatorUpdate,
  type Write,
} from "@aceso/core"
import { validatorChanged, validatorMisbehaved } from "./events.ts"
import { MAX_VALIDATORS } from "./leaving.ts"
import { memberCases, nextValidators, validatorAddresses, validatorSet, validators } from "./tables.ts"

/** Every validator has the same power. */
export const VALIDATOR_POWER = 10

/** The new node says that it has caught up: only then it is given power, else it would slow the others. */
export const reportReady = action({
  input: object({}),
  callers: "a member whose validator was voted in",
  calledBy: byMember({ ability: "validates" }),
  apply(state, _input, { caller: { member } }) {
    const row = state.get(validators, [member])
    const set = state.get(validatorSet, [])
    if (!row || !set || row.status !== "approved") return reject("validator_not_approved")
    // Ballots may have approved more than there is room for.
    if (set.validators.length + set.waiting.length >= MAX_VALIDATORS) return reject("too_many_validators")
    return accept([
      put(validators, [member], { ...row, status: "ready" }),
      put(validatorSet, [], { ...set, waiting: [...set.waiting, member] }),
    ])
  },
})

/**
 * After the transactions of a block: cases for reported misbehaviour, and the changes of the validator set that
 * may be made at once. More than one validator, or a third of the power, at once would let verifiers lose track.
 */
export function endBlock(
  state: StateReader,
  { height, time, misbehaviour }: BlockContext,
): Accepted & { readonly validators: readonly ValidatorUpdate[] } {
  const write: Write[] = []
  const emit: EventOut[] = []
  for (const { kind, address, height: at } of misbehaviour) {
    const known = state.get(validatorAddresses, [address])
    if (!known) continue
    const id = domainHash("case", kind, address, at)
    // A prevote and a precommit of one height may be reported together: one case.
    if (state.get(memberCases, [id]) || emit.some(({ data }) => equalBytes(data.case as Uint8Array, id)))
      continue
    const { member } = known
    write.push(put(memberCases, [id], { member, kind, height: at, time, status: "open" }))
    emit.push(occurs(validatorMisbehaved, { case: id, member, kind, height: at }))
  }
  const set = state.get(validatorSet, [])
  if (!set || set.waiting.length === 0) return { ...accept(write, emit), validators: [] }
  const atOnce = Math.max(1, divide(set.validators.length + 2, 3) - 1)
  let now = set.validators
  const waiting: string[] = []
  const updates: ValidatorUpdate[] = []
  for (const member of set.waiting) {
    const row = state.get(validators, [member])
    if (!row) continue
    const isLeaving = row.status === "leaving"
    // Never empty: who leaves last waits for another.
    if (updates.length >= atOnce || (isLeaving && now.length === 1)) {
      waiting.push(member)
      continue
    }
    const power = isLeaving ? 0 : VALIDATOR_POWER
    now = now.filter((one) => one.member !== member)
    if (!isLeaving) now = [...now, { member, key: row.key, power }]
    updates.push({ key: row.key, power })
    const next = isLeaving ? state.get(nextValidators, [member]) : undefined
    if (next) write.push(put(nextValidators, [member], undefined))
    write.push(
      put(
        validators,
        [member],
        next ? { key: next.key, status: "approved" } : { ...row, status: isLeaving ? "removed" : "active" },
      ),
    )
    emit.push(occurs(validatorChanged, { member, key: row.key, power, from: height + 2 }))
  }
  if (updates.length > 0) write.push(put(validatorSet, [], { validators: now, waiting }))
  return { ...accept(write, emit), validators: updates }
}
