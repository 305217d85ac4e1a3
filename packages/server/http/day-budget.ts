import { PlatformError } from "@aceso/core"

const DAY_MS = 24 * 3_600_000
/** Of whom it is remembered; beyond, whoever began first begins anew. */
const MAX_ADDRESSES = 100_000

/** What each address may leave here within a day; in memory, so that a restart begins anew. */
export class DayBudget {
  private readonly perAddress: number
  private readonly now: () => number
  private readonly spent = new Map<string, { readonly from: number; count: number }>()

  constructor(perAddress: number, now: () => number = Date.now) {
    this.perAddress = perAddress
    this.now = now
  }

  /** @throws PlatformError `too_many_requests` */
  spend(address: string): void {
    const now = this.now()
    const known = this.spent.get(address)
    const own = known && now - known.from < DAY_MS ? known : { from: now, count: 0 }
    if (own.count >= this.perAddress)
      throw new PlatformError(
        "too_many_requests",
        `this network address has left ${this.perAddress} new ones here within a day, as many as one may; try again tomorrow, or by another network`,
      )
    own.count++
    if (own === known) return
    this.spent.delete(address)
    this.spent.set(address, own)
    const [first] = this.spent.keys()
    if (this.spent.size > MAX_ADDRESSES) this.spent.delete(first)
  }
}
