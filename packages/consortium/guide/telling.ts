import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import type { Runner } from "@aceso/cli/runner.ts"
import type { Guide, GuideLook, GuideStep } from "@aceso/cli/tours/guide.ts"
import { patience } from "@aceso/client"
import { list, messageOf, object, optional, PlatformError, text, uint } from "@aceso/core"
import type { AcesoNode } from "@aceso/server/node/node.ts"
import { readJson, writeJson } from "../files.ts"
import { lookAt } from "./look.ts"

/** As often somebody may turn from one tour to another before it begins anew. */
const MAX_SPANS = 1_000
const kept = object({
  tours: list(
    object({
      name: text(64),
      /** When it was the one that is told, ms; the last of one alone has no end. */
      spans: list(object({ from: uint(), until: optional(uint()) }), MAX_SPANS),
      seen: list(object({ step: text(64), at: uint(), mark: optional(text(200)) }), 100),
    }),
    64,
  ),
})
type Telling = ReturnType<typeof kept.parse>["tours"][number]

/** How long a step that the demo does may need until the nodes show it, ms. */
const SHOWS_MS = 20_000

/** How a step stands. */
export interface StepNow {
  readonly id: string
  readonly isDone: boolean
  /** Behind `#`; absent: no page does it. */
  readonly page?: string
}

/** The guides of a demo, and how far each is told: what the nodes show of the time in which it was told. */
export class Tellings {
  private readonly folder: string
  private readonly nodes: ReadonlyMap<string, AcesoNode>
  private readonly guides: readonly Guide[]
  private readonly lookAt: typeof lookAt
  /** One after the other: what two do at once would be seen as either's. */
  private last: Promise<unknown> = Promise.resolve()

  constructor(
    folder: string,
    nodes: ReadonlyMap<string, AcesoNode>,
    guides: readonly Guide[],
    look: typeof lookAt = lookAt,
  ) {
    this.folder = folder
    this.nodes = nodes
    this.guides = guides
    this.lookAt = look
  }

  /** @throws PlatformError `unknown_tour` */
  guide(name: string): Guide {
    const found = this.guides.find((one) => one.name === name)
    if (found) return found
    throw new PlatformError("unknown_tour", `there is no tour ${name} on this demo`)
  }

  /**
   * How each step stands. What was seen once stays done until the tour is told again; only of the one that is told
   * something new is seen, so that no tour ticks another one's steps.
   */
  async now(name: string): Promise<readonly StepNow[]> {
    const guide = this.guide(name)
    const telling = this.telling(name)
    const seen = [...telling.seen]
    const look = this.look({ ...telling, seen })
    const isKnown = (id: string) => seen.some(({ step }) => step === id)
    const steps: StepNow[] = []
    for (const { id, isDone, page } of guide.steps) {
      if (isDone && isTold(telling) && !isKnown(id)) {
        const done = await isDone(look)
        if (done !== false) seen.push({ step: id, at: Date.now(), ...(done !== true && { mark: done }) })
      }
      steps.push({ id, isDone: isKnown(id), ...(page && { page: await page(look) }) })
    }
    if (seen.length > telling.seen.length) this.keep({ ...telling, seen })
    return steps
  }

  /** It is the one that is told from now on: what was done before, and while another one was, is no part of it. */
  open(name: string): void {
    this.guide(name)
    const telling = this.telling(name)
    if (isTold(telling)) return
    this.keep({ ...telling, spans: [...telling.spans.slice(1 - MAX_SPANS), { from: Date.now() }] })
  }

  /** Somebody has opened the page of a step that only looks. @throws PlatformError `unknown_step` */
  looked(name: string, id: string): void {
    const step = this.guide(name).steps.find((one) => one.id === id)
    if (!step || step.isDone) throw new PlatformError("unknown_step", "looking is no step of this tour")
    this.open(name)
    const telling = this.telling(name)
    if (telling.seen.some((one) => one.step === id)) return
    this.keep({ ...telling, seen: [...telling.seen, { step: id, at: Date.now() }] })
  }

