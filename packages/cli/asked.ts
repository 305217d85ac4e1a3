import { createInterface } from "node:readline/promises"
import { PlatformError } from "@aceso/core"
import { UsageError } from "./session.ts"

/** Whether somebody sits at stdin who can be asked. */
export const isAtTerminal = (): boolean => process.stdin.isTTY === true

/**
 * A line that somebody types at the terminal, or that comes in a pipe.
 * @param prompt shown at a terminal alone
 * @throws UsageError where stdin ends before it came; PlatformError `broken_off`
 */
export async function askedLine(prompt: string): Promise<string> {
  const isTyped = isAtTerminal()
  const lines = createInterface({
    input: process.stdin,
    ...(isTyped && { output: process.stderr }),
    terminal: isTyped,
  })
  try {
    // Ctrl-D, or the end of the pipe, is no line. Ctrl-C, which the prompt keeps to itself, is what it is anywhere.
    const closed = new Promise<never>((_, reject) => {
      lines.once("SIGINT", () => reject(new PlatformError("broken_off", "broken off")))
      lines.once("close", () => reject(new UsageError("stdin ended before what was asked for came")))
    })
    const line = isTyped
      ? lines.question(prompt)
      : new Promise<string>((resolve) => lines.once("line", resolve))
    return await Promise.race([line, closed])
  } finally {
    lines.close()
  }
}
