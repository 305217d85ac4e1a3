import { setTimeout as delay } from "node:timers/promises"
import type { Window } from "./module.ts"

/** Runs windows: of each one round at a time, and what goes wrong in it is told. */
export class Windows {
  private readonly windows: readonly Window[]
  private readonly onFault: (error: unknown) => void
  private readonly timers: NodeJS.Timeout[] = []

  constructor(windows: readonly Window[], onFault: (error: unknown) => void) {
    this.windows = windows
    this.onFault = onFault
  }

  begin(): void {
    for (const window of this.windows) {
      let isAtWork = false
      const round = async () => {
        // On a ledger that stands still one round waits, not one more with each window.
        if (isAtWork) return
        isAtWork = true
        await window.run().catch(this.onFault)
        isAtWork = false
      }
      if (window.isAlsoAtEnds) void round()
      this.timers.push(setInterval(round, window.everyMs).unref())
    }
  }

  /** No round begins any more. */
  stop(): void {
    for (const timer of this.timers) clearInterval(timer)
  }

  /** What is to be done a last time, as far as it is done by then. */
  async last(withinMs: number): Promise<void> {
    const work = Promise.all(this.windows.filter((one) => one.isAlsoAtEnds).map((one) => one.run()))
    await Promise.race([work, delay(withinMs, undefined, { ref: false })]).catch(this.onFault)
    // Nobody waits for it any more: it ends with vault and engine.
    work.catch(() => {})
  }
}
