import type { MemberId } from "@aceso/core"

const HOUR_MS = 3_600_000
/** Denials within any hour: each costs the custodian a row and a leaf of its disclosure log. */
export const DENIALS_PER_PRACTITIONER = 60
export const DENIALS_PER_MEMBER = 600

/** Denials of one requester that were not logged one by one. */
export interface Unlogged {
  readonly requester: MemberId
  readonly count: number
  /** ms */
  readonly from: number
  readonly to: number
}

interface Counted {
  count: number
  readonly from: number
}

/**
 * How many denials a requester may cause. Not kept over a restart: that gives nobody more than one budget again,
 * and the requester cannot bring it about.
 */
export class DenialBudget {
  /** Times of the last hour, oldest first. */
  private readonly taken = new Map<string, number[]>()
  private readonly unlogged = new Map<MemberId, Counted>()

  /**
   * Says nothing of the handle that was asked for: whether it is known plays no part.
   * @param practitioner the key, as hexadecimal text; @param now ms
   * @returns whether this denial is logged; where it is not, it is counted for the summary
   */
  take(requester: MemberId, practitioner: string, now: number): boolean {
    const ofMember = this.recent(requester, now)
    const ofPractitioner = this.recent(`${requester} ${practitioner}`, now)
    if (ofMember.length < DENIALS_PER_MEMBER && ofPractitioner.length < DENIALS_PER_PRACTITIONER) {
      ofMember.push(now)
      ofPractitioner.push(now)
      this.taken.set(requester, ofMember)
      this.taken.set(`${requester} ${practitioner}`, ofPractitioner)
      return true
    }
    const counted = this.unlogged.get(requester)
    if (counted) counted.count++
    else this.unlogged.set(requester, { count: 1, from: now })
    return false
  }

  /** What is to be summed up: an hour after the first of them, or at once where the node ends. */
  due(now: number, isEnding = false): Unlogged[] {
    for (const name of this.taken.keys()) if (this.recent(name, now).length === 0) this.taken.delete(name)
    const due = [...this.unlogged].filter(([, { from }]) => isEnding || now - from >= HOUR_MS)
    for (const [requester] of due) this.unlogged.delete(requester)
    return due.map(([requester, { count, from }]) => ({ requester, count, from, to: now }))
  }

  private recent(name: string, now: number): number[] {
    const times = this.taken.get(name) ?? []
    const kept = times.findIndex((time) => now - time < HOUR_MS)
    times.splice(0, kept < 0 ? times.length : kept)
    return times
  }
}
