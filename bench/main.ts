import { spawn } from "node:child_process"
import { cpus, totalmem } from "node:os"
import type { Figure } from "./report.ts"

/** Every figure in a process of its own, one after the other. `-- --json`: one JSON line per figure. */
const FIGURES = [
  "tree-changed",
  "embedded-signed",
  "http",
  "embedded-entries",
  "growth",
  "import-synthea",
  "fetch-thousand",
  "status-hundred-thousand",
  "demo",
  "memory",
]

const args = process.argv.slice(2)
const isJson = args.includes("--json")
const wanted = args.filter((arg) => !arg.startsWith("--"))
const chosen = wanted.length > 0 ? FIGURES.filter((name) => wanted.includes(name)) : FIGURES
if (chosen.length === 0) {
  process.stderr.write(`known figures: ${FIGURES.join(", ")}\n`)
  process.exit(2)
}

async function run(name: string): Promise<Figure[]> {
  const script = new URL(`./figures/${name}.ts`, import.meta.url).pathname
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=64", "--expose-gc", script],
    { stdio: ["ignore", "pipe", "inherit"] },
  )
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve))
  let text = ""
  for await (const chunk of child.stdout) {
    text += chunk
    if (isJson) process.stdout.write(chunk as Buffer)
  }
  const status = await ended
  if (status !== 0) throw new Error(`${name} ended with status ${status}`)
  return text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Figure)
}

if (!isJson)
  process.stdout.write(
    `${cpus().length} x ${cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}\n\n`,
  )
for (const name of chosen) {
  if (!isJson) process.stderr.write(`  ${name} ...\n`)
  for (const f of await run(name)) {
    if (isJson) continue
    const against = f.reference ? `  ratio ${f.ratio}  (${f.reference}: ${f.referenceValue})` : ""
    process.stdout.write(`${f.name.padEnd(34)} ${String(f.value).padStart(10)} ${f.unit}${against}\n`)
  }
}
