import { relative } from "node:path"
import { inspect } from "node:util"

/** The part of the events of node:test that we use. */
export type TestEvent = {
  readonly type: string
  readonly data: {
    readonly name?: string
    readonly nesting?: number
    readonly file?: string
    readonly entryFile?: string
    readonly message?: string
    readonly skip?: string | boolean
    readonly todo?: string | boolean
    readonly duration_ms?: number
    readonly details?: { readonly type?: string; readonly duration_ms?: number; readonly error?: unknown }
  }
}

const SLOW_MS = 2000

/** What came of the tests of a run. */
export interface Sums {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}
const NONE: Sums = { passed: 0, failed: 0, skipped: 0 }

export const summed = (a: Sums, b: Sums): Sums => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
})

/** Counts the results of a run and prints one line per file, and all about what failed. */
export class Report {
  passed = 0
  failed = 0
  readonly skips: string[] = []
  /** How long each file took, s. */
  readonly seconds: Record<string, number> = {}
  readonly #print: (line: string) => void
  readonly #pending: Set<string>
  readonly #files = new Map<string, { passed: number; failures: string[]; output: string }>()

  constructor(files: readonly string[], print: (line: string) => void) {
    this.#pending = new Set(files)
    this.#print = print
  }

  add({ type, data }: TestEvent): void {
    const path = data.entryFile ?? data.file
    if (!path) return
    const file = this.#file(path)
    const aboutFile = data.nesting === 0 && data.name === path
    if (type === "test:stdout" || type === "test:stderr") file.output += data.message
    else if (type === "test:pass" && aboutFile)
      this.#endFile(
        path,
        data.details?.duration_ms,
        "reported no test: is it empty, or does it call process.exit?",
      )
    else if (type === "test:fail" && aboutFile) {
      this.#endFile(path, data.details?.duration_ms, describeError(data.details?.error))
    } else if (type === "test:pass" || type === "test:fail") this.#addTest(path, type === "test:pass", data)
    else if (type === "test:summary") this.#endFile(path, data.duration_ms)
  }

  skipFile(path: string, reason: string): void {
    this.skips.push(`${path}: ${reason}`)
  }

  failFile(path: string, reason: string): void {
    this.#file(path)
    this.#endFile(path, 0, reason)
  }

  /**
   * Prints the skips and, as the last line, the sums. Returns the exit status.
   * @param before of runs before this one, counted with it
   */
  end(before: Sums = NONE): number {
    for (const path of this.#pending) this.#endFile(path, 0, "ended before its tests did")
    for (const skip of this.skips) this.#print(`skipped  ${skip}`)
    if (this.passed + this.failed === 0) this.#print("no test was executed: is the filter right?")
    const { passed, failed, skipped } = summed(before, this.sums)
    this.#print(`${passed} passed, ${failed} failed, ${skipped} skipped`)
    return this.failed > 0 || this.passed === 0 ? 1 : 0
  }

  get sums(): Sums {
    return { passed: this.passed, failed: this.failed, skipped: this.skips.length }
  }

  #file(path: string) {
    const known = this.#files.get(path)
    if (known) return known
    const file = { passed: 0, failures: [], output: "" }
    this.#files.set(path, file)
    return file
  }

  #addTest(path: string, passed: boolean, data: TestEvent["data"]): void {
    const { name = "", skip, todo, details } = data
    const isSkipped = skip !== undefined && skip !== false
    if (isSkipped || (todo !== undefined && todo !== false)) {
      const reason = isSkipped ? skip : todo
      const said = typeof reason === "string" && reason !== "" ? reason : "no reason given"
      this.skips.push(`${relative(".", path)} › ${name}: ${isSkipped ? said : `todo: ${said}`}`)
      return
    }
    const isSuite = details?.type === "suite"
    if (passed) {
      if (isSuite) return
      this.passed++
      this.#file(path).passed++
    } else if (!hasFailedSubtests(details?.error)) {
      this.failed++
      this.#file(path).failures.push(`${name}\n${describeError(details?.error)}`)
    }
  }

  #endFile(path: string, durationMs = 0, fault?: string): void {
    if (!this.#pending.delete(path) && fault === undefined) return
    const file = this.#file(path)
    if (fault !== undefined) {
      this.failed++
      file.failures.push(fault)
    }
    const shown = relative(".", path)
    if (durationMs > 0) this.seconds[shown] = Math.round(durationMs / 100) / 10
    const time = durationMs >= SLOW_MS ? `  ${(durationMs / 1000).toFixed(1)} s` : ""
    if (file.failures.length === 0) this.#print(`ok    ${shown}  ${file.passed} passed${time}`)
    else {
      this.#print(`FAIL  ${shown}  ${file.passed} passed, ${file.failures.length} failed${time}`)
      for (const failure of file.failures) this.#print(indent(`✖ ${failure}`))
      if (file.output) this.#print(indent(`output:\n${file.output.trimEnd()}`))
    }
    file.failures = []
    file.output = ""
  }
}

function hasFailedSubtests(error: unknown): boolean {
  return error instanceof Error && "failureType" in error && error.failureType === "subtestsFailed"
}

/** node:test wraps what a test threw into an error of its own. */
function describeError(error: unknown): string {
  const thrown = error instanceof Error && error.cause !== undefined ? error.cause : error
  return typeof thrown === "string" ? thrown : inspect(thrown, { depth: 3 })
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, "      ")
}
