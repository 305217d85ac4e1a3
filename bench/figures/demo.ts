import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { report } from "../report.ts"

/** `npm start` to its ready line, and the anonymous memory of all its processes then. */
const home = mkdtempSync(join(tmpdir(), "aceso-bench-"))

function descendants(pid: number): number[] {
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((other) => {
      try {
        return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${other}/stat`, "utf8"))?.[1]) === pid
      } catch {
        return false // it ended meanwhile
      }
    })
  return [pid, ...children.flatMap(descendants)]
}

/** Anonymous resident memory: what the process holds for itself, without mapped files. */
const anonymousMiB = (pid: number) =>
  Number(/^Anonymous:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0) / 1024

const times: number[] = []
let memory = 0
for (let i = 0; i < 3; i++) {
  const start = performance.now()
  const child = spawn("npm", ["start", "--silent", "--", "--port", "0"], {
    env: { ...process.env, ACESO_HOME: home },
    stdio: ["ignore", "pipe", "ignore"],
  })
  let text = ""
  for await (const chunk of child.stdout) {
    text += chunk
    if (text.includes("ready in")) break
  }
  times.push(performance.now() - start)
  if (!text.includes("ready in")) throw new Error("the demo ended before it was ready")
  memory = Math.max(
    memory,
    descendants(child.pid as number).reduce((sum, pid) => sum + anonymousMiB(pid), 0),
  )
  child.kill("SIGTERM")
  if (child.exitCode === null) await once(child, "exit")
}
report("start.demo", Math.max(...times), "ms (worst of 3)", "wanted at most", 10_000)
report("memory.demo", memory, "MiB anonymous", "wanted at most", 500)
rmSync(home, { recursive: true, force: true })
