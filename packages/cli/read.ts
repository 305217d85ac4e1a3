import { messageOf } from "@aceso/core"
import { type Command, type CommandInput, type Group, isGroup, type Option } from "./command.ts"
import { Given, given } from "./given.ts"
import { COMMON, commonOf, neededOf, usageOf } from "./help.ts"
import { meant } from "./meant.ts"
import { UsageError } from "./session.ts"

/** A command with what it was given, or what the text of --help is asked about. */
export type Line =
  | { readonly name: string; readonly command: Command; readonly input: CommandInput }
  | { readonly name: string; readonly help: Command | Group }

type Options = Readonly<Record<string, Option>>

/** Understands one command line as the table of commands declares it. @throws UsageError */
export function read(
  commands: Readonly<Record<string, Command | Group>>,
  first: string,
  args: readonly string[],
): Line {
  if (!Object.hasOwn(commands, first))
    throw new UsageError(
      `there is no command ${first}${question(first, [...Object.keys(commands), "help"])}; see aceso --help`,
    )
  const { positionals, ...options } = parse(first, commands[first], args)
  let [name, one, words] = [first, commands[first], positionals]
  while (isGroup(one)) {
    const [word] = words
    if (word === undefined && options.values.help) return { name, help: one }
    const part = partOf(name, one, word)
    if (word !== undefined) name = `${name} ${word}`
    ;[one, words] = [one.parts[part], words.slice(1)]
  }
  if (options.values.help) return { name, help: one }
  const input = { ...options, positionals: words }
  check(name, one, input)
  return { name, command: one, input }
}

function partOf(name: string, { parts, otherwise }: Group, word: string | undefined): string {
  const asked = word ?? otherwise
  if (asked !== undefined && Object.hasOwn(parts, asked)) return asked
  const there = Object.keys(parts).join(", ")
  throw new UsageError(
    asked === undefined
      ? `aceso ${name}: which of ${there}? see aceso ${name} --help`
      : `there is no aceso ${name} ${asked}; there is ${there}${question(asked, Object.keys(parts))}; see aceso ${name} --help`,
  )
}

/** Options of a command, or of all below a group: they may stand before the name of the part. */
const optionsOf = (one: Command | Group): Options =>
  isGroup(one) ? Object.assign({}, ...Object.values(one.parts).map(optionsOf)) : (one.options ?? {})

function parse(name: string, one: Command | Group, args: readonly string[]): CommandInput {
  try {
    const options = { ...optionsOf(one), ...COMMON }
    const { positionals, values } = given(args, options)
    const entries = Object.entries(values as Record<string, string | boolean | string[] | undefined>)
    return {
      positionals,
      values: Object.fromEntries(
        entries.filter(([, value]) => !Array.isArray(value)),
      ) as CommandInput["values"],
      lists: Object.fromEntries(entries.filter(([, value]) => Array.isArray(value))) as CommandInput["lists"],
    }
  } catch (cause) {
    throw new UsageError(
      `${mistakeOf(cause, { ...optionsOf(one), ...commonOf(one) })}; see aceso ${name} --help`,
      {
        cause,
      },
    )
  }
}

/** "; did you mean ...?", if something known is near. */
function question(given: string, known: readonly string[]): string {
  const found = meant(given, known)
  return found === undefined ? "" : `; did you mean ${found}?`
}

/** What node:util found wrong with the options, in words. */
function mistakeOf(cause: unknown, options: Options): string {
  if (cause instanceof Given) return cause.message
  const { code } = cause as NodeJS.ErrnoException
  const [, name] = /'(?:-\w, )?(-{1,2}[^' ]*)[^']*'/.exec(messageOf(cause)) ?? []
  const option = name === undefined ? undefined : options[name.replace(/^--?/, "")]
  if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION" && name !== undefined)
    return `there is no option ${name}${question(
      name,
      Object.keys(options).map((one) => `--${one}`),
    )}`
  if (code === "ERR_PARSE_ARGS_INVALID_OPTION_VALUE" && option)
    return option.type === "boolean"
      ? `${name} takes no value`
      : `${name} needs a value behind it: ${name} ${option.value ?? "<text>"} (${option.words})`
  return messageOf(cause).split("\n")[0]
}

/** What was given is what the command takes, no less and no more. */
function check(name: string, command: Command, { positionals, values, lists }: CommandInput): void {
  const { arguments: takes = [], options = {} } = command
  const isGiven = (option: string) => (values[option] ?? lists[option]) !== undefined
  const wrong = (what: string) => new UsageError(`${what}; see aceso ${name} --help`)
  for (const option of [...Object.keys(values), ...Object.keys(lists)])
    if (!Object.hasOwn(options, option) && !Object.hasOwn(commonOf(command), option))
      throw wrong(`--${option} is not for aceso ${name}`)
  const needed = takes.filter(({ count }) => count === undefined)
  const missing = [
    ...needed.slice(positionals.length).map((one) => `<${one.name}> (${one.words})`),
    ...neededOf(command)
      .filter(({ name: option }) => !isGiven(option) && !(option === "folder" && isGiven("data")))
      .map(({ spelled, words }) => `${spelled} (${words})`),
  ]
  if (missing.length > 0) throw wrong(`${usageOf(name, command)}: missing is ${missing.join(", ")}`)
  const surplus = takes.some(({ count }) => count === "any") ? [] : positionals.slice(takes.length)
  if (surplus.length > 0) throw wrong(`${surplus.join(" ")} is too much: ${usageOf(name, command)}`)
}
