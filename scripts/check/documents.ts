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
      const [text_, program, name] = match
      const known = program === "npx aceso" ? names.commands : names.scripts
      if (!known || name.startsWith("-") || known.includes(name)) continue
      const message = `\`${text_}\` does not exist: write one of ${known.join(", ") || "none, there are none yet"}`
      findings.push({ path, line: lineOf(text, block.index + match.index), rule: "readme", message })
    }
  }
  return findings
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
    const spans = (cell = "") => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1])
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

function lineOf(text: string, position: number): number {
  return text.slice(0, position).split("\n").length
}
