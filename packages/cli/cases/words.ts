import type { Bytes, Process } from "@aceso/core"
import type { CommandInput, Option } from "../command.ts"

/** How a document of a process is written and read at the command line. */
export interface DocumentForm {
  readonly options: Readonly<Record<string, Option>>
  /** @throws UsageError, PlatformError where it cannot be written so */
  write(values: CommandInput["values"]): Bytes
  /** Its lines for a reader. @throws PlatformError where it is none */
  lines(content: Bytes): readonly string[]
}

/** What a process is called at the command line. */
export interface ProcessWords {
  readonly process: Process
  /** The party that is a person. */
  readonly person: string
  /** What waits in a state, by its name. */
  readonly states: Readonly<Record<string, string>>
  readonly steps: Readonly<Record<string, { readonly summary: string; readonly done: string }>>
  readonly forms: Readonly<Record<string, DocumentForm>>
}

export const stateWords = ({ states }: Pick<ProcessWords, "states">, state: string): string =>
  Object.hasOwn(states, state) ? states[state] : state
