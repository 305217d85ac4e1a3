import { fileWords, messageOf, PlatformError } from "@aceso/core"
import { entryOf, escaped, visible } from "@aceso/core/display/index.ts"
import { fit } from "./columns.ts"
import type { CommandInput } from "./command.ts"
import { commands } from "./commands/index.ts"
import { demosAt, runningDemos } from "./demos.ts"
import { statusOf } from "./ending.ts"
import { helpOf, overview } from "./help.ts"
import { mustNotBeRootElsewhere } from "./owner.ts"
import { read } from "./read.ts"
import { oneSpace, readable } from "./readable.ts"
import type { Done } from "./runner.ts"
import { Session, UsageError } from "./session.ts"
import { sayVersion, versionOf } from "./version.ts"

/** Exit status: 0 done; 1 refused, failed or not verified; 2 wrong usage; 3 the node cannot be reached. */
const REFUSED = 1
const USAGE = 2
const UNREACHABLE = 3

/** Runs one command line. @param onCommand is told what was understood @throws UsageError, PlatformError */
export async function execute(
  argv: readonly string[],
  onCommand: (name: string) => void = () => {},
): Promise<Done> {
  const [name, ...rest] = argv
  if (name === undefined) return { status: USAGE, text: overview(commands) }
  if (name === "--help" || name === "-h" || name === "help") return { status: 0, text: helpFor(rest) }
  if (name === "--version" || name === "-v") {
    const version = versionOf()
    const isJson = rest.includes("--json")
    return { status: 0, text: `${isJson ? JSON.stringify(version) : sayVersion(version)}\n`, result: version }
  }
  const line = read(commands, name, rest)
  if ("help" in line) return { status: 0, text: helpOf(line.name, line.help) }
  const { command, input } = line
  onCommand(line.name)
  const { node, as, json } = input.values as Record<string, string | undefined> & { json?: boolean }
  const session = new Session({ node, as, data: folderOf(input), isJson: json === true })
  if (command.changesHome && session.named !== undefined) mustNotBeRootElsewhere(session.named, argv)
  const result = await command.run(session, input, { execute, describe })
  const text = session.isJson
    ? escaped(JSON.stringify(command.json?.(result) ?? result))
    : fit(command.print(readable(result, command.keeps, command.texts)))
  return { status: command.status?.(result) ?? 0, text: `${text}\n`, result }
}

/** @param asked behind `help`: the words of a command; none: all commands @throws UsageError */
function helpFor(asked: readonly string[]): string {
  const words = asked.filter((word) => !word.startsWith("-"))
  const [first, ...parts] = words
  if (first === undefined) return overview(commands)
  const line = read(commands, first, [...parts, "--help"])
  if (!("help" in line) || line.name !== words.join(" "))
    throw new UsageError(`there is no command ${words.join(" ")}; see aceso ${line.name} --help`)
  return helpOf(line.name, line.help)
}

/** The folder that a line names, by itself or by a demo that runs on it. @throws UsageError */
function folderOf({ values }: CommandInput): string | undefined {
  const { folder, data, demo } = values as Record<string, string | undefined>
  if (folder !== undefined && data !== undefined)
    throw new UsageError("--folder and --data are the same; name one of them")
  if (demo === undefined) return folder ?? data
  if (folder !== undefined || data !== undefined)
    throw new UsageError("--demo names the folder of a running demo; leave away --folder or --demo")
  const [one, ...others] = demosAt(demo)
  if (one && others.length === 0) return one.folder
  const running = runningDemos().map(({ urls }) => urls[0])
  const there = running.length > 0 ? `running: ${running.join(", ")}` : "none is running"
  throw new UsageError(`--demo ${demo}: no demo of yours has a node there; ${there}`)
}

/** What to type, where a node, which knows no command line, says what is wrong. */
const TO_DO: Readonly<Record<string, string>> = {
  not_a_practitioner: "; records are asked for by a practitioner, such as --as city-doctor",
}

/** What a failure looks like to a person, and its exit status. */
export function describe(error: unknown): {
  readonly code: string
  readonly message: string
  readonly status: number
} {
  if (error instanceof UsageError)
    return { code: "usage", message: oneSpace(messageOf(error)), status: USAGE }
  const ofFiles = error instanceof Error ? fileWords(error) : undefined
  if (!(error instanceof PlatformError) && ofFiles !== undefined)
    return { code: "bad_file", message: `${oneSpace(ofFiles)} (bad_file)`, status: REFUSED }
  if (!(error instanceof PlatformError))
    return { code: "internal_fault", message: lines(String((error as Error).stack)), status: REFUSED }
  if (error.code === "broken_off")
    return { code: error.code, message: visible(messageOf(error)), status: statusOf("SIGINT") }
  const status = error.code === "node_unreachable" ? UNREACHABLE : REFUSED
  // The one fault of several lines: all mistakes in a configuration on this machine. Of a node's answers none has any.
  const isOurs = error.code === "bad_config" && error.details.status === undefined
  const said = `${isOurs ? lines(error.message) : oneSpace(error.message)}${entryOf(TO_DO, error.code) ?? ""}`
  return { code: error.code, message: `${said} (${oneSpace(error.code)})`, status }
}

/** Text of ours, whose line ends are meant. */
const lines = (text: string): string => text.split("\n").map(visible).join("\n")
