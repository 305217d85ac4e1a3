import type { ShownPatient } from "@aceso/client"
import { toHex } from "@aceso/core"
import type { CommandInput } from "../command.ts"
import { cut, table } from "../output.ts"
import { type Session, UsageError } from "../session.ts"

/** A patient as --json prints it. */
export interface PatientLine extends Omit<ShownPatient, "handle"> {
  readonly handle: string
}

export const lineOf = ({ handle, ...rest }: ShownPatient): PatientLine => ({
  ...rest,
  handle: toHex(handle),
})

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

export async function listPatients(session: Session, input: CommandInput): Promise<readonly PatientLine[]> {
  const { client } = session.staff()
  const { after, limit } = pageOf(input)
  const { search } = input.values
  if (search !== undefined && (search === "" || String(search).length > 200))
    throw new UsageError("--search: expected a text of 1 to 200 characters")
  const found: ShownPatient[] = []
  let next: number | undefined = after
  while (next !== undefined && found.length < limit) {
    const page = await client.patients({
      after: next,
      limit: limit - found.length,
      ...(search !== undefined && { search: String(search) }),
    })
    found.push(...page.patients)
    next = page.next
  }
  if (next !== undefined) session.progress(`  there may be more: --after ${next}`)
  return found.map(lineOf)
}

export const sayPatients = (lines: readonly PatientLine[]): string =>
  table(
    ["alias", "name", "born", "sex", "record number", "records", "own key"],
    lines.map((one) => [
      one.alias,
      cut(one.name ?? "(not told)", 40),
      one.birthDate ?? "",
      one.sex ?? "",
      cut(one.recordNumber ?? "", 24),
      one.records,
      one.hasKey ? "yes" : "no",
    ]),
  )
