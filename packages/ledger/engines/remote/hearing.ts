import { setTimeout as delay } from "node:timers/promises"
import {
  type EventsAnswer,
  type GenesisDocument,
  type LedgerEvent,
  MAX_WAIT_MS,
  type MemberId,
  messageOf,
  PlatformError,
  verifyEvents,
} from "@aceso/core"
import { type Cursor, isAfter } from "../../engine.ts"
import type { RemoteSource } from "./source.ts"
import type { Trust } from "./trust.ts"

/** How long others wait for a source that is behind, ms. */
const PATIENCE_MS = 10_000
/** Events that were handed out and that not all sources have told of. */
const MAX_REMEMBERED = 10_000
/** Between attempts at a source that fails, ms; doubled up to the second. */
const RETRY_MS = [500, 15_000] as const

interface Heard {
  readonly event: LedgerEvent
  readonly from: Set<MemberId>
}

interface Ear {
  readonly source: RemoteSource
  /** It told all that it has up to this height. */
  upTo: number
  isDown: boolean
  /** Since when others were ahead of it, ms. */
  behindSince: number | undefined
}

export interface HearingOptions {
  readonly sources: readonly RemoteSource[]
  readonly anchor: GenesisDocument
  readonly trust: Trust
  readonly after: Cursor
  readonly onEvent: (event: LedgerEvent) => void | Promise<void>
  readonly patienceMs?: number
  readonly retryMs?: readonly [number, number]
}

const placeOf = ({ height, transaction, index }: Cursor) => `${height} ${transaction} ${index}`
const inOrder = (a: Cursor, b: Cursor): number =>
  a.height - b.height || a.transaction - b.transaction || a.index - b.index

/**
 * Events from several sources at once, each proven: what one withholds another shows. They are handed out in order, up
 * to the height that every source has told of that does well; what comes to light later is handed out at once.
 */
export class Hearing {
  private readonly options: HearingOptions
  private readonly ears: readonly Ear[]
  private readonly ending = new AbortController()
  private readonly heard = new Map<string, Heard>()
  private readonly given = new Set<string>()
  private isGiving = false
  private readonly timer: NodeJS.Timeout

  constructor(options: HearingOptions) {
    this.options = options
    const upTo = Math.max(0, options.after.height - 1)
    this.ears = options.sources.map((source) => ({
      source,
      upTo,
      isDown: false,
      behindSince: undefined,
    }))
    for (const ear of this.ears) void this.listen(ear)
    this.timer = setInterval(() => void this.give(), Math.min(1000, this.patienceMs))
    this.timer.unref()
  }

  close(): void {
    clearInterval(this.timer)
    this.ending.abort()
  }

  private get patienceMs(): number {
    return this.options.patienceMs ?? PATIENCE_MS
  }

  private async listen(ear: Ear): Promise<void> {
    const { trust, retryMs = RETRY_MS } = this.options
    const { member } = ear.source
    const { signal } = this.ending
    let [pauseMs] = retryMs
    while (!signal.aborted) {
      try {
        const after = ear.upTo
        const answer = await ear.source.events({ after, waitMs: MAX_WAIT_MS }, signal)
        this.take(ear, answer)
        ear.isDown = false
        trust.doesWell(member, "unreachable")
        ;[pauseMs] = retryMs
        // It may not have waited for a block.
        if (ear.upTo === after) await delay(pauseMs, undefined, { signal })
      } catch (error) {
        if (signal.aborted) return
        ear.isDown = true
        const isLie = error instanceof PlatformError && error.code === "bad_proof"
        trust.note(member, isLie ? "lies" : "unreachable", messageOf(error))
        await delay(pauseMs, undefined, { signal }).catch(() => {})
        pauseMs = Math.min(2 * pauseMs, retryMs[1])
      }
      void this.give()
    }
  }

  /** @throws PlatformError `bad_proof`, `history_forked`: nothing of the answer is taken */
  private take(ear: Ear, { blocks, upTo, tip }: EventsAnswer): void {
    const { trust, anchor } = this.options
    const { member } = ear.source
    const lie = (why: string) => new PlatformError("bad_proof", `what ${member} tells cannot be: ${why}`)
    trust.accept(member, tip)
    if (upTo > tip.checkpoint.height) throw lie("it tells of blocks above its own newest")
    if (upTo < ear.upTo) throw lie("it goes back")
    let last = ear.upTo
    const events: LedgerEvent[] = []
    for (const block of blocks) {
      const { height } = block.checkpoint
      if (height <= last || height > upTo) throw lie(`block ${height} is not among those it was asked for`)
      last = height
      trust.accept(member, block)
      events.push(...verifyEvents(block, anchor))
    }
    for (const event of events) {
      const place = placeOf(event)
      const known = this.heard.get(place)
      if (known) known.from.add(member)
      else this.heard.set(place, { event, from: new Set([member]) })
    }
    ear.upTo = upTo
  }

  /** Whom the others wait for: who answers, and is not behind for long. */
  private waitedFor(now: number): Ear[] {
    const newest = Math.max(...this.ears.filter(({ isDown }) => !isDown).map(({ upTo }) => upTo))
    return this.ears.filter((ear) => {
      const { source, upTo, isDown } = ear
      ear.behindSince = upTo < newest ? (ear.behindSince ?? now) : undefined
      const isLate = ear.behindSince !== undefined && now - ear.behindSince >= this.patienceMs
      if (isLate && !isDown)
        this.options.trust.note(source.member, "lags", `it is at block ${upTo}, others at ${newest}`)
      if (ear.behindSince === undefined) this.options.trust.doesWell(source.member, "lags")
      return !isDown && !isLate
    })
  }

  private async give(): Promise<void> {
    if (this.isGiving || this.ending.signal.aborted) return
    this.isGiving = true
    try {
      const waited = this.waitedFor(Date.now())
      if (waited.length === 0) return
      const upTo = Math.min(...waited.map((ear) => ear.upTo))
      const due = [...this.heard.values()]
        .filter(({ event }) => event.height <= upTo && !this.given.has(placeOf(event)))
        .sort((a, b) => inOrder(a.event, b.event))
      for (const { event } of due) {
        if (this.ending.signal.aborted) return
        this.given.add(placeOf(event))
        if (isAfter(event, this.options.after)) await this.options.onEvent(event)
      }
      this.compare()
    } finally {
      this.isGiving = false
    }
  }

  /** Who told of a block and left out what another one showed of it; then what all have told is forgotten. */
  private compare(): void {
    const lowest = Math.min(...this.ears.map(({ upTo }) => upTo))
    for (const [place, { event, from }] of this.heard) {
      for (const { source, upTo } of this.ears)
        if (event.height <= upTo && !from.has(source.member)) {
          const what = `${event.contract}.${event.name} of block ${event.height}`
          this.options.trust.note(source.member, "withholds", `it did not tell of ${what}`)
        }
      if (event.height <= lowest && this.given.has(place)) this.forget(place)
    }
    // While a source is away, what it has not told of yet adds up: beyond that it goes on behind.
    for (const [place, { event }] of this.heard) {
      if (this.heard.size <= MAX_REMEMBERED) break
      if (!this.given.has(place)) continue
      this.forget(place)
      for (const ear of this.ears) ear.upTo = Math.max(ear.upTo, event.height)
    }
  }

  private forget(place: string): void {
    this.heard.delete(place)
    this.given.delete(place)
  }
}
