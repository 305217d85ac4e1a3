import { firstSayings, type TimelineEntry, timeAsWritten } from "@aceso/client"
import { FIRST, type First, type Mark, visible, visibleAll } from "@aceso/core/display/index.ts"

/** What is said once above the timeline. */
export interface ShownSaying {
  /** Of its newest entry, in the whole answer. */
  readonly n: number
  readonly marks: readonly Mark[]
  readonly title: string
  readonly value?: string
  /** As it was written; empty: it has no time. */
  readonly time: string
  readonly more: number
  readonly custodians: readonly string[]
  readonly isOld: boolean
}

export interface FirstBlock {
  readonly block: First
  readonly sayings: readonly ShownSaying[]
}

export function firstShown(timeline: readonly TimelineEntry[]): FirstBlock[] {
  const places = new Map(timeline.map((entry, n) => [entry, n]))
  return FIRST.map((block) => ({
    block,
    sayings: firstSayings(timeline, block).map(
      ({ newest, title, value, more, custodians, isOld }): ShownSaying => ({
        n: places.get(newest) ?? 0,
        ...visibleAll({ marks: newest.marks, title, ...(value !== undefined && { value }) }),
        time: visible(timeAsWritten(newest)),
        ...{ more, custodians, isOld },
      }),
    ),
  }))
}
