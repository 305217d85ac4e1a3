import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { startsNodes, type TestFile } from "./files.ts"

/** How long each file took the last time on this machine; npm ci forgets it. */
const FILE = "node_modules/.cache/aceso/test-durations.json"
/** Of a file that never ran here, s: one that starts nodes, and any other. */
const UNKNOWN = { nodes: 30, others: 3 } as const

export type Durations = Readonly<Record<string, number>>

export function readDurations(path = FILE): Durations {
  try {
    const found: unknown = JSON.parse(readFileSync(path, "utf8"))
    const entries = found !== null && typeof found === "object" ? Object.entries(found) : []
    return Object.fromEntries(entries.filter(([, seconds]) => typeof seconds === "number" && seconds >= 0))
  } catch {
    // It was never written, or is damaged: then all are unknown.
    return {}
  }
}

/** @param took s, of the files that ran */
export function keepDurations(took: Durations, path = FILE): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify({ ...readDurations(path), ...took })}\n`)
}

/** How long a run will take, in a sentence. */
export function forecast(files: readonly TestFile[], known: Durations, atOnce: number): string {
  const ran = files.filter(({ path }) => known[path] !== undefined)
  const seconds = files.map(
    (file) => known[file.path] ?? (startsNodes(file) ? UNKNOWN.nodes : UNKNOWN.others),
  )
  const sum = seconds.reduce((a, b) => a + b, 0) / atOnce
  const whole = Math.max(sum, ...seconds)
  const time = whole < 90 ? `${Math.max(1, Math.round(whole))} s` : `${Math.round(whole / 60)} min`
  const by =
    ran.length === files.length
      ? "by what they took here last time"
      : ran.length === 0
        ? "an estimate: they never ran here"
        : `${ran.length} by what they took here last time, the others estimated`
  const lanes = atOnce > 1 ? `, ${atOnce} at once` : ""
  return `${files.length} test file${files.length === 1 ? "" : "s"}${lanes}: about ${time} on an idle machine (${by})`
}
