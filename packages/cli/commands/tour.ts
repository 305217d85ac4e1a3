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
import type { Runner } from "../runner.ts"
import { type Session, UsageError } from "../session.ts"
import { writeTo } from "../terminal.ts"
import { type Step, story } from "./tour-story.ts"

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
async function beginAnew(session: Session, { execute }: Runner): Promise<void> {
  const { consents, requests } = (await execute(typed(["requests", ...PATIENT], session.named))).result as {
    consents: readonly unknown[]
    requests: readonly { state: string }[]
  }
  const back = [
    ...(consents.length > 0 ? [["revoke", "all", ...PATIENT]] : []),
    ...(requests.some(({ state }) => state === "open") ? [["decline", "all", ...PATIENT]] : []),
  ]
  let isSaid = false
  const say = (argv: readonly string[], text: string) => {
    if (!isSaid)
      session.progress(
        "\nA tour was broken off here: it begins anew, and first takes back what that one left.",
      )
    isSaid = true
    session.progress(commandLine(argv))
    session.progress(fit(text.trimEnd()))
  }
  for (const argv of back.map((one) => typed(one, session.named))) say(argv, (await execute(argv)).text)
  const undo = typed(["demo", "tamper", "--undo", "--as", "city-admin"], session.named)
  try {
    say(undo, (await execute(undo)).text)
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code !== "nothing_to_tamper") throw error
  }
}

const PATIENT = ["--as", "patient-1"]

/** Waits for Enter; Ctrl-C and Ctrl-D break the tour off, as anywhere. */
async function untilEnter(prompt: Interface): Promise<void> {
  const ended = new Promise<never>((_, reject) => {
    prompt.once("close", () => reject(new PlatformError("broken_off", brokenOff("tour"))))
  })
  ended.catch(() => {})
  await Promise.race([prompt.question(dim("  Enter goes on, Ctrl-C ends the tour ")), ended])
}

async function run(session: Session, runner: Runner, isUnattended: boolean): Promise<StepResult[]> {
  await beginAnew(session, runner)
  const scratch = mkdtempSync(join(tmpdir(), "aceso-tour-"))
  const tidy = () => rmSync(scratch, { recursive: true, force: true })
  // Also when it is broken off.
  process.once("exit", tidy)
  const found: { evidence?: string; payloadId?: string } = {}
  const prompt = isUnattended ? undefined : createInterface({ input: process.stdin, output: process.stderr })
  // The prompt keeps the keys to itself.
  prompt?.on("SIGINT", () => {
    writeTo(process.stderr, "\n")
    process.kill(process.pid, "SIGINT")
  })
  const results: StepResult[] = []
  try {
    const steps = story(session.folder, scratch, found)
    for (const [i, make] of steps.entries()) {
      const step = make()
      const argv = typed(step.argv, session.named)
      session.progress(`\n${bold(`${i + 1}. ${step.title}`)}  ${dim(`(${step.who})`)}`)
      session.progress(commandLine(argv))
      const deadline = Date.now() + (step.patienceMs ?? 0) * patience()
      let done = await attempt(step, argv, runner)
      while (!done.ok && Date.now() < deadline) {
        await delay(300)
        done = await attempt(step, argv, runner)
      }
      session.progress(fit(done.text.trimEnd()))
      const { consents, evidence } = (done.result ?? {}) as {
        consents?: { payloadId?: string; custodian: string }[]
        evidence?: string[]
      }
      found.payloadId ??= consents?.find(({ custodian }) => custodian === "city-hospital")?.payloadId
      found.evidence ??= evidence?.[0]
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

export const tour = command({
  summary: "one patient's story, step by step, on the running demo",
  options: { yes: { type: "boolean", words: "run through without waiting" } },
  ignores: ["node", "as"],
  example: "aceso tour --yes",
  fails: "a step went another way",
  async run(session, { values }, runner) {
    if (values.yes !== true && !process.stdin.isTTY)
      throw new UsageError("without a terminal the tour cannot wait for Enter: add --yes")
    if (session.nodeFolder !== undefined)
      throw new UsageError(
        `${session.nodeFolder} is a node's own folder; the tour is of a demo: start one with npm start, then aceso tour`,
      )
    const results = await run(session, runner, values.yes === true)
    return { steps: results, ok: results.every(({ ok }) => ok) }
  },
  print: ({ steps, ok }) =>
    ok
      ? green(`\n  ${steps.length} steps, all as told.`)
      : red(`\n  Step ${steps.length} went another way; the text above says how.`),
  status: ({ ok }) => (ok ? 0 : 1),
})
