import type { LedgerEvent } from "@aceso/core"
import { Changes } from "./changes.ts"
import { type Cursor, isAfter } from "./engine.ts"

interface Source {
  /** The newest height whose block is durable. */
  readonly height: number
  /** A node that began with a snapshot has no blocks up to it: what happened in them nobody hears from it. */
  readonly prunedUpTo: number
  eventsOf(height: number): readonly LedgerEvent[]
}

/** Hands events to subscribers in order, one at a time; a slow one slows only itself. */
export class Subscriptions {
  private readonly source: Source
  private readonly blocks = new Changes()

  constructor(source: Source) {
    this.source = source
  }

  /** A new block is durable. */
  notify(): void {
    this.blocks.tell()
  }

  /** Resolves with the next block, or when the time is over. */
  next(waitMs: number): Promise<void> {
    return this.blocks.next(waitMs)
  }

  subscribe(after: Cursor, onEvent: (event: LedgerEvent) => void | Promise<void>): () => void {
    let isOpen = true
    let isRunning = false
    let cursor = after
    let height = Math.max(1, after.height)
    const run = async () => {
      if (isRunning) return
      isRunning = true
      try {
        height = Math.max(height, this.source.prunedUpTo + 1)
        for (; isOpen && height <= this.source.height; height++)
          for (const event of this.source.eventsOf(height)) {
            if (!isOpen || !isAfter(event, cursor)) continue
            await onEvent(event)
            cursor = event
          }
      } finally {
        isRunning = false
      }
    }
    const end = this.blocks.listen(() => void run())
    void run()
    return () => {
      isOpen = false
      end()
    }
  }
}
