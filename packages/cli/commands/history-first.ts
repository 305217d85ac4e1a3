import {
  type Answered,
  type FirstSaying,
  firstSayings,
  type Gap,
  gapsOf,
  type Hidden,
  hiddenOf,
  timeAsWritten,
} from "@aceso/client"
import { FIRST, marksText } from "@aceso/core/display/index.ts"
import { bold, red, together } from "../columns.ts"

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

const missingWords = (answer: Answered): string[] => gapsOf(answer).map(gapWords)

function gapWords(gap: Gap): string {
  switch (gap.kind) {
    case "part":
      return "not everything was asked for"
    case "silent":
      return `nothing came from ${gap.custodians.join(", ")}`
    case "unfinished":
      return "a custodian did not send all of its part"
    case "closed":
      return `nothing of ${gap.aliases.join(", ")} is shown`
    case "withheld":
      return `${were(gap.records, gap.custodian === undefined ? " of joined handles" : "")} withheld${whereOf(gap)}`
    case "broken":
      return `${count(gap.records, "record")} did not hold`
    case "lost":
      return `${were(gap.records)} lost`
  }
}

const whereOf = ({ custodian, isAnothers }: Hidden): string =>
  `${custodian === undefined ? "" : ` at ${custodian}`}${isAnothers ? " as another person's" : ""}`

const sumOf = <T>(all: readonly T[], of: (one: T) => number): number =>
  all.reduce((sum, one) => sum + of(one), 0)
const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`
const were = (n: number, of = ""): string => `${count(n, "record")}${of} ${n === 1 ? "was" : "were"}`

/** A number and its unit stand in one line, and so does a short value. */
export const wholeNumbers = (value: string): string =>
  value.length > 30 ? value.replace(/\d \S{1,12}(?=[\s;,]|$)/g, together) : together(value)
