import { setTimeout as delay } from "node:timers/promises"
import type { Window } from "./module.ts"

interface Timed {
  readonly window: Window
  readonly round: () => Promise<void>
  everyMs: number
  /** When the next round begins. */
  dueAt: number
  timer: NodeJS.Timeout
}

const everyOf = ({ everyMs }: Window): number => (typeof everyMs === "number" ? everyMs : everyMs())

/** Runs windows: of each one round at a time, and what goes wrong in it is told. */
export class Windows {
  private readonly windows: readonly Window[]
  private readonly onFault: (error: unknown) => void
  private readonly now: () => number
  private timed: readonly Timed[] = []

  /** @param now ms, of a clock that nobody sets */
  constructor(windows: readonly Window[], onFault: (error: unknown) => void, now = () => performance.now()) {
    this.windows = windows
    this.onFault = onFault
    this.now = now
  }

  begin(): void {
    this.timed = this.windows.map((window) => {
      const everyMs = everyOf(window)
      const timed: Timed = {
        ...{ window, round: this.roundOf(window), everyMs, dueAt: this.now() + everyMs },
        timer: setInterval(() => this.due(timed), everyMs).unref(),
      }
      if (window.isAlsoAtEnds) void timed.round()
      return timed
    })
  }

  /**
   * Windows that last another time by now do so. What was due stays due: promises were made by the window as it was, so
   * the next round begins when it would have, or by the new window from now on where that is sooner.
   */
  retime(): void {
    for (const one of this.timed) {
      const everyMs = everyOf(one.window)
      if (everyMs === one.everyMs) continue
      const now = this.now()
      clearTimeout(one.timer)
      one.everyMs = everyMs
      one.dueAt = Math.min(one.dueAt, now + everyMs)
      one.timer = setTimeout(
        () => {
          one.timer = setInterval(() => this.due(one), everyMs).unref()
          this.due(one)
        },
        Math.max(0, one.dueAt - now),
      ).unref()
    }
  }

  /** No round begins any more. */
  stop(): void {
    for (const { timer } of this.timed) clearTimeout(timer)
    this.timed = []
  }

  private due(one: Timed): void {
    one.dueAt = this.now() + one.everyMs
    void one.round()
  }

  /** One at a time: of those that fall due meanwhile, as on a ledger that stands still, one follows and no more. */
  private roundOf(window: Window): () => Promise<void> {
    let isAtWork = false
    let isMissed = false
    return async () => {
      isMissed = isAtWork
      if (isAtWork) return
      isAtWork = true
      do {
        isMissed = false
        await window.run().catch(this.onFault)
      } while (isMissed && this.timed.length > 0)
      isAtWork = false
    }
  }

  /** What is to be done a last time, as far as it is done by then. */
  async last(withinMs: number): Promise<void> {
    const work = Promise.all(this.windows.filter((one) => one.isAlsoAtEnds).map((one) => one.run()))
    await Promise.race([work, delay(withinMs, undefined, { ref: false })]).catch(this.onFault)
    // Nobody waits for it any more: it ends with vault and engine.
    work.catch(() => {})
  }
}
