import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { messageOf } from "@aceso/core"
import { UsageError } from "./session.ts"

/** Writes what a command makes, for its owner alone. @throws UsageError when it cannot be written there */
export function writeOut(path: string, content: string | Uint8Array): void {
  try {
    writeFileSync(path, content, { mode: 0o600 })
  } catch (cause) {
    throw new UsageError(`${path} cannot be written: ${messageOf(cause)}`, { cause })
  }
}

/** The same where nothing may be there yet. @throws UsageError */
export function writeNewOut(path: string, content: string): void {
  try {
    writeFileSync(path, content, { mode: 0o600, flag: "wx" })
  } catch (cause) {
    const isThere = (cause as NodeJS.ErrnoException).code === "EEXIST"
    throw new UsageError(
      isThere
        ? `${path} is there already: name another file, nothing is written over`
        : `${path} cannot be written: ${messageOf(cause)}`,
      { cause },
    )
  }
}

/** Evidence of records that do not hold. @param folder default: here @returns the files */
export const writeEvidence = (
  evidence: readonly { readonly name: string; readonly content: Uint8Array }[],
  folder: string | boolean | undefined,
): string[] =>
  evidence.map(({ name, content }) => {
    const file = join(String(folder ?? "."), name)
    writeOut(file, content)
    return file
  })

/** A moment in the zone of whoever reads, with that zone. @param ms */
export function localTime(ms: number): string {
  if (Number.isNaN(new Date(ms).getTime())) return `no date (${ms} ms)`
  const at = new Date(ms)
  const two = (n: number) => String(Math.trunc(Math.abs(n))).padStart(2, "0")
  const offset = -at.getTimezoneOffset()
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  const zone = `${offset < 0 ? "-" : "+"}${two(offset / 60)}:${two(offset % 60)}`
  return `${date} ${two(at.getHours())}:${two(at.getMinutes())}${zone}`
}

/** When something ends, and whether it is over. @param ms */
export const endOf = (ms: number, now = Date.now()): string => `${localTime(ms)}${ms <= now ? ", over" : ""}`

/** A duration in words, rounded. @param ms */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 120) return `${seconds} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"]
/** A number of bytes in words, rounded. */
export function sizeOf(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10))
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power]}`
}
