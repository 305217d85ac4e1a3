import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { type Infer, list, object, optional, text, uint } from "@aceso/core"

/** What a running demo, or a node, tells commands of itself: in its folder, and where those look that were told no folder. */
const runningDemo = object({
  /** Of its organisations; the first one is meant where none is named. */
  urls: list(text(200), 16, 1),
  folder: text(1000),
  /** Where a demo's patients find the app; absent: it serves no pages. */
  app: optional(text(200)),
  pid: uint(),
  /** When the process began, as the system counts: a later process may have the same number. */
  began: optional(text(40)),
})
export type RunningDemo = Infer<typeof runningDemo>

const registry = () => join(process.env.ACESO_HOME ?? join(homedir(), ".aceso"), "demos")
const fileIn = (folder: string) => join(folder, "running.json")

/** Says in the folder of a demo or of a node that this process runs it. @returns takes it back */
export const announce = (folder: string, urls: readonly string[], app?: string): (() => void) =>
  tell(fileIn(folder), folder, urls, app)

/** Says it where commands look that were told no folder. @returns takes it back */
export function enlist(folder: string, urls: readonly string[]): () => void {
  mkdirSync(registry(), { recursive: true, mode: 0o700 })
  return tell(join(registry(), `${process.pid}.json`), folder, urls)
}

function tell(file: string, folder: string, urls: readonly string[], app?: string): () => void {
  const { pid } = process
  const began = beganOf(pid)
  const content = JSON.stringify({ urls, folder, app, pid, ...(began !== undefined && { began }) })
  writeFileSync(file, `${content}\n`, { mode: 0o600 })
  // One that was there already has the mode that it had.
  chmodSync(file, 0o600)
  return () => {
    if (existsSync(file) && read(file)?.pid === pid) rmSync(file)
  }
}

/** The demo, or the node, that runs on this folder now; what one left that has ended does not count. */
export function demoIn(folder: string): RunningDemo | undefined {
  const found = existsSync(fileIn(folder)) ? read(fileIn(folder)) : undefined
  // A folder that was copied tells of the one that it was copied from.
  return found &&
    isAlive(found) &&
    existsSync(found.folder) &&
    realpathSync(folder) === realpathSync(found.folder)
    ? found
    : undefined
}

/** All demos of this user that run now, the eldest first. */
export function runningDemos(): RunningDemo[] {
  if (!existsSync(registry())) return []
  const files = readdirSync(registry()).filter((name) => /^\d+\.json$/.test(name))
  const running: RunningDemo[] = []
  for (const name of files.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))) {
    const file = join(registry(), name)
    const found = read(file)
    if (found && isAlive(found)) running.push(found)
    else rmSync(file, { force: true })
  }
  return running
}

/**
 * Those of this user's demos that have a node there.
 * @param where a port of this machine, or a node's address
 */
export const demosAt = (where: string): RunningDemo[] =>
  runningDemos().filter(({ urls }) =>
    urls.some((url) =>
      /^\d+$/.test(where) ? URL.parse(url)?.port === where : url === where.replace(/\/+$/, ""),
    ),
  )

function read(file: string): RunningDemo | undefined {
  try {
    return runningDemo.parse(JSON.parse(readFileSync(file, "utf8")), "running", "json")
  } catch {
    // Half written, or gone meanwhile: nobody can be reached by it.
    return undefined
  }
}

function isAlive({ pid, began }: RunningDemo): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false
  }
  return began === undefined || began === beganOf(pid)
}

/** The start of a process in ticks since boot (proc(5), field 22 of stat); undefined where the system does not tell. */
function beganOf(pid: number): string | undefined {
  const file = `/proc/${pid}/stat`
  if (!existsSync(file)) return undefined
  const stat = readFileSync(file, "utf8")
  // The name of the program, the second field, may have spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  // It has ended, and nobody has taken note: its number is still there.
  return fields[0] === "Z" ? "ended" : fields[19]
}
