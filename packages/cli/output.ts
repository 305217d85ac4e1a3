import { writeFileSync } from "node:fs"
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

/** Columns as wide as their widest cell; numbers right-aligned. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  if (rows.length === 0) return "  (none)"
  const cells = [head, ...rows.map((row) => row.map(String))]
  const widths = head.map((_, i) => Math.max(...cells.map((row) => width(row[i] ?? ""))))
  const isNumber = head.map((_, i) => rows.every((row) => typeof row[i] === "number"))
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => {
        const space = " ".repeat(Math.max(0, widths[i] - width(cell)))
        return isNumber[i] ? space + cell : cell + space
      })
      .join("  ")
      .trimEnd()
  return cells.map((row, i) => `  ${i === 0 ? bold(line(row)) : line(row)}`).join("\n")
}

const isColour = () => process.stdout.isTTY === true && !process.env.NO_COLOR
const ESC = String.fromCharCode(27)
const style = (code: number) => (text: string) => (isColour() ? `${ESC}[${code}m${text}${ESC}[0m` : text)
export const bold = style(1)
export const dim = style(2)
export const red = style(31)
export const green = style(32)
export const struck = (text: string): string => (isColour() ? `${ESC}[9m${text}${ESC}[0m` : `~~${text}~~`)

const styles = new RegExp(`${ESC}\\[\\d+m`, "g")
/** Chinese characters take two columns, styles none. */
function width(text: string): number {
  let columns = 0
  for (const character of text.replace(styles, ""))
    columns += /[ᄀ-ᅟ⺀-꓏가-힣豈-﫿︰-﹏＀-｠￠-￦]/.test(character) ? 2 : 1
  return columns
}

export const cut = (text: string, columns: number): string =>
  text.length > columns ? `${text.slice(0, columns - 1)}…` : text
export const day = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace("T", " ")

/** A duration in words, rounded. @param ms */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 120) return `${seconds} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}
