import { posix } from "node:path"
import type { Finding } from "./source.ts"

const SECTIONS = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "overrides"]

/** Every dependency has an exact version and a row, with its reason, in docs/dependencies.md. */
export function dependencies(path: string, text: string, documentation: string): Finding[] {
  const manifest: Record<string, Record<string, unknown> | undefined> = JSON.parse(text)
  const rows = documentation.split("\n").filter((line) => line.trimStart().startsWith("|"))
  return SECTIONS.flatMap((section) =>
    Object.entries(manifest[section] ?? {}).flatMap(([name, version]) => {
      if (name.startsWith("@aceso/")) return []
      const line = lineOf(text, text.indexOf(`"${name}":`, text.indexOf(`"${section}":`)))
      const finding = (message: string) => ({ path, line, rule: "dependency", message })
      const isExact = typeof version === "string" && /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)
      const hasRow = rows.some((row) => row.includes(`\`${name}\``))
      return [
        ...(isExact
          ? []
          : [finding(`${name} "${version}" is not pinned: write one exact version, as in 1.2.3`)]),
        ...(hasRow
          ? []
          : [finding(`${name} has no reason: add a row with \`${name}\` to docs/dependencies.md`)]),
      ]
    }),
  )
}

/** `commands` of `aceso` are undefined as long as there is no command line. */
export type Names = { readonly scripts: readonly string[]; readonly commands: readonly string[] | undefined }

/** The commands that a README tells people to type exist. */
export function readme(path: string, text: string, names: Names): Finding[] {
  const findings: Finding[] = []
  for (const block of text.matchAll(/(?<=^```sh[^\n]*\n)[\s\S]*?(?=^```)/gm)) {
    for (const match of block[0].matchAll(/\b(npx aceso|npm run|npm(?= (?:test|start)\b)) +([\w:.-]+)/g)) {
      const message = unknownCommand(match, names)
      if (message)
        findings.push({ path, line: lineOf(text, block.index + match.index), rule: "readme", message })
    }
  }
  return findings
}

function unknownCommand([all, program, name]: readonly string[], names: Names): string | undefined {
  const known = program.endsWith("aceso") ? names.commands : names.scripts
  if (!known || name.startsWith("-") || known.includes(name)) return undefined
  return `\`${all}\` does not exist: write one of ${known.join(", ") || "none, there are none yet"}`
}

/** The packages and the folders directly in them that hold these files; of capabilities, which are all alike, themselves. */
export function foldersIn(files: readonly string[]): string[] {
  const parts = files.map((file) => file.split("/").slice(0, -1))
  const depths = (part: readonly string[]) => (part[0] === "capabilities" ? [2] : [2, 3])
  return [...new Set(parts.flatMap((part) => depths(part).map((n) => part.slice(0, n).join("/"))))]
}

/**
 * The map of the repository names every folder that it has to, and nothing that does not exist. Its paths are the code
 * spans of the first cells, and those of the second that have a slash.
 */
export function map(
  path: string,
  text: string,
  folders: readonly string[],
  exists: (path: string) => boolean,
): Finding[] {
  const rule = "map"
  const named = text.split("\n").flatMap((line, i) => {
    const [, first, second] = /^\| (.*?) \| (.*) \|$/.exec(line) ?? []
    const paths = [...spans(first), ...spans(second).filter((span) => span.includes("/"))]
    return paths.map((name) => ({ name, line: i + 1 }))
  })
  const lost = named.filter(({ name }) => !exists(name))
  const missing = folders.filter((folder) => !named.some(({ name }) => name === folder))
  return [
    ...lost.map(({ name, line }) => ({
      path,
      line,
      rule,
      message: `\`${name}\` does not exist: name what is there, or take the path out`,
    })),
    ...missing.map((folder) => ({
      path,
      line: 1,
      rule,
      message: `${folder} is not named: add a row that says what lives there`,
    })),
  ]
}

/**
 * Tables that begin with a column "Property" say of each which command shows it, which test holds it, which decision has
 * it otherwise, and what is not built. Commands and decisions exist, tests are tests; that their paths exist, `map` finds.
 */
export function promises(
  path: string,
  text: string,
  names: Names,
  exists: (path: string) => boolean,
): Finding[] {
  let isWithin = false
  return text.split("\n").flatMap((line, i) => {
    isWithin = line.startsWith("| Property |") || (isWithin && line.startsWith("|"))
    if (!isWithin || /^\|(?: Property |-)/.test(line)) return []
    const cells = line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim())
    const messages =
      cells.length === 4
        ? faultsOfPromise(cells, names, (target) => exists(posix.join(posix.dirname(path), target)))
        : [`${cells.length} cells instead of 4: property, commands, tests, decision or what is missing`]
    return messages.map((message) => ({ path, line: i + 1, rule: "promise", message }))
  })
}

function faultsOfPromise(
  [property, shows, holds, rest]: readonly string[],
  names: Names,
  exists: (target: string) => boolean,
): string[] {
  const [commands, tests] = [spans(shows), spans(holds)]
  const isNotBuilt = rest.startsWith("not built")
  return [
    ...commands.flatMap((command) => {
      const match = /^(aceso|npm run|npm(?= (?:test|start)\b)) +([\w:-]+)/.exec(command)
      if (!match) return [`\`${command}\` is no command: write \`aceso ...\` or \`npm ...\``]
      return unknownCommand(match, names) ?? []
    }),
    ...tests
      .filter((test) => !/.\/.*\.test\.ts$/.test(test))
      .map((test) => `\`${test}\` is no test: name a file that ends with .test.ts, by its path`),
    ...faultsOfDecisions(rest, exists),
    ...(tests.length === 0 && !rest.includes("not built")
      ? [`${property} has no test: name one, or say what is not built`]
      : []),
    ...(isNotBuilt && commands.length + tests.length > 0
      ? [`${property} is not built and has a command or a test: begin with partly`]
      : []),
  ]
}

function faultsOfDecisions(cell: string, exists: (target: string) => boolean): string[] {
  const link = /\[(\d{4})\]\(([^)]*)\)/g
  const say = "link the record that says it"
  return [
    ...[...cell.matchAll(link)].flatMap(([, number, target]) => {
      if (!target.startsWith(`decisions/${number}-`)) return [`${number} leads to ${target}: ${say}`]
      return exists(target) ? [] : [`${target} does not exist: ${say}`]
    }),
    ...[...cell.replaceAll(link, "").matchAll(/\b0\d{3}\b/g)].map(
      ([number]) => `${number} leads nowhere: ${say}`,
    ),
  ]
}

const spans = (cell = ""): string[] => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1])

function lineOf(text: string, position: number): number {
  return text.slice(0, position).split("\n").length
}
