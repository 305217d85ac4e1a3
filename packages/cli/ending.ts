import { closeSync, openSync } from "node:fs"
import { constants } from "node:os"
import { isatty } from "node:tty"

export type Signal = "SIGINT" | "SIGTERM" | "SIGHUP"
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const

/** What a shell shows of a process that a signal ended: 130, 143, 129. */
export const statusOf = (signal: Signal): number => 128 + constants.signals[signal]

/** npm passes on what the terminal has sent to its child already: within so long, two are one press. */
const SAME_PRESS_MS = 500

export interface Process {
  now(): number
  /** Whether the terminal is gone that it began at. */
  isHungUp(): boolean
  exit(status: number): void
}

/** What a process does when it is told to end: the first signal ends it with a sentence, the second at once. */
export class Ending {
  private readonly process: Process
  private firstAt: number | undefined
  private onFirst: ((signal: Signal) => void) | undefined
  private onReload: (() => void) | undefined
  private isDone = false

  constructor(one: Process = THIS) {
    this.process = one
  }

  /** Takes the signals of this process. @param brokenOff says what holds of what was begun */
  listen(brokenOff: (signal: Signal) => void): void {
    for (const signal of SIGNALS) process.on(signal, () => this.take(signal, brokenOff))
    // What started it is one with it (aceso.js), and has been killed.
    process.on("disconnect", () => this.take("SIGHUP", brokenOff, { isGone: true }))
    process.channel?.unref()
  }

  /** @param isGone what it belongs to is gone, whatever it reloads on */
  take(signal: Signal, brokenOff: (signal: Signal) => void, { isGone = false } = {}): void {
    if (signal === "SIGHUP" && this.onReload && !isGone && !this.process.isHungUp()) {
      this.onReload()
      return
    }
    const now = this.process.now()
    if (this.firstAt !== undefined) {
      // A terminal that goes away may say so more than once, and is no press.
      if (signal !== "SIGHUP" && now - this.firstAt >= SAME_PRESS_MS) this.process.exit(statusOf(signal))
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

  /** SIGHUP means this, as long as the terminal is there that the process began at, or there was none. */
  reloads(onReload: () => void): void {
    this.onReload = onReload
  }

  /** It runs until it is told to end. */
  get isAwaited(): boolean {
    return this.onFirst !== undefined
  }

  done(): void {
    this.isDone = true
  }
}

const wasAtTerminal = [0, 1, 2].some((fd) => isatty(fd))

/** A process that lost its controlling terminal has none to open (tty(4)). */
function isHungUp(): boolean {
  if (!wasAtTerminal) return false
  try {
    closeSync(openSync("/dev/tty", "r"))
    return false
  } catch {
    return true
  }
}

const THIS: Process = { now: () => performance.now(), exit: (status) => process.exit(status), isHungUp }

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
