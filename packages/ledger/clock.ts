import { PlatformError } from "@aceso/core"

export interface Clock {
  /** Wall clock in ms. */
  now(): number
  /** Monotonic clock in ms. */
  monotonic(): number
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => Math.floor(performance.now()) }

const BEHIND_MS = 5_000
const JUMP_MS = 600_000

/** Block times of `embedded` (LEDGER.md, Time): never backwards, and none at all from a clock that is wrong. */
export class BlockClock {
  private readonly clock: Clock
  private readonly offset: number

  constructor(clock: Clock) {
    this.clock = clock
    this.offset = clock.now() - clock.monotonic()
  }

  /** @throws PlatformError `clock_behind`, `clock_jumped` */
  next(tipTime: number): number {
    const now = this.clock.now()
    if (now <= tipTime - BEHIND_MS)
      throw new PlatformError(
        "clock_behind",
        "this machine's clock is behind the newest block; set it right (NTP)",
      )
    if (Math.abs(now - this.clock.monotonic() - this.offset) >= JUMP_MS)
      throw new PlatformError(
        "clock_jumped",
        "this machine's clock jumped by ten minutes or more; set it right and restart",
      )
    return Math.max(tipTime + 1, now)
  }
}
