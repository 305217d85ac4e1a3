import { type ChildProcess, fork } from "node:child_process"
import { isThere } from "../there.ts"
import type { BlockChecks, Expected, Finding } from "./block-checks.ts"
import type { BaseRecord } from "./linked-blocks.ts"
import type { StateCheck } from "./state-check.ts"

/**
 * The state that a node has on its disk, as it was when verify began, compared with the re-executed one when replay
 * reaches its height. The state never leads the log, so a log that is read afterwards has that height. A child process
 * reads it, because damaged lmdb pages can kill the process that reads them; until it ends, lmdb keeps what it reads.
 */
export class LiveState {
  rows = 0
  nodes = 0
  isReadable = false
  /** The snapshot that the state began with. */
  base: BaseRecord | undefined
  private readonly folder: string
  private child: StateChild | undefined
  private findings: readonly Finding[] = []
  /** The height to compare at; 0: done or nothing there. */
  private target = 0

  constructor(folder: string) {
    this.folder = folder
  }

  async begin(): Promise<void> {
    if (!isThere(this.folder)) return
    this.child = new StateChild(this.folder)
    const { height, findings, base } = await this.child.answer()
    this.findings = findings
    this.target = findings.length > 0 ? 0 : height
    this.base = base
    this.isReadable = findings.length === 0
  }

  async compareAt(blocks: BlockChecks): Promise<void> {
    const { height } = blocks
    if (!this.child || this.target === 0 || height !== this.target) return
    const { rows, nodes, findings } = await this.child.answer(await blocks.expected())
    this.target = 0
    this.rows = rows
    this.nodes = nodes
    this.findings = findings
  }

  /** @param height where the checked blocks end */
  end(height: number): readonly Finding[] {
    if (this.target === 0) return this.findings
    const detail = `the state stands at height ${this.target}, the log's sound part ends at ${height}`
    return [...this.findings, { kind: "state_not_checked", where: "state", detail }]
  }

  close(): void {
    this.child?.end()
  }
}

/** One state-check-child.ts; when it dies, that is what it found. */
class StateChild {
  private readonly process: ChildProcess
  private readonly ended: Promise<StateCheck>
  private words = ""

  constructor(folder: string) {
    this.process = fork(new URL("./state-check-child.ts", import.meta.url), [folder], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    })
    this.process.stderr?.on("data", (chunk: Buffer) => {
      this.words = (this.words + chunk).slice(-500)
    })
    this.ended = new Promise((resolve) => {
      this.process.once("close", (code, signal) => resolve(this.death(signal ?? code)))
    })
  }

  /** What it says next. */
  answer(expected?: Expected): Promise<StateCheck> {
    const said = new Promise<StateCheck>((resolve) => {
      this.process.once("message", (message) => resolve(message as StateCheck))
    })
    // A child that has died cannot be told anything; `ended` says so.
    if (expected) this.process.send(expected, () => {})
    return Promise.race([said, this.ended])
  }

  end(): void {
    this.process.kill("SIGKILL")
  }

  private death(how: NodeJS.Signals | number | null): StateCheck {
    const last = this.words.trim().split("\n").at(-1) ?? ""
    const detail = `reading the state ended the process (${how}); run \`aceso rebuild-state\`: ${last}`
    return { height: -1, rows: 0, nodes: 0, findings: [{ kind: "state_unreadable", where: "state", detail }] }
  }
}
