import { followLive, type LiveOptions } from "@aceso/client"

/** Nothing takes so long: what does, does not come. */
const HANGS_MS = 120_000

/** Somebody who listens: what they were told, and whoever waits for something of it. */
export class Ears {
  readonly heard: string[] = []
  private readonly ending = new AbortController()
  private readonly waiting = new Set<() => void>()
  private readonly following: Promise<void>

  private constructor(url: string, caller: LiveOptions["caller"]) {
    const say = (what: string) => {
      this.heard.push(what)
      for (const look of this.waiting) look()
    }
    this.following = followLive(url, {
      ...{ caller, signal: this.ending.signal, gapMs: 0 },
      onTopic: say,
      onUp: () => say("up"),
      onDown: ({ code }) => say(code),
    })
  }

  /** Once it hears. */
  static async at(url: string, caller: LiveOptions["caller"]): Promise<Ears> {
    const ears = new Ears(url, caller)
    await ears.hears(["up"])
    return ears
  }

  /** Resolves when each of these was said. */
  hears(all: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`waited for ${all}, heard ${this.heard.join() || "nothing"}`)),
        HANGS_MS,
      )
      const look = () => {
        if (!all.every((one) => this.heard.includes(one))) return
        clearTimeout(timer)
        this.waiting.delete(look)
        resolve()
      }
      this.waiting.add(look)
      look()
    })
  }

  async end(): Promise<void> {
    this.ending.abort()
    await this.following
  }
}
