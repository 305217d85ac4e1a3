import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"

const SCRIPT = "/usr/bin/script"

/** Why no test has a terminal here; false: it has. */
export const noTerminal: string | false =
  process.platform === "linux" && existsSync(SCRIPT) ? false : "no script(1) of util-linux to make a terminal"

/** Nothing takes so long, on a busy machine either: what does, hangs. */
const HANGS_MS = 120_000

/** A command at a terminal of its own, as its controlling terminal. */
export class Terminal {
  readonly ended: Promise<number | null>
  out = ""
  private readonly process: ChildProcess

  constructor(argv: readonly string[], env: Record<string, string | undefined>, cwd: string) {
    const line = argv.map((word) => `'${word}'`).join(" ")
    this.process = spawn(SCRIPT, ["-qec", line, "/dev/null"], {
      env,
      cwd,
      stdio: ["pipe", "pipe", "inherit"],
    })
    this.process.stdout?.on("data", (chunk: Buffer) => {
      this.out += chunk
    })
    // It may have ended by itself.
    this.process.stdin?.on("error", () => {})
    this.ended = once(this.process, "close").then(([status]) => status as number | null)
  }

  says(pattern: RegExp): Promise<void> {
    return until(
      () => pattern.test(this.out),
      () => `it did not say ${pattern}: ${this.out}`,
    )
  }

  type(text: string): void {
    this.process.stdin?.write(text)
  }

  /** Its window is closed. */
  close(): Promise<number | null> {
    this.process.kill("SIGKILL")
    return this.ended
  }
}

export async function until(holds: () => boolean, otherwise: () => string): Promise<void> {
  const deadline = Date.now() + HANGS_MS
  while (!holds()) {
    assert.ok(Date.now() < deadline, otherwise())
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
