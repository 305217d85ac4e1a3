import {
  type Bytes,
  type GenesisDocument,
  type Handle,
  MAX_ENVELOPE_BYTES,
  type MemberId,
  nameOf,
  put,
  type StateReader,
  type Write,
} from "@aceso/core"
import { parameters, patientUse, patientUseEnds, patientUseOrder, quotas } from "./system-tables.ts"

/** Who pays for a transaction, and how much (LEDGER.md, Fair use). */
export type Charge = MemberCharge | PurseCharge

export interface MemberCharge {
  readonly member: MemberId
  /** The patient of that member who sends it: it counts in the patients' lane. */
  readonly patient?: Handle
  /** So many transactions of others are paid with it. */
  readonly inAdvance?: number
  readonly isUrgent: boolean
  readonly sizeBytes: number
}

/** It was paid in advance, by whoever filled that purse. */
export interface PurseCharge {
  readonly contract: string
  readonly purse: Bytes
  readonly isUrgent: false
}

/** What a transaction that is paid in advance counts for. */
const IN_ADVANCE_BYTES = 1024

export const QUOTA_EXCEEDED = "quota_exceeded"
export const QUOTA_WORDS = "whoever pays used its share of this window; try again in a few seconds"

/** What was used of a window. */
interface Use {
  readonly bytes: number
  readonly transactions: number
  readonly urgent: number
}

type Limits = GenesisDocument["quota"]

/** One patient's part of what all patients of a custodian may send in a window. */
export const PER_PATIENT = { transactions: 8, urgentTransactions: 8, bytesShare: 16 }

/** Rows of past windows that a block deletes, beyond two for each of its transactions. */
const PAST_USE_PER_BLOCK = 64

const NOTHING: Use = { bytes: 0, transactions: 0, urgent: 0 }
const windowOf = ({ windowMs }: Limits, time: number): number => Math.floor(time / windowMs)
const laneOf = ({ patient }: MemberCharge) => (patient ? "patients" : "own")

/** An envelope fits whatever the share. */
function patientLimits(limits: Limits): Limits {
  const share = Math.floor(limits.bytes / PER_PATIENT.bytesShare)
  return {
    windowMs: limits.windowMs,
    bytes: Math.max(share, Math.min(limits.bytes, MAX_ENVELOPE_BYTES)),
    transactions: Math.min(limits.transactions, PER_PATIENT.transactions),
    urgentTransactions: Math.min(limits.urgentTransactions, PER_PATIENT.urgentTransactions),
  }
}

/** Use after the charge; undefined: the limits do not allow it. */
function useAfter(
  limits: Limits,
  used: Use,
  { isUrgent, sizeBytes, inAdvance = 0 }: MemberCharge,
): Use | undefined {
  const one = isUrgent ? 0 : 1
  const after = {
    bytes: used.bytes + one * (sizeBytes + inAdvance * IN_ADVANCE_BYTES),
    transactions: used.transactions + one * (1 + inAdvance),
    urgent: used.urgent + 1 - one,
  }
  const isOver =
    after.urgent > limits.urgentTransactions ||
    after.bytes > limits.bytes ||
    after.transactions > limits.transactions
  return isOver ? undefined : after
}

/** The lane's row is used again in each window. */
function laneUse(state: StateReader, charge: MemberCharge, window: number): Use {
  const row = state.get(quotas, [charge.member, laneOf(charge)])
  return row?.window === window ? row : NOTHING
}

/** The writes that charge; undefined: the quota does not allow it. */
export function chargeTo(
  state: StateReader,
  charge: MemberCharge,
  time: number,
): readonly Write[] | undefined {
  const limits = state.get(parameters, [])
  if (!limits) return undefined
  const window = windowOf(limits, time)
  const after = useAfter(limits, laneUse(state, charge, window), charge)
  if (!after) return undefined
  const { member, patient } = charge
  const lane = put(quotas, [member, laneOf(charge)], { window, ...after })
  if (!patient) return [lane]
  const key = [window, member, patient] as const
  const before = state.get(patientUse, key)
  const own = useAfter(patientLimits(limits), before ?? NOTHING, charge)
  if (!own) return undefined
  const writes = [lane, put(patientUse, key, own)]
  if (before) return writes
  const { first, next } = state.get(patientUseEnds, []) ?? { first: 0, next: 0 }
  return [
    ...writes,
    put(patientUseOrder, [next], { window, member, handle: patient }),
    put(patientUseEnds, [], { first, next: next + 1 }),
  ]
}

/**
 * Deletes what patients used of past windows, oldest first. A block makes at most one such row per transaction and
 * deletes two, so that what is left over becomes less with every block.
 */
export function forgetPastUse(state: StateReader, time: number, transactions: number): readonly Write[] {
  const limits = state.get(parameters, [])
  const ends = state.get(patientUseEnds, [])
  if (!limits || !ends) return []
  const window = windowOf(limits, time)
  const { next } = ends
  const upTo = Math.min(next, ends.first + 2 * transactions + PAST_USE_PER_BLOCK)
  const writes: Write[] = []
  let first = ends.first
  for (; first < upTo; first++) {
    const row = state.get(patientUseOrder, [first])
    // Rows are in order of time: all after one of this window are of this window.
    if (!row || row.window === window) break
    writes.push(
      put(patientUseOrder, [first], undefined),
      put(patientUse, [row.window, row.member, row.handle], undefined),
    )
  }
  if (first === ends.first) return []
  return [...writes, put(patientUseEnds, [], first === next ? undefined : { first, next })]
}

/** What members may still send on top of a state: for a proposal at hand, or for the mempool. */
export class Allowance {
  private readonly state: StateReader
  private readonly limits: Limits | undefined
  private readonly window: number
  private readonly lanes = { own: new Map<MemberId, Use>(), patients: new Map<MemberId, Use>() }
  private readonly patients = new Map<string, Use>()
  /** What is left in purses, by contract and name. */
  private readonly purses = new Map<string, number>()
  private readonly leftIn: (contract: string, purse: Bytes) => number

  /** @param leftIn how many transactions a purse still pays in this state */
  constructor(state: StateReader, time: number, leftIn: (contract: string, purse: Bytes) => number) {
    this.state = state
    this.leftIn = leftIn
    this.limits = state.get(parameters, [])
    this.window = this.limits ? windowOf(this.limits, time) : 0
  }

  /** Takes it into account if the quota allows it. @returns whether it does */
  take(charge: Charge): boolean {
    return "purse" in charge ? this.takeFromPurse(charge) : this.takeOfMember(charge)
  }

  private takeFromPurse({ contract, purse }: PurseCharge): boolean {
    const name = `${contract} ${nameOf(purse)}`
    const left = this.purses.get(name) ?? this.leftIn(contract, purse)
    this.purses.set(name, Math.max(0, left - 1))
    return left > 0
  }

  private takeOfMember(charge: MemberCharge): boolean {
    const { limits, state, window } = this
    if (!limits) return false
    const { member, patient } = charge
    const lane = this.lanes[laneOf(charge)]
    const after = useAfter(limits, lane.get(member) ?? laneUse(state, charge, window), charge)
    if (!after) return false
    if (patient) {
      const name = `${member} ${nameOf(patient)}`
      const used = this.patients.get(name) ?? state.get(patientUse, [window, member, patient]) ?? NOTHING
      const own = useAfter(patientLimits(limits), used, charge)
      if (!own) return false
      this.patients.set(name, own)
    }
    lane.set(member, after)
    return true
  }
}
