import { messageOf } from "@aceso/core"
import type { Stall } from "../../engine.ts"
import { HEARTBEAT_MS } from "./home.ts"
import { Patrol } from "./patrol.ts"
import type { CometRpc } from "./rpc.ts"

/** With it CometBFT has dropped peers that went silent before a decision is made: it finds out after 105 s. */
const MARGIN_MS = 30_000

/** How long there may be no block before CometBFT is asked why. */
export const stallAfter = (heartbeatMs = HEARTBEAT_MS): number => 3 * heartbeatMs + MARGIN_MS

/** Of what an error says; statusAnswer takes 1,000. */
const MAX_CHARACTERS = 500

/** `silent`: it does not answer; `waiting`: it cannot make blocks now; `stuck`: it could, and does not. */
type Kind = "silent" | "waiting" | "stuck"
interface Finding {
  readonly kind: Kind
  readonly why: string
}

/** Restarts while no block comes: one that did not help is not repeated for ever. */
const RESTARTS: Readonly<Record<Kind, number>> = { silent: 3, stuck: 1, waiting: 0 }

export interface WatchdogOptions {
  readonly rpc: Pick<CometRpc, "condition" | "validators" | "consensus">
  /** Of the newest block that the application has. */
  readonly height: () => number
  readonly stallAfterMs: number
  /** Ends CometBFT's process, which is started again. */
  readonly restart: (why: string) => void
  readonly onFault: (error: unknown) => void
  /** What the operator should know, one sentence: no block comes, blocks come again. */
  readonly onStall: (sentence: string) => void
  /** Monotonic, ms. */
  readonly now?: () => number
}

/**
 * Watches whether blocks come; heartbeats make one in an idle network too. Where none comes, CometBFT is asked what
 * is wrong. Validators are counted by their votes on the next block, which only they can sign; peers that follow the
 * ledger without voting do not count. A peer may lie about its height: that costs one restart.
 */
export class Watchdog extends Patrol {
  private readonly options: WatchdogOptions
  private height: number
  /** When the newest block was first seen. */
  private blockAt: number
  /** Nothing is asked until `stallAfterMs` after it. */
  private quietFrom: number
  /** Since when checks have found the same. */
  private found: { readonly kind: Kind; readonly at: number } | undefined
  private restarts = 0
  private isTold = false
  /** Why no block comes; undefined while blocks do. */
  stalled: Stall | undefined

  constructor(options: WatchdogOptions) {
    super(options.stallAfterMs / 6, options.onFault, options.now)
    this.options = options
    this.height = options.height()
    this.blockAt = this.now()
    this.quietFrom = this.blockAt
  }

  protected async look(): Promise<void> {
    if (this.options.height() !== this.height) this.goesOn()
    else if (this.now() - this.quietFrom >= this.options.stallAfterMs) await this.examine()
  }

  private goesOn(): void {
    const now = this.now()
    this.height = this.options.height()
    if (this.isTold || this.restarts > 0)
      this.options.onStall(`blocks come again, after ${this.seconds()} s without one`)
    this.blockAt = now
    this.quietFrom = now
    this.found = undefined
    this.restarts = 0
    this.isTold = false
    this.stalled = undefined
  }

  private async examine(): Promise<void> {
    const at = this.now()
    const { kind, why } = await this.finding()
    // A block may have come meanwhile: the next check sees it.
    if (this.isStopped || this.options.height() !== this.height) return
    const sentence = `no block for ${this.seconds()} s: ${why}`
    this.stalled = { since: Math.round(Date.now() - (this.now() - this.blockAt)), why }
    if (this.found?.kind !== kind) this.found = { kind, at }
    if (this.restarts >= RESTARTS[kind]) {
      if (!this.isTold) this.options.onStall(sentence + this.inVain())
      this.isTold = true
    } else if (this.now() - this.found.at >= this.options.stallAfterMs / 2) {
      // Not at once: peers that have just come back need a moment to make a block together.
      this.restarts++
      this.quietFrom = this.now()
      this.found = undefined
      this.isTold = false
      this.options.restart(sentence)
    }
  }

  private seconds(): number {
    return Math.round((this.now() - this.blockAt) / 1000)
  }

  private inVain(): string {
    return this.restarts > 0 ? "; starting CometBFT again did not help" : ""
  }

  private async finding(): Promise<Finding> {
    const { rpc } = this.options
    try {
      const { peers, catchingUp } = await rpc.condition()
      if (catchingUp)
        return {
          kind: "waiting",
          why: `this node still fetches what others have (${peers} peers are connected)`,
        }
      const validators = (await rpc.validators()).length
      const consensus = await rpc.consensus().catch(() => undefined)
      if (!consensus) return { kind: "stuck", why: "CometBFT answers, but its consensus does not" }
      const { height, votes, peerHeights } = consensus
      const next = this.height + 1
      if (height > next)
        return { kind: "stuck", why: `CometBFT votes on block ${height}, this node has block ${this.height}` }
      const ahead = peerHeights.filter((one) => one > next).length
      if (ahead > 0)
        return {
          kind: "stuck",
          why: `${ahead} of ${peerHeights.length} peers say that they are ahead of block ${this.height}`,
        }
      const part = `${votes} of ${validators} validators vote on block ${next} (${peers} peers are connected, validators or not)`
      if (3 * votes > 2 * validators)
        return { kind: "stuck", why: `${part}, which is enough, but CometBFT makes none` }
      const why = `only ${part}, more than two thirds have to; blocks come by themselves when they are back`
      return { kind: "waiting", why }
    } catch (error) {
      return { kind: "silent", why: messageOf(error).slice(0, MAX_CHARACTERS) }
    }
  }
}
