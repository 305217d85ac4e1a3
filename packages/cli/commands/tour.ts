import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface, type Interface } from "node:readline/promises"
import { setTimeout as delay } from "node:timers/promises"
import { patience } from "@aceso/client"
import { PlatformError } from "@aceso/core"
import { brokenOff } from "../broken-off.ts"
import { bold, dim, fit, flow, green, red } from "../columns.ts"
import { command } from "../command.ts"
import { meant } from "../meant.ts"
import type { Runner } from "../runner.ts"
import { type Session, UsageError } from "../session.ts"
import { writeTo } from "../terminal.ts"
import { tours } from "../tours/index.ts"
import type { Found, Step, Tour } from "../tours/tour.ts"

interface StepResult {
  readonly title: string
  readonly command: string
  readonly ok: boolean
  readonly status: number
}

async function attempt(
  step: Step,
  argv: readonly string[],
  { execute, describe }: Runner,
): Promise<{ ok: boolean; status: number; text: string; result?: unknown }> {
  let status: number
  let text: string
  let result: unknown
  try {
    ;({ status, text, result } = await execute(argv))
  } catch (error) {
    const failure = describe(error)
    status = failure.status
    text = `  ${failure.message}\n`
  }
  // Where a line ends is no matter here.
  const said = text.replace(/\s+/g, " ")
  const ok =
    status === step.expect &&
    step.shows.every((part) => (typeof part === "string" ? said.includes(part) : part.test(said)))
  return { ok, status, text, result }
}

/** Steps as they are typed: where a demo was named, each names it as well. */
function typed(argv: readonly string[], folder: string | undefined): readonly string[] {
  // What is checked offline is asked of no demo, or names its folder itself.
  return folder === undefined || argv[0] === "verify" ? argv : [...argv, "--folder", folder]
}

/** What a tour that was broken off left: taken back, so that this one begins as the first did. */
async function beginAnew(session: Session, { takeBack }: Tour, { execute }: Runner): Promise<void> {
  const lines = (await takeBack?.((argv) => execute(typed(argv, session.named)))) ?? []
  let isSaid = false
  for (const argv of lines.map((one) => typed(one, session.named)))
    try {
      const { text } = await execute(argv)
      if (!isSaid)
        session.progress(
          "\nA tour was broken off here: it begins anew, and first takes back what that one left.",
        )
      isSaid = true
      session.progress(commandLine(argv))
      session.progress(fit(text.trimEnd()))
    } catch (error) {
      if (!(error instanceof PlatformError) || error.code !== "nothing_to_tamper") throw error
    }
}

/** Waits for Enter; Ctrl-C and Ctrl-D break the tour off, as anywhere. */
async function untilEnter(prompt: Interface): Promise<void> {
  const ended = new Promise<never>((_, reject) => {
    prompt.once("close", () => reject(new PlatformError("broken_off", brokenOff("tour"))))
  })
  ended.catch(() => {})
  await Promise.race([prompt.question(dim("  Enter goes on, Ctrl-C ends the tour ")), ended])
}

async function run(
  session: Session,
  tour: Tour,
  runner: Runner,
  isUnattended: boolean,
): Promise<StepResult[]> {
  await beginAnew(session, tour, runner)
  const scratch = mkdtempSync(join(tmpdir(), "aceso-tour-"))
  const tidy = () => rmSync(scratch, { recursive: true, force: true })
  // Also when it is broken off.
  process.once("exit", tidy)
  const found: Found = {}
  const prompt = isUnattended ? undefined : createInterface({ input: process.stdin, output: process.stderr })
  // The prompt keeps the keys to itself.
  prompt?.on("SIGINT", () => {
    writeTo(process.stderr, "\n")
    process.kill(process.pid, "SIGINT")
  })
  const results: StepResult[] = []
  try {
    const steps = tour.steps({ folder: session.folder, scratch, found })
    for (const [i, make] of steps.entries()) {
      const step = make()
      const argv = typed(step.argv, session.named)
      session.progress(fit(`\n${bold(`${i + 1}. ${step.title}`)}  ${dim(`(${step.who})`)}`))
      session.progress(commandLine(argv))
      const deadline = Date.now() + (step.patienceMs ?? 0) * patience()
      let done = await attempt(step, argv, runner)
      while (!done.ok && Date.now() < deadline) {
        await delay(300)
        done = await attempt(step, argv, runner)
      }
      session.progress(fit(done.text.trimEnd()))
      if (done.ok) Object.assign(found, step.keeps?.(done.result))
      results.push({ title: step.title, command: argv.join(" "), ok: done.ok, status: done.status })
      session.progress(
        fit(done.ok ? green(`  =>  ${step.proves}`) : red("  =>  This is not what the tour expects.")),
      )
      if (!done.ok) return results
      if (prompt && i < steps.length - 1) await untilEnter(prompt)
    }
  } finally {
    prompt?.removeAllListeners("close")
    prompt?.close()
    process.off("exit", tidy)
    tidy()
  }
  return results
}

const commandLine = (argv: readonly string[]) =>
  flow(["aceso", ...argv.map(quoted)], "  $ ", " \\").join("\n")
const quoted = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text}'`)

function tourOf(name: string | undefined): Tour {
  const [first] = tours
  const found = name === undefined ? first : tours.find((one) => one.name === name)
  if (found) return found
  const near = meant(
    name ?? "",
    tours.map((one) => one.name),
  )
  throw new UsageError(
    `there is no tour ${name}${near === undefined ? "" : `; did you mean ${near}?`} There are ${tours.map((one) => one.name).join(", ")}`,
  )
}

export const tour = command({
  summary: `a story, step by step, on the running demo: ${tours.map(({ name }) => name).join(", ")}`,
  arguments: [
    {
      name: "name",
      words: tours.map(({ name, summary }) => `${name}: ${summary}`).join("; "),
      count: "optional",
    },
  ],
  options: { yes: { type: "boolean", words: "run through without waiting" } },
  ignores: ["node", "as"],
  example: "aceso tour --yes",
  fails: "a step went another way",
  async run(session, { positionals: [name], values }, runner) {
    const tour = tourOf(name)
    if (values.yes !== true && !process.stdin.isTTY)
      throw new UsageError("without a terminal the tour cannot wait for Enter: add --yes")
    if (session.nodeFolder !== undefined)
      throw new UsageError(
        `${session.nodeFolder} is a node's own folder; the tour is of a demo: start one with npm start, then aceso tour`,
      )
    const results = await run(session, tour, runner, values.yes === true)
    return { tour: tour.name, steps: results, ok: results.every(({ ok }) => ok) }
  },
  print: ({ steps, ok }) =>
    ok
      ? green(`\n  ${steps.length} steps, all as told.`)
      : red(`\n  Step ${steps.length} went another way; the text above says how.`),
  status: ({ ok }) => (ok ? 0 : 1),
})
