import { type CommandInput, command } from "../command.ts"
import { type Session, UsageError } from "../session.ts"
import { listDuplicates, type PairRow, sayDuplicates } from "./patients-duplicates.ts"
import { listPatients, type PatientLine, sayPatients } from "./patients-list.ts"

type Result = readonly PatientLine[] | readonly PairRow[]

const PARTS: Readonly<Record<string, (session: Session, input: CommandInput) => Promise<Result>>> = {
  list: listPatients,
  duplicates: listDuplicates,
}

const isPairs = (rows: Result): rows is readonly PairRow[] => rows.length > 0 && "reasons" in rows[0]

export const patients = command<Result>({
  summary: "own patients by name, birth date and record number, and those that may be one (duplicates)",
  positional: "[duplicates]",
  options: {
    search: {
      type: "string",
      words: "names, a birth date, a record number; all have to fit",
      value: "<text>",
    },
    after: { type: "string", words: "go on behind this number", value: "<number>" },
    limit: { type: "string", words: "lines of a page (default 100, at most 500)", value: "<number>" },
  },
  async run(session, input) {
    const [what = "list", ...more] = input.positionals
    if (!Object.hasOwn(PARTS, what) || more.length > 0)
      throw new UsageError("aceso patients [--search <text>] [--after <number>], aceso patients duplicates")
    return PARTS[what](session, input)
  },
  print: (rows) => (isPairs(rows) ? sayDuplicates(rows) : sayPatients(rows)),
})
