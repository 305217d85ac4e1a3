import { HEARTBEAT_MS, type LiveTopic, READY } from "@aceso/client/live-topics.ts"

/** Topics that come closer together than that become one event, ms. */
export const GAP_MS = 250
/** Then a stream ends, and its reader signs another request, ms. */
export const LIFETIME_MS = 600_000
/** So many heartbeats that nobody has read, and the reader is dropped. */
const MAX_UNREAD = 2

/** What a listener may hear now, and when that has to be asked again at the latest, ms; undefined: it may not any more. */
export interface Standing {
  readonly topics: ReadonlySet<LiveTopic>
  readonly until?: number
  /** What of the listener's rights the stream was opened by: with others it ends, and its page looks who it is. */
  readonly rights?: string
  /** Whoever acts for the person. */
  readonly isDelegate?: boolean
}

export interface StreamOptions {
  /** Whether and what it may hear now; asked before each event. */
  readonly standing: () => Promise<Standing | undefined>
  readonly onEnd: () => void
  /** The reader does not read: its connection is of no use to anybody. */
  readonly onDrop?: () => void
  readonly onFault: (error: unknown) => void
  readonly heartbeatMs?: number
  readonly lifetimeMs?: number
}

const encoder = new TextEncoder()
const PART_BYTES = 64
/** All parts have one length: whoever sees the encrypted line does not see which they are. */
const padded = (part: string) => `${part}:${" ".repeat(PART_BYTES - part.length - 3)}\n\n`
/** Without data an event is none (WHATWG HTML, 9.2.6). */
const eventOf = (name: string) => padded(`event: ${name}\ndata: new\n`)
const COMMENT = encoder.encode(padded(""))

/**
 * One listener's server-sent events. It holds at most one of each topic, however many happen and however slowly they are
 * read.
 */
export class LiveStream {
  readonly body: ReadableStream<Uint8Array>
  private readonly options: StreamOptions
  private readonly waiting = new Set<LiveTopic>()
  private readonly timers: NodeJS.Timeout[] = []
  private controller!: ReadableStreamDefaultController<Uint8Array>
  private flushing: NodeJS.Timeout | undefined
  private recheck: NodeJS.Timeout | undefined
  private flushedAt = 0
  private unread = 0
  private readonly rights: string | undefined
  private isOver = false

  constructor(options: StreamOptions, first: Standing) {
    this.options = options
    this.rights = first.rights
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.controller = controller
          controller.enqueue(encoder.encode(eventOf(READY)))
        },
        pull: () => {
          this.unread = 0
          if (this.waiting.size > 0) this.plan()
        },
        cancel: () => this.end(),
      },
      { highWaterMark: 2 },
    )
    const { heartbeatMs = HEARTBEAT_MS, lifetimeMs = LIFETIME_MS } = options
    this.timers.push(setInterval(() => void this.beat(), heartbeatMs).unref())
    this.timers.push(setTimeout(() => this.end(), lifetimeMs).unref())
    this.askAgain(first)
  }

  tell(topic: LiveTopic): void {
    if (this.isOver) return
    this.waiting.add(topic)
    this.plan()
  }

  /** Ends the stream where its listener may not hear it any more, or may do something else than when it began. */
  async check(): Promise<Standing | undefined> {
    if (this.isOver) return undefined
    try {
      const standing = await this.options.standing()
      if (standing && standing.rights === this.rights) {
        this.askAgain(standing)
        return standing
      }
      this.end()
      return undefined
    } catch (error) {
      // Whoever cannot be looked up hears nothing; the client comes again.
      this.options.onFault(error)
      this.end()
      return undefined
    }
  }

  end(): void {
    if (!this.stop()) return
    try {
      this.controller.close()
    } catch {
      // Its reader has gone.
    }
  }

  private stop(): boolean {
    if (this.isOver) return false
    this.isOver = true
    for (const timer of [...this.timers, this.flushing, this.recheck]) clearTimeout(timer)
    this.options.onEnd()
    return true
  }

  private askAgain({ until }: Standing): void {
    clearTimeout(this.recheck)
    if (until === undefined || this.isOver) return
    const inMs = until - Date.now()
    // What lies behind the end of the stream needs no look.
    if (inMs > LIFETIME_MS) return
    this.recheck = setTimeout(() => void this.check(), Math.max(0, inMs)).unref()
  }

  private get hasRoom(): boolean {
    return (this.controller.desiredSize ?? 0) > 0
  }

  private plan(): void {
    if (this.flushing || this.isOver || !this.hasRoom) return
    const inMs = Math.max(0, this.flushedAt + GAP_MS - Date.now())
    this.flushing = setTimeout(() => void this.flush(), inMs).unref()
  }

  private async flush(): Promise<void> {
    const standing = await this.check()
    this.flushing = undefined
    if (!standing || this.isOver || !this.hasRoom) return
    const topics = [...this.waiting].filter((topic) => standing.topics.has(topic))
    this.waiting.clear()
    this.flushedAt = Date.now()
    if (topics.length > 0) this.controller.enqueue(encoder.encode(topics.map(eventOf).join("")))
  }

  private async beat(): Promise<void> {
    if (!(await this.check()) || this.isOver) return
    if (this.hasRoom) {
      this.controller.enqueue(COMMENT)
      return
    }
    if (++this.unread < MAX_UNREAD || !this.stop()) return
    this.controller.error(new Error("the reader does not read"))
    this.options.onDrop?.()
  }
}
