import { messageOf, PlatformError } from "@aceso/core"
import type { StateStore } from "./store.ts"

/** Rows per step, and the pause after it: a million rows take about three hours and next to no time of the CPU. */
const STEP_ROWS = 100
const STEP_PAUSE_MS = 1_000

export interface ScrubOptions {
  /** What was found: the state on this disk is not what the network agreed on. */
  readonly onFinding: (finding: PlatformError) => void
  readonly pauseMs?: number
}

/**
 * Reads every row of the state again and again, and compares it with its leaf in the tree: a row that a failing disk
 * or a stranger changed is found although no transaction touches it.
 */
export class Scrubber {
  private readonly store: StateStore
  private readonly options: ScrubOptions
  private readonly timer: NodeJS.Timeout
  private after: Buffer | undefined
  private readonly reported = new Set<string>()
  /** Rounds over all rows so far. */
  rounds = 0
  /** Rows looked at so far. */
  rows = 0
  findings = 0

  constructor(store: StateStore, options: ScrubOptions) {
    this.store = store
    this.options = options
    this.timer = setInterval(() => this.step(), options.pauseMs ?? STEP_PAUSE_MS)
    this.timer.unref()
  }

  stop(): void {
    clearInterval(this.timer)
  }

  private step(): void {
    try {
      const { damaged, last, count } = this.store.checkRows(this.after, STEP_ROWS)
      this.rows += count
      this.after = last
      if (!last) this.rounds++
      for (const place of damaged) {
        if (this.reported.has(place)) continue
        this.reported.add(place)
        this.tell(
          new PlatformError(
            "state_damaged",
            `the row ${place} in ${this.store.folder} is not what the network agreed on: ` +
              "stop the node and run `aceso rebuild-state`; check the disk",
            { details: { row: place } },
          ),
        )
      }
    } catch (error) {
      this.stop()
      this.tell(
        new PlatformError("state_damaged", `the state cannot be read any more: ${messageOf(error)}`, {
          cause: error,
        }),
      )
    }
  }

  private tell(finding: PlatformError): void {
    this.findings++
    this.options.onFinding(finding)
  }
}
