import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const here = new URL("../../..", import.meta.url).pathname
const programIn = (root: string) => join(root, "packages/cli/aceso.js")
export const program = programIn(here)

/** Nothing takes so long, on a busy machine either: what does, hangs. */
const HANGS_MS = 600_000

export interface Outcome {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

/** What a text says, wherever its lines end. */
export const inWords = (text: string): string => text.replace(/\s+/g, " ")

/** The real command line in child processes, in a folder of its own. */
export class Cli {
  readonly folder: string
  readonly environment: Record<string, string | undefined>
  private readonly root: string
  private readonly children = new Set<Child>()

  /** @param root of the project whose command line it is; default: this one @param folder default: a new one */
  constructor(name: string, root = here, folder = mkdtempSync(join(tmpdir(), `aceso-${name}-`))) {
    this.root = root
    this.folder = folder
    const home = { HOME: this.folder, ACESO_HOME: join(this.folder, ".aceso") }
    this.environment = { ...process.env, ...home, NO_COLOR: "1" }
    // A test that is ended from outside leaves nothing running.
    process.once("exit", () => this.killAll())
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.once(signal, () => {
        this.killAll()
        process.exit(1)
      })
  }

  private killAll(): void {
    for (const child of this.children) if (child.process.exitCode === null) child.kill("SIGKILL")
  }

  async run(line: string | readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
    const child = this.start(line, env)
    const timer = setTimeout(() => child.kill("SIGKILL"), HANGS_MS)
    const status = await child.ended
    clearTimeout(timer)
    return { status, out: child.out, err: child.err }
  }

  /** Runs with --json and expects status 0. */
  async json<T>(line: string): Promise<T> {
    const { status, out, err } = await this.run(`${line} --json`)
    assert.equal(status, 0, `${line}: ${out}${err}`)
    assert.equal(out.trimEnd().split("\n").length, 1, out)
    return JSON.parse(out) as T
  }

  start(line: string | readonly string[], env: Record<string, string> = {}): Child {
    return this.spawn([programIn(this.root), ...(typeof line === "string" ? line.split(" ") : line)], env)
  }

  /** The same with a pipe, by which the test types. */
  startPiped(line: string | readonly string[]): Child {
    const argv = [programIn(this.root), ...(typeof line === "string" ? line.split(" ") : line)]
    return this.spawn(argv, {}, process.execPath, "pipe")
  }

  /** A command whose stdin is a pipe. */
  startTyped(line: string): Child {
    return this.spawn([programIn(this.root), ...line.split(" ")], {}, process.execPath, "pipe")
  }

  /** One line as a page tells to type it; `npx aceso` is this command line. @returns what it printed */
  async shell(line: string): Promise<string> {
    const own = `"${process.execPath}" "${programIn(this.root)}"`
    const child = this.spawn(["-ec", line.replaceAll("npx aceso", own)], {}, "bash")
    const status = await child.ended
    assert.equal(status, 0, `${line}: ${child.out}${child.err}`)
    return child.out
  }

  /** The demo, on ports that are free. */
  startDemo(...more: readonly string[]): Child {
    const main = join(this.root, "packages/consortium/main.ts")
    const options = ["--port", "0", "--data", join(this.folder, "demo"), ...more]
    return this.spawn(["--disable-warning=ExperimentalWarning", main, ...options], {})
  }

  private spawn(
    argv: readonly string[],
    env: Record<string, string>,
    by = process.execPath,
    stdin: "ignore" | "pipe" = "ignore",
  ): Child {
    const child = new Child(argv, { ...this.environment, ...env }, this.folder, by, stdin)
    this.children.add(child)
    return child
  }

  async end(): Promise<void> {
    this.killAll()
    await Promise.all([...this.children].map(({ ended }) => ended))
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** A process group of its own, so that what is left of it can be seen. */
export class Child {
  readonly process: ChildProcess
  readonly ended: Promise<number | null>
  out = ""
  err = ""

  constructor(
    argv: readonly string[],
    env: Record<string, string | undefined>,
    cwd: string,
    by = process.execPath,
    stdin: "ignore" | "pipe" = "ignore",
  ) {
    this.process = spawn(by, argv, { env, cwd, detached: true, stdio: [stdin, "pipe", "pipe"] })
    // It may have ended by itself.
    this.process.stdin?.on("error", () => {})
    this.process.stdout?.on("data", (chunk: Buffer) => {
      this.out += chunk
    })
    this.process.stderr?.on("data", (chunk: Buffer) => {
      this.err += chunk
    })
    this.ended = once(this.process, "close").then(([status]) => status as number | null)
  }

  async says(pattern: RegExp, timeoutMs = HANGS_MS): Promise<RegExpExecArray> {
    const deadline = Date.now() + timeoutMs
    for (;;) {
      const found = pattern.exec(this.out + this.err)
      if (found) return found
      assert.ok(
        Date.now() < deadline && this.process.exitCode === null,
        `it did not say ${pattern}: ${this.out}${this.err}`,
      )
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** All that comes by its pipe. */
  typeAll(text: string): void {
    this.process.stdin?.end(text)
  }

  /** A line into its pipe. */
  type(line: string): void {
    this.process.stdin?.write(`${line}\n`)
  }

  kill(signal: NodeJS.Signals): void {
    try {
      process.kill(-(this.process.pid as number), signal)
    } catch {
      // It has ended already.
    }
  }

  /** The signal goes to the command alone, as a service manager's does. */
  stop(signal: NodeJS.Signals): Promise<number | null> {
    this.process.kill(signal)
    return this.ended
  }

  get isGroupAlive(): boolean {
    try {
      process.kill(-(this.process.pid as number), 0)
      return true
    } catch {
      // Nobody is left in the group.
      return false
    }
  }
}

/** One line for a person, no stack trace. */
export function oneSentence({ err }: { readonly err: string }, says: RegExp): void {
  assert.match(err, says)
  assert.equal(err.trimEnd().split("\n").length, 1, err)
  assert.doesNotMatch(err, /^\s+at .*:\d+:\d+/m)
}
