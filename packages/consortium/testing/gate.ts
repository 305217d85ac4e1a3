import type { Engine } from "@aceso/ledger"

/** An engine whose ledger can be made to stand still: what is submitted then waits until it goes on. */
export class Gate {
  private opened: Promise<void> = Promise.resolve()
  private open: () => void = () => {}
  private waitingCount = 0
  private readonly listeners: (() => void)[] = []

  constructor(engine: Engine) {
    const submit = engine.submit.bind(engine)
    engine.submit = async (envelope) => {
      this.waitingCount++
      for (const tell of this.listeners.splice(0)) tell()
      await this.opened
      this.waitingCount--
      return submit(envelope)
    }
  }

  standStill(): void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.opened = promise
    this.open = resolve
  }

  goOn(): void {
    this.open()
  }

  /** Resolves when something waits for the ledger. */
  async hasWaiting(): Promise<void> {
    while (this.waitingCount === 0) await new Promise<void>((resolve) => this.listeners.push(resolve))
  }
}
