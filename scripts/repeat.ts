// `npm run test:repeat -- [times] [filter...]`: runs the suites that start nodes, or those whose path contains a filter,
// so many times (10), two runs at once, which get in each other's way if anything of theirs is shared.
import { spawn } from "node:child_process"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { startsNodes, testFiles } from "./test/files.ts"
import { Repeats } from "./test/repeats.ts"

const RUNS_AT_ONCE = 2

process.chdir(join(import.meta.dirname, ".."))
const given = process.argv.slice(2)
const times = /^\d+$/.test(given[0] ?? "") ? Number(given.shift()) : 10
const files = testFiles().filter((file) =>
  given.length === 0 ? startsNodes(file) : given.some((filter) => file.path.includes(filter)),
)
console.log(`${files.length} files, ${times} times, ${RUNS_AT_ONCE} at once`)

const repeats = new Repeats(files.length, console.log)
let started = 0

function once(run: number): Promise<void> {
  const argv = ["scripts/test.ts", "--one-by-one", ...files.map(({ path }) => path)]
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] })
  let out = ""
  createInterface({ input: child.stdout }).on("line", (line) => {
    out += `${line}\n`
    repeats.progress(run, line)
  })
  return new Promise((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (status) => {
      repeats.add(run, out, status)
      resolve()
    })
  })
}

async function lane(): Promise<void> {
  while (files.length > 0 && started < times) await once(++started)
}

await Promise.all(Array.from({ length: RUNS_AT_ONCE }, lane))
process.exitCode = repeats.end()
