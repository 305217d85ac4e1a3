import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { accountOf } from "./exports-account.ts"
import { filesIn, makersIn } from "./exports-files.ts"
import { importFolder } from "./exports-run.ts"

/** `node conformance/exports-report.ts <folder>` counts what becomes of the files and writes it into README.md. */

interface Counted {
  readonly maker: string
  readonly files: number
  readonly unreadable: number
  readonly resources: number
  readonly people: number
  readonly states: ReadonlyMap<string, number>
}

const README = new URL("./README.md", import.meta.url)
const BETWEEN = /(<!-- written by exports-report\.ts -->\n)[\s\S]*?(<!-- end -->)/

async function counted(folder: string, maker: string): Promise<Counted> {
  const files = filesIn(join(folder, maker))
  const run = await importFolder(join(folder, maker), maker)
  const { resources, unreadable } = accountOf(files, run)
  const states = new Map<string, number>()
  for (const { state } of resources) states.set(state, (states.get(state) ?? 0) + 1)
  return {
    maker,
    files: files.length,
    unreadable: unreadable.length,
    resources: resources.length,
    people: run.people[0],
    states,
  }
}

const row = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`
const sum = (all: readonly number[]) => all.reduce((a, b) => a + b, 0)

const COUNTED = [
  ["in a patient's record", "patient"],
  ["own record", "own"],
  ["belongs to nobody", "unfiled"],
  ["there already", "existing"],
  ["left out", "left out"],
  ["older than what is here", "older"],
  ["deleted by its source", "deleted"],
  ["missing", "missing"],
] as const
const isRefused = (state: string) => state.startsWith("refused: ")
const of = ({ states }: Counted, state: string) => states.get(state) ?? 0
const refusedOf = ({ states }: Counted) =>
  sum([...states].map(([state, count]) => (isRefused(state) ? count : 0)))

function tablesOf(all: readonly Counted[]): string[] {
  const lineOf = (one: Counted) => [
    one.files,
    one.unreadable,
    one.resources,
    one.people,
    ...COUNTED.map(([, state]) => of(one, state)),
    refusedOf(one),
  ]
  const lines = all.map(lineOf)
  const totals = lines[0].map((_, column) => sum(lines.map((line) => line[column])))
  const names = [
    "maker",
    "files",
    "of them no JSON",
    "resources",
    "people",
    ...COUNTED.map(([name]) => name),
    "refused",
  ]
  const reasons = [...new Set(all.flatMap(({ states }) => [...states.keys()].filter(isRefused)))]
  const refusals = reasons
    .map((state) => ({
      state,
      count: sum(all.map((one) => of(one, state))),
      makers: all.filter((one) => of(one, state) > 0),
    }))
    .sort((a, b) => b.count - a.count)
  return [
    row(names),
    row(names.map((_, i) => (i === 0 ? "---" : "---:"))),
    ...all.map((one, i) => row([one.maker, ...lines[i]])),
    row(["all", ...totals]),
    "",
    row(["refused for", "resources", "of"]),
    row(["---", "---:", "---"]),
    ...refusals.map(({ state, count, makers }) =>
      row([`\`${state.slice("refused: ".length)}\``, count, makers.map(({ maker }) => maker).join(", ")]),
    ),
  ]
}

/** The list of where the files come from, if the folder has one. */
function sources(folder: string): string[] {
  const list = join(folder, "MANIFEST.tsv")
  if (!existsSync(list)) return []
  const [head, ...lines] = readFileSync(list, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split("\t").slice(0, 5))
  return [row(head), row(head.map(() => "---")), ...lines.map(row), ""]
}

const folder = process.argv[2] ?? process.env.ACESO_REAL_DATA
if (!folder || !existsSync(folder)) {
  process.stderr.write(
    "name a folder of exports with one subfolder a maker: node conformance/exports-report.ts <folder>\n",
  )
  process.exit(1)
}
const all: Counted[] = []
for (const maker of makersIn(folder)) {
  all.push(await counted(folder, maker))
  process.stderr.write(`${maker}: ${all.at(-1)?.files} files\n`)
}
const text = [...sources(folder), ...tablesOf(all), ""].join("\n")
writeFileSync(
  README,
  readFileSync(README, "utf8").replace(BETWEEN, (_, start, end) => `${start}\n${text}\n${end}`),
)
process.exit(0)
