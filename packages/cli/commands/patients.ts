import { toHex } from "@aceso/core"
import { command } from "../command.ts"
import { table } from "../output.ts"
import { UsageError } from "../session.ts"
import { moveCommands } from "./patients-move.ts"
import { joinCommands } from "./patients-same.ts"
import type { PatientsCommand } from "./patients-words.ts"

const commands: Readonly<Record<string, PatientsCommand>> = { ...joinCommands, ...moveCommands }

interface Listed {
  readonly alias: string
  readonly handle: string
  readonly fhirId: string
  readonly hasKey: boolean
  readonly records: number
}

interface Done {
  readonly did: string
}

const usage = () =>
  ["aceso patients", ...Object.entries(commands).map(([name, { takes }]) => `${name} ${takes}`)].join(" | ")

export const patients = command<readonly Listed[] | Done>({
  summary: "the aliases by which patients are named here; join and part them, move misfiled records",
  positional: `[${Object.keys(commands).join("|")}]`,
  options: {
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
    const [did, ...words] = input.positionals
    if (did !== undefined) {
      if (!Object.hasOwn(commands, did)) throw new UsageError(`there is no ${did} here: ${usage()}`)
      const result = await commands[did].run(session, words, input)
      return { ...(result as object), did }
    }
    const all = await session.staff().client.patients()
    return all.map(({ handle, ...rest }) => ({ ...rest, handle: toHex(handle) }))
  },
  print: (result) =>
    "did" in result
      ? commands[result.did].print(result)
      : table(
          ["alias", "records", "own key", "known as"],
          result.map((p) => [p.alias, p.records, p.hasKey ? "yes" : "no", `handle ${p.handle.slice(0, 12)}`]),
        ),
})
