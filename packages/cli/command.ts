import type { ParseArgsOptionDescriptor } from "node:util"
import type { Session } from "./session.ts"

/** One command, one file. `run` returns what --json prints; `print` makes it readable. */
export interface Command<T = unknown> {
  readonly summary: string
  /** Such as `<file|folder>`. */
  readonly positional?: string
  readonly options?: Readonly<
    Record<string, ParseArgsOptionDescriptor & { readonly words: string; readonly value?: string }>
  >
  run(session: Session, input: CommandInput): Promise<T>
  print(result: T, session: Session): string
  /** Exit status of a result; default 0. */
  status?(result: T): number
}

export interface CommandInput {
  readonly positionals: readonly string[]
  readonly values: Readonly<Record<string, string | boolean | undefined>>
  /** Options that may be given several times (`multiple`). */
  readonly lists: Readonly<Record<string, readonly string[] | undefined>>
}

export function command<T>(definition: Command<T>): Command<T> {
  return definition
}
