// `npm test -- [--provision] [--one-by-one] [--full] [filter...]`: runs the test files whose path contains a filter, or
// all of them but the long ones, two files at once; with --full the long ones.
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { run } from "node:test"
import { forecast, keepDurations, readDurations } from "./test/durations.ts"
import { chosenFiles, testFiles } from "./test/files.ts"
import { parseNeeds, plan } from "./test/needs.ts"
import { Report, type Sums, summed, type TestEvent } from "./test/report.ts"
import { install, installCommands, locate } from "./test/tools.ts"

if (!process.version.startsWith("v24.")) {
  console.error(
    `Tests run on Node 24, this is ${process.version}: use \`npm test\`, which takes the pinned one.`,
  )
  process.exit(1)
}
process.chdir(join(import.meta.dirname, ".."))

const filters = process.argv.slice(2).filter((argument) => !argument.startsWith("--"))
const ci = process.env.CI === "true"
const { files, left } = chosenFiles(testFiles(), filters, process.argv.includes("--full"))
/** Where runs that are counted together keep their sums (.ci/run). */
const sumsFile = process.env.ACESO_TEST_SUMS

const needs = [...new Set(files.flatMap(({ text }) => parseNeeds(text).needs))]
let missing = locate(needs)
if (missing.size > 0 && (ci || process.argv.includes("--provision"))) {
  install([...missing.keys()])
  missing = locate(needs)
}
const commands = installCommands([...missing.keys()])
if (commands.length > 0) console.log(`install what is missing by: ${commands.join(" && ")}`)

const planned = plan(files, missing, { ci })
const report = new Report(
  planned.run.map((path) => resolve(path)),
  console.log,
)
for (const { path, reason } of planned.skip) report.skipFile(path, reason)
for (const { path, reason } of planned.fail) report.failFile(resolve(path), reason)
if (planned.run.length > 0) {
  const concurrency = process.argv.includes("--one-by-one") ? 1 : 2
  const toRun = files.filter(({ path }) => planned.run.includes(path))
  console.log(forecast(toRun, readDurations(), concurrency))
  // A busy machine is slow to answer; what hangs is ended by each test itself.
  process.env.ACESO_PATIENCE ??= "30"
  // As the command line has it: hundreds of processes would compile the same.
  process.env.NODE_COMPILE_CACHE ??= resolve("node_modules/.cache/aceso/compiled")
  const events = run({ files: planned.run.map((path) => resolve(path)), concurrency })
  for await (const event of events) report.add(event as TestEvent)
  keepDurations(report.seconds)
}
if (left.length > 0)
  console.log(
    `${left.length} long browser suites did not run: ${left.map(({ path }) => path).join(", ")}; npm run test:full runs them`,
  )
const before =
  sumsFile && existsSync(sumsFile) ? (JSON.parse(readFileSync(sumsFile, "utf8")) as Sums) : undefined
process.exitCode = report.end(before)
if (sumsFile) writeFileSync(sumsFile, JSON.stringify(before ? summed(before, report.sums) : report.sums))
