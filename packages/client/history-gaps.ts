import type { HistoryAnswer, SourceLine, TimelineEntry } from "./history-schemas.ts"

/** Of an answer what says what has to be seen first, and whether some of it may be missing. */
export type Answered = Pick<HistoryAnswer, "timeline" | "custodians" | "isComplete" | "joined" | "lost"> & {
  /** Only some records were asked for, or only what is new. */
  readonly isPart: boolean
}

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
