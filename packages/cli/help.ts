import { COLUMNS, flow, width, wrap } from "./columns.ts"
import { type Argument, type Command, type Group, isGroup, type Option } from "./command.ts"

/** Options of every command. */
export const COMMON = {
  node: { type: "string", words: "the node to talk to (default: the person's own)", value: "<url>" },
  as: { type: "string", words: "who acts (default: the organisation's administrator)", value: "<name>" },
  folder: {
    type: "string",
    words: "a node's or a demo's folder (default: the running demo's)",
    value: "<folder>",
  },
  data: { type: "string", words: "the same as --folder", value: "<folder>" },
  demo: {
    type: "string",
    words: "of several running demos the one with a node at this port or URL",
    value: "<port>",
  },
  json: { type: "boolean", words: "exactly one JSON document on stdout" },
  help: { type: "boolean", short: "h", words: "this text" },
} as const satisfies Readonly<Record<string, Option>>

const EXIT =
  "Exit status: 0 done; 1 refused, failed or not verified; 2 wrong usage; 3 the node cannot be reached; 129, 130 or 143 broken off."

type Row = readonly [name: string, words: string]

/** Names and their texts in two columns; a name that is too long for its column stands in a line of its own. */
function twoColumns(rows: readonly Row[]): string[] {
  const column = Math.min(26, Math.max(...rows.map(([name]) => width(name))))
  return rows.flatMap(([name, words]) => {
    const lead = `  ${name.padEnd(column)}  `
    return width(name) <= column
      ? wrap(words, COLUMNS, lead)
      : [`  ${name}`, ...wrap(words, COLUMNS, " ".repeat(column + 4))]
  })
}

const titled = (title: string, rows: readonly Row[]): string[] =>
  rows.length === 0 ? [] : ["", title, ...twoColumns(rows)]

const spelled = ({ name, count }: Argument): string =>
  count === undefined ? `<${name}>` : count === "optional" ? `[${name}]` : `[${name} ...]`

const VERSION: Row = ["--version", "what is installed here (aceso --version alone)"]

const optionRow = ([name, { value, words, short }]: readonly [string, Option]): Row => [
  `${short ? `-${short}, ` : ""}--${name}${value ? ` ${value}` : ""}`,
  words,
]

/** Options that have to be there. */
export const neededOf = ({ options = {}, isAtHome }: Command) =>
  Object.entries(isAtHome ? { ...options, folder: HOME } : options)
    .filter(([, { isNeeded }]) => isNeeded)
    .map(([name, option]) => ({ name, spelled: optionRow([name, option])[0], words: option.words }))

const HOME: Option = { type: "string", words: "the node's own folder", value: "<folder>", isNeeded: true }

/** Options of every command that this one, or one below this group, makes use of. */
export function commonOf(one: Command | Group): Readonly<Record<string, Option>> {
  if (isGroup(one)) return Object.assign({}, ...Object.values(one.parts).map(commonOf))
  const all = Object.entries<Option>(one.isAtHome ? { ...COMMON, folder: HOME } : COMMON)
  return Object.fromEntries(
    all.filter(
      ([name]) => !one.ignores?.some((ignored) => ignored === name) && !(one.isAtHome && name === "demo"),
    ),
  )
}

const everywhere = (options: Readonly<Record<string, Option>>): Row[] =>
  // In the same order for all, whatever the parts of a group have.
  Object.keys(COMMON).flatMap((name) => (options[name] ? [optionRow([name, options[name]])] : []))

/** What has to be there, as it is typed: `patients same <alias> <alias> --reason <text>`. */
export const usageOf = (name: string, one: Command): string => usageWords(name, one).join(" ")

const usageWords = (name: string, one: Command): string[] => [
  `aceso ${name}`,
  ...(one.arguments ?? []).map(spelled),
  ...neededOf(one).map(({ spelled }) => spelled),
]

export function overview(commands: Readonly<Record<string, Command | Group>>): string {
  const rows = Object.entries(commands).map(([name, { summary }]): Row => [name, summary])
  return lines([
    "aceso <command> [options]",
    "",
    ...twoColumns(rows),
    ...titled("Everywhere", [...everywhere(COMMON), VERSION]),
    "",
    "aceso <command> --help shows what a command takes, and an example.",
    ...wrap(EXIT),
  ])
}

export function helpOf(name: string, one: Command | Group): string {
  return lines(isGroup(one) ? helpOfGroup(name, one) : helpOfCommand(name, one))
}

const lines = (all: readonly string[]): string => `${all.join("\n")}\n`

function helpOfGroup(name: string, group: Group): string[] {
  const { summary, parts, otherwise } = group
  const rows = Object.entries(parts).map(
    ([part, one]): Row => [
      isGroup(one) ? part : usageOf(part, one).replace(/^aceso /, ""),
      part === otherwise ? `${one.summary}; this one where none is named` : one.summary,
    ],
  )
  const meant = otherwise === undefined ? undefined : parts[otherwise]
  return [
    `aceso ${name} ${otherwise === undefined ? "<what>" : "[what]"} [options]`,
    "",
    ...wrap(summary),
    ...titled("What", rows),
    ...(meant && !isGroup(meant) ? optionsOf(meant, `Options of aceso ${name} ${otherwise}`) : []),
    ...titled("Everywhere", everywhere(commonOf(group))),
    "",
    ...wrap(`aceso ${name} <what> --help shows what each of them takes, and an example.`),
  ]
}

const optionsOf = ({ options = {} }: Command, title: string): string[] =>
  titled(title, Object.entries(options).map(optionRow))

function helpOfCommand(name: string, one: Command): string[] {
  return [
    ...flow([...usageWords(name, one), "[options]"], ""),
    "",
    ...wrap(one.summary),
    ...titled(
      "Arguments",
      (one.arguments ?? []).map((argument): Row => [spelled(argument), argument.words]),
    ),
    ...optionsOf(one, "Options"),
    ...titled("Everywhere", everywhere(commonOf(one))),
    "",
    "Example",
    ...flow(one.example.match(/"[^"]*"|\S+/g) ?? [], "  ", " \\"),
    ...(one.fails === undefined ? [] : ["", ...wrap(`Exit status 1 also means: ${one.fails}.`)]),
  ]
}
