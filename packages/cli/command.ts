import type { ParseArgsOptionDescriptor } from "node:util"
import type { Runner } from "./runner.ts"
import type { Session } from "./session.ts"

export interface Argument {
  /** Such as `file|folder`. */
  readonly name: string
  /** What it means. */
  readonly words: string
  /** How many of it; exactly one if nothing is said. */
  readonly count?: "optional" | "any"
}

export interface Option extends ParseArgsOptionDescriptor {
  readonly words: string
  /** What it takes, such as `<file>`. */
  readonly value?: string
  readonly isNeeded?: true
}

/** One command, one file. `run` returns what --json prints; `print` makes it readable. */
export interface Command<T = unknown> {
  readonly summary: string
  readonly arguments?: readonly Argument[]
  readonly options?: Readonly<Record<string, Option>>
  /** It works on a node's own folder, which has to be named. */
  readonly isAtHome?: true
  /** It writes in the folder of a node: nobody but the folder's owner does. */
  readonly changesHome?: true
  /** Options of every command that say nothing to this one: it asks no node, or nobody acts. */
  readonly ignores?: readonly ("node" | "as")[]
  /** A whole line as people type it. */
  readonly example: string
  /** What exit status 1 means here, beside a refusal or a fault. */
  readonly fails?: string
  run(session: Session, input: CommandInput, runner: Runner): Promise<T>
  print(result: T): string
  /** Members of the result in which white space is shown as it is; elsewhere a run of it is one space. */
  readonly keeps?: readonly string[]
  /**
   * Lines that people wrote, by the names that lead to them, such as `steps.documents.lines`: shown character by character.
   * `quoted` prints them.
   */
  readonly texts?: readonly string[]
  /** What --json prints, where it is not the result itself. */
  json?(result: T): unknown
  /** Exit status of a result; default 0. */
  status?(result: T): number
}

/** Commands below one name, such as `aceso patients same`. */
export interface Group {
  readonly summary: string
  readonly parts: Readonly<Record<string, Command | Group>>
  /** Which of them is meant where none is named. */
  readonly otherwise?: string
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

export const isGroup = (one: Command | Group): one is Group => "parts" in one
