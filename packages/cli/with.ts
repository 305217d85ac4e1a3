import type { Argument, CommandInput } from "./command.ts"
import { UsageError } from "./session.ts"

/** What stands behind the first value of --with: `--with a b` means `--with a --with b`. */
export const moreOf = (name: string): readonly Argument[] => [
  { name, words: "more of them, as --with a b has them", count: "any" },
]

export function withOf({ lists, positionals: more }: CommandInput): readonly string[] {
  if (more.length > 0 && !lists.with) throw new UsageError(`${more[0]}: write --with ${more[0]}`)
  return [...(lists.with ?? []), ...more]
}
