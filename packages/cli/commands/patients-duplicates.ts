import type { DuplicatesAnswer } from "@aceso/client"
import { command } from "../command.ts"
import { localTime } from "../output.ts"
import { lineOf, PAGE, type PatientLine, pageOf } from "./patients-list.ts"

/** Two patients that may be one. */
export interface PairRow {
  readonly number: number
  readonly first: PatientLine
  readonly second: PatientLine
  readonly reasons: readonly string[]
  readonly foundAt: number
}

const rowOf = ({ first, second, ...rest }: DuplicatesAnswer["duplicates"][number]): PairRow => ({
  ...rest,
  first: lineOf(first),
  second: lineOf(second),
})

/** Why two patients may be one, in words. */
export const REASONS: Readonly<Record<string, string>> = {
  same_identifier: "same trusted number",
  shared_identifier: "share a number that is not trusted",
  same_id: "same id at their source",
  other_identifier: "other number in a trusted system",
  other_birth_date: "other birth date",
  other_sex: "other sex",
  other_name: "other name",
  several_matches: "several fit",
  linked: "their source links them",
  same_name_and_date: "same name and birth date",
}

export const duplicates = command({
  summary: "pairs of patients that may be one, and why they were kept apart",
  options: PAGE,
  example: "aceso patients duplicates --limit 20",
  async run(session, input) {
    const { duplicates, next } = await session.staff().client.duplicates(pageOf(input))
    if (next !== undefined) session.progress(`  there may be more: --after ${next}`)
    return duplicates.map(rowOf)
  },
  print: (rows) => (rows.length === 0 ? "  (none)" : rows.map(pairLines).join("\n")),
})

/** Both, and why they may be one, behind the time at which that was noticed. */
function pairLines({ foundAt, first, second, reasons }: PairRow): string {
  const columns = Math.max(first.alias.length, second.alias.length)
  const behind = (time: string, text: string) => `  ${time.padEnd(localTime(0).length)}  ${text}`
  return [
    ...[first, second].map((one, i) =>
      behind(i === 0 ? localTime(foundAt) : "", `${one.alias.padEnd(columns)}  ${personOf(one)}`),
    ),
    behind("", reasons.map((reason) => REASONS[reason] ?? reason).join(", ")),
  ].join("\n")
}

const personOf = ({ name, birthDate, recordNumber }: PatientLine) =>
  [name ?? "(not told)", birthDate, recordNumber].filter((part) => part !== undefined).join(", ")
