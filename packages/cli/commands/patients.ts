import type { Command, Group } from "../command.ts"
import { duplicates } from "./patients-duplicates.ts"
import { list } from "./patients-list.ts"
import { moveCommands } from "./patients-move.ts"
import { joinCommands } from "./patients-same.ts"

/** What a decision came to says in --json which one it was. */
const named = ([did, one]: [string, Command]): [string, Command] => [
  did,
  { ...one, run: async (...given) => ({ ...((await one.run(...given)) as object), did }) },
]

export const patients: Group = {
  summary:
    "own patients by name, birth date and record number; possible duplicates; join, part, move records",
  otherwise: "list",
  parts: {
    list,
    duplicates,
    ...Object.fromEntries(Object.entries<Command>({ ...joinCommands, ...moveCommands }).map(named)),
  },
}