  /** Begins anew, and takes back what an earlier telling left. */
  begin(name: string): Promise<void> {
    return this.inTurn(async () => {
      const { takeBack } = this.guide(name)
      const { execute } = await this.runner()
      for (const line of (await takeBack?.(execute)) ?? [])
        try {
          await execute(line)
        } catch (error) {
          if (!(error instanceof PlatformError) || error.code !== "nothing_to_tamper") throw error
        }
      this.keep({ name, spans: [{ from: Date.now() }], seen: [] })
    })
  }

  /**
   * Does a step as somebody at the command line would.
   * @throws PlatformError `unknown_step`; `step_not_seen` where the nodes do not show it
   */
  do(name: string, id: string): Promise<void> {
    return this.inTurn(async () => {
      const step = this.guide(name).steps.find((one) => one.id === id)
      if (!step?.lines) throw new PlatformError("unknown_step", "the demo does not do this step by itself")
      this.open(name)
      const scratch = mkdtempSync(join(tmpdir(), "aceso-guide-"))
      try {
        const why = await this.run(step.lines({ folder: this.folder, scratch }))
        await this.untilShown(name, step, why)
      } finally {
        rmSync(scratch, { recursive: true, force: true })
      }
    })
  }

  /** @returns what the last line said that was refused, or threw: for some steps that is what has to happen */
  private async run(lines: readonly (readonly string[])[]): Promise<string> {
    const { execute, describe } = await this.runner()
    let why = ""
    for (const line of lines)
      try {
        const { status, text: said } = await execute(line)
        if (status !== 0) why = said
      } catch (error) {
        why = describe(error).message
      }
    return why
  }

  private async untilShown(name: string, step: GuideStep, why: string): Promise<void> {
    if (!step.isDone) return
    const isShown = async () =>
      (await this.now(name)).some(({ id, isDone }) => id === step.id && isDone === true)
    for (const deadline = Date.now() + SHOWS_MS * patience(); !(await isShown()); await delay(200))
      if (Date.now() > deadline)
        throw new PlatformError(
          "step_not_seen",
          `the step was not done: ${why.trim().slice(0, 1_000) || "the nodes do not show it; do the steps before it first"}`,
        )
  }

  /** The command line, which only whoever asks for it needs. */
  private async runner(): Promise<Runner> {
    const { execute, describe } = await import("@aceso/cli/run.ts")
    return { execute: (argv) => execute([...argv, "--folder", this.folder]), describe }
  }

  private inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.last.then(run, run)
    this.last = turn.catch((error: unknown) => messageOf(error))
    return turn
  }

  private look({ spans, seen }: Telling): GuideLook {
    const isOurs = (at: number) =>
      spans.some(({ from, until = Number.POSITIVE_INFINITY }) => from <= at && at < until)
    return this.lookAt(this.folder, this.nodes, isOurs, (step) => seen.find((one) => one.step === step))
  }

  private get file(): string {
    return join(this.folder, "tellings.json")
  }

  private all(): readonly Telling[] {
    return existsSync(this.file) ? kept.parse(readJson(this.file), "tellings", "json").tours : []
  }

  private telling(name: string): Telling {
    return this.all().find((one) => one.name === name) ?? { name, spans: [], seen: [] }
  }

  /** One at most is told: with it every other one pauses. */
  private keep(telling: Telling): void {
    const others = this.all()
      .filter(({ name }) => name !== telling.name)
      .map((one) => (isTold(telling) && isTold(one) ? paused(one) : one))
    writeJson(this.file, kept.toJson({ tours: [...others, telling] }))
  }
}

const isTold = ({ spans }: Telling): boolean => {
  const last = spans.at(-1)
  return last !== undefined && last.until === undefined
}
const paused = (telling: Telling): Telling => ({
  ...telling,
  spans: telling.spans.map((span) => ({ until: Date.now(), ...span })),
})
