import type { Allowance, Charge } from "../../fair-use.ts"

/** A transaction that may be in a block. */
export interface Waiting {
  /** The payload's, as latin1 text. */
  readonly id: string
  readonly expiry: number
  readonly charge: Charge
}

/**
 * What members hold in CometBFT's mempool, on top of what the state says that they used. It is kept over blocks: this
 * node's own submitters may come before CometBFT asks again about what is left.
 */
export class Mempool {
  private readonly newAllowance: () => Allowance
  private readonly time: () => number
  private readonly waiting = new Map<string, Waiting>()
  private allowance: Allowance | undefined
  private isRechecking = false

  /** @param newAllowance what the newest state leaves @param time the newest block's */
  constructor(newAllowance: () => Allowance, time: () => number) {
    this.newAllowance = newAllowance
    this.time = time
  }

  /** @returns whether the quota of who pays allows it; true for what is there already */
  take(one: Waiting): boolean {
    this.allowance ??= this.afterBlock()
    if (this.waiting.has(one.id)) return true
    if (!this.allowance.take(one.charge)) return false
    this.waiting.set(one.id, one)
    return true
  }

  /** A block holds these. */
  committed(included: readonly { readonly id: string }[]): void {
    for (const { id } of included) this.waiting.delete(id)
    this.allowance = undefined
    this.isRechecking = false
  }

  /** CometBFT asks again about all that is left, once after a block: what it does not ask about is gone. */
  recheck(): void {
    if (this.isRechecking) return
    this.clear()
    this.isRechecking = true
  }

  clear(): void {
    this.waiting.clear()
    this.allowance = undefined
  }

  private afterBlock(): Allowance {
    const allowance = this.newAllowance()
    const time = this.time()
    for (const { id, expiry, charge } of this.waiting.values())
      if (expiry <= time || !allowance.take(charge)) this.waiting.delete(id)
    return allowance
  }
}
