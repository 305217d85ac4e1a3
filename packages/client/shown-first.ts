import { cut, type First, isOver, marksText } from "@aceso/core/display/index.ts"
import type { TimelineEntry } from "./history-schemas.ts"

/** Of a value above the timeline; below it stands whole. */
const SHORT = 200

/** What has to be seen before anything else, once for all entries that say it. */
export interface FirstSaying {
  readonly newest: TimelineEntry
  /** What it says besides its marks, cut where that loses nothing that tells it from another. */
  readonly title: string
  readonly value?: string
  /** Entries more that say the same. */
  readonly more: number
  readonly custodians: readonly string[]
  /** Of all of them a newer version is there, and withheld. */
  readonly isOld: boolean
}

/** What goes on before what is over; of those that say the same the newest, with how often it was said before. */
export function firstSayings(timeline: readonly TimelineEntry[], block: First): FirstSaying[] {
  const sayings = [
    ...Map.groupBy(
      timeline.filter(({ first }) => first === block),
      wholeOf,
    ).values(),
  ]
  const shorts = Map.groupBy(sayings, ([newest]) => saidOf(newest, SHORT))
  return sayings
    .sort(([a], [b]) => Number(isOver(a.marks)) - Number(isOver(b.marks)))
    .map((all) => {
      const [newest] = all
      const { title, value } = newest
      // Where what tells two apart lies behind the cut, nothing of them is cut.
      const length = shorts.get(saidOf(newest, SHORT))?.length === 1 ? SHORT : Number.POSITIVE_INFINITY
      return {
        ...{ newest, title },
        ...(value !== undefined && { value: cut(value, length) }),
        more: all.length - 1,
        isOld: all.every(({ sources }) => sources.every(({ status }) => status === "withheld")),
        custodians: [...new Set(all.flatMap(({ sources }) => sources.map(({ custodian }) => custodian)))],
      }
    })
}

/** All that an entry says; of one that came cut nobody knows whether it says the same as another. */
const wholeOf = (entry: TimelineEntry): string | TimelineEntry =>
  [entry.title, entry.value].some((text) => text?.includes(WAS_CUT)) ? entry : saidOf(entry)
/** What `cut` puts behind what it kept. */
const WAS_CUT = " … "

const saidOf = ({ marks, title, value }: TimelineEntry, length = Number.POSITIVE_INFINITY): string =>
  `${marksText(marks)}${title}${value === undefined ? "" : `: ${cut(value, length)}`}`

/** As it was written, in the zone in which it was written; seconds where they say something. */
export function timeAsWritten({ timeText = "" }: Pick<TimelineEntry, "timeText">): string {
  const [, date, clock, seconds, zone] = /^([^T]*)T(\d\d:\d\d)(:[\d.]+)?(Z|[+-].*)$/.exec(timeText) ?? []
  if (clock === undefined) return timeText
  return `${date} ${clock}${seconds === ":00" || seconds === undefined ? "" : seconds}${zone}`
}
