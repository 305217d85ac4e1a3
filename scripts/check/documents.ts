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

function lineOf(text: string, position: number): number {
  return text.slice(0, position).split("\n").length
}
