// `npm run check`: types, format, layering, circles, determinism and style. Prints one line per finding.
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { bans, length, skips, waits } from "./check/bans.ts"
import { circles } from "./check/circles.ts"
import { codes, codesIn } from "./check/codes.ts"
import { determinism } from "./check/determinism.ts"
import { dependencies, foldersIn, map, type Names, promises, readme } from "./check/documents.ts"
import { layering } from "./check/layering.ts"
import { type Finding, findFiles, readSources } from "./check/source.ts"
import { biome, typescript, vueTypes } from "./check/tools.ts"

const MAP = "docs/what-is-where.md"

process.chdir(join(import.meta.dirname, ".."))

const fromTools = [typescript(), vueTypes(), biome()]
const sources = readSources()
const manifests = findFiles("**/package.json").map((path) => ({ path, text: readFileSync(path, "utf8") }))
const known = codesIn(readFileSync("docs/operations.md", "utf8"))
const fromSources = sources.flatMap((source) =>
  [layering, determinism, bans, skips, waits, length, codes(known)].flatMap((rule) => rule(source)),
)
const findings = [...(await Promise.all(fromTools)).flat(), ...fromSources, ...checkDocuments()]
findings.sort((a, b) => (a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1))
// Behind the rest, so that the shortest stays first.
findings.push(...circles(sources, manifests))

for (const { path, line, rule, message } of findings) {
  console.log(`${path}:${line}  ${rule}  ${message.replace(/\s*\n\s*/g, " ")}`)
}
console.log(`check: ${findings.length} findings in ${sources.length} source files`)
process.exitCode = findings.length > 0 ? 1 : 0

function checkDocuments(): Finding[] {
  const read = (path: string) => (existsSync(path) ? readFileSync(path, "utf8") : "")
  // Those of the folder that the list of commands imports.
  const listed = read("packages/cli/commands/index.ts").matchAll(/ from "\.\/([\w-]+)\.ts"/g)
  const commands = [...Array.from(listed, ([, name]) => name), ...commandsOfCapabilities(read)]
  const names: Names = {
    scripts: Object.keys(JSON.parse(read("package.json")).scripts),
    commands: commands.length > 0 ? commands : undefined,
  }
  const documentation = read("docs/dependencies.md")
  return [
    ...manifests.flatMap(({ path, text }) => dependencies(path, text, documentation)),
    ...findFiles("**/README.md").flatMap((path) => readme(path, read(path), names)),
    ...map(MAP, read(MAP), foldersIn(findFiles("{packages,capabilities}/**/*.*")), existsSync),
    ...promises(MAP, read(MAP), names, existsSync),
  ]
}

/** Those that each capability brings, by the names that are typed. */
function commandsOfCapabilities(read: (path: string) => string): string[] {
  return findFiles("capabilities/*/capability.ts").flatMap((path) => {
    const [, listed = ""] = /^ {2}commands: \{\n([\s\S]*?)^ {2}\},$/m.exec(read(path)) ?? []
    return Array.from(listed.matchAll(/^ {4}"?([\w-]+)"?: \{/gm), ([, name]) => name)
  })
}
