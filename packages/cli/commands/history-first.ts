import {
  type FirstSaying,
  firstSayings,
  type HistoryAnswer,
  type SourceLine,
  timeAsWritten,
} from "@aceso/client"
import { FIRST, marksText } from "@aceso/core/display/index.ts"
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

/** What has to be seen before anything else, and whether some of it may be missing. */
export function firstLines(answer: Answered): string[] {
  const missing = missingWords(answer)
  const read = count(answer.timeline.filter(({ isStruckOut }) => !isStruckOut).length, "record")
  const hidden = sumOf(hiddenOf(answer), ({ records }) => records)
  const withheld =
    hidden > 0 ? `, and ${count(hidden, "record")} ${hidden === 1 ? "is" : "are"} withheld` : ""
  return [
    ...FIRST.flatMap((block) => {
      const entries = firstSayings(answer.timeline, block)
      // That there is no warning says nothing: few places record any.
      if (block === "flag" && entries.length === 0) return []
      const none = answer.isPart
        ? `    none among the ${read} asked for${withheld}; others may say so`
        : `    none recorded among ${read} read${withheld}`
      return [bold(`  ${TITLES[block]}`), ...(entries.length > 0 ? shortLines(entries) : [none])]
    }),
    ...(missing.length > 0 ? [red(`  These lists may be incomplete: ${missing.join("; ")}.`)] : []),
    "",
  ]
}

/** What goes on before what is over; of those that say the same the newest, with how often it was said before. */
const shortLines = (sayings: readonly FirstSaying[]): string[] =>
  sayings.map(({ newest, title, value, more, isOld, custodians }) => {
    const said = `${marksText(newest.marks)}${title}${value === undefined ? "" : `: ${wholeNumbers(value)}`}`
    const earlier = more > 0 ? `; ${more} more that say the same` : ""
    const newer = isOld ? "; a newer version is withheld" : ""
    const from = [timeAsWritten(newest), ...custodians].filter((text) => text !== "")
    return `    ${said} (${from.join(", ")}${newer}${earlier})`
  })

function missingWords(answer: Answered): string[] {
  const { custodians, isComplete, joined, lost, isPart } = answer
  const silent = custodians.filter(({ outcome }) => outcome !== "answered").map(({ custodian }) => custodian)
  const broken =
    sumOf(custodians, (one) => one.mismatched + one.damaged) +
    ownRecords(answer, "damaged").size +
    ownRecords(answer, "mismatch").size
  const gone = sumOf(custodians, (one) => one.lost) + sumOf(lost, (one) => one.entries)
  const closed = joined.filter(({ code }) => code !== undefined).map(({ alias }) => alias)
  return [
    ...(isPart ? ["not everything was asked for"] : []),
    ...(silent.length > 0 ? [`nothing came from ${silent.join(", ")}`] : []),
    ...(silent.length === 0 && !isComplete ? ["a custodian did not send all of its part"] : []),
    ...(closed.length > 0 ? [`nothing of ${closed.join(", ")} is shown`] : []),
    ...hiddenOf(answer).map(({ records, of, where }) => `${were(records, of)} withheld${where}`),
    ...(broken > 0 ? [`${count(broken, "record")} did not hold`] : []),
    ...(gone > 0 ? [`${were(gone)} lost`] : []),
  ]
}

interface Hidden {
  readonly records: number
  readonly of?: string
  readonly where: string
}

/** How many records are withheld, and where; which ones is nobody told. */
function hiddenOf(answer: Answered): Hidden[] {
  const own = [...Map.groupBy(ownRecords(answer, "withdrawn").values(), (custodian) => custodian)]
  const all: Hidden[] = [
    ...answer.custodians.flatMap(({ custodian, withheld, withdrawn }) => [
      { records: withheld, where: ` at ${custodian}` },
      { records: withdrawn, where: ` at ${custodian}${AS_ANOTHERS}` },
    ]),
    ...own.map(([custodian, { length }]) => ({ records: length, where: ` at ${custodian}${AS_ANOTHERS}` })),
    { records: sumOf(answer.joined, (one) => one.withheld), of: " of joined handles", where: "" },
  ]
  return all.filter(({ records }) => records > 0)
}
const AS_ANOTHERS = " as another person's"

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
const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`
const were = (n: number, of = ""): string => `${count(n, "record")}${of} ${n === 1 ? "was" : "were"}`

/** A number and its unit stand in one line, and so does a short value. */
export const wholeNumbers = (value: string): string =>
  value.length > 30 ? value.replace(/\d \S{1,12}(?=[\s;,]|$)/g, together) : together(value)
