import { constants } from "node:os"

export type Signal = "SIGINT" | "SIGTERM"
const SIGNALS = ["SIGINT", "SIGTERM"] as const

/** What a shell shows of a process that a signal ended: 130, 143. */
export const statusOf = (signal: Signal): number => 128 + constants.signals[signal]

/** npm passes on what the terminal has sent to its child already: within so long, two are one press. */
const SAME_PRESS_MS = 500

export interface Process {
  now(): number
  exit(status: number): void
}

/** What a process does when it is told to end: the first signal ends it with a sentence, the second at once. */
export class Ending {
  private readonly process: Process
  private firstAt: number | undefined
  private onFirst: ((signal: Signal) => void) | undefined
  private isDone = false

  constructor(one: Process = { now: () => performance.now(), exit: (status) => process.exit(status) }) {
    this.process = one
  }

  /** Takes the signals of this process. @param brokenOff says what holds of what was begun */
  listen(brokenOff: (signal: Signal) => void): void {
    for (const signal of SIGNALS) process.on(signal, () => this.take(signal, brokenOff))
  }

  take(signal: Signal, brokenOff: (signal: Signal) => void): void {
    const now = this.process.now()
    if (this.firstAt !== undefined) {
      if (now - this.firstAt >= SAME_PRESS_MS) this.process.exit(statusOf(signal))
      return
    }
    this.firstAt = now
    if (this.onFirst) {
      this.onFirst(signal)
      return
    }
    // What came to its end meanwhile is not broken off.
    if (this.isDone) return
    brokenOff(signal)
    this.process.exit(statusOf(signal))
  }

  /** Whatever runs until it is told to end: it ends by itself once this resolves. */
  requested(): Promise<Signal> {
    return new Promise((resolve) => {
      this.onFirst = resolve
    })
  }

  /** It runs until it is told to end. */
  get isAwaited(): boolean {
    return this.onFirst !== undefined
  }

  done(): void {
    this.isDone = true
  }
}

/** Of this process. */
export const ending = new Ending()

/**
 * A reader that goes away, such as `head`, is no fault: a command ends, and what runs until it is told to end goes on
 * without a word.
 */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE" && error.code !== "EIO") throw error
      if (!ending.isAwaited && stream === process.stdout) process.exit()
    })
}
