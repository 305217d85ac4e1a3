import { type ParseArgsOptionDescriptor, parseArgs } from "node:util"

type Options = Readonly<Record<string, ParseArgsOptionDescriptor & { readonly multiple?: boolean }>>

/** A mistake in what was given. */
export class Given extends Error {}

/**
 * What a line gives for its options. Of two values for one the last would win without a word, and an empty one would
 * mean what leaving it away means: neither is taken.
 * @throws Error as `parseArgs` of node:util, and Given
 */
export function given<T extends Options>(args: readonly string[], options: T) {
  const config = { args: [...args], options, allowPositionals: true, tokens: true } as const
  const { positionals, values, tokens } = parseArgs(config)
  if (positionals.some((one) => one.trim() === "")) throw new Given("an argument is empty")
  const seen = new Map<string, string>()
  for (const token of tokens) {
    if (token.kind !== "option" || token.value === undefined) continue
    const { name, value } = token
    if (value.trim() === "") throw new Given(`--${name} has no value; write one, or leave it away`)
    const before = seen.get(name)
    if (before !== undefined && !options[name]?.multiple)
      throw new Given(`--${name} is given twice, ${before} and ${value}: it takes one value`)
    seen.set(name, value)
  }
  return { positionals, values }
}
