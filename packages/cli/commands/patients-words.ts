import type { CommandInput, Option } from "../command.ts"
import { UsageError } from "../session.ts"

/** Options and arguments that several commands below `aceso patients` have. */
export const REASON: Option = {
  type: "string",
  words: "why; it is kept with the decision",
  value: "<text>",
  isNeeded: true,
}
export const ALIAS = { name: "alias", words: "a patient, as aceso patients shows it" }
export const PAIR = [ALIAS, { name: "other alias", words: "the other one" }]
export const MOVE = { name: "id", words: "as aceso patients moves shows it, or its first 4 digits or more" }

export function reasonOf({ reason }: CommandInput["values"]): string {
  if (String(reason).trim() === "") throw new UsageError("why? --reason <text>; it is kept with the decision")
  return String(reason)
}

export function numberOf(value: string | boolean | undefined, option: string): number | undefined {
  if (value === undefined) return undefined
  if (!/^\d{1,15}$/.test(String(value))) throw new UsageError(`${option} ${value}: expected a number`)
  return Number(value)
}

export function moveIdOf(id: string): string {
  if (!/^[0-9a-f]{4,32}$/.test(id))
    throw new UsageError(`${id}: expected an id from aceso patients moves, at least 4 digits of it`)
  return id
}
