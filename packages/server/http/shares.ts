import { PlatformError } from "@aceso/core"

/**
 * Something of which all callers of a kind may hold so much together, and each of them a part: bytes of bodies,
 * calls at one time. Whoever holds nothing is not remembered.
 */
export class Shares {
  readonly total: number
  readonly perCaller: number
  private readonly byCaller = new Map<string, number>()
  private sum = 0
  /** By all callers together. */
  get held(): number {
    return this.sum
  }
  /** The most that was held at one time. */
  peak = 0

  constructor(total: number, perCaller: number) {
    this.total = total
    this.perCaller = perCaller
  }

  /** @returns false: there is not so much left, for this caller or for all; nothing was taken */
  take(caller: string, amount: number): boolean {
    const own = (this.byCaller.get(caller) ?? 0) + amount
    if (own > this.perCaller || this.sum + amount > this.total) return false
    this.byCaller.set(caller, own)
    this.sum += amount
    this.peak = Math.max(this.peak, this.sum)
    return true
  }

  give(caller: string, amount: number): void {
    const own = (this.byCaller.get(caller) ?? 0) - amount
    if (own > 0) this.byCaller.set(caller, own)
    else this.byCaller.delete(caller)
    this.sum -= amount
  }

  /**
   * Works on one of a bounded number of calls. It begins in a turn of its own, so that calls that come together are
   * counted together, also where the work itself does not wait.
   * @throws PlatformError `busy`
   */
  async call<T>(caller: string, what: string, work: () => Promise<T>): Promise<T> {
    if (!this.take(caller, 1))
      throw new PlatformError("busy", `${what} at this moment; try again in a second, or ask another node`)
    try {
      await new Promise((resolve) => setImmediate(resolve))
      return await work()
    } finally {
      this.give(caller, 1)
    }
  }
}
