import type { ChildProcess } from "node:child_process"
import { once } from "node:events"

/** What the demo wrote up to its line "ready in ...". @throws Error with all of it when it ends before */
export async function untilReady(demo: ChildProcess): Promise<string> {
  let text = ""
  const read = (chunk: Buffer) => {
    text += chunk
  }
  demo.stdout?.on("data", read)
  demo.stderr?.on("data", read)
  const ended = once(demo, "close").then(() => {
    throw new Error(`the demo ended before it was ready: ${text}`)
  })
  ended.catch(() => {})
  while (!/^ready in .*\n/m.test(text))
    await Promise.race([once(demo.stdout as NonNullable<typeof demo.stdout>, "data"), ended])
  return text
}
