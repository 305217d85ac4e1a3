import { command } from "../command.ts"
import { UsageError } from "../session.ts"
import { listDuplicates, type PairRow, sayDuplicates } from "./patients-duplicates.ts"
import { listPatients, type PatientLine, sayPatients } from "./patients-list.ts"
import { moveCommands } from "./patients-move.ts"
import { joinCommands } from "./patients-same.ts"
import type { PatientsCommand } from "./patients-words.ts"

const commands: Readonly<Record<string, PatientsCommand>> = { ...joinCommands, ...moveCommands }

interface Done {
  readonly did: string
}
type Result = readonly PatientLine[] | readonly PairRow[] | Done

const isPairs = (rows: readonly PatientLine[] | readonly PairRow[]): rows is readonly PairRow[] =>
  rows.length > 0 && "reasons" in rows[0]

const usage = () =>
  [
    "aceso patients [--search <text>] [--after <number>]",
    "duplicates",
    ...Object.entries(commands).map(([name, { takes }]) => `${name} ${takes}`),
  ].join(" | ")

export const patients = command<Result>({
  summary:
    "own patients by name, birth date and record number; possible duplicates; join and part, move records",
  positional: `[${["duplicates", ...Object.keys(commands)].join("|")}]`,
  options: {
    search: {
      type: "string",
      words: "names, a birth date, a record number; all have to fit",
      value: "<text>",
    },
    after: { type: "string", words: "go on behind this number", value: "<number>" },
    limit: { type: "string", words: "lines of a page (default 100, at most 500)", value: "<number>" },
    reason: { type: "string", words: "why; kept with the decision", value: "<text>" },
    "belongs-to": { type: "string", words: "misfiled: whose record it is", value: "<alias>" },
    all: { type: "boolean", words: "moves: also those that are done" },
    before: {
      type: "string",
      words: "moves: the page after the one that ended with this number",
      value: "<n>",
    },
  },
  async run(session, input) {
    const [did = "list", ...words] = input.positionals
    if (did === "list" && words.length === 0) return listPatients(session, input)
    if (did === "duplicates" && words.length === 0) return listDuplicates(session, input)
    if (!Object.hasOwn(commands, did)) throw new UsageError(`there is no ${did} here: ${usage()}`)
    const result = await commands[did].run(session, words, input)
    return { ...(result as object), did }
  },
  print: (result) => {
    if ("did" in result) return commands[result.did].print(result)
    return isPairs(result) ? sayDuplicates(result) : sayPatients(result)
  },
})
