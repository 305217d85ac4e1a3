import { createReadStream } from "node:fs"
import { createInterface } from "node:readline/promises"
import { messageOf, PlatformError } from "@aceso/core"
import { textGiven } from "./readable.ts"
import { UsageError } from "./session.ts"

/**
 * Asks at the terminal. Ctrl-D closes the prompt, and is an empty answer; Ctrl-C, which the prompt keeps to itself, is
 * what it is anywhere.
 * @param holds what is so if it is broken off
 * @throws PlatformError `broken_off`
 */
export async function ask(question: string, holds: string): Promise<string> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const closed = new Promise<string>((resolve, reject) => {
      prompt.once("SIGINT", () => reject(new PlatformError("broken_off", `broken off; ${holds}`)))
      prompt.once("close", () => resolve(""))
    })
    return (await Promise.race([prompt.question(question), closed])).trim()
  } finally {
    prompt.close()
  }
}

/** The next line that is piped in. @throws UsageError: there is none */
export async function pipedLine(what: string): Promise<string> {
  const lines = createInterface({ input: process.stdin })
  try {
    const { promise, resolve } = Promise.withResolvers<string | undefined>()
    lines.once("line", resolve).once("close", () => resolve(undefined))
    const line = await promise
    if (line === undefined) throw new UsageError(`${what} was not piped in: stdin has ended`)
    return line.trim()
  } finally {
    lines.close()
    process.stdin.pause()
  }
}

/**
 * All of a small text file, or of what is piped in.
 * @param path `-`: stdin
 * @throws UsageError it cannot be read, or is too long
 */
export async function textFrom(path: string, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of path === "-" ? process.stdin : createReadStream(path)) {
      size += chunk.length
      if (size > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`)
      chunks.push(chunk)
    }
  } catch (cause) {
    throw new UsageError(`${path === "-" ? "stdin" : path} cannot be read: ${messageOf(cause)}`, { cause })
  }
  return textGiven(Buffer.concat(chunks).toString("utf8"))
}
