/** What many runs of the tests came to. */
export class Repeats {
  passed = 0
  failed = 0
  readonly #files: number
  readonly #print: (line: string) => void
  #runs = 0
  readonly #done = new Map<number, number>()

  /** @param files in each run */
  constructor(files: number, print: (line: string) => void) {
    this.#files = files
    this.#print = print
  }

  /** @param line of what `npm test` prints while it runs; a file that ended is told as progress */
  progress(run: number, line: string): void {
    const [, how, file] = /^(ok|FAIL) +(\S+)/.exec(line) ?? []
    if (file === undefined) return
    const done = (this.#done.get(run) ?? 0) + 1
    this.#done.set(run, done)
    this.#print(`run ${run}  ${done} of ${this.#files} files: ${how} ${file}`)
  }

  /** @param out what `npm test` printed; only what failed is shown of it, with the run */
  add(run: number, out: string, status: number | null): void {
    const sums = /^(\d+) passed, (\d+) failed/m.exec(out)
    const [passed, failed] = sums ? [Number(sums[1]), Number(sums[2])] : [0, 0]
    this.#runs += 1
    this.passed += passed
    // A run that ended in the middle has failed as a whole.
    this.failed += sums && (status === 0) === (failed === 0) ? failed : failed + 1
    let isFailure = false
    for (const line of out.split("\n")) {
      if (/^\S/.test(line)) isFailure = line.startsWith("FAIL")
      if (isFailure) this.#print(`run ${run}  ${line}`)
    }
    this.#print(
      sums
        ? `run ${run}  ${sums[0]}`
        : `run ${run}  ended with status ${status}: ${out.trimEnd().split("\n").at(-1)}`,
    )
  }

  /** Prints the sums as the last line. Returns the exit status. */
  end(): number {
    const runs = `${this.#runs} run${this.#runs === 1 ? "" : "s"} of ${this.#files} file${this.#files === 1 ? "" : "s"}`
    this.#print(`${runs}: ${this.passed} passed, ${this.failed} failed`)
    return this.failed > 0 || this.passed === 0 ? 1 : 0
  }
}
