import { type Bytes, PlatformError } from "@aceso/core"
import { idBytes } from "@aceso/ledger/included.ts"

/**
 * Why the ledger did not take a transaction. `stale`: it has moved on, plan anew; `later`: nothing is wrong with
 * what was sent; `refused`: it would be refused again.
 */
export type Setback = "stale" | "later" | "refused"

const STALE = new Set(["log_changed_meanwhile", "handle_exists"])
const LATER = new Set([
  "quota_exceeded",
  "busy",
  "closed",
  "expired",
  "engine_unreachable",
  "engine_stopped",
  "clock_behind",
  "clock_jumped",
])
/** What is refused because of who sends, or by which action: a part of it would be refused as well. */
const GENERAL = new Set([
  "unknown_member",
  "unknown_key",
  "key_not_valid",
  "member_suspended",
  "not_permitted",
  "action_disabled",
  "unknown_contract",
  "unknown_action",
])

/** @param error what a submission threw; anything but a PlatformError is a fault of ours: undefined */
export function setbackOf(error: unknown): Setback | undefined {
  if (!(error instanceof PlatformError)) return undefined
  if (STALE.has(error.code)) return "stale"
  return LATER.has(error.code) ? "later" : "refused"
}

export const isGeneral = (error: unknown): boolean =>
  error instanceof PlatformError && GENERAL.has(error.code)

/** So often the ledger is asked for what it refuses; then it waits for a person. */
export const MAX_TRIES = 5
const REFUSED_DELAY_MS = 10_000
const REFUSED_GROWTH = 4
const LATER_DELAY_MS = 1_000
const MAX_LATER_DELAY_MS = 60_000
/** Apart from so many things at most: beyond, something is wrong with all. */
export const MAX_APART = 100

/** Stands for everything that a worker does; other names are those of bytes (`nameOf`), of 0, 16 or 32. */
export const ALL = "all"

interface Held {
  readonly tries: number
  readonly nextAt: number
  readonly code: string
}

/** What the ledger does not take at present: when it is tried again, and what waits for a person. Gone after a restart. */
export class Setbacks {
  private readonly what: string
  private readonly now: () => number
  private readonly held = new Map<string, Held>()
  private laterInRow = 0

  /** @param what waits, such as "entries of records" */
  constructor(what: string, now: () => number = Date.now) {
    this.what = what
    this.now = now
  }

  isHeld(name: string): boolean {
    return (this.held.get(name)?.nextAt ?? 0) > this.now()
  }

  /** What is not to be tried now, without `ALL`: the bytes that the names stand for. */
  apart(): Bytes[] {
    const names = [...this.held.keys()].filter((name) => name !== ALL && this.isHeld(name))
    return names.map(idBytes)
  }

  /** Nothing is wrong with what was sent: all of it waits, longer each time and without end. */
  later(error: PlatformError): PlatformError {
    const delay = Math.min(LATER_DELAY_MS * 2 ** this.laterInRow, MAX_LATER_DELAY_MS)
    this.laterInRow++
    this.held.set(ALL, { tries: 0, nextAt: this.now() + delay, code: error.code })
    return error
  }

  /** @returns what the operator is told */
  refused(name: string, error: PlatformError): PlatformError {
    if (name !== ALL && !this.held.has(name) && this.held.size >= MAX_APART) return this.refused(ALL, error)
    const tries = (this.held.get(name)?.tries ?? 0) + 1
    const nextAt = this.now() + REFUSED_DELAY_MS * REFUSED_GROWTH ** (tries - 1)
    if (tries >= MAX_TRIES) return this.stop(name, error)
    this.held.set(name, { tries, nextAt, code: error.code })
    return error
  }

  /** Not tried again before a person says so. */
  stop(name: string, error: PlatformError): PlatformError {
    // Whoever asks is told of no more; what is not noted here is tried again.
    if (this.held.size < 10 * MAX_APART || this.held.has(name))
      this.held.set(name, { tries: MAX_TRIES, nextAt: Number.POSITIVE_INFINITY, code: error.code })
    return new PlatformError(
      "ledger_refuses",
      `the ledger refuses ${this.what} (${error.code}: ${error.message}); they stay in the vault and are not sent again before aceso retry, or a restart`,
      { cause: error },
    )
  }

  /** The ledger took something. */
  done(name: string): void {
    this.laterInRow = 0
    if (this.held.size === 0) return
    this.held.delete(name)
    this.held.delete(ALL)
  }

  /** Codes of what waits for a person. */
  stopped(): string[] {
    return this.codes(MAX_TRIES)
  }

  /** Codes of what is tried again by itself. */
  retrying(): string[] {
    return this.codes(0, MAX_TRIES - 1)
  }

  /** Codes of what was refused, also of what is tried again. */
  refusals(): string[] {
    return this.codes(1)
  }

  /** Whether all waits, although nothing is wrong with it. */
  get isWaiting(): boolean {
    return this.isHeld(ALL) && this.held.get(ALL)?.tries === 0
  }

  private codes(minTries: number, maxTries = MAX_TRIES): string[] {
    const codes = [...this.held.values()]
      .filter(({ tries }) => tries >= minTries && tries <= maxTries)
      .map(({ code }) => code)
    return [...new Set(codes)].sort()
  }

  /** Everything may be tried again at once. @returns how much was held */
  retry(): number {
    const { size } = this.held
    this.held.clear()
    this.laterInRow = 0
    return size
  }
}
