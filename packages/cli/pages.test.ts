import assert from "node:assert/strict"
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, it } from "node:test"
import { type Command, type Group, isGroup } from "./command.ts"
import { commands } from "./commands/index.ts"
import { COMMON } from "./help.ts"
import { read } from "./read.ts"

// What pages tell people to type is what the command line takes.
const root = join(import.meta.dirname, "../..")
const pages = globSync("{README.md,CHANGELOG.md,docs/*.md,bench/README.md}", { cwd: root }).sort()
/** Commands of the capability that a page builds are there for who follows it (scripts/adding-a-capability.test.ts). */
const isExample = (page: string, typed: string) =>
  page === "docs/adding-a-capability.md" &&
  !Object.hasOwn(commands, "appointments") &&
  /^(tour )?appointment/.test(typed)
const textOf = (page: string) => readFileSync(join(root, page), "utf8")

/** Whole lines, as they stand to be copied. */
const lines = pages.flatMap((page) =>
  [...textOf(page).matchAll(/(?<=^```sh[^\n]*\n)[\s\S]*?(?=^```)/gm)].flatMap(([block]) =>
    block
      .replaceAll(/ \\\n\s*/g, " ")
      .split("\n")
      .map((line) => /^(?:\S+=\S+ )*npx aceso (.*?)(?: #.*)?$/.exec(line)?.[1])
      .filter((line) => line !== undefined)
      .filter((line) => !isExample(page, line))
      .map((line) => [page, line] as const),
  ),
)
/** What stands within sentences: commands in part, `a|b` for one of both. */
const spans = pages.flatMap((page) =>
  [...textOf(page).matchAll(/`(?:npx )?aceso ([a-z][^`]*)`/g)]
    .filter(([, span]) => !isExample(page, span))
    .map(([, span]) => [page, span] as const),
)
/** The first cells of README's table of commands. */
const rows = [...textOf("README.md").matchAll(/^\| (`(?!npx)[a-z].*?) \| .* \|/gm)].flatMap(([, cell]) =>
  [...cell.split(" | ")[0].matchAll(/`([a-z][^`]*)`/g)].map(([, span]) => span),
)

type Options = ReadonlySet<string>
const optionsOf = (one: Command | Group): string[] =>
  isGroup(one) ? Object.values(one.parts).flatMap(optionsOf) : Object.keys(one.options ?? {})

/** The commands that a span means, with the options of each. */
function meant(span: string): (readonly [name: string, options: Options])[] {
  const words = span.replaceAll("\\|", "|").replaceAll(/[[\]]/g, " ").split(/\s+/)
  let found: (readonly [string, Command | Group])[] = [
    ["aceso", { summary: "", parts: commands as Readonly<Record<string, Command | Group>> }],
  ]
  for (const word of words) {
    if (found.some(([, one]) => !isGroup(one))) break
    if (!/^[a-z]/.test(word)) continue
    const names = word.split("|")
    found = found.flatMap(([name, one]) =>
      names.map((part) => {
        assert.ok(isGroup(one) && Object.hasOwn(one.parts, part), `${span}: there is no ${name} ${part}`)
        return [`${name} ${part}`, one.parts[part]] as const
      }),
    )
  }
  return found.map(([name, one]) => [name, new Set([...optionsOf(one), ...Object.keys(COMMON)])])
}

function assertMeans(span: string): void {
  const all = meant(span)
  for (const [, option] of span.matchAll(/--([a-z][a-z0-9-]*)/g))
    assert.ok(
      all.some(([, options]) => options.has(option)),
      `${span}: --${option} is not for ${all.map(([name]) => name).join(", ")}`,
    )
}

describe("pages", () => {
  it("have commands at all", () => {
    assert.ok(
      lines.length > 10 && spans.length > 100 && rows.length > 35,
      `${[lines, spans, rows].map((all) => all.length)}`,
    )
  })
  for (const [page, line] of lines)
    it(`${page}: aceso ${line}`, () => {
      const words = (line.match(/"[^"]*"|\S+/g) ?? []).filter((word) => !/^(&&|\|.*|>.*)$/.test(word))
      read(commands, words[0], words.slice(1))
    })
  for (const page of pages)
    it(`${page}: within its sentences`, () => {
      for (const [where, span] of spans) if (where === page) assertMeans(span)
    })
  it("README's table has every command and no option that there is not", () => {
    for (const span of rows) assertMeans(span)
    const named = rows.flatMap((span) => meant(span).map(([name]) => name.split(" ")[1]))
    for (const name of Object.keys(commands)) assert.ok(named.includes(name), `README does not name ${name}`)
  })
})
