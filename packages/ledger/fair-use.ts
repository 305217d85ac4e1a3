import { type GenesisDocument, type MemberId, put, type StateReader, type Write } from "@aceso/core"
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

type Limits = GenesisDocument["quota"]

/** The lane's row after the charge; undefined: the quota does not allow it. */
function useAfter(limits: Limits, before: Use | undefined, charge: Charge, time: number): Use | undefined {
  const window = Math.floor(time / limits.windowMs)
  const used = before?.window === window ? before : undefined
  const one = charge.isUrgent ? 0 : 1
  const after = {
    window,
    bytes: (used?.bytes ?? 0) + one * charge.sizeBytes,
    transactions: (used?.transactions ?? 0) + one,
    urgent: (used?.urgent ?? 0) + 1 - one,
  }
  const isOver =
    after.urgent > limits.urgentTransactions ||
    after.bytes > limits.bytes ||
    after.transactions > limits.transactions
  return isOver ? undefined : after
}

/** The write that charges; undefined: the quota does not allow it. */
export function chargeTo(state: StateReader, charge: Charge, time: number): Write | undefined {
  const limits = state.get(parameters, [])
  const key = [charge.member, charge.lane] as const
  const after = limits && useAfter(limits, state.get(quotas, key), charge, time)
  return after && put(quotas, key, after)
}

/** What members may still send on top of a state: for a proposal at hand, or for the mempool. */
export class Allowance {
  private readonly state: StateReader
  private readonly time: number
  private readonly limits: Limits | undefined
  private readonly used = { own: new Map<MemberId, Use>(), patients: new Map<MemberId, Use>() }

  constructor(state: StateReader, time: number) {
    this.state = state
    this.time = time
    this.limits = state.get(parameters, [])
  }

  /** Takes it into account if the quota allows it. @returns whether it does */
  take(charge: Charge): boolean {
    const lane = this.used[charge.lane]
    const before = lane.get(charge.member) ?? this.state.get(quotas, [charge.member, charge.lane])
    const after = this.limits && useAfter(this.limits, before, charge, this.time)
    if (after) lane.set(charge.member, after)
    return after !== undefined
  }
}
