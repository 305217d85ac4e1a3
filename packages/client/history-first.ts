import { FIRST, type First, isOver, marksText } from "@aceso/core/display/index.ts"
import type { HistoryAnswer, SourceLine, TimelineEntry } from "./history-schemas.ts"

/** Of an answer what says what has to be seen first, and whether some of it may be missing. */
export type Answered = Pick<HistoryAnswer, "timeline" | "custodians" | "isComplete" | "joined" | "lost"> & {
  /** Only some records were asked for, or only what is new. */
  readonly isPart: boolean
}

/** What is said above a timeline, once for all entries that say the very same. */
export interface Saying {
  readonly newest: TimelineEntry
  /** How many others say the same. */
  readonly more: number
  /** Of all of them. */
  readonly custodians: readonly string[]
  /** Every source withholds the newest version. */
  readonly isOld: boolean
}

/** What has to be seen before anything else, a block each; what goes on before what is over. */
export const firstBlocks = (
  timeline: readonly TimelineEntry[],
): readonly { readonly block: First; readonly sayings: readonly Saying[] }[] =>
  FIRST.map((block) => ({ block, sayings: sayingsOf(timeline.filter(({ first }) => first === block)) }))

function sayingsOf(entries: readonly TimelineEntry[]): Saying[] {
  const sayings = [...Map.groupBy(entries, wholeOf).values()]
  return sayings
    .sort(([a], [b]) => Number(isOver(a.marks)) - Number(isOver(b.marks)))
    .map((all) => ({
      newest: all[0],
      more: all.length - 1,
      custodians: [...new Set(all.flatMap(({ sources }) => sources.map(({ custodian }) => custodian)))],
      isOld: all.every(({ sources }) => sources.every(({ status }) => status === "withheld")),
    }))
}

/** All that an entry says; of one that came cut nobody knows whether it says the same as another. */
const wholeOf = (entry: TimelineEntry): string | TimelineEntry =>
  [entry.title, entry.value].some((text) => text?.includes(WAS_CUT))
    ? entry
    : JSON.stringify([marksText(entry.marks), entry.title, entry.value ?? null])
/** What `cut` puts behind what it kept. */
const WAS_CUT = " … "

/** Why lists may be incomplete. */
export type Gap =
  | { readonly kind: "part" }
  | { readonly kind: "silent"; readonly custodians: readonly string[] }
  | { readonly kind: "unfinished" }
  | { readonly kind: "closed"; readonly aliases: readonly string[] }
  | ({ readonly kind: "withheld" } & Hidden)
  | { readonly kind: "broken" | "lost"; readonly records: number }

/** How many records are withheld, and where; which ones is nobody told. */
export interface Hidden {
  readonly records: number
  /** Absent: of joined handles. */
  readonly custodian?: string
  /** The custodian says that they are somebody else's. */
  readonly isAnothers: boolean
}

export function gapsOf(answer: Answered): Gap[] {
  const { custodians, isComplete, joined, lost, isPart } = answer
  const silent = custodians.filter(({ outcome }) => outcome !== "answered").map(({ custodian }) => custodian)
  const broken =
    sumOf(custodians, (one) => one.mismatched + one.damaged) +
    ownRecords(answer, "damaged").size +
    ownRecords(answer, "mismatch").size
  const gone = sumOf(custodians, (one) => one.lost) + sumOf(lost, (one) => one.entries)
  const closed = joined.filter(({ code }) => code !== undefined).map(({ alias }) => alias)
  return [
    ...(isPart ? [{ kind: "part" } as const] : []),
    ...(silent.length > 0 ? [{ kind: "silent", custodians: silent } as const] : []),
    ...(silent.length === 0 && !isComplete ? [{ kind: "unfinished" } as const] : []),
    ...(closed.length > 0 ? [{ kind: "closed", aliases: closed } as const] : []),
    ...hiddenOf(answer).map((hidden) => ({ kind: "withheld", ...hidden }) as const),
    ...(broken > 0 ? [{ kind: "broken", records: broken } as const] : []),
    ...(gone > 0 ? [{ kind: "lost", records: gone } as const] : []),
  ]
}

export function hiddenOf(answer: Answered): Hidden[] {
  const own = [...Map.groupBy(ownRecords(answer, "withdrawn").values(), (custodian) => custodian)]
  const all: Hidden[] = [
    ...answer.custodians.flatMap(({ custodian, withheld, withdrawn }) => [
      { records: withheld, custodian, isAnothers: false },
      { records: withdrawn, custodian, isAnothers: true },
    ]),
    ...own.map(([custodian, { length }]) => ({ records: length, custodian, isAnothers: true })),
    { records: sumOf(answer.joined, (one) => one.withheld), isAnothers: false },
  ]
  return all.filter(({ records }) => records > 0)
}

/** Records of the node's own of a status, whose custodian no report counts; with the custodian of each. */
function ownRecords({ timeline, custodians }: Answered, status: SourceLine["status"]): Map<string, string> {
  const reported = new Set(custodians.map(({ custodian }) => custodian))
  const found = new Map<string, string>()
  for (const { sources, older } of timeline)
    for (const line of [...sources, ...older])
      if (line.status === status && !reported.has(line.custodian))
        found.set(`${line.custodian} ${line.alias ?? ""} ${line.recordId}`, line.custodian)
  return found
}

const sumOf = <T>(all: readonly T[], of: (one: T) => number): number =>
  all.reduce((sum, one) => sum + of(one), 0)

/** As it was written, in the zone in which it was written; seconds where they say something. */
export function timeOf({ timeText = "" }: Pick<TimelineEntry, "timeText">): string {
  const [, date, clock, seconds, zone] = /^([^T]*)T(\d\d:\d\d)(:[\d.]+)?(Z|[+-].*)$/.exec(timeText) ?? []
  if (clock === undefined) return timeText
  return `${date} ${clock}${seconds === ":00" || seconds === undefined ? "" : seconds}${zone}`
}

/** What one's own node has of a person, in numbers of versions. */
export function ownCounts(member: string, timeline: readonly TimelineEntry[]) {
  const lines = timeline
    .flatMap(({ sources, older }) => [...sources, ...older])
    .filter(({ custodian }) => custodian === member)
  const count = (wanted: SourceLine["status"]) => lines.filter(({ status }) => status === wanted).length
  const deleted = lines.filter(({ status, isDeletion }) => isDeletion && status === "verified").length
  return {
    shown: count("verified") - deleted,
    withdrawn: count("withdrawn"),
    damaged: count("damaged"),
    deleted,
  }
}
