import type { ShownPatient } from "@aceso/client"
import { toHex } from "@aceso/core"
import { table } from "../columns.ts"
import { type CommandInput, command } from "../command.ts"
import { searchOf } from "../search.ts"
import { UsageError } from "../session.ts"

/** A patient as --json prints it. */
export interface PatientLine extends Omit<ShownPatient, "handle"> {
  readonly handle: string
}

export const lineOf = ({ handle, ...rest }: ShownPatient): PatientLine => ({
  ...rest,
  handle: toHex(handle),
})

/** Options of every list of patients. */
export const PAGE = {
  after: { type: "string", words: "go on behind this number", value: "<number>" },
  limit: { type: "string", words: "lines of a page (default 100, at most 500)", value: "<number>" },
} as const

/** Where a page begins and how long it is. */
export function pageOf({ values }: CommandInput): { readonly after: number; readonly limit: number } {
  const number = (name: "after" | "limit", otherwise: number, least: number, most: number) => {
    const value = values[name] ?? String(otherwise)
    if (!/^\d{1,15}$/.test(String(value)) || Number(value) < least || Number(value) > most)
      throw new UsageError(`--${name} ${value}: expected a number from ${least} to ${most}`)
    return Number(value)
  }
  return { after: number("after", 0, 0, 1e15), limit: number("limit", 100, 1, 500) }
}

/** Said where nobody is found. */
const nobody = (search: string) =>
  `  nobody here fits "${search}": each word has to be a whole word of a name (of Chinese characters two side by side), a birth date as it is recorded, or a whole record number`

export const list = command({
  summary: "own patients with alias, name, birth date and record number, by pages",
  options: {
    search: {
      type: "string",
      words: "whole words of a name, a birth date such as 1970-01-31, a whole record number; all have to fit",
      value: "<text>",
    },
    ...PAGE,
  },
  example: 'aceso patients --search "smith 1970-01-31"',
  async run(session, input) {
    const { client } = session.staff()
    const { after, limit } = pageOf(input)
    const search = searchOf(input.values.search)
    const found: ShownPatient[] = []
    let next: number | undefined = after
    while (next !== undefined && found.length < limit) {
      const page = await client.patients({
        after: next,
        limit: limit - found.length,
        ...(search !== undefined && { search }),
      })
      found.push(...page.patients)
      next = page.next
    }
    if (next !== undefined) session.progress(`  there may be more: --after ${next}`)
    else if (search !== undefined && found.length === 0 && after === 0) session.progress(nobody(search))
    return found.map(lineOf)
  },
  print: (lines) =>
    table(
      ["alias", "name", "born", "sex", "record number", "records", "own key"],
      lines.map((one) => [
        one.alias,
        one.name ?? "(not told)",
        one.birthDate ?? "",
        one.sex ?? "",
        one.recordNumber ?? "",
        one.records,
        one.hasKey ? "yes" : "no",
      ]),
    ),
})
