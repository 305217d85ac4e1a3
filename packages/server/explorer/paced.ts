import { setImmediate } from "node:timers/promises"

/** Of the time of the node's one thread strangers' questions take this part at most. */
const SHARE = 1 / 4

/**
 * Work for strangers, one after the other, each followed by a rest that is as long as its share asks: however many ask, and
 * whatever they ask for, the others of this node go before.
 */
export class Paced {
  private readonly rest: (ms: number, then: () => void) => unknown
  private readonly now: () => number
  private tail: Promise<void> = Promise.resolve()

  constructor({
    now = () => performance.now(),
    rest = (ms: number, then: () => void): unknown => setTimeout(then, ms).unref(),
  } = {}) {
    this.now = now
    this.rest = rest
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.tail
    const { promise, resolve } = Promise.withResolvers<void>()
    this.tail = promise
    await turn
    // What came in meanwhile goes first.
    await setImmediate()
    const began = this.now()
    try {
      return await work()
    } finally {
      this.rest((this.now() - began) * (1 / SHARE - 1), resolve)
    }
  }
}
