import type { PlatformError } from "@aceso/core"
import { ALL, isGeneral, MAX_APART, type Setbacks, setbackOf } from "./setbacks.ts"

export interface BatchWork<T> {
  /** What the ledger refuses is held under this name. */
  readonly nameOf: (item: T) => string
  /** Submits the items as one transaction, and notes that the ledger has them. @returns how much that was */
  readonly send: (items: readonly T[]) => Promise<number>
  /**
   * The ledger has moved on: notes what it has of the items by now. @returns how much that was; undefined: nothing
   * that was found explains it
   */
  readonly replan: (items: readonly T[]) => Promise<number | undefined>
  /** Told of each setback that the operator should know of. */
  readonly onSetback: (error: unknown) => void
}

/** Submits in batches. Of a batch that the ledger refuses, only what it refuses waits: the rest goes in parts. */
export class Batches<T> {
  private readonly setbacks: Setbacks
  private readonly work: BatchWork<T>
  private refusals = 0

  constructor(setbacks: Setbacks, work: BatchWork<T>) {
    this.setbacks = setbacks
    this.work = work
  }

  /** Begins a round: only so many refusals in it reach the ledger. */
  begin(): void {
    this.refusals = 0
  }

  /** @returns how much the ledger has of it by now */
  async submit(items: readonly T[]): Promise<number> {
    const { setbacks, work } = this
    if (items.length === 0 || setbacks.isHeld(ALL)) return 0
    try {
      const done = await work.send(items)
      for (const item of items) setbacks.done(work.nameOf(item))
      return done
    } catch (error) {
      switch (setbackOf(error)) {
        case "stale":
          return (await work.replan(items)) ?? this.divide(items, error as PlatformError)
        case "later":
          if (!setbacks.isHeld(ALL)) work.onSetback(setbacks.later(error as PlatformError))
          return 0
        case "refused":
          return this.divide(items, error as PlatformError)
        default:
          throw error
      }
    }
  }

  private async divide(items: readonly T[], error: PlatformError): Promise<number> {
    const { setbacks, work } = this
    if (isGeneral(error) || ++this.refusals > MAX_APART) {
      // Several batches are on their way at once: that is one try.
      if (!setbacks.isHeld(ALL)) work.onSetback(setbacks.refused(ALL, error))
      return 0
    }
    if (items.length === 1) {
      work.onSetback(setbacks.refused(work.nameOf(items[0]), error))
      return 0
    }
    const half = items.length >> 1
    return (await this.submit(items.slice(0, half))) + (await this.submit(items.slice(half)))
  }
}
