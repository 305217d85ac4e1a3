import {
  accept,
  action,
  byMember,
  domainHash,
  type Infer,
  MAX_RECOVERIES,
  memberId,
  object,
  occurs,
  put,
  reject,
  uint,
} from "@aceso/core"
import { recoveryOpened, recoveryPermitted } from "./events.ts"
import { memberCases, members, recoveries, recoveryReason } from "./tables.ts"

const YEAR_MS = 365 * 24 * 3600_000

/** What stands in the way of another recovery of this member, at this time (ms). */
export function refusalOfRecovery(
  { all, permittedAt }: Infer<typeof recoveries.row>,
  time: number,
): "authority_must_permit" | "too_many_recoveries" | undefined {
  const last = all.at(-1)
  const isPermitted = last && permittedAt !== null && permittedAt > last.at
  if (last && time < last.at + YEAR_MS && !isPermitted) return "authority_must_permit"
  return all.length >= MAX_RECOVERIES ? "too_many_recoveries" : undefined
}

/** A custodian declares what its vault lost: all that it committed after a block, never a chosen entry. */
export const openRecovery = action({
  input: object({ from: uint(), reason: recoveryReason }),
  callers: "a custodian, for itself; within a year of its last one once an authority permitted it",
  calledBy: byMember({ ability: "keepsRecords" }),
  apply(state, { from, reason }, { caller: { member }, height, time }) {
    if (from >= height) return reject("height_not_passed")
    const { all, permittedAt } = state.get(recoveries, [member]) ?? { all: [], permittedAt: null }
    const wrong = refusalOfRecovery({ all, permittedAt }, time)
    if (wrong) return reject(wrong)
    const id = domainHash("case", "recovery", member, all.length)
    return accept(
      [
        put(recoveries, [member], { all: [...all, { from, height, at: time, reason }], permittedAt }),
        put(memberCases, [id], { member, kind: "recovery", height: from, time, status: "open" }),
      ],
      [occurs(recoveryOpened, { member, from, reason, case: id })],
    )
  },
})

/** Whoever recovers twice within a year is asked why first. */
export const permitRecovery = action({
  input: object({ member: memberId }),
  callers: "an authority",
  calledBy: byMember({ kind: "authority" }),
  apply(state, { member }, { time }) {
    if (!state.get(members, [member])) return reject("unknown_member")
    const row = state.get(recoveries, [member])
    if (!row) return reject("nothing_to_permit")
    return accept(
      [put(recoveries, [member], { ...row, permittedAt: time })],
      [occurs(recoveryPermitted, { member })],
    )
  },
})
