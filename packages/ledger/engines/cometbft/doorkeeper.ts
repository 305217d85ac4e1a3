import { randomBytes } from "@aceso/core"
import { Patrol } from "./patrol.ts"
import type { CometRpc } from "./rpc.ts"

/** A peer that may connect no more is cut off within this time. */
const CUT_OFF_WITHIN_MS = 60_000
/** Starting CometBFT again cuts all connections: not more often than this, whatever stays connected. */
const PAUSE_MS = 10 * 60_000

export interface DoorkeeperOptions {
  readonly rpc: Pick<CometRpc, "peerIds">
  readonly mayConnect: (nodeId: string) => boolean
  /** Ends CometBFT's process, which is started again and asks about each peer anew. */
  readonly restart: (why: string) => void
  readonly onFault: (error: unknown) => void
  readonly withinMs?: number
  /** Monotonic, ms. */
  readonly now?: () => number
  /** From 0 up to 1. */
  readonly random?: () => number
}

/**
 * CometBFT asks about a peer when it connects and never again, and no call of it drops one. So the peers that are
 * connected are looked at now and then, and CometBFT is started again when one of them may connect no more.
 */
export class Doorkeeper extends Patrol {
  private readonly options: DoorkeeperOptions
  private readonly withinMs: number
  /** When CometBFT will be started again; undefined: nobody has to be cut off. */
  private due: number | undefined
  private quietUntil = Number.NEGATIVE_INFINITY

  constructor(options: DoorkeeperOptions) {
    const withinMs = options.withinMs ?? CUT_OFF_WITHIN_MS
    super(withinMs / 3, options.onFault, options.now)
    this.options = options
    this.withinMs = withinMs
  }

  protected async look(): Promise<void> {
    // While CometBFT does not answer there is nothing to cut off, or the watchdog's work.
    const connected = await this.options.rpc.peerIds().catch(() => [])
    if (!this.isStopped) this.judge(connected.filter((nodeId) => !this.options.mayConnect(nodeId)))
  }

  private judge(unwelcome: readonly string[]): void {
    const now = this.now()
    if (unwelcome.length === 0 || now < this.quietUntil) {
      this.due = undefined
      return
    }
    // A ballot that suspends a member is seen by all nodes at once: they do not all leave together.
    this.due ??= now + ((this.options.random ?? chance)() * this.withinMs) / 3
    if (now < this.due) return
    this.due = undefined
    this.quietUntil = now + PAUSE_MS
    this.options.restart(`connected and let in no more: ${unwelcome.join(", ")}`)
  }
}

const chance = (): number => randomBytes(1)[0] / 256
