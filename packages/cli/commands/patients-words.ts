import type { CommandInput } from "../command.ts"
import { type Session, UsageError } from "../session.ts"

/** One of the commands below `aceso patients`; `words`: what follows its name. */
export interface PatientsCommand<T = unknown> {
  /** Such as `<alias> <alias> --reason <text>`. */
  readonly takes: string
  run(session: Session, words: readonly string[], input: CommandInput): Promise<T>
  print(result: T): string
}

export const patientsCommand = <T>(one: PatientsCommand<T>): PatientsCommand => one as PatientsCommand

export function reasonOf({ reason }: CommandInput["values"]): string {
  if (typeof reason !== "string" || reason.trim() === "")
    throw new UsageError("why? --reason <text>; it is kept with the decision")
  return reason
}

export function numberOf(value: string | boolean | undefined, option: string): number | undefined {
  if (value === undefined) return undefined
  if (!/^\d{1,15}$/.test(String(value))) throw new UsageError(`${option} ${value}: expected a number`)
  return Number(value)
}

/** Exactly so many words. */
export function wordsOf(words: readonly string[], count: number, usage: string): readonly string[] {
  if (words.length !== count) throw new UsageError(`aceso patients ${usage}`)
  return words
}

export const moveIdOf = (words: readonly string[], usage: string): string => {
  const [id] = wordsOf(words, 1, usage)
  if (!/^[0-9a-f]{4,32}$/.test(id))
    throw new UsageError(`${id}: expected an id from aceso patients moves, at least 4 digits of it`)
  return id
}
