import type { HistoryAnswer, TimelineEntry } from "@aceso/client"
import { cut, FIRST, isOver, marksText } from "@aceso/core/display/index.ts"
import { bold, red, together } from "../columns.ts"

type Answered = Pick<HistoryAnswer, "timeline" | "custodians" | "isComplete" | "joined" | "lost"> & {
  /** Only some records were asked for, or only what is new. */
  readonly isPart: boolean
}

const TITLES = {
  flag: "Warnings",
  allergy: "Allergies",
  anticoagulant: "Anticoagulants and antiplatelets",
  problem: "Active problems",
} as const

/** Of a value above the timeline; below it stands whole. */
const SHORT = 200

/** What has to be seen before anything else, and whether some of it may be missing. */
export function firstLines(answer: Answered): string[] {
  const missing = missingWords(answer)
  return [
    ...FIRST.flatMap((block) => {
      const entries = answer.timeline.filter(({ first }) => first === block)
      const read = count(answer.timeline.length, "record")
      // That there is no warning says nothing: few places record any.
      if (block === "flag" && entries.length === 0) return []
      const none = answer.isPart
        ? `    none among the ${read} asked for; others may say so`
        : `    none recorded among ${read} read`
      return [bold(`  ${TITLES[block]}`), ...(entries.length > 0 ? shortLines(entries) : [none])]
    }),
    ...(missing.length > 0 ? [red(`  These lists may be incomplete: ${missing.join("; ")}.`)] : []),
    "",
  ]
}

/** What goes on before what is over; of those that say the same the newest, with how often it was said before. */
function shortLines(entries: readonly TimelineEntry[]): string[] {
  const sayings = Map.groupBy(entries, saidOf)
  return [...sayings]
    .sort(([, [a]], [, [b]]) => Number(isOver(a.marks)) - Number(isOver(b.marks)))
    .map(([said, all]) => {
      const earlier = all.length > 1 ? `; ${all.length - 1} more that say the same` : ""
      const custodians = new Set(all.flatMap(({ sources }) => sources.map(({ custodian }) => custodian)))
      const from = [timeOf(all[0]), ...custodians].filter((text) => text !== "")
      return `    ${said} (${from.join(", ")}${earlier})`
    })
}

const saidOf = ({ marks, title, value }: TimelineEntry): string =>
  `${marksText(marks)}${title}${value === undefined ? "" : `: ${wholeNumbers(cut(value, SHORT))}`}`

function missingWords({ custodians, isComplete, joined, lost, isPart }: Answered): string[] {
  const sum = (of: (one: Answered["custodians"][number]) => number) =>
    custodians.reduce((all, one) => all + of(one), 0)
  const silent = custodians.filter(({ outcome }) => outcome !== "answered").map(({ custodian }) => custodian)
  const hidden =
    sum((one) => one.withheld + one.withdrawn) + joined.reduce((all, one) => all + one.withheld, 0)
  const broken = sum((one) => one.mismatched + one.damaged)
  const gone = sum((one) => one.lost) + lost.reduce((all, one) => all + one.entries, 0)
  const closed = joined.filter(({ code }) => code !== undefined).map(({ alias }) => alias)
  return [
    ...(isPart ? ["not everything was asked for"] : []),
    ...(silent.length > 0 ? [`nothing came from ${silent.join(", ")}`] : []),
    ...(silent.length === 0 && !isComplete ? ["a custodian did not send all of its part"] : []),
    ...(closed.length > 0 ? [`nothing of ${closed.join(", ")} is shown`] : []),
    ...(hidden > 0 ? [`${were(hidden)} withheld`] : []),
    ...(broken > 0 ? [`${count(broken, "record")} did not hold`] : []),
    ...(gone > 0 ? [`${were(gone)} lost`] : []),
  ]
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`
const were = (n: number): string => `${count(n, "record")} ${n === 1 ? "was" : "were"}`

/** A number and its unit stand in one line, and so does a short value. */
export const wholeNumbers = (value: string): string =>
  value.length > 30 ? value.replace(/\d \S{1,12}(?=[\s;,]|$)/g, together) : together(value)

/** As it was written, in the zone in which it was written; seconds where they say something. */
export function timeOf({ timeText = "" }: Pick<TimelineEntry, "timeText">): string {
  const [, date, clock, seconds, zone] = /^([^T]*)T(\d\d:\d\d)(:[\d.]+)?(Z|[+-].*)$/.exec(timeText) ?? []
  if (clock === undefined) return timeText
  return `${date} ${clock}${seconds === ":00" || seconds === undefined ? "" : seconds}${zone}`
}
