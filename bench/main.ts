import { spawn } from "node:child_process"
import { cpus, totalmem } from "node:os"
import type { Figure } from "./report.ts"

/** Every script in a process of its own, one after the other, with the figures that it begins to report. */
const SCRIPTS: Readonly<Record<string, readonly string[]>> = {
  "tree-changed": ["tree.changed"],
  "embedded-signed": ["embedded.signed", "embedded.signed.latency"],
  "cases-step": ["cases.step"],
  http: ["embedded.signed.http"],
  "embedded-entries": ["embedded.entries"],
  "explorer-million": ["explorer.million", "explorer.million.block"],
  growth: ["growth.transaction"],
  "import-synthea": ["import.synthea"],
  "fetch-thousand": ["fetch.thousand"],
  "fetch-again": ["fetch.again"],
  "status-hundred-thousand": [
    "seeded.hundred.thousand",
    "status.hundred.thousand",
    "patients.page",
    "history.growth",
  ],
  "inbox-ten-thousand": ["inbox.ten.thousand"],
  "documents-delivery": ["documents.delivery"],
  "remote-event": ["remote.event"],
  "web-timeline": ["web.timeline"],
  "web-patients": ["web.patients", "web.patients.search"],
  "lookup-hundred-thousand": ["lookup.hundred.thousand", "lookup.patient"],
  demo: ["start.demo", "memory.demo"],
  memory: ["memory"],
}

/** `-- --json`: one JSON line per figure. Words choose the scripts whose name, or one of whose figures, has them. */
const args = process.argv.slice(2)
const isJson = args.includes("--json")
const words = args.filter((arg) => arg !== "--json")
const scriptsFor = (word: string) =>
  Object.keys(SCRIPTS).filter((name) => [name, ...SCRIPTS[name]].some((one) => one.includes(word)))
const unknown = words.filter((word) => scriptsFor(word).length === 0)
if (unknown.length > 0) {
  process.stderr.write(
    `no figure is called ${unknown.join(", ")}; known: ${Object.values(SCRIPTS).flat().join(", ")}\n`,
  )
  process.exit(2)
}
const chosen = Object.keys(SCRIPTS).filter(
  (name) => words.length === 0 || words.some((word) => scriptsFor(word).includes(name)),
)

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
