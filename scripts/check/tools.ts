import { spawn } from "node:child_process"
import { relative } from "node:path"
import { biomeProgram } from "./biome.ts"
import type { Finding } from "./source.ts"
import { vueProgram } from "./vue.ts"

const BIN = "node_modules"

export async function typescript(): Promise<Finding[]> {
  const { status, output } = await run(process.execPath, [
    `${BIN}/typescript/bin/tsc`,
    "--noEmit",
    "--pretty",
    "false",
  ])
  return orFailure("types", status, output, typescriptFindings(output))
}

/** Types of the pages, whose components TypeScript itself cannot read. */
export async function vueTypes(): Promise<Finding[]> {
  const { status, output } = await run(process.execPath, [
    await vueProgram(),
    "--noEmit",
    "--pretty",
    "false",
    "-p",
    "packages/web",
  ])
  return orFailure("types", status, output, typescriptFindings(output))
}

export async function biome(): Promise<Finding[]> {
  const flags = ["--reporter=github", "--error-on-warnings", "--max-diagnostics=none", "--colors=off"]
  const { status, output } = await run(await biomeProgram(), ["ci", ...flags, "."])
  return orFailure("biome", status, output, biomeFindings(output))
}

export function typescriptFindings(output: string): Finding[] {
  return [...output.matchAll(/^(?:(.+?)\((\d+),\d+\): )?error TS(\d+): (.*)$/gm)].map((match) => {
    const [, path = "tsconfig.json", line = "1", code, message] = match
    return { path, line: Number(line), rule: `TS${code}`, message }
  })
}

/** Lines of the github reporter: `::error title=rule,file=path,line=1,endLine=...::message` */
export function biomeFindings(output: string): Finding[] {
  return [...output.matchAll(/^::(?:error|warning) (.*?)::(.*)$/gm)].map(([, properties, text]) => {
    const get = (name: string) => new RegExp(`(?:^|,)${name}=([^,]*)`).exec(properties)?.[1]
    const rule = get("title") ?? "biome"
    const path = relative(".", decodeURIComponent(get("file") ?? "biome.json"))
    const mend = rule === "format" || rule.startsWith("assist/") ? ": run `npm run format`" : ""
    return { path, line: Number(get("line") ?? 1), rule, message: `${text.replace(/%0A/gi, " ")}${mend}` }
  })
}

/** A tool that fails without a finding that we understand is a finding itself. */
function orFailure(rule: string, status: number | null, output: string, findings: Finding[]): Finding[] {
  if (status === 0 || findings.length > 0) return findings
  const message = `the tool ended with status ${status}: ${output.trim().slice(-2000)}`
  return [{ path: "package.json", line: 1, rule, message }]
}

function run(program: string, args: string[]): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] })
    let output = ""
    child.stdout.on("data", (data) => (output += data))
    child.stderr.on("data", (data) => (output += data))
    child.on("error", reject)
    child.on("close", (status) => resolve({ status, output }))
  })
}
