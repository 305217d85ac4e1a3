import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { messageOf, PlatformError } from "@aceso/core"
import { finalWords, lastWords } from "./comet-words.ts"

export const COMETBFT_VERSION = "0.38.26"
const HOW = "in this project's folder: go install -C packages/ledger/engines/cometbft/aceso-cometbft ."
/** Restarts within this time; more, and a person has to look. */
const WITHIN_MS = 10 * 60_000
const MAX_RESTARTS = 5
const TAIL_CHARACTERS = 4_000
const PID_FILE = "cometbft.pid"
/** CometBFT logs this and stays alive, answering calls and doing nothing (internal/consensus/state.go). */
const FAILURE_LINE = "CONSENSUS FAILURE"

/** @throws PlatformError `wrong_engine_version`, `engine_missing` */
export function checkVersion(executable: string): void {
  let version: string
  try {
    version = execFileSync(executable, ["version"], { encoding: "utf8", timeout: 10_000 }).trim()
  } catch (cause) {
    throw new PlatformError("engine_missing", `${executable} cannot be run (${messageOf(cause)}): ${HOW}`, {
      cause,
    })
  }
  if (version !== COMETBFT_VERSION && version !== `v${COMETBFT_VERSION}`)
    throw new PlatformError(
      "wrong_engine_version",
      `${executable} is CometBFT ${version}, this node needs ${COMETBFT_VERSION}: ${HOW}`,
    )
}

export interface CometProcessOptions {
  readonly executable: string
  readonly home: string
  /** It cannot be kept running: the node has to end. */
  readonly onFault: (error: PlatformError) => void
  /** It ended or failed and is started again. */
  readonly onRestart?: (why: string) => void
}

/** CometBFT beside us: started, watched, started again, ended. */
export class CometProcess {
  private readonly options: CometProcessOptions
  private child: ChildProcess | undefined
  private tail = ""
  private restarts: number[] = []
  private timer: NodeJS.Timeout | undefined
  private isStopping = false
  /** Why we killed it ourselves. */
  private reason: string | undefined

  constructor(options: CometProcessOptions) {
    this.options = options
    endLeftover(options.home)
    this.start()
  }

  get pid(): number | undefined {
    return this.child?.pid
  }

  /** Kills it, so that it is started again; nothing while it is down anyway. */
  restart(why: string): void {
    const { child } = this
    if (this.isStopping || !child || child.exitCode !== null || child.signalCode !== null) return
    this.reason = why
    // A process that hangs does not hear SIGTERM.
    child.kill("SIGKILL")
  }

  /** Ends it without a restart. */
  async stop(): Promise<void> {
    this.isStopping = true
    clearTimeout(this.timer)
    const { child } = this
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once("exit", resolve))
    child.kill("SIGTERM")
    const kill = setTimeout(() => child.kill("SIGKILL"), 15_000)
    await ended
    clearTimeout(kill)
  }

  private start(): void {
    const { executable, home } = this.options
    const { SSL_CERT_FILE, NODE_EXTRA_CA_CERTS } = process.env
    // Go has another name for the certificates that an operator trusts besides the system's.
    const authority = SSL_CERT_FILE ?? NODE_EXTRA_CA_CERTS
    const child = spawn(executable, ["start", "--home", home], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...(authority !== undefined && { SSL_CERT_FILE: authority }) },
    })
    this.child = child
    if (child.pid !== undefined) writeFileSync(join(home, PID_FILE), `${child.pid}\n`, { mode: 0o600 })
    const read = (chunk: Buffer) => {
      const text = chunk.toString()
      this.tail = (this.tail + text).slice(-TAIL_CHARACTERS)
      if (text.includes(FAILURE_LINE)) child.kill("SIGKILL")
    }
    child.stdout.on("data", read)
    child.stderr.on("data", read)
    child.on("error", (cause) =>
      this.options.onFault(
        new PlatformError("engine_stopped", `CometBFT cannot be started: ${cause.message}`, { cause }),
      ),
    )
    child.on("exit", (code, signal) => {
      const why = this.reason ?? `CometBFT ended (${signal ?? code}): ${lastWords(this.tail)}`
      this.reason = undefined
      if (this.isStopping) return
      const final = finalWords(this.tail)
      if (final) this.options.onFault(final)
      else this.again(why)
    })
  }

  private again(why: string): void {
    const now = Date.now()
    this.restarts = [...this.restarts.filter((at) => now - at < WITHIN_MS), now]
    if (this.restarts.length > MAX_RESTARTS) {
      this.options.onFault(
        new PlatformError(
          "engine_stopped",
          `CometBFT ended ${this.restarts.length} times within ten minutes and is not started again; ${why}`,
        ),
      )
      return
    }
    this.options.onRestart?.(why)
    this.timer = setTimeout(() => this.start(), 100 * 2 ** (this.restarts.length - 1))
  }
}

/** A node that was killed may leave its CometBFT behind, which would dial for an application for ever. */
function endLeftover(home: string): void {
  try {
    const pid = Number(readFileSync(join(home, PID_FILE), "utf8"))
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")
    if (words.includes(home) && words.includes("start")) process.kill(pid, "SIGKILL")
  } catch {
    // None was left, or this system has no /proc: then a port in use tells of it.
  }
}
