import { type MemberId, put, type StateReader, type Write } from "@aceso/core"
import { parameters, quotas } from "./system-tables.ts"

/** Who pays for a transaction, in which lane, and how much (LEDGER.md, Fair use). */
export interface Charge {
  readonly member: MemberId
  readonly lane: "own" | "patients"
  readonly isUrgent: boolean
  readonly sizeBytes: number
}

interface Use {
  readonly window: number
  readonly bytes: number
  readonly transactions: number
  readonly urgent: number
}

/** The lane's row after the charge; undefined: the quota does not allow it. */
function useAfter(state: StateReader, charge: Charge, time: number, earlier?: Use): Use | undefined {
  const limits = state.get(parameters, [])
  if (!limits) return undefined
  const window = Math.floor(time / limits.windowMs)
  const before = earlier ?? state.get(quotas, [charge.member, charge.lane])
  const used = before?.window === window ? before : { window, bytes: 0, transactions: 0, urgent: 0 }
  const after = charge.isUrgent
    ? { ...used, urgent: used.urgent + 1 }
    : { ...used, bytes: used.bytes + charge.sizeBytes, transactions: used.transactions + 1 }
  const isOver =
    after.urgent > limits.urgentTransactions ||
    after.bytes > limits.bytes ||
    after.transactions > limits.transactions
  return isOver ? undefined : after
}

/** The write that charges; undefined: the quota does not allow it. */
export function chargeTo(state: StateReader, charge: Charge, time: number): Write | undefined {
  const after = useAfter(state, charge, time)
  return after && put(quotas, [charge.member, charge.lane], after)
}

/** What members may still send on top of a state: for a proposal at hand, or for the mempool. */
export class Allowance {
  private readonly state: StateReader
  private readonly time: number
  private readonly used = new Map<string, Use>()

  constructor(state: StateReader, time: number) {
    this.state = state
    this.time = time
  }

  /** Takes it into account if the quota allows it. @returns whether it does */
  take(charge: Charge): boolean {
    const lane = `${charge.member} ${charge.lane}`
    const after = useAfter(this.state, charge, this.time, this.used.get(lane))
    if (after) this.used.set(lane, after)
    return after !== undefined
  }
}
