/** Looks after CometBFT now and then: one look at a time, none once it is stopped. */
export abstract class Patrol {
  private readonly everyMs: number
  private readonly onFault: (error: unknown) => void
  /** Monotonic, ms. */
  protected readonly now: () => number
  private timer: NodeJS.Timeout | undefined
  private isLooking = false
  protected isStopped = false

  /** @param onFault is told what a look threw: the node cannot go on, its state is damaged for instance */
  constructor(
    everyMs: number,
    onFault: (error: unknown) => void,
    now: () => number = () => performance.now(),
  ) {
    this.everyMs = everyMs
    this.onFault = onFault
    this.now = now
  }

  start(): void {
    this.timer = setInterval(() => void this.check(), this.everyMs)
    this.timer.unref()
  }

  stop(): void {
    this.isStopped = true
    clearInterval(this.timer)
  }

  /** Looks once; never throws. */
  async check(): Promise<void> {
    if (this.isLooking || this.isStopped) return
    this.isLooking = true
    try {
      await this.look()
    } catch (error) {
      this.onFault(error)
    } finally {
      this.isLooking = false
    }
  }

  protected abstract look(): Promise<void>
}
