import { parseArgs } from "node:util"
import { messageOf, PlatformError } from "@aceso/core"
import type { Command, CommandInput } from "./command.ts"
import { commands } from "./commands/index.ts"
import { Session, UsageError } from "./session.ts"

/** Exit status: 0 done; 1 refused, failed or not verified; 2 wrong usage; 3 the node cannot be reached. */
const REFUSED = 1
const USAGE = 2
const UNREACHABLE = 3

const COMMON = {
  node: { type: "string", words: "the node to talk to (default: the person's own)", value: "<url>" },
  as: { type: "string", words: "who acts (default: the organisation's administrator)", value: "<name>" },
  folder: {
    type: "string",
    words: "a node's or a demo's folder (default: the running demo's)",
    value: "<folder>",
  },
  data: { type: "string", words: "the same as --folder", value: "<folder>" },
  json: { type: "boolean", words: "exactly one JSON document on stdout" },
  help: { type: "boolean", short: "h", words: "this text" },
} as const

function overview(): string {
  const lines = Object.entries(commands).map(
    ([name, { summary, positional }]) => `  ${`${name} ${positional ?? ""}`.padEnd(26)}${summary}`,
  )
  return `aceso <command> [options]\n\n${lines.join("\n")}\n\nEverywhere: --node <url>, --as <name>, --folder <folder>, --json, --help.\nExit status: 0 done; 1 refused, failed or not verified; 2 wrong usage; 3 the node cannot be reached.\n`
}

function helpOf(name: string, { summary, positional, options }: Command): string {
  const lines = Object.entries({ ...options, ...COMMON }).map(
    ([option, { words, value }]: [string, { words: string; value?: string }]) =>
      `  ${`--${option}${value ? ` ${value}` : ""}`.padEnd(26)}${words}`,
  )
  return `aceso ${name} ${positional ?? ""} [options]\n\n${summary}\n\n${lines.join("\n")}\n`
}

export interface Done {
  readonly status: number
  /** What goes to stdout. */
  readonly text: string
  readonly result?: unknown
}

/** Runs one command line. @throws UsageError, PlatformError */
export async function execute(argv: readonly string[]): Promise<Done> {
  const [name, ...rest] = argv
  if (name === undefined || name === "--help" || name === "-h" || name === "help")
    return { status: name === undefined ? USAGE : 0, text: overview() }
  const found = Object.hasOwn(commands, name) ? commands[name as keyof typeof commands] : undefined
  if (!found) throw new UsageError(`there is no command ${name}; see aceso --help`)
  const command = found as Command
  const input = parse(command, rest)
  if (input.values.help) return { status: 0, text: helpOf(name, command) }
  const { node, as, json, folder, data } = input.values as Record<string, string | undefined> & {
    json?: boolean
  }
  if (folder !== undefined && data !== undefined)
    throw new UsageError("--folder and --data are the same; name one of them")
  const session = new Session({ node, as, data: folder ?? data, isJson: json === true })
  const result = await command.run(session, input)
  const text = `${session.isJson ? JSON.stringify(result) : command.print(result, session)}\n`
  return { status: command.status?.(result) ?? 0, text, result }
}

function parse(command: Command, args: readonly string[]): CommandInput {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: command.positional !== undefined,
      options: { ...command.options, ...COMMON },
    })
    const entries = Object.entries(values as Record<string, string | boolean | string[] | undefined>)
    return {
      positionals,
      values: Object.fromEntries(
        entries.filter(([, value]) => !Array.isArray(value)),
      ) as CommandInput["values"],
      lists: Object.fromEntries(entries.filter(([, value]) => Array.isArray(value))) as CommandInput["lists"],
    }
  } catch (cause) {
    throw new UsageError(`${messageOf(cause)}; add --help for what there is`, { cause })
  }
}

/** What a failure looks like to a person, and its exit status. */
export function describe(error: unknown): {
  readonly code: string
  readonly message: string
  readonly status: number
} {
  if (error instanceof UsageError) return { code: "usage", message: messageOf(error), status: USAGE }
  if (!(error instanceof PlatformError))
    return { code: "internal_fault", message: String((error as Error).stack), status: REFUSED }
  const status = error.code === "node_unreachable" ? UNREACHABLE : REFUSED
  return { code: error.code, message: `${error.message} (${error.code})`, status }
}
