import { firstBlocks, type Saying, type TimelineEntry } from "@aceso/client"
import { cut, type First, type Mark, visibleAll } from "@aceso/core/display/index.ts"

/** Of a value above the timeline; below it stands whole. */
const SHORT = 200

/** What is said once above the timeline. */
export interface ShownSaying {
  /** Of its newest entry, in the whole answer. */
  readonly n: number
  readonly marks: readonly Mark[]
  readonly title: string
  readonly value?: string
  readonly time: number | null
  readonly timeText?: string
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
  return firstBlocks(timeline).map(({ block, sayings }) => {
    const shorts = Map.groupBy(sayings, shortOf)
    return {
      block,
      sayings: sayings.map((one): ShownSaying => {
        const { newest, more, custodians, isOld } = one
        const { marks, title, value, time, timeText } = newest
        // Where what tells two apart lies behind the cut, nothing of them is cut.
        const isAlone = shorts.get(shortOf(one))?.length === 1
        const said = value === undefined ? undefined : isAlone ? cut(value, SHORT) : value
        return {
          n: places.get(newest) ?? 0,
          ...visibleAll({ marks, title, ...(said !== undefined && { value: said }) }),
          time,
          ...(timeText !== undefined && visibleAll({ timeText })),
          ...{ more, custodians, isOld },
        }
      }),
    }
  })
}

const shortOf = ({ newest: { marks, title, value } }: Saying): string =>
  JSON.stringify([marks, title, value === undefined ? null : cut(value, SHORT)])
