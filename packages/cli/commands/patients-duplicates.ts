import type { DuplicatesAnswer } from "@aceso/client"
import type { CommandInput } from "../command.ts"
import { cut, day, table } from "../output.ts"
import type { Session } from "../session.ts"
import { lineOf, type PatientLine, pageOf } from "./patients-list.ts"

/** Two patients that may be one. */
export interface PairRow {
  readonly number: number
  readonly first: PatientLine
  readonly second: PatientLine
  readonly reasons: readonly string[]
  readonly foundAt: number
}

export async function listDuplicates(session: Session, input: CommandInput): Promise<readonly PairRow[]> {
  const { duplicates, next } = await session.staff().client.duplicates(pageOf(input))
  if (next !== undefined) session.progress(`  there may be more: --after ${next}`)
  return duplicates.map(rowOf)
}

const rowOf = ({ first, second, ...rest }: DuplicatesAnswer["duplicates"][number]): PairRow => ({
  ...rest,
  first: lineOf(first),
  second: lineOf(second),
})

const WORDS: Readonly<Record<string, string>> = {
  same_identifier: "same trusted number",
  shared_identifier: "share a number that is not trusted",
  same_id: "same id at their source",
  other_identifier: "other number in a trusted system",
  other_birth_date: "other birth date",
  other_sex: "other sex",
  other_name: "other name",
  several_matches: "several fit",
}

export const sayDuplicates = (rows: readonly PairRow[]): string =>
  table(
    ["found", "patient", "", "and", "", "why listed"],
    rows.map(({ foundAt, first, second, reasons }) => [
      day(foundAt),
      first.alias,
      personOf(first),
      second.alias,
      personOf(second),
      reasons.map((reason) => WORDS[reason] ?? reason).join(", "),
    ]),
  )

const personOf = ({ name, birthDate, recordNumber }: PatientLine) =>
  cut([name ?? "(not told)", birthDate, recordNumber].filter((part) => part !== undefined).join(", "), 48)
